"""What we write we can read back: every sentence is supported, and no corruption survives."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.names import NameIndex
from graph.paths import Limits, carrying, connections
from graph.snapshot import Snapshot
from graph.types import Contribution, Evidence, Sentence, VerdictKind
from graph.walks import Walk, WalkModel, Walks
from reasoning import verbalise
from reasoning.check import Asker, check
from reasoning.verbalise import connections_told, reasons
from tests.toy import FILMS, LIKED_BY

MODEL = WalkModel(
    "user",
    "film",
    (Walk("people", 1.0), Walk("directed_by", 0.3), Walk("stars", 0.3), Walk("has_genre", 0.2)),
)
LANGUAGES = ("en", "ko")


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


def asker_of(toy: Snapshot, user: int) -> Asker:
    liked = frozenset(toy.row(f"film:{f}") for f, users in LIKED_BY.items() if user in users)
    return Asker(toy.row(f"user:{user}"), liked)


def evidence_of(toy: Snapshot, asker: Asker, film: str) -> Evidence:
    start = toy.rows("film").start
    item = toy.row(f"film:{film}")
    liked = sorted(asker.liked)
    walks = Walks(toy, MODEL)
    breakdown = walks.breakdown([row - start for row in liked], item - start, user="user:1")
    return Evidence(
        breakdown,
        carrying(toy, breakdown, asker.row, Limits(k=100)),
        connections(toy, liked, item, asker.row),
        len(liked),
    )


def said(toy: Snapshot, user: int, film: str, language: str) -> list[Sentence]:
    evidence = evidence_of(toy, asker_of(toy, user), film)
    return [
        *reasons(toy, evidence, language, k=10),
        *connections_told(toy, evidence.connections, language, k=10),
    ]


def test_reasons_read_like_this(toy: Snapshot) -> None:
    evidence = evidence_of(toy, asker_of(toy, 1), "insider")
    assert {sentence.text for sentence in reasons(toy, evidence, "en", k=9)} == {
        "6 of the 9 people who liked Heat also liked The Insider.",
        "5 of the 7 people who liked The Godfather also liked The Insider.",
        "The Insider was directed by Michael Mann, like Heat, which you liked.",
        "The Insider stars Al Pacino, like The Godfather and Heat, which you liked.",
        "The Insider belongs to the genre drama, like The Godfather, which you liked.",
    }
    assert "좋아하신 Heat처럼 The Insider는 Michael Mann이 감독했다." in {
        sentence.text for sentence in reasons(toy, evidence, "ko", k=9)
    }


def test_many_liked_items_are_counted_not_listed(
    toy: Snapshot, names: NameIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verbalise, "MOST_ANCHORS", 1)
    asker = asker_of(toy, 1)
    evidence = evidence_of(toy, asker, "insider")
    for language, text in (
        ("en", "The Insider stars Al Pacino, like 2 of the 2 films you liked."),
        ("ko", "좋아하신 영화 2개 가운데 2개처럼 The Insider에는 Al Pacino가 나온다."),
    ):
        assert text in [sentence.text for sentence in reasons(toy, evidence, language, k=9)]
        assert check(names, text, asker).kind == VerdictKind.SUPPORTED
        wrong = text.replace("2", "3", 1)
        assert check(names, wrong, asker).kind == VerdictKind.CONTRADICTED
        assert check(names, text).kind == VerdictKind.NOT_CHECKABLE


def test_connections_read_like_this(toy: Snapshot) -> None:
    paths = connections(toy, [toy.row("film:heat")], toy.row("film:ronin"))
    assert [s.text for s in connections_told(toy, paths, "en")] == [
        "Heat and Ronin are both films with Robert De Niro."
    ]
    assert [s.text for s in connections_told(toy, paths, "ko")] == [
        "Heat와 Ronin은 둘 다 Robert De Niro가 나오는 영화다."
    ]


def test_a_sentence_cites_the_edges_it_tells(toy: Snapshot) -> None:
    evidence = evidence_of(toy, asker_of(toy, 1), "ronin")
    (sentence,) = [s for s in reasons(toy, evidence, "en", k=9) if "De Niro" in s.text]
    path = evidence.paths[0]
    assert sentence.edges == tuple(step.edge.id for step in path.steps)


def test_what_neighbours_learned_of_a_liked_item_is_told_with_it(toy: Snapshot) -> None:
    """They learn from the same likes that are counted; the share is that of all of it."""
    evidence = evidence_of(toy, asker_of(toy, 1), "insider")
    before = reasons(toy, evidence, "en", k=1)[0]
    parts = evidence.breakdown.contributions
    learned = (
        Contribution("neighbours", "film:godfather", None, 9.0, 0.9),
        Contribution("neighbours", "film:heat", None, -9.0, -0.9),
        Contribution("neighbours", None, None, 1.0, 0.1),
    )
    more = replace(
        evidence, breakdown=replace(evidence.breakdown, contributions=(*parts, *learned))
    )
    told = reasons(toy, more, "en", k=9)
    assert before.text == "6 of the 9 people who liked Heat also liked The Insider."
    assert told[0].text == "5 of the 7 people who liked The Godfather also liked The Insider."
    assert len(parts) in told[0].contributions
    assert before.text not in [sentence.text for sentence in told]


def test_fewer_than_five_people_are_never_told(toy: Snapshot) -> None:
    for film in FILMS:
        evidence = evidence_of(toy, asker_of(toy, 1), film)
        for sentence in reasons(toy, evidence, "en", k=20):
            first = sentence.text.split()[0]
            assert not first.isdigit() or int(first) >= 5


@given(st.integers(1, 12), st.sampled_from(sorted(FILMS)), st.sampled_from(LANGUAGES))
@settings(max_examples=60, deadline=None)
def test_all_that_we_say_is_supported(
    toy: Snapshot, names: NameIndex, user: int, film: str, language: str
) -> None:
    asker = asker_of(toy, user)
    for sentence in said(toy, user, film, language):
        checked = check(names, sentence.text, asker)
        assert [v.kind for v in checked.verdicts] == [VerdictKind.SUPPORTED] * len(
            checked.verdicts
        ), (sentence.text, checked.verdicts)
        assert checked.verdicts


@given(
    st.integers(1, 12),
    st.sampled_from(sorted(FILMS)),
    st.sampled_from(LANGUAGES),
    st.data(),
)
@settings(max_examples=120, deadline=None)
def test_no_swapped_name_or_number_survives(
    toy: Snapshot, names: NameIndex, user: int, film: str, language: str, data: st.DataObject
) -> None:
    sentences = said(toy, user, film, language)
    if not sentences:
        return
    text = data.draw(st.sampled_from(sentences)).text
    mentions = [m for m in names.mentions(text) if toy.kind(m.rows[0]) in ("film", "person")]
    mention = data.draw(st.sampled_from(mentions))
    old = text[mention.start : mention.end]
    kind = toy.kind(mention.rows[0])
    others = [label for label in toy.labels(list(toy.rows(kind))) if label not in text]
    new = data.draw(st.sampled_from(others))
    before = check(names, text, asker_of(toy, user))
    after = check(names, text[: mention.start] + new + text[mention.end :], asker_of(toy, user))
    assert before.kind == VerdictKind.SUPPORTED
    if after.kind == VerdictKind.SUPPORTED:  # the other name may be true as well: then it is so
        assert all(v.evidence or "of" in v.detail for v in after.verdicts), (old, new, text)
    numbers = [word for word in text.split() if word.isdigit()]
    if numbers and "liked" in text:
        off = str(int(numbers[0]) + data.draw(st.integers(1, 50)))
        wrong = check(names, text.replace(numbers[0], off, 1), asker_of(toy, user))
        assert wrong.kind == VerdictKind.CONTRADICTED
