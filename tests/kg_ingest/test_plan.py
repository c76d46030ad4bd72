"""First what an ingest would do, then that very thing or nothing."""

import shutil
from pathlib import Path

import pytest

from graph.errors import (
    DamagedArtefactError,
    MissingArtefactError,
    StaleArtefactError,
    TooManyRejectsError,
)
from groundrec.output import exit_code
from kg_ingest import gathering, readers
from kg_ingest.plan import apply_plan, list_plans, read_plan
from tests.kg_ingest.desk import TWO, Desk


def test_a_plan_writes_nothing_and_says_what_would_be(desk: Desk) -> None:
    desk.lay(TWO)
    desk.run()
    before, token = desk.hash(), desk.store.change_token()
    desk.lay("id,title,year\n1,Heat!,1995\n2,Ronin,1998\n3,Fargo,1996\nbad\n")
    plan = desk.plan()
    assert (desk.hash(), desk.store.change_token()) == (before, token)
    assert len(desk.store.runs()) == 1
    groups = {group.name: group for group in plan.groups}
    assert groups["item"].counts == {"added": 1, "changed": 1, "unchanged": 1}
    assert groups["made_in"].counts == {"added": 1, "unchanged": 2}
    assert {(s.status, s.id, s.before, s.after) for s in groups["item"].samples} == {
        ("added", "item:3", None, "Fargo"),
        ("changed", "item:1", "Heat", "Heat!"),
    }
    assert [s.after for s in groups["made_in"].samples] == ["Fargo made_in 1996"]
    assert (plan.rows, plan.rejected) == ({"items.csv": 4}, 1)
    assert read_plan(desk.plans, plan.id[:12]) == plan


def test_apply_does_just_what_was_planned_whatever_became_of_the_files(desk: Desk) -> None:
    desk.lay(TWO + "x,y\n", "user,item,stars\n1,1,5\n")
    plan = desk.plan()
    shutil.rmtree(desk.folder / "snapshots", ignore_errors=True)
    (desk.folder / "items.csv").write_text("id,title,year\n7,Other,1900\n")
    report = desk.apply(plan)
    assert report.counts == plan.counts
    assert (report.run, report.rejected, report.rows) == (plan.id, 1, plan.rows)
    assert report.rejects is not None and "2 fields" in report.rejects.read_text()
    assert [desk.label(f"item:{n}") for n in (1, 2, 7)] == ["Heat", "Ronin", None]
    assert list_plans(desk.plans) == []
    assert not plan.folder.exists()


def test_a_plan_and_a_run_come_to_the_same(desk: Desk, tmp_path: Path) -> None:
    desk.lay(TWO, "user,item,stars\n1,1,5\n2,1,3\n")
    planned = desk.apply(desk.plan()).counts
    there = desk.hash()
    desk.undo("last")
    assert desk.hash() is None
    assert desk.run().counts == planned
    assert desk.hash() == there


def test_a_plan_is_refused_when_the_graph_has_moved(desk: Desk) -> None:
    desk.lay(TWO)
    plan = desk.plan()
    desk.lay("id,title,year\n9,Alien,1979\n")
    desk.run()
    before = desk.hash()
    with pytest.raises(StaleArtefactError, match="has changed since") as told:
        desk.apply(plan)
    assert exit_code(told.value) == 4
    assert desk.hash() == before


def test_a_second_value_where_one_is_allowed_is_told(desk: Desk) -> None:
    desk.lay("id,title,year\n1,Heat,1995\n2,Ronin,1998\n4,A,1\n4,A,2\n")
    desk.run()
    desk.lay("id,title,year\n1,Heat,1996\n2,Ronin,1998\n3,Fargo,1996\n3,Fargo,1997\n")
    plan = desk.plan()
    assert plan.contradicted == {"made_in": 2}
    told = {one.name: [(v.name, v.new, v.row) for v in one.values] for one in plan.contradictions}
    assert told == {
        "Heat": [("1995", False, "items.csv:2"), ("1996", True, "items.csv:2")],
        "Fargo": [("1996", True, "items.csv:4"), ("1997", True, "items.csv:5")],
    }


def test_a_plan_that_was_touched_is_refused(desk: Desk) -> None:
    desk.lay(TWO)
    plan = desk.plan()
    (part,) = plan.folder.glob("parts/*-nodes.parquet")
    part.write_bytes(part.read_bytes()[:-9] + b"123456789")
    with pytest.raises(DamagedArtefactError):
        desk.apply(plan)
    (plan.folder / "plan.json").write_text("{}")
    with pytest.raises(DamagedArtefactError):
        read_plan(desk.plans, "last")
    with pytest.raises(MissingArtefactError):
        read_plan(desk.plans, "none")


def test_a_plan_with_too_many_rejects_leaves_nothing(desk: Desk) -> None:
    desk.lay(TWO + "x\ny\n")
    with pytest.raises(TooManyRejectsError):
        desk.plan(max_rejects=1)
    assert list(desk.plans.iterdir()) == []


def test_an_apply_that_was_cut_short_goes_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 40)
    monkeypatch.setattr(gathering, "ROWS", 1)
    desk.lay("id,title,year\n" + "".join(f"{n},Title {n},19{n}\n" for n in range(10, 40)) + "x\n")
    plan = desk.plan()
    written = 0

    def stop(reached: object) -> None:
        nonlocal written
        written += 1
        if written == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plan(desk.store, plan, runs=desk.folder / "runs", progress=stop)
    report = desk.apply(read_plan(desk.plans, plan.id))
    assert report.resumed
    assert report.counts == plan.counts
    assert report.rejected == 1


def test_an_apply_that_was_cut_short_stays_so_when_others_wrote_since(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 40)
    monkeypatch.setattr(gathering, "ROWS", 1)
    desk.lay("id,title,year\n" + "".join(f"{n},Title {n},19{n}\n" for n in range(10, 40)))
    plan = desk.plan()

    def stop(reached: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_plan(desk.store, plan, runs=desk.folder / "runs", progress=stop)
    desk.lay("id,title,year\n90,Alien,1979\n")
    desk.run()
    with pytest.raises(StaleArtefactError, match="was cut short, and"):
        desk.apply(plan)
