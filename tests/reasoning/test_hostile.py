"""Text that wants to mislead or to break the checker: verdicts stay right, and nothing is dropped.

`hostile.jsonl` is the corpus, one text a line with the verdicts that it must get on the toy
catalogue; whatever ever went wrong is added there.
"""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.names import NameIndex
from graph.snapshot import Snapshot
from graph.types import VerdictKind
from reasoning.check import check
from tests.toy import snapshot_of

CORPUS = [
    json.loads(line)
    for line in (Path(__file__).parent / "hostile.jsonl").read_text(encoding="utf-8").splitlines()
]
INVISIBLE = "\u200b\u200c\u200d\u2060\u00ad\ufeff"


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


def verdicts(names: NameIndex, text: str) -> list[str]:
    return [verdict.kind.value for verdict in check(names, text).verdicts]


@pytest.mark.parametrize("entry", CORPUS, ids=lambda entry: entry["text"][:40] or "nothing")
def test_the_corpus_gets_the_verdicts_it_must(
    names: NameIndex, entry: dict[str, str | list[str]]
) -> None:
    found = verdicts(names, str(entry["text"]))
    if entry["verdicts"] == "any":
        assert set(found) <= set(VerdictKind)
    elif entry["verdicts"] == "not supported":
        assert found
        assert "supported" not in found
    else:
        assert found == entry["verdicts"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The was directed by Ann Lee.", ["supported"]),
        ("The was directed by Bo Ray.", ["contradicted"]),
        ("It was directed by Bo Ray.", ["supported"]),
        ("9 was directed by Cy Fox.", ["supported"]),
        ("9 was directed by Ann Lee.", ["contradicted"]),
        ("Alien was directed by Ann Lee.", ["contradicted"]),
        ("Aliens was directed by Ann Lee.", ["supported"]),
        ("Alien 3 was directed by Ann Lee.", ["contradicted"]),
        ("Alien 3 was directed by Cy Fox.", ["supported"]),
        ("Alien was directed by Bo Ray and Aliens was directed by Bo Ray.",
         ["supported", "contradicted"]),
    ],
)  # fmt: skip
def test_items_called_like_common_words_or_like_parts_of_others(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    made = {
        "The": "Ann Lee", "It": "Bo Ray", "9": "Cy Fox", "Alien": "Bo Ray",
        "Aliens": "Ann Lee", "Alien 3": "Cy Fox",
    }  # fmt: skip
    edges = [
        (f"film:{film}", "directed_by", f"person:{person}", None) for film, person in made.items()
    ]
    labels = {f"film:{film}": film for film in made}
    labels |= {f"person:{person}": person for person in made.values()}
    names = NameIndex.of(snapshot_of(tmp_path, edges, labels))
    assert verdicts(names, text) == expected


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_cannot_be_seen_changes_no_verdict(names: NameIndex, data: st.DataObject) -> None:
    director, expected = data.draw(
        st.sampled_from([("Michael Mann", "supported"), ("Ridley Scott", "contradicted")])
    )
    text = f"Heat was directed by {director}."
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(text)))
        text = text[:at] + data.draw(st.sampled_from(INVISIBLE)) + text[at:]
    assert verdicts(names, text) == [expected]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_any_text_gets_verdicts_whose_claims_lie_within_it(names: NameIndex, text: str) -> None:
    for verdict in check(names, text).verdicts:
        start, end = verdict.claim.span
        assert 0 <= start <= end <= len(text)
        assert verdict.kind in set(VerdictKind)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(CORPUS), min_size=1, max_size=6))
def test_paragraphs_do_not_change_one_another(
    names: NameIndex, entries: list[dict[str, str | list[str]]]
) -> None:
    """Claims in, claims out: a text of many paragraphs has the verdicts of each."""
    told = [entry for entry in entries if isinstance(entry["verdicts"], list)]
    whole = verdicts(names, "\n\n".join(str(entry["text"]) for entry in told))
    assert whole == [kind for entry in told for kind in entry["verdicts"]]


def test_a_long_text_keeps_every_claim(names: NameIndex) -> None:
    text = "Heat was directed by Michael Mann. Alien came out in 1980. " * 1500
    found = verdicts(names, text)
    assert found == ["supported", "contradicted"] * 1500
