"""Wishes in two languages: what they name becomes a filter, and nothing else does."""

from collections.abc import Sequence

import numpy as np
import pytest

from graph.names import NameIndex
from graph.snapshot import Snapshot
from graph.types import Vectors
from reasoning.llm.model import Request
from reasoning.llm.scripted import ScriptedModel
from reasoning.meaning import by_meaning
from reasoning.mood import read_mood
from reasoning.wish import Wish, allowed, number_kinds, read_wish, small_kinds


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


def fitting(names: NameIndex, wish: Wish) -> set[str]:
    """The films that pass all filters of a wish."""
    snapshot = names.snapshot
    rows = snapshot.rows("film")
    passed = [allowed(snapshot, "film", one) for one in wish.filters]
    return {snapshot.label(row) for at, row in enumerate(rows) if all(mask[at] for mask in passed)}


def left(wish: Wish) -> list[str]:
    """The words of a wish that were not understood."""
    return [one.word for one in wish.rest]


@pytest.mark.parametrize(
    ("text", "films"),
    [
        ("a thriller", {"Ronin", "Fargo"}),
        ("something with Al Pacino", {"Heat", "The Insider", "The Godfather"}),
        ("directed by Ridley Scott", {"Gladiator", "Alien"}),
        ("crime after 1990 without Al Pacino", {"Fargo", "Léon"}),
        ("a crime film, but not with Jean Reno, before 1996", {"Heat", "The Godfather"}),
        ("no drama and no horror, since 1996", {"Ronin", "Fargo"}),
        ("a drama from the 90s", {"The Insider"}),
        ("between 1995 and 1996", {"Heat", "Fargo"}),
        ("1972", {"The Godfather"}),
        ("알 파치노 말고 Jean Reno가 나오는 crime", {"Léon"}),
        ("1990년대 crime", {"Heat", "Fargo", "Léon"}),
        ("1996년 이후 drama", {"The Insider", "Gladiator"}),
        ("1980년 이전", {"Alien", "The Godfather"}),
        ("Ridley Scott이 감독한 것, horror 말고", {"Gladiator"}),
        ("Al Pacino 빼고 crime", {"Fargo", "Léon"}),
        ("crime이지만 thriller는 싫어", {"Heat", "The Godfather", "Léon"}),
        ("1995년부터 1998년까지", {"Heat", "Fargo", "Ronin"}),
    ],
)
def test_filters_say_what_the_words_say(names: NameIndex, text: str, films: set[str]) -> None:
    assert fitting(names, read_wish(names, text)) == films


@pytest.mark.parametrize(
    ("text", "like"),
    [
        ("something like Heat but funnier, after 1990", {"Heat"}),
        ("Heat and Ronin", {"Heat", "Ronin"}),
        ("Heat 같은 영화", {"Heat"}),
        ("Heat처럼 긴장되는 것", {"Heat"}),
        ("similar to The Godfather", {"The Godfather"}),
        ("a thriller", set()),
    ],
)
def test_items_are_to_be_like(names: NameIndex, text: str, like: set[str]) -> None:
    assert {names.snapshot.label(row) for row in read_wish(names, text).like} == like


def test_what_is_denied_is_not_to_be_like(names: NameIndex) -> None:
    wish = read_wish(names, "crime but not Heat")
    assert wish.like == ()
    assert [names.snapshot.label(row) for row in wish.without] == ["Heat"]


def test_a_wish_that_names_nothing_is_vague(names: NameIndex) -> None:
    for text in ("something good", "뭐 재미있는 거 없나", "", "???"):
        assert read_wish(names, text).vague
    assert left(read_wish(names, "something dark")) == ["dark"]
    assert left(read_wish(names, "1990년 이후, Heat처럼 더 어두운 film 추천해줘")) == ["어두운"]


def encode(texts: Sequence[str]) -> Vectors:
    """An encoder that knows some words: what means the same has a cosine of 1, what is near .6."""
    axes = {"horror": 0, "thriller": 1, "crime": 2, "drama": 3, "film": 4, "films": 4}
    known = {"공포": (0, 1.0), "scary": (0, 0.6), "범죄물": (2, 1.0), "movie": (4, 1.0)}
    vectors = np.zeros((len(texts), 16), dtype=np.float32)
    for at, text in enumerate(texts):
        axis, near = known.get(text, (axes.get(text, 14), 1.0))
        vectors[at, [axis, 15]] = near, np.sqrt(1 - near**2)
    return vectors


@pytest.mark.parametrize(
    ("text", "told", "rest"),
    [
        ("공포", [("horror (공포)", False, False)], []),
        (
            "범죄물, 공포 말고",
            [("crime (범죄물)", False, False), ("horror (공포)", True, False)],
            [],
        ),
        ("something scary", [("horror (scary)", False, True)], []),
        ("not scary, from 1990", [("1990", False, False), ("horror (scary)", True, True)], []),
        ("a movie", [], ["movie"]),
        ("something dark", [], ["dark"]),
    ],
)
def test_a_word_means_the_value_that_lies_nearest(
    names: NameIndex, text: str, told: list[tuple[str, bool, bool]], rest: list[str]
) -> None:
    wish = by_meaning(names.snapshot, read_wish(names, text), encode)
    found = [(one.words.removeprefix("from "), one.negated, one.soft) for one in wish.filters]
    assert sorted(found) == sorted(told)
    assert left(wish) == rest


def test_a_model_never_hears_what_is_denied(names: NameIndex) -> None:
    def answer(request: Request) -> str:
        assert "violent" not in request.messages[-1].text
        return '{"want": []}'

    wish = read_wish(names, "something slow, not violent")
    assert read_mood(ScriptedModel(answer=answer), names.snapshot, wish, "en", 5).usage.calls == 1
    denied = read_wish(names, "not violent")
    assert read_mood(ScriptedModel([]), names.snapshot, denied, "en", 5).usage.calls == 0


def test_kinds_are_told_apart_by_their_names(toy: Snapshot) -> None:
    assert number_kinds(toy) == {"year"}
    assert small_kinds(toy) == {"directed_by": "person", "has_genre": "genre", "stars": "person"}


def test_a_mood_is_named_from_the_catalogue_and_judged(names: NameIndex) -> None:
    def answer(request: Request) -> str:
        if request.schema is None:
            return "Yes" if "horror" in request.messages[-1].text else "No"
        return '{"want": ["horror", "crime"]}'

    wish = read_wish(names, "something frightening")
    mood = read_mood(ScriptedModel(answer=answer), names.snapshot, wish, "en", 5)
    assert [one.words for one in mood.filters] == ["horror"]
    assert mood.usage.calls == 3
    assert all(one.soft for one in mood.filters)


@pytest.mark.parametrize("reply", ["no", '{"want": "horror"}', '{"want": ["Sing!"]}'])
def test_what_the_catalogue_has_not_is_no_mood(names: NameIndex, reply: str) -> None:
    wish = read_wish(names, "something frightening")
    assert read_mood(ScriptedModel([reply]), names.snapshot, wish, "en", 5).filters == ()
