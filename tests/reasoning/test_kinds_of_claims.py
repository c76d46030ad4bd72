"""All that a text may claim of the toy catalogue, one kind after the other."""

import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.names import NameIndex
from graph.schema import RelationWords, Schema
from graph.snapshot import Snapshot
from graph.types import VerdictKind
from reasoning.check import Asker, check
from reasoning.claims import find_claims
from tests.toy import SCHEMA, snapshot_of, toy_edges, toy_labels

S, C, N, X = (
    VerdictKind.SUPPORTED,
    VerdictKind.CONTRADICTED,
    VerdictKind.NOT_IN_GRAPH,
    VerdictKind.NOT_CHECKABLE,
)


def kinds(names: NameIndex, text: str, asker: Asker | None = None, question: str = "") -> list[str]:
    """Verdicts on what was understood."""
    checked = check(names, text, asker, question=question)
    return [verdict.kind for verdict in checked.verdicts if verdict.claim.relation]


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # descriptions, and to whom they are put
        ("Heat is a 1995 crime film directed by Michael Mann and starring Al Pacino.", [S] * 4),
        ("Heat is a 1995 American crime film.", [S, S]),
        ("The 1996 film Fargo stars Frances McDormand.", [S, S]),
        ("The 1995 film Fargo stars Frances McDormand.", [C, S]),
        ("One of the films directed by Michael Mann is Heat.", [S]),
        ("If you like films directed by Michael Mann, try Heat.", [S]),
        ("If you like films directed by Michael Mann, try Alien.", [C]),
        ("Heat isn't a horror film.", [S]),
        ("I would go with Heat, which is a film directed by Ridley Scott.", [C]),
        ("Heat reminds me of films made by Ridley Scott.", []),
        ("Heat is set in 1972.", []),
        # subjects that stand elsewhere
        ("The one who directed Heat is Michael Mann.", [S]),
        ("It is Ridley Scott who directed Heat.", [C]),
        ("Let us talk about Heat. It was directed by Ridley Scott.", [C]),
        ("Here is Heat. Its director is Michael Mann. The film stars Al Pacino.", [S, S]),
        ("Heat and Fargo were named. Both films were in the genre crime.", [S, S]),
        # said of the sentence as a whole
        ("It is not true that Heat was directed by Ridley Scott.", [S]),
        ("Nobody can deny that Heat was directed by Michael Mann.", [S]),
        ("You may not know that Heat was directed by Michael Mann.", [S]),
        # chains: it holds if it does of one
        ("Russell Crowe stars in one of the films directed by Ridley Scott.", [S]),
        ("Al Pacino stars in one of the films directed by Ridley Scott.", [N]),
        ("One of the films directed by the director of Heat came out in 1999.", [S]),
        ("One of the films that share directors with Heat came out in 2000.", [C]),
        # the catalogue, counts, ranks, comparisons
        ("We have Heat in our catalogue.", [S]),
        ("We do not have Heat.", [C]),
        ("Zorblax is in our catalogue.", [N]),
        ("There are 2 films directed by Michael Mann.", [S]),
        ("There are 3 films directed by Michael Mann.", [C]),
        ("Alien is the only film in the genre horror.", [S]),
        ("Heat is the only film directed by Michael Mann.", [C]),
        ("Heat is our most popular film.", [S]),
        ("Ronin is our most popular film.", [C]),
        ("Among films with Al Pacino, Heat is the most liked one.", [S]),
        ("No other film with Al Pacino is more popular than The Insider.", [C]),
        ("Heat is more popular than Fargo.", [S]),
        ("Fargo is not more popular than Heat.", [S]),
        ("Fans of Heat also liked Ronin.", [S]),
        ("Fans of Heat also liked Gladiator.", [C]),
    ],
)
def test_verdicts(names: NameIndex, text: str, wanted: list[VerdictKind]) -> None:
    assert kinds(names, text) == wanted


@dataclass(frozen=True)
class Shop:
    names: NameIndex
    asker: Asker


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The toy with words for what people do, and a namesake: another Heat, of 1986."""
    words = {
        "en": RelationWords(
            forward="{head} rated {tail}",
            inverse="{tail} was rated by {head}",
            also=("{head} has seen {tail}",),
        )
    }
    years = SCHEMA.relations["released_in"]
    known = years.words["en"].model_copy(update={"more": ("newer",), "less": ("older",)})
    relations = {
        **SCHEMA.relations,
        "rated": SCHEMA.relations["rated"].model_copy(update={"words": words}),
        "released_in": years.model_copy(update={"words": {**years.words, "en": known}}),
    }
    edges = [
        *toy_edges(),
        ("film:heat2", "released_in", "year:1986", None),
        ("film:heat2", "directed_by", "person:dick richards", None),
    ]
    labels = {**toy_labels(), "film:heat2": "Heat", "year:1986": "1986",
              "person:dick richards": "Dick Richards"}  # fmt: skip
    schema = Schema(kinds=SCHEMA.kinds, relations=relations)
    toy = snapshot_of(tmp_path_factory.mktemp("rated"), edges, labels, schema=schema)
    liked = frozenset(toy.row(f"film:{film}") for film in ("heat", "godfather"))
    return Shop(NameIndex.of(toy), Asker(toy.row("user:1"), liked))


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("You rated Heat 5.", [S]),
        ("You rated Alien 2 and Heat 4.", [S, C]),
        ("You gave Alien 2 stars.", [S]),
        ("Your rating of Alien was 3.", [C]),
        ("You have not seen Fargo.", [S]),
        ("You have seen Fargo.", [N]),
        ("You have seen three films.", [S]),
        ("You have seen two films with Al Pacino.", [S]),
        ("Al Pacino stars in Heat. You have seen one of his films.", [S, C]),
        ("Alien is something that you have seen.", [S]),
        # one name, two films: a text means one of them
        ("Heat (1995) was directed by Michael Mann.", [S, S]),
        ("Heat (1986) was directed by Michael Mann.", [C, S]),
        ("Heat was directed by Dick Richards.", [S]),
        ("Heat was directed by Dick Richards. It came out in 1995.", [C, S]),
        ("Gladiator is newer than Ronin.", [S]),
        ("Gladiator is older than Ronin.", [C]),
        ("The oldest film with Al Pacino is The Godfather.", [S]),
    ],
)
def test_what_the_reader_did_and_which_of_two_is_meant(
    rated: Shop, text: str, wanted: list[VerdictKind]
) -> None:
    assert kinds(rated.names, text, rated.asker) == wanted


def test_it_may_be_what_was_asked_for(names: NameIndex) -> None:
    text = "It was directed by Michael Mann. The film came out in 1996."
    assert kinds(names, text) == []
    assert kinds(names, text, question="What do you know of Heat?") == [S, C]


def test_items_of_the_answer_decide_between_namesakes(rated: Shop) -> None:
    toy = rated.names.snapshot
    text = "Heat was directed by Michael Mann."
    for film, wanted in (("film:heat", S), ("film:heat2", C)):
        (verdict,) = check(rated.names, text, about=(toy.row(film),)).verdicts
        assert verdict.kind == wanted


def test_a_doubt_is_noted_and_changes_no_verdict(names: NameIndex) -> None:
    (verdict,) = check(names, "Perhaps Heat was directed by Ridley Scott.").verdicts
    assert verdict.claim.hedged
    assert verdict.kind == C


@pytest.mark.parametrize("title", ["The", "It", "9", "Not", "You", "One", "And"])
def test_an_item_may_be_called_anything(tmp_path: Path, title: str) -> None:
    labels = {"film:1": title, "genre:drama": "Drama", "genre:crime": "Crime"}
    names = NameIndex.of(
        snapshot_of(tmp_path, [("film:1", "has_genre", "genre:drama", None)], labels)
    )
    assert kinds(names, f"“{title}” belongs to the genre Drama.") == [S]
    assert kinds(names, f"“{title}” belongs to the genre Crime.") == [C]
    assert kinds(names, f"{title} belongs to the genre Crime.") == [C]


PIECES = ["Heat", "Ronin", "Al Pacino", "1995", " stars ", " was directed by ", ", a film ",
          " is a ", "crime", "you liked ", "one of the films ", "(", ")", ". ", ", ", " and ",
          "not ", "“", "\n", "Its director is ", " than ", "our most popular "]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_claims_in_place_and_a_verdict_each(names: NameIndex, text: str) -> None:
    checked = check(names, text)
    assert len(checked.verdicts) == len(find_claims(names, text))
    assert check(names, text) == checked
    for verdict in checked.verdicts:
        start, end = verdict.claim.span
        assert 0 <= start <= end <= len(text)


def test_time_is_linear_in_the_length_of_a_text(names: NameIndex) -> None:
    for piece in ("Heat was directed by Michael Mann. ", "Heat, ", "a.b. ", "not that is "):
        spent = []
        for times in (500, 4000):
            begun = time.process_time()
            check(names, piece * times)
            spent.append(time.process_time() - begun)
        assert spent[1] < 8 * 4 * max(spent[0], 0.02), piece
