"""What is described through others: every film that fits is meant, and one of them is enough."""

import pytest

from graph.names import NameIndex
from graph.snapshot import Snapshot
from graph.types import VerdictKind
from reasoning.check import check

S, C, N = VerdictKind.SUPPORTED, VerdictKind.CONTRADICTED, VerdictKind.NOT_IN_GRAPH


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        # a role stands for who has it
        ("The director of Heat also directed The Insider.", [S]),
        ("The director of Heat also directed Alien.", [C]),
        ("Gladiator was directed by the director of Alien.", [S]),
        ("Fargo was directed by the director of Alien.", [C]),
        # but who is told to be the director is no description
        ("The director of Heat is Michael Mann.", [S]),
        ("The director of Heat is Ridley Scott.", [C]),
        # one of those that fit
        ("One of the films directed by Michael Mann came out in 1999.", [S]),
        ("One of the films directed by Michael Mann came out in 1996.", [C]),
        ("Al Pacino stars in one of the films directed by the director of Heat.", [S]),
        ("Jean Reno stars in one of the films directed by the director of Heat.", [N]),
        ("One of the films whose directors also directed Alien came out in 2000.", [S]),
        ("One of the films that share directors with Alien came out in 2000.", [S]),
        ("One of the films that share directors with Alien came out in 1979.", [C]),
        ("Heat is one of the films directed by Michael Mann.", [S]),
        ("Alien is one of the films directed by Michael Mann.", [C]),
        # two with the same
        ("The Insider has the same director as Heat.", [S]),
        ("Alien has the same director as Heat.", [C]),
        ("The Insider shares a director with Heat.", [S]),
        ("Robert De Niro starred together with Jean Reno.", [S]),
        ("Al Pacino co-starred with Russell Crowe.", [S]),
        ("Al Pacino co-starred with Sigourney Weaver.", [N]),
        ("Joel Coen co-directed films with Ethan Coen.", [S]),
        ("Joel Coen co-directed films with Michael Mann.", [C]),
    ],
)
def test_descriptions_are_followed_through_the_graph(
    names: NameIndex, text: str, kinds: list[VerdictKind]
) -> None:
    assert [verdict.kind for verdict in check(names, text).verdicts] == kinds


def test_a_claim_says_by_which_chain_it_was_decided(names: NameIndex) -> None:
    text = "Russell Crowe stars in one of the films directed by the director of Heat."
    (verdict,) = check(names, text).verdicts
    (chain,) = verdict.claim.within
    assert chain.start == ("film:heat",)
    assert chain.steps == (("directed_by", False), ("directed_by", True))
    assert [edge.head for edge in verdict.evidence] == ["film:insider"]


def test_what_may_be_missing_from_the_graph_contradicts_nothing(names: NameIndex) -> None:
    """Actors may be missing, so the films with one of them may be more than these."""
    (verdict,) = check(names, "Jean Reno starred together with Sigourney Weaver.").verdicts
    assert verdict.kind == N
