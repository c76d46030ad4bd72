"""First what an ingest would do, then that very thing or nothing; and the way back."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from graph.errors import (
    DamagedArtefactError,
    InputError,
    MissingArtefactError,
    StaleArtefactError,
    StoreError,
    TooManyRejectsError,
)
from graph.facts import current
from graph.snapshot_build import build_snapshot
from graph.store import GraphStore
from graph.types import Edge
from groundrec.output import exit_code
from kg_ingest import gathering, readers
from kg_ingest.load import LoadReport, run_ingest
from kg_ingest.plan import Plan, apply_plan, list_plans, make_plan, read_plan
from kg_ingest.undo import find_run, in_the_way, undo_run
from tests.kg_ingest.stores import STORES, Opened

SCHEMA = """
[kinds.user]
role = "user"
[kinds.item]
role = "item"
[kinds.year]
role = "attribute"
[relations.rated]
head = "user"
tail = "item"
interaction = true
[relations.made_in]
head = "item"
tail = "year"
functional = true
"""
ITEMS = """
[[sources]]
path = "items.csv"
mode = "{mode}"
[[sources.nodes]]
kind = "item"
key = "id"
label = "title"
[[sources.edges]]
relation = "made_in"
head = "id"
tail = {{ name = "year" }}
"""
RATINGS = """
[[sources]]
path = "ratings.csv"
mode = "{mode}"
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
weight = "stars"
"""
TWO = "id,title,year\n1,Heat,1995\n2,Ronin,1998\n"


@dataclass(frozen=True)
class Desk:
    """A store, a folder with a catalogue, and what is done with both."""

    folder: Path
    store: GraphStore

    def lay(self, items: str = "", ratings: str = "", mode: str = "merge") -> None:
        mapping = SCHEMA
        for content, name, table in (
            (items, "items.csv", ITEMS),
            (ratings, "ratings.csv", RATINGS),
        ):
            if content:
                (self.folder / name).write_text(content)
                mapping += table.format(mode=mode)
        (self.folder / "m.toml").write_text(mapping)

    def run(self, max_rejects: int | None = None) -> LoadReport:
        return run_ingest(
            self.store,
            self.folder / "m.toml",
            data=self.folder,
            runs=self.folder / "runs",
            max_rejects=max_rejects,
        )

    @property
    def plans(self) -> Path:
        return self.folder / "runs" / "plans"

    def plan(self, max_rejects: int | None = None) -> Plan:
        return make_plan(
            self.store,
            self.folder / "m.toml",
            data=self.folder,
            plans=self.plans,
            max_rejects=max_rejects,
        )

    def apply(self, plan: Plan) -> LoadReport:
        return apply_plan(self.store, plan, runs=self.folder / "runs")

    def undo(self, run: str, cascade: bool = False) -> tuple[str, ...]:
        found = find_run(self.store, run)
        return tuple(one.id for one in undo_run(self.store, found, cascade=cascade))

    def label(self, node: str) -> str | None:
        found = current(self.store.facts([node])[0])
        return None if found is None or isinstance(found, Edge) else found.label

    def edges(self) -> set[str]:
        return set(pl.concat(self.store.scan("edges"))["relation"])

    def hash(self) -> str | None:
        try:
            return build_snapshot(self.store, self.folder / "snapshots").version
        except MissingArtefactError:
            return None


@pytest.fixture(params=STORES, ids=[store.__name__ for store in STORES])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    with request.param(tmp_path) as store:
        yield Desk(tmp_path, store)


# -- plans -----------------------------------------------------------------------------------


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


# -- deliveries ------------------------------------------------------------------------------


def test_what_a_source_no_longer_delivers_is_retired_not_lost(desk: Desk) -> None:
    desk.lay(TWO, mode="replace")
    desk.run()
    desk.lay("id,title,year\n2,Ronin,1998\n3,Fargo,1996\n", mode="replace")
    plan = desk.plan()
    retired = {g.name: g.counts["retired"] for g in plan.groups if "retired" in g.counts}
    assert retired == {"item": 1, "made_in": 1, "year": 1}
    samples = [s for g in plan.groups for s in g.samples if s.status == "retired"]
    assert {s.before for s in samples} == {"Heat", "Heat made_in 1995", "1995"}
    assert desk.apply(plan).counts == plan.counts
    assert [desk.label(f"item:{n}") for n in (1, 2, 3)] == [None, "Ronin", "Fargo"]
    assert desk.store.facts(["item:1"])[0][0].known_until == plan.id


def test_what_another_source_still_says_stays(desk: Desk) -> None:
    desk.lay("", "user,item,stars\n1,1,5\n")
    desk.run()
    desk.lay(TWO, mode="replace")
    desk.run()
    desk.lay("id,title,year\n2,Ronin,1998\n", mode="replace")
    desk.run()
    assert desk.label("item:1") == "1"
    assert desk.edges() == {"rated", "made_in"}


@pytest.mark.parametrize("content", ["id,title,year\n", "id,title,year\n2,Ronin,1998\nbad\n"])
def test_a_source_that_may_be_damaged_retires_nothing(desk: Desk, content: str) -> None:
    desk.lay(TWO, mode="replace")
    desk.run()
    desk.lay(content, mode="replace")
    (note,) = desk.run().notes
    assert "retired" in note
    assert desk.label("item:1") == "Heat"


def test_tombstones_take_back_what_they_name_and_no_more(desk: Desk) -> None:
    desk.lay(TWO, "user,item,stars\n1,1,5\n1,2,4\n")
    desk.run()
    there = desk.hash()
    gone = SCHEMA + RATINGS.replace('weight = "stars"\n', "").format(mode="delete").replace(
        "ratings.csv", "gone.csv"
    )
    (desk.folder / "m.toml").write_text(gone)
    (desk.folder / "gone.csv").write_text("user,item\n1,1\n7,7\n")
    plan = desk.plan()
    assert {g.name: g.counts for g in plan.groups} == {"rated": {"removed": 1, "unchanged": 1}}
    assert desk.apply(plan).counts == plan.counts
    assert pl.concat(desk.store.scan("edges"))["relation"].to_list().count("rated") == 1
    assert [desk.label(f"item:{n}") for n in (1, 2)] == ["Heat", "Ronin"]
    desk.undo("last")
    assert desk.hash() == there


def test_a_node_that_is_taken_back_takes_its_edges_along(desk: Desk) -> None:
    desk.lay(TWO, "user,item,stars\n1,1,5\n1,2,4\n")
    desk.run()
    table = ITEMS.format(mode="delete").partition("label")[0].replace("items.csv", "gone.csv")
    (desk.folder / "m.toml").write_text(SCHEMA + table)
    (desk.folder / "gone.csv").write_text("id\n1\n")
    desk.run()
    assert [desk.label(f"item:{n}") for n in (1, 2)] == [None, "Ronin"]
    assert pl.concat(desk.store.scan("edges")).height == 2


def test_edges_are_so_from_and_until(desk: Desk) -> None:
    table = ITEMS.format(mode="merge") + 'valid_from = "since"\nvalid_to = "until"\n'
    time = 'path = "items.csv"\n' + "".join(
        f'fields.{name} = {{ from = "{name}", type = "time", time_format = "iso" }}\n'
        for name in ("since", "until")
    )
    (desk.folder / "m.toml").write_text(SCHEMA + table.replace('path = "items.csv"\n', time))
    (desk.folder / "items.csv").write_text(
        "id,title,year,since,until\n1,A,1,2000-01-01,2001-01-01\n2,B,2,2000-01-01,\n"
        "3,C,3,,\n4,D,4,2001-01-01,2000-01-01\n5,E,5,soon,\n"
    )
    report = desk.run()
    assert report.rejected == 2
    assert report.rejects is not None
    assert "2000-01-01 is over before it begins: 2001-01-01" in report.rejects.read_text()
    assert pl.concat(desk.store.scan("edges")).height == 2
    said = desk.store.facts([Edge("item:1", "made_in", "year:1").id])[0][0].assertion
    assert (said.valid_from, said.valid_to) == (946_684_800, 978_307_200)


# -- undo ------------------------------------------------------------------------------------


def test_undo_says_what_stands_in_the_way_and_can_take_it_along(desk: Desk) -> None:
    desk.lay(TWO)
    first = desk.run().run
    desk.lay("id,title,year\n1,HEAT,1995\n")
    second = desk.run().run
    desk.lay("id,title,year\n9,Alien,1979\n")
    third = desk.run().run
    with pytest.raises(StoreError, match=second) as told:
        desk.undo(first)
    assert "--cascade" in told.value.hint
    assert [one.run.id for one in in_the_way(desk.store, find_run(desk.store, first))] == [second]
    assert desk.undo(first, cascade=True) == (second, first)
    assert [desk.label(f"item:{n}") for n in (1, 2, 9)] == [None, None, "Alien"]
    with pytest.raises(InputError, match="undone already"):
        desk.undo(first)
    assert desk.undo("last") == (third,)
    assert desk.hash() is None
    with pytest.raises(InputError, match="no run"):
        desk.undo("last")


def test_a_run_that_was_undone_can_be_made_again(desk: Desk) -> None:
    desk.lay(TWO)
    desk.run()
    there = desk.hash()
    desk.undo("last")
    report = desk.run()
    assert not report.resumed
    assert desk.hash() == there


def test_a_run_that_was_cut_short_can_be_undone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 40)
    monkeypatch.setattr(gathering, "ROWS", 1)
    desk.lay(TWO + "bad\n" * 30)
    with pytest.raises(TooManyRejectsError):
        desk.run(max_rejects=1)
    desk.undo("last")
    assert desk.hash() is None
    assert not desk.run().resumed


# -- anything at all -------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(st.sampled_from("123"), st.sampled_from(["A", "B", ""]), st.sampled_from("56")),
    min_size=1,
    max_size=4,
)
STARS = st.lists(
    st.tuples(st.sampled_from("12"), st.sampled_from("123"), st.sampled_from("45")), max_size=3
)
STEP = st.tuples(ROWS, STARS, st.sampled_from(["merge", "replace", "delete"]), st.booleans())


@pytest.mark.parametrize("kind", STORES)
@settings(
    max_examples=int(os.environ.get("GROUNDREC_EXAMPLES", "12")),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # stores are too slow to shrink with
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    steps=st.lists(STEP, min_size=1, max_size=5), taken_back=st.lists(st.integers(0, 4), max_size=3)
)
@example(  # what is retired depends on what was taken back before
    steps=[
        ([("3", "A", "5")], [], "merge", False),
        ([("3", "A", "5")], [], "delete", False),
        ([("1", "A", "5")], [], "replace", False),
    ],
    taken_back=[1],
)
def test_what_was_undone_was_never_there(
    kind: Opened,
    steps: list[tuple[list[tuple[str, ...]], list[tuple[str, ...]], str, bool]],
    taken_back: list[int],
) -> None:
    """Runs, some undone, come to the same graph as the others alone; all undone to none."""

    def does(
        desk: Desk, step: tuple[list[tuple[str, ...]], list[tuple[str, ...]], str, bool]
    ) -> str:
        items, stars, mode, planned = step
        desk.lay(
            "id,title,year\n" + "".join(",".join(row) + "\n" for row in items),
            "user,item,stars\n" + "".join(",".join(row) + "\n" for row in stars),
            mode,
        )
        if not planned:
            return desk.run().run
        plan = desk.plan()
        report = desk.apply(plan)
        assert report.counts == plan.counts
        return report.run

    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        kind(Path(one)) as store,
        kind(Path(other)) as plain,
    ):
        desk = Desk(Path(one), store)
        runs = [does(desk, step) for step in steps]
        gone: set[str] = set()
        for at in taken_back:
            if at < len(runs) and runs[at] not in gone:
                gone |= {*desk.undo(runs[at], cascade=True)}
        beside = Desk(Path(other), plain)
        for run, step in zip(runs, steps, strict=True):
            if run not in gone:
                does(beside, step)
        assert desk.hash() == beside.hash()
        for run in reversed(runs):
            if run not in gone:
                gone |= {*desk.undo(run, cascade=True)}
        assert desk.hash() is None
