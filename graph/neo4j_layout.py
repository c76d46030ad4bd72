"""Which facts a node or relationship of Neo4j carries itself, and which stand beside it.

An id with one live fact that holds now carries it. With several it carries what they say together
and they stand beside, as superseded facts and those about what is not there always do. So the
common case costs nothing more than a plain graph, and ordinary Cypher sees only what is there.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from graph.batch import IDENTITY, VALIDITY
from graph.comparing import News
from graph.cypher import CARRIED, OF_NODE, PROVENANCE
from graph.cypher.publishing import SAID
from graph.facts import facts_schema, folded, holds_at

KEY = ["id", "source", "run"]
OURS = frozenset((*OF_NODE, *CARRIED, "several", *SAID))


@dataclass(frozen=True, slots=True)
class Layout:
    """What is to be done to the server. Frames have the columns of facts.

    `added`, `changed`: what nodes or relationships are to carry, with `several`; `dropped`: those
    to remove, with identity; `beside`: facts to write as nodes of our own; `lifted`: keys of such
    to remove. `was` is what the changed ones carried before, for the properties to take away.
    """

    added: pl.DataFrame
    changed: pl.DataFrame
    dropped: pl.DataFrame
    beside: pl.DataFrame
    lifted: pl.DataFrame
    was: pl.DataFrame


def none(table: str) -> pl.DataFrame:
    """No facts, as the server holds them: with `own`, whether they are carried."""
    return pl.DataFrame(schema={**facts_schema(table), "own": pl.Boolean})


def laid_out(
    table: str, before: pl.DataFrame, there: pl.Series, news: News, source: int, run: int, now: int
) -> Layout:
    """What a source's news in a run do to the ids that they are about.

    `before` are all live facts about these ids (`none`), `there` the ids that are on the server.
    """
    facts = news.facts.with_columns(own=pl.lit(None, dtype=pl.Boolean))
    if before.is_empty() and there.is_empty():
        rest, ended = before, before
    else:
        touched = before.join(facts.select("id"), on="id", how="semi")
        closing = news.closed.with_columns(source=pl.lit(source, dtype=pl.Int64))
        ended = touched.join(closing, on=KEY, how="semi").with_columns(
            until=pl.lit(run, dtype=pl.Int64)
        )
        rest = touched.join(closing, on=KEY, how="anti").join(facts, on=KEY, how="anti")
        replaced = touched.join(facts, on=KEY, how="semi").select(*KEY, was_beside=~pl.col("own"))
        facts = facts.join(replaced, on=KEY, how="left").with_columns(
            own=pl.when("was_beside").then(pl.lit(False)).otherwise("own")
        )
        facts = facts.drop("was_beside")
    made = settled(table, pl.concat([rest, facts.select(rest.columns)]), there, now)
    rewritten = facts.select(KEY)
    beside = [made.beside, ended.select(made.beside.columns)]
    if rewritten.height and rest.height + ended.height:
        # A fact beside that stays there is written only when it is new or replaced.
        again = facts.filter(~pl.col("own").fill_null(True)).select(made.beside.columns)
        beside.append(again.join(made.lifted, on=KEY, how="anti"))
    return Layout(
        made.added,
        made.changed,
        made.dropped,
        pl.concat(beside).unique(KEY, keep="last", maintain_order=True),
        made.lifted,
        before.filter("own"),
    )


def settled(table: str, live: pl.DataFrame, there: pl.Series, now: int) -> Layout:
    """Where all live facts about some ids belong; `own` says where they are (null: nowhere)."""
    schema = list(facts_schema(table))
    holding = live.filter(holds_at(now))
    plain = live.filter(live["id"].is_unique() & ~live["gone"] & _holds(live, now))
    rest = live.join(plain.select("id"), on="id", how="anti") if plain.height else live
    carried = [plain.select(schema).with_columns(several=pl.lit(None, dtype=pl.Boolean))]
    gone = rest.select("id", *IDENTITY[table]).unique("id")
    if rest.height:
        among = holding.join(rest.select("id").unique(), on="id", how="semi")
        views = _views(table, among)
        carried.append(views.select(schema).with_columns(several=pl.lit(True)))
        gone = gone.join(views.select("id"), on="id", how="anti")
    bearing = pl.concat(carried)
    known = there.implode()
    return Layout(
        added=bearing.filter(~pl.col("id").is_in(known)),
        changed=bearing.filter(pl.col("id").is_in(known)),
        dropped=gone.filter(pl.col("id").is_in(known)),
        beside=rest.filter(pl.col("own").fill_null(True)).select(schema),
        lifted=plain.filter(~pl.col("own").fill_null(True)).select(KEY),
        was=live.filter(pl.col("own").fill_null(False)),
    )


def _holds(live: pl.DataFrame, now: int) -> pl.Series:
    return live.select(holds_at(now)).to_series()


def _views(table: str, live: pl.DataFrame) -> pl.DataFrame:
    """What facts say together, with the provenance of the last word."""
    said = folded(live.select(*facts_schema(table)), table, validity=True)
    last = (
        live.sort("id", "run", "source")
        .group_by("id", maintain_order=True)
        .last()
        .select("id", *(n for n in (*PROVENANCE, "until", "gone") if n not in VALIDITY))
    )
    return said.join(last, on="id", how="left")


# -- between frames and properties -------------------------------------------------------------


def node_rows(carried: pl.DataFrame, was: pl.DataFrame) -> list[dict[str, Any]]:
    """Properties of nodes; null takes one away. Catalogue properties are there by name, too."""
    old = dict(was.select("id", "properties").drop_nulls().iter_rows()) if was.height else {}
    rows = []
    for row in carried.iter_rows(named=True):
        key, label, aliases = row["key"], row["label"], row["aliases"]
        rows.append(
            {
                **dict.fromkeys(_scalars(old.get(row["id"]))),
                **_scalars(row["properties"]),
                "id": row["id"],
                "key": key,
                "name": key if label is None else label,
                "unnamed": True if label is None else None,
                "aliases": None if aliases is None else json.loads(aliases),
                "aliases_json": aliases,
                "properties": row["properties"],
                "several": row["several"],
                **{name: row[name] for name in PROVENANCE},
            }
        )
    return rows


def edge_rows(carried: pl.DataFrame) -> list[dict[str, Any]]:
    """Properties of relationships; null takes one away."""
    frame = carried.with_columns(discriminator=_no_empty("discriminator"))
    return frame.select("id", *CARRIED, "several").rows(named=True)


def edge_columns(carried: pl.DataFrame) -> tuple[list[str], dict[str, Any], list[tuple[Any, ...]]]:
    """The same for many at once: names that differ from row to row, those alike, and the rows."""
    frame = carried.with_columns(discriminator=_no_empty("discriminator"))
    each, alike = [], {}
    for name in (*CARRIED, "several"):
        column = frame[name]
        if column.null_count() == frame.height:
            continue
        if name in ("source", "run", "file", "several") and column.n_unique() == 1:
            alike[name] = column[0]
        else:
            each.append(name)
    return each, alike, frame.select("head", "tail", "id", *each).rows()


def side_rows(facts: pl.DataFrame) -> list[dict[str, Any]]:
    """Properties of facts that stand beside; what is null is left out."""
    return [
        {name: value for name, value in row.items() if value is not None and value is not False}
        for row in facts.iter_rows(named=True)
    ]


def node_facts(kind: str, found: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """The facts that nodes of a kind carry."""
    rows = []
    for carried in found:
        fact = {name: carried.get(name) for name in ("id", "key", "properties", *PROVENANCE)}
        fact["kind"] = kind
        fact["label"] = None if carried.get("unnamed") else carried["name"]
        fact["aliases"] = carried.get("aliases_json")
        rows.append(fact)
    return _facts("nodes", rows, own=True)


def edge_facts(relation: str, found: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """The facts that relationships of a relation carry; `head` and `tail` are among them."""
    return _facts("edges", [{**carried, "relation": relation} for carried in found], own=True)


def side_facts(table: str, found: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """The facts that stand beside."""
    return _facts(table, found, own=False)


def _facts(table: str, rows: Sequence[dict[str, Any]], *, own: bool) -> pl.DataFrame:
    if not rows:
        return none(table)
    schema = facts_schema(table)
    made = pl.DataFrame(
        [
            pl.Series(name, [row.get(name) for row in rows], dtype=kind)
            for name, kind in schema.items()
        ]
    )
    filled = [pl.col("gone").fill_null(False), pl.lit(own).alias("own")]
    if table == "edges":
        filled.append(pl.col("discriminator").fill_null(""))
    return made.with_columns(filled)


def _no_empty(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(pl.col(name))


def _scalars(properties: str | None) -> dict[str, Any]:
    """A catalogue's own properties, but those that are named like one of ours."""
    if properties is None:
        return {}
    return {
        name: value
        for name, value in json.loads(properties).items()
        if name not in OURS
        and isinstance(value, str | int | float | bool)
        and not (isinstance(value, int) and abs(value) >= 1 << 63)
    }
