"""What a source no longer delivers, what it takes back, and until when something was so."""

import polars as pl
import pytest

from graph.types import Edge
from tests.kg_ingest.desk import ITEMS, RATINGS, SCHEMA, TWO, Desk


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
