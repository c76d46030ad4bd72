"""Names: what people type, and what a text says, become nodes."""

from pathlib import Path

import pytest

from graph.names import NameIndex, normalise, variants
from graph.snapshot import Snapshot
from tests.toy import snapshot_of


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


@pytest.mark.parametrize(
    ("name", "normal"),
    [
        ("The Godfather", "the godfather"),
        ("Godfather, The", "the godfather"),
        ("Léon", "leon"),
        ("Monsters, Inc.", "monsters inc"),
        ("  WALL·E ", "wall e"),
        ("Misérables, Les", "les miserables"),
        ("봄, 여름", "봄 여름"),
    ],
)
def test_names_are_compared_in_one_form(name: str, normal: str) -> None:
    assert normalise(name) == normal


def test_a_name_has_variants() -> None:
    assert variants("Seven (Se7en)") == ["seven se7en", "seven", "se7en"]
    assert variants("Enfer, L'") == ["l enfer", "enfer l", "enfer"]
    assert variants("The Godfather") == ["the godfather", "godfather"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("de niro", "person:robert de niro"),
        ("de nrio", "person:robert de niro"),
        ("godfather", "film:godfather"),
        ("leon", "film:leon"),
        ("Gladaitor", "film:gladiator"),
        ("mcdormand frances", "person:frances mcdormand"),
    ],
)
def test_search_forgives(names: NameIndex, typed: str, first: str) -> None:
    found = names.search(typed)
    assert names.snapshot.id(found[0][0]) == first


def test_a_swap_in_a_short_name_does_not_find_the_middle_of_longer_ones(tmp_path: Path) -> None:
    labels = {
        "film:1": "Heat",
        "film:2": "Heathers",
        "film:3": "Mystery Theater",
        "film:4": "Metal",
    }
    names = NameIndex.of(snapshot_of(tmp_path, [], labels))
    assert [names.snapshot.id(row) for row, _ in names.search("heta")] == ["film:1"]
    assert [names.snapshot.id(row) for row, _ in names.search("heat")] == ["film:1", "film:2"]


def test_search_finds_nothing_for_nonsense(names: NameIndex) -> None:
    assert names.search("qqqqzzzz") == []
    assert names.search("?!") == []


def test_people_who_use_the_system_are_never_found(names: NameIndex) -> None:
    assert all(names.snapshot.kind(row) != "user" for row, _ in names.search("1", 100))


def test_mentions_are_the_longest_names(names: NameIndex) -> None:
    text = "Was Robert De Niro in The Godfather (1972), or in “Heat”?"
    found = [(text[m.start : m.end], names.snapshot.ids(m.rows)) for m in names.mentions(text)]
    assert found == [
        ("Robert De Niro", ["person:robert de niro"]),
        ("The Godfather", ["film:godfather"]),
        ("1972", ["year:1972"]),
        ("Heat", ["film:heat"]),
    ]


def test_a_common_word_is_a_title_only_with_its_capital(names: NameIndex) -> None:
    assert names.mentions("in the heat of the night, an alien") == []


def test_capitals_tell_where_a_name_begins(tmp_path: Path) -> None:
    labels = {"film:1": "In & Out", "film:2": "Out of Sight"}
    names = NameIndex.of(snapshot_of(tmp_path, [], labels))
    for text in ("She is in Out of Sight.", "she is in out of sight"):
        assert len(names.mentions(text)) == 1
    assert names.mentions("She is in Out of Sight.")[0].start == 10


def test_a_korean_particle_is_no_part_of_a_name(names: NameIndex) -> None:
    text = "Heat는 Al Pacino가"
    assert [text[m.start : m.end] for m in names.mentions(text)] == ["Heat", "Al Pacino"]


def test_a_name_keeps_the_signs_it_is_written_with(tmp_path: Path) -> None:
    labels = {"film:1": "Mafia!", "film:2": "'Til Then", "film:3": "Enfer, L'", "film:4": "Heat"}
    names = NameIndex.of(snapshot_of(tmp_path, [], labels))
    text = "'Til Then, Mafia! Enfer, L' and Heat!"
    found = [text[mention.start : mention.end] for mention in names.mentions(text)]
    assert found == ["'Til Then", "Mafia!", "Enfer, L'", "Heat"]


def test_a_name_of_two_things_gives_both(tmp_path: Path) -> None:
    labels = {"film:1": "Alien", "film:2": "Alien"}
    names = NameIndex.of(snapshot_of(tmp_path, [], labels))
    assert len(names.exact("alien")) == 2
