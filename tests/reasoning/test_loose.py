"""Loose reading: what a value near a cue is taken to say, and what is left alone on purpose."""

import pytest

from graph.names import NameIndex
from graph.schema import KindWords, Schema
from graph.types import VerdictKind
from reasoning.check import check
from reasoning.loose import LOOSE
from tests.toy import SCHEMA, snapshot_of, toy_edges, toy_labels

S, C, N = VerdictKind.SUPPORTED, VerdictKind.CONTRADICTED, VerdictKind.NOT_IN_GRAPH
CUES = {"directed_by": ("behind the camera", "epic"), "released_in": ("theat",)}


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> NameIndex:
    """The toy catalogue with a few cues, as a mapping lists them."""
    relations = dict(SCHEMA.relations)
    for name, cues in CUES.items():
        words = relations[name].words
        english = words["en"].model_copy(update={"cues": cues})
        relations[name] = relations[name].model_copy(update={"words": {**words, "en": english}})
    genre = SCHEMA.kinds["genre"].model_copy(
        update={"words": {"en": KindWords(one="genre", many="genres")}}
    )
    schema = Schema(kinds={**SCHEMA.kinds, "genre": genre}, relations=relations)
    return NameIndex.of(
        snapshot_of(tmp_path_factory.mktemp("loose"), toy_edges(), toy_labels(), schema=schema)
    )


def read(names: NameIndex, text: str) -> list[VerdictKind]:
    """Verdicts on what was understood, however it was read."""
    found = check(names, text).verdicts
    return [verdict.kind for verdict in found if verdict.claim.relation]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        # a cue that touches a name, on either side of it
        ("With Heat, director Michael Mann surpassed himself.", [S]),
        ("With Heat, director Ridley Scott surpassed himself.", [C]),
        ("Ridley Scott stepped behind the camera for Heat.", [C]),
        ("Heat marked a triumph for its director, Ridley Scott.", [C]),
        ("Michael Mann both wrote and directed Heat.", [S]),
        # "by" where nobody knows the name
        ("Heat, stylishly directed by the young Jane Foo, is long.", [C]),
        # whose it is: what the graph says that somebody is to it
        ("Michael Mann's Heat runs for three hours.", [S]),
        ("Al Pacino's Heat runs for three hours.", [S]),
        ("Ridley Scott's Heat runs for three hours.", [C]),
        ("Robert De Niro's Gladiator runs for three hours.", [N]),
        ("Heat (1995) – Ridley Scott's mob epic.", [S, C]),
        ("Everybody is tired in Heat (Ridley Scott, 1995).", [C]),
        # a number with a cue in its clause
        ("When Alien hit theaters in 1979, people screamed.", [S]),
        ("When Alien hit theaters in 1986, people screamed.", [C]),
        # a value that describes the thing before it
        ("Heat is among the very finest crime films.", [S]),
        ("Heat is the funniest horror of all time.", [C]),
    ],
)
def test_what_is_read(names: NameIndex, text: str, wanted: list[VerdictKind]) -> None:
    assert read(names, text) == wanted


@pytest.mark.parametrize(
    "text",
    [
        # likened, wished, supposed
        "Heat feels like a horror film.",
        "Imagine Heat directed by Ridley Scott.",
        "Heat is the film that Ridley Scott would have directed.",
        "Ridley Scott turned down the chance to direct Heat.",
        "Ridley Scott refused to direct Heat.",
        # somebody else's part in it
        "Heat, whose assistant director Ridley Scott was not paid, is long.",
        "In Heat, Michael Mann's brother met director Ridley Scott's wife.",
        "Ridley Scott's production company made Heat.",
        "In Gladiator, he directs Al Pacino's understudy.",
        # another thing's
        "Ridley Scott later directed Hannibal, the sequel to Heat.",
        "Heat grew out of a short horror film.",
        # another time
        "Heat is set in 1979, in theaters and bars.",
        "Heat won a prize in theaters in 1979.",
        # no cue
        "Ridley Scott praised Heat in 1979.",
        "Critics of Heat mention Ridley Scott.",
    ],
)
def test_what_is_left_alone(names: NameIndex, text: str) -> None:
    assert C not in read(names, text)


def test_a_loose_claim_is_marked(names: NameIndex) -> None:
    verdict, *_ = check(names, "Ridley Scott's Heat runs for three hours.").verdicts
    assert verdict.claim.qualifier == LOOSE
    (verdict,) = check(names, "Heat was directed by Ridley Scott.").verdicts
    assert verdict.claim.qualifier == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Neither Heat nor Alien is a drama film.", [S, S]),
        ("Neither Heat nor Fargo is a crime film.", [C, C]),
        ("You would never guess that Heat was directed by Michael Mann.", [S]),
        ("Heat was discussed. The director was Michael Mann. The songs made it a hit.", [S]),
        ("Michael directed Heat.", [N]),  # a part of the right name is not another's
    ],
)
def test_what_sounds_like_a_denial(names: NameIndex, text: str, wanted: list[VerdictKind]) -> None:
    assert read(names, text) == wanted
