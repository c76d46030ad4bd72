"""Records, ledger, report, differences and preference pairs, on the toy catalogue."""

import html as escaping
import json
import re
import time
from pathlib import Path

import pytest

from graph.errors import InputError, StoreError
from graph.names import NameIndex
from graph.snapshot import Snapshot
from reasoning.audit import Form, audited, record_form, uncovered
from reasoning.check import check
from reasoning.ledger import Audit, Ledger, open_ledger
from reasoning.pairs import compared, preferences
from reasoning.rates import Rate, change
from reasoning.report import html
from reasoning.responses import Reject, Response


@pytest.fixture(scope="module")
def names(toy: Snapshot) -> NameIndex:
    return NameIndex.of(toy)


def record(names: NameIndex, text: str, line: int = 1, **more: str) -> Form:
    response = Response(str(line), line, text, **more)  # type: ignore[arg-type]
    return record_form(names, response, audited(names, response), {}, {})


def audit(name: str = "one", label: str = "") -> Audit:
    return Audit(0, name, label, "a.jsonl", "m", "p", "v", "schema", int(time.time()), None)


def kept(ledger: Ledger, name: str, *records: Form) -> Audit:
    begun, _ = ledger.begin(audit(name))
    ledger.add(begun, records, ())
    return ledger.finish(begun)


# -- records ---------------------------------------------------------------------------------


def test_a_record_shows_the_edge_that_decides(names: NameIndex) -> None:
    response = Response("1", 1, "Heat came out in 1996.")
    checked = audited(names, response)
    (edge,) = checked.verdicts[0].counter_evidence
    trust = {("released_in", "contradicted"): 0.981}
    form = record_form(names, response, checked, {edge.id: ["films.csv:3"]}, trust)
    (claim,) = form["claims"]  # type: ignore[misc]
    assert claim["confidence"] == 0.981
    assert claim["verdict"] == "contradicted"
    assert claim["counter_evidence"] == [edge.id]
    assert claim["facts"] == ["Heat released_in 1995"]
    assert claim["rows"] == ["films.csv:3"]
    assert json.loads(json.dumps(form)) == form


@pytest.mark.parametrize(
    ("text", "share"),
    [("Heat came out in 1995", 0.0), ("Lovely stuff", 1.0), ("", 0.0), ("?!", 0.0)],
)
def test_what_no_claim_covers_has_a_share(names: NameIndex, text: str, share: float) -> None:
    assert uncovered(check(names, text)) == share


# -- ledger ----------------------------------------------------------------------------------


def test_an_audit_goes_on_behind_its_last_batch(names: NameIndex, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.db") as ledger:
        begun, reached = ledger.begin(audit())
        assert reached == 0
        ledger.add(begun, [record(names, "Heat came out in 1995.", 1)], [Reject(4, "not JSON")])
    with open_ledger(tmp_path / "l.db") as ledger:
        again, reached = ledger.begin(audit())
        assert (again.number, reached) == (begun.number, 4)
        assert [one["id"] for one in ledger.records(again)] == ["1"]
        assert ledger.rejects(again) == [Reject(4, "not JSON")]


def test_a_batch_is_whole_or_not_there(names: NameIndex, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.db") as ledger:
        begun, _ = ledger.begin(audit())
    same = record(names, "Heat came out in 1995.")
    with pytest.raises(StoreError), open_ledger(tmp_path / "l.db") as ledger:
        ledger.add(begun, [same, same], ())
    with open_ledger(tmp_path / "l.db") as ledger:
        assert ledger.summary(begun).answers == 0


def test_a_summary_counts_every_claim(names: NameIndex, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.db") as ledger:
        one = record(names, "Heat came out in 1996. It was directed by Michael Mann.", 1)
        two = record(names, "What fun.", 2)
        summary = ledger.summary(kept(ledger, "one", one, two))
    assert summary.counts == {"contradicted": 1, "supported": 1, "not_checkable": 1}
    assert summary.relations["released_in"] == {"contradicted": 1}
    assert summary.claims == 3
    assert 0 < summary.uncovered < 1


def test_an_audit_is_found_by_number_label_id_and_last(tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.db") as ledger:
        ledger.begin(audit("abcdef12", "first"))
        ledger.begin(audit("12345678", "second"))
        found = [ledger.find(name).number for name in ("1", "first", "abcdef", "last", "second")]
        with pytest.raises(InputError, match="no audit 'none'"):
            ledger.find("none")
    assert found == [1, 1, 1, 2, 2]


# -- report ----------------------------------------------------------------------------------


def page(names: NameIndex, tmp_path: Path, *texts: str, calibrated: bool = False) -> str:
    with open_ledger(tmp_path / "l.db") as ledger:
        records = [record(names, text, at) for at, text in enumerate(texts, 1)]
        return html(ledger, kept(ledger, "one", *records), worst=10, calibrated=calibrated)


def test_a_report_shows_each_text_whole_and_the_worst_first(
    names: NameIndex, tmp_path: Path
) -> None:
    good, bad = "Heat came out in 1995. Well.", "Heat came out in 1996, & it is by Ridley Scott."
    shown = page(names, tmp_path, good, bad)
    texts = [
        escaping.unescape(re.sub(r"<[^>]*>", "", found))
        for found in re.findall(r"<article>.*?<p>(.*?)</p>", shown, re.DOTALL)
    ]
    assert texts == [bad, good]
    assert 'class="contradicted" tabindex="0" data-why="contradicted: another value' in shown
    assert "Heat released_in 1995" in shown


def test_what_others_wrote_is_escaped_and_nothing_is_loaded(
    names: NameIndex, tmp_path: Path
) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)> \"' Heat came out in 1996."
    shown = page(names, tmp_path, attack)
    assert "<script" not in shown
    assert "<img" not in shown
    assert not re.search(r"(?:src|href)\s*=|url\(|@import", re.sub(r"(?s)<article>.*", "", shown))
    assert "default-src &#39;none&#39;" in shown


def test_rates_are_shown_only_for_a_calibrated_schema(names: NameIndex, tmp_path: Path) -> None:
    without = page(names, tmp_path / "1", "Heat came out in 1996.")
    with_ = page(names, tmp_path / "2", "Heat came out in 1996.", calibrated=True)
    assert "never calibrated" in without
    assert "100.0%" not in re.sub(r"<svg.*", "", without.split("covered by no claim")[0])
    assert "100.0% (20.7% to 100.0%)" in with_


# -- differences and pairs -------------------------------------------------------------------


def test_a_difference_names_what_has_become_wrong(names: NameIndex, tmp_path: Path) -> None:
    with open_ledger(tmp_path / "l.db") as ledger:
        one = kept(ledger, "one", record(names, "Heat came out in 1995.", 1),
                   record(names, "Ronin came out in 1990.", 2))  # fmt: skip
        two = kept(ledger, "two", record(names, "Heat came out in 1999.", 1),
                   record(names, "Ronin came out in 1998.", 2))  # fmt: skip
        diff = compared(ledger.pairs(one, two))
    assert (diff.answers, diff.before, diff.after) == (2, Rate(1, 2), Rate(1, 2))
    assert [(c.id, c.before, c.after) for c in diff.worse] == [("1", 0, 1)]
    assert [claim["tail"] for claim in diff.worse[0].claims] == ["1999"]
    assert [c.id for c in diff.better] == ["2"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Well, Ridley Scott directed Heat.", "Well, Michael Mann directed Heat."),
        ("Heat came out in 1996, and Ronin came out in 1999.",
         "Heat came out in 1995, and Ronin came out in 1998."),
        ("Heat wasn't directed by Michael Mann.", "Heat was directed by Michael Mann."),
    ],
)  # fmt: skip
def test_a_pair_is_the_answer_and_the_answer_put_right(
    names: NameIndex, wrong: str, right: str
) -> None:
    (pair,) = preferences(names, [record(names, wrong, question="Q")])
    assert pair is not None
    assert (pair["prompt"], pair["chosen"], pair["rejected"]) == ("Q", right, wrong)
    assert pair["edges"]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("Heat is a horror film.", "Heat is a crime film."),
        # two wrong values of one thing become two right ones, an article fits its noun
        (
            "Fargo is an horror drama film directed by Ridley Scott.",
            "Fargo is a thriller crime film directed by Ethan Coen.",
        ),
        ("Heat is a horror drama film.", None),  # there is but one right one
        ("It was directed by Ridley Scott.", "It was directed by Michael Mann."),
    ],
)
def test_a_correction_says_nothing_twice(names: NameIndex, wrong: str, right: str | None) -> None:
    (pair,) = preferences(names, [record(names, wrong, question="What of Heat?")])
    assert (pair and pair["chosen"]) == right


def test_a_count_that_differs_has_no_pair(names: NameIndex) -> None:
    text = "8 of the 9 people who liked Heat also liked Ronin."
    assert list(preferences(names, [record(names, text)])) == [None]


# -- rates -----------------------------------------------------------------------------------


def test_an_interval_is_wilsons() -> None:
    low, high = Rate(81, 263).interval  # Newcombe 1998, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)
    assert Rate(0, 0).interval == (0.0, 1.0)
    assert Rate(0, 29).interval[0] == 0.0


def test_a_change_is_newcombes() -> None:
    moved, low, high = change(Rate(48, 80), Rate(56, 70))  # Newcombe 1998, table II, a
    assert (round(moved, 4), round(low, 4), round(high, 4)) == (0.2, 0.0524, 0.3339)
