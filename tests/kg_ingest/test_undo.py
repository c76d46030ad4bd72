"""The way back: runs undone, alone or with what was built on them."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from graph.errors import (
    InputError,
    StoreError,
    TooManyRejectsError,
)
from kg_ingest import gathering, readers
from kg_ingest.undo import find_run, in_the_way
from tests.kg_ingest.desk import TWO, Desk
from tests.kg_ingest.stores import STORES, Opened


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
