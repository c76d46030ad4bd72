"""The checker: a text goes in, each claim comes out with a verdict and the edge behind it."""

from pathlib import Path

import pytest

from graph.names import NameIndex
from graph.snapshot import Snapshot
from graph.types import Reason, Verdict, VerdictKind
from reasoning.check import Asker, Checked, check
from tests.toy import snapshot_of

S, C, N, X = (
    VerdictKind.SUPPORTED,
    VerdictKind.CONTRADICTED,
    VerdictKind.NOT_IN_GRAPH,
    VerdictKind.NOT_CHECKABLE,
)


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


def only(checked: Checked) -> Verdict:
    (verdict,) = checked.verdicts
    return verdict


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        # the relation's own words, forward and inverse, and others that people use
        ("Heat was directed by Michael Mann.", [S]),
        ("Michael Mann directed Heat and The Insider.", [S, S]),
        ("Ridley Scott made Heat", [C]),
        ("Ridley Scott made Alien", [S]),
        ("Heat, a Michael Mann film, came out in 1995.", [S, S]),
        ("Heat, a Michael Mann film, came out in 1996.", [S, C]),
        ("“Heat” is by Michael Mann.", [S]),
        ("The Insider and Heat were directed by Michael Mann.", [S, S]),
        ("Heat, directed by Michael Mann, stars Al Pacino.", [S, S]),
        # several things said of one subject, and in the next sentence
        ("The Insider stars Al Pacino and was directed by Michael Mann. It came out in 1999.",
         [S, S, S]),
        ("Ridley Scott directed Alien, and Michael Mann directed Heat.", [S, S]),
        ("Al Pacino stars in Heat, and Ronin stars Robert De Niro.", [S, S]),
        ("Fargo is a crime film from 1996.", [S, S]),
        ("Heat is a film from Paris.", [X]),
        ("Heat (1995) stars Robert De Niro.", [S, S]),
        ("Heat (1994) stars Robert De Niro.", [S, C]),
        # absence: a contradiction where the catalogue is complete, else unknown
        ("Fargo was directed by Joel Coen and Ridley Scott.", [S, C]),
        ("Heat stars Jean Reno.", [N]),
        ("Heat came out in 1998.", [C]),
        ("Alien belongs to the genre crime.", [C]),
        # denials
        ("Heat was not directed by Ridley Scott.", [S]),
        ("Heat wasn't directed by Michael Mann.", [C]),
        ("Al Pacino does not star in Heat.", [C]),
        ("Jean Reno never stars in Heat.", [N]),
        # names that no node has
        ("Foo Bar was directed by Michael Mann.", [N]),
        ("Heat was directed by Foo Bar.", [C]),
        ("Heat was directed by Micheal Mann.", [S]),
        # counts of people
        ("7 of the 9 people who liked Heat also liked Ronin.", [S]),
        ("8 of the 9 people who liked Heat also liked Ronin.", [C]),
        ("7 people who liked Heat also liked Ronin.", [S]),
        ("9 people who liked Heat also liked Ronin.", [C]),
        ("The 7 people who liked Heat also liked Ronin.", [C]),
        ("7 of the 10 people who liked Heat liked Ronin too.", [C]),
        ("2 of the 9 people who liked Heat also liked Fargo.", [X]),
        # what cannot be looked up
        ("Heat is a masterpiece.", [X]),
        ("The weather in Paris was mild.", [X]),
        ("Heat was directed by Michael Mann in 1996.", [S, C]),
        # Korean
        ("Heat는 Michael Mann이 감독했다.", [S]),
        ("Heat는 Ridley Scott이 감독했습니다.", [C]),
        ("Heat는 Ridley Scott이 감독하지 않았다.", [S]),
        ("Heat에는 Al Pacino와 Robert De Niro가 나온다.", [S, S]),
        ("Heat는 1995년에 나왔다. Ronin은 1997년에 나왔다.", [S, C]),
        ("Heat를 좋아한 9명 가운데 7명이 Ronin도 좋아했다.", [S]),
        ("Heat를 좋아한 9명 가운데 8명이 Ronin도 좋아했다.", [C]),
        ("Heat와 Ronin은 둘 다 Robert De Niro가 나오는 영화이다.", [S, S]),
    ],
)  # fmt: skip
def test_verdicts(names: NameIndex, text: str, kinds: list[VerdictKind]) -> None:
    assert [verdict.kind for verdict in check(names, text).verdicts] == kinds


def test_a_contradiction_shows_the_true_edge(names: NameIndex) -> None:
    verdict = only(check(names, "Heat was directed by Ridley Scott"))
    assert verdict.reason == Reason.COMPLETE_WITHOUT_IT
    assert [edge.tail for edge in verdict.counter_evidence] == ["person:michael mann"]
    assert verdict.claim.heads == ("film:heat",)


def test_a_span_points_into_the_text(names: NameIndex) -> None:
    text = "Well: Heat came out in 1995, and Ronin came out in 1998."
    for verdict in check(names, text).verdicts:
        start, end = verdict.claim.span
        assert text[start:end] == verdict.claim.text
        assert verdict.claim.head in verdict.claim.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Heat is a masterpiece.", Reason.OPINION),
        ("Heat has seven scenes.", Reason.OUTSIDE_SCHEMA),
        ("Foo Bar was directed by Michael Mann.", Reason.NOT_IN_CATALOGUE),
        ("Heat stars Foo Bar.", Reason.UNKNOWN_ENTITY),
        ("2 of the 9 people who liked Heat also liked Fargo.", Reason.TOO_FEW_PEOPLE),
        ("You liked Heat.", Reason.NOBODY_NAMED),
    ],
)
def test_a_verdict_has_a_reason(names: NameIndex, text: str, reason: Reason) -> None:
    assert check(names, text).verdicts[0].reason == reason


def test_you_is_who_the_text_speaks_to(names: NameIndex, toy: Snapshot) -> None:
    liked = frozenset(toy.row(f"film:{film}") for film in ("heat", "godfather"))
    asker = Asker(toy.row("user:1"), liked)
    kinds = [
        only(check(names, text, asker)).kind
        for text in ("You liked Heat.", "You liked Alien.", "You liked Fargo.",
                     "You did not like Alien.")
    ]  # fmt: skip
    assert kinds == [S, C, N, S]


ODD = {"film:1": "Mafia!", "film:2": "N.M.", "film:3": "Enfer, L'", "film:4": "What (Now)?",
       "film:5": "Love! Hate!", "film:6": "...And So", "film:7": "Say, Who", "film:8": "Me and You",
       "film:9": "'Til", "genre:drama": "Drama"}  # fmt: skip


@pytest.mark.parametrize("title", [label for node, label in ODD.items() if "film" in node])
@pytest.mark.parametrize(
    "frame",
    [
        "{} belongs to the genre Drama.",
        "Drama is a genre of {}.",
        "“{}” and Me and You are both in the genre Drama.",
        "{}은 Drama 장르에 속한다.",
        "Me and You와 {}는 모두 Drama 장르의 영화다.",
    ],
)
def test_a_title_may_hold_signs_and_joining_words(tmp_path: Path, title: str, frame: str) -> None:
    edges = [(node, "has_genre", "genre:drama", None) for node in ODD if node != "genre:drama"]
    names = NameIndex.of(snapshot_of(tmp_path, edges, ODD))
    text = frame.format(title)
    assert {v.claim.head for v in check(names, text).verdicts} <= {title, "Me and You"}
    assert check(names, text).kind == S
    assert [v.kind for v in check(names, f"{text} Foo belongs to the genre Drama.").verdicts][
        -1
    ] == N


@pytest.mark.parametrize(
    ("text", "kind", "read"),
    [
        ("Heat was directed by Micheal Mann.", S, "Michael Mann"),
        ("The Godfathre came out in 1972.", S, "The Godfather"),
        ("Heat was directed by Ridly Scott.", C, "Ridley Scott"),
        ("Heat was directed by Nichael Mann.", N, ""),  # a first letter is not forgiven
        ("Haet was directed by Michael Mann.", N, ""),  # too short to be sure
    ],
)
def test_a_typo_is_forgiven_and_told(
    names: NameIndex, text: str, kind: VerdictKind, read: str
) -> None:
    verdict = only(check(names, text))
    assert verdict.kind == kind
    assert (f"was read as {read!r}" in verdict.detail) == bool(read)


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "?!", "(" * 500, "a, b, " * 300, "\x00\ud7ff"])
def test_any_text_is_survived(names: NameIndex, text: str) -> None:
    assert all(v.kind == X for v in check(names, text).verdicts)


def test_a_wording_may_hold_a_word_that_is_also_a_name(tmp_path: Path) -> None:
    labels = {"film:1": "Heat", "genre:crime": "crime", "genre:genre": "genre"}
    snapshot = snapshot_of(tmp_path, [("film:1", "has_genre", "genre:crime", None)], labels)
    verdict = only(check(NameIndex.of(snapshot), "Heat belongs to the genre crime."))
    assert (verdict.kind, verdict.claim.text) == (S, "Heat belongs to the genre crime")
