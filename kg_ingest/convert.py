"""Rows become nodes and edges, whole columns at a time; what a row lacks makes it a reject.

A row is judged as a whole before anything is made of it: a key, weight or time that cannot be
read rejects it. Of a field with many values only the bad value is rejected.
"""

from collections.abc import Iterable
from collections.abc import Mapping as Table
from dataclasses import dataclass

import numpy as np
import polars as pl

from graph.batch import EDGES, NODES, PROVENANCE, VALIDITY
from graph.ids import Int64s, edge_numbers, node_id, text_number, text_numbers
from graph.schema import Schema
from kg_ingest.blocks import LINE
from kg_ingest.fields import ROW, Reader, Values, first_reason
from kg_ingest.mapping import ANY, EdgeSpec, End, NameOf, NodeSpec, RelationColumn, Source
from kg_ingest.rejects import REJECT, rejects


@dataclass(frozen=True, slots=True)
class Converted:
    """Nodes and edges in the form of `graph.batch`, and the rows that gave none."""

    nodes: pl.DataFrame
    edges: pl.DataFrame
    rejected: pl.DataFrame


def convert(
    source: Source, schema: Schema, lookups: Table[str, pl.DataFrame], frame: pl.DataFrame
) -> Converted:
    """What a block's rows say. MappingError when the mapping names a column that is not there."""
    if frame.is_empty() and frame.columns == [LINE]:  # nothing in it could be read
        return Converted(
            pl.DataFrame(schema={**NODES, **PROVENANCE}),
            pl.DataFrame(schema={**EDGES, **PROVENANCE}),
            rejects([]),
        )
    reader = Reader(source, lookups, frame.with_row_index(ROW))
    bad = [_unusable_nodes(reader, spec) for spec in source.nodes]
    bad += [_unusable_edges(reader, spec, schema) for spec in source.edges]
    rejected = first_reason(bad)
    if rejected.height:
        reader = reader.without(rejected[ROW])
    nodes: list[pl.DataFrame] = [pl.DataFrame(schema={**NODES, **PROVENANCE})]
    dated = any(spec.valid_from or spec.valid_to for spec in source.edges)
    columns = {**EDGES, **PROVENANCE, **(VALIDITY if dated else {})}
    edges: list[pl.DataFrame] = [pl.DataFrame(schema=columns)]
    dropped: list[pl.DataFrame] = []
    for spec in source.nodes:
        nodes.append(_nodes(reader, spec))
    for edge in source.edges:
        ends, made, lost = _edges(reader, edge, schema)
        # Taking an edge back must not take its ends back.
        nodes += ends if source.mode != "delete" else []
        edges += [frame.select(*columns) for frame in made]
        dropped += lost
    texts = frame.with_row_index(ROW).select(ROW, LINE, _row_text(frame).alias("text"))
    told = pl.concat([rejected, *dropped]).join(texts, on=ROW, how="left", maintain_order="left")
    return Converted(
        pl.concat(nodes), pl.concat(edges), told.select(pl.col(LINE).alias("line"), *[*REJECT][1:])
    )


def _row_text(frame: pl.DataFrame) -> pl.Expr:
    columns = [
        (pl.col(name).list.join(" ") if kind == pl.List(pl.String) else pl.col(name)).fill_null("")
        for name, kind in frame.schema.items()
        if name != LINE
    ]
    return pl.concat_str(columns, separator=" | ")


# -- what makes a row unusable -----------------------------------------------------------------


def _unusable_nodes(reader: Reader, spec: NodeSpec) -> list[pl.DataFrame]:
    key = _field(spec.key)
    bad = [reader.missing(key), *_mistyped(reader, spec.properties.values())]
    return [*bad, reader.mistyped(key)] if reader.spec(key).type != "text" else bad


def _unusable_edges(reader: Reader, spec: EdgeSpec, schema: Schema) -> list[pl.DataFrame]:
    bad = _mistyped(reader, spec.properties.values())
    for end in (spec.head, spec.tail):
        if not reader.many(_field(end)):
            bad.append(reader.not_found(_field(end)))
            if reader.spec(_field(end)).type != "text":
                bad.append(reader.mistyped(_field(end)))
    if not reader.many(_field(spec.head)):
        bad.append(reader.missing(_field(spec.head)))
    weighed = any(schema.relations[name].interaction for name in spec.relations.values())
    if isinstance(spec.weight, str):
        bad.append(reader.mistyped(spec.weight, "number"))
        if weighed:
            bad.append(reader.missing(spec.weight))
            if not reader.many(_field(spec.tail)):
                bad.append(reader.missing(_field(spec.tail)))
    for name in (spec.time, spec.valid_from, spec.valid_to):
        if name:
            bad.append(reader.mistyped(name, "time"))
    if spec.valid_from and spec.valid_to:
        bad.append(reader.turned(spec.valid_from, spec.valid_to))
    if spec.split_column:
        bad.append(reader.outside(spec.split_column, ("train", "valid", "test")))
    if isinstance(spec.relation, RelationColumn):
        known = (*spec.relation.values, *spec.relation.ignore)
        if ANY not in known:
            bad.append(reader.outside(spec.relation.column, known))
    return bad


def _mistyped(reader: Reader, fields: Iterable[str]) -> list[pl.DataFrame]:
    return [reader.mistyped(name) for name in fields]


def _field(end: End) -> str:
    return end.name if isinstance(end, NameOf) else end


# -- nodes -------------------------------------------------------------------------------------


def _nodes(reader: Reader, spec: NodeSpec) -> pl.DataFrame:
    named = isinstance(spec.key, NameOf)
    columns = {"name": reader.texts(_field(spec.key))}
    if spec.label:
        columns["label"] = reader.texts(spec.label)
    if spec.aliases:
        columns["aliases"] = reader.json_list(spec.aliases)
    if spec.properties:
        columns["properties"] = reader.json_object(spec.properties)
    rows = reader.frame.select(LINE, **columns)
    key = normal_key("name") if named else pl.col("name")
    label = pl.col("label") if spec.label else (pl.col("name") if named else _none())
    made = rows.select(
        kind=pl.lit(spec.kind),
        key=key,
        label=label,
        aliases=pl.col("aliases") if spec.aliases else _none(),
        properties=pl.col("properties") if spec.properties else _none(),
        file=pl.lit(0, dtype=pl.Int32),
        line=LINE,
    ).unique(["key", "label", "aliases", "properties"], keep="first", maintain_order=True)
    return made.insert_column(0, numbers_of(spec.kind, made["key"]).alias("id"))


def _end_nodes(kind: str, rows: pl.DataFrame, end: str) -> pl.DataFrame:
    made = rows.unique([end, f"{end}_id"], keep="first", maintain_order=True)
    label = pl.col(f"{end}_label") if f"{end}_label" in rows.columns else _none()
    return made.select(
        id=f"{end}_id",
        kind=pl.lit(kind),
        key=end,
        label=label,
        aliases=_none(),
        properties=_none(),
        file=pl.lit(0, dtype=pl.Int32),
        line=LINE,
    )


# -- edges -------------------------------------------------------------------------------------


def _edges(
    reader: Reader, spec: EdgeSpec, schema: Schema
) -> tuple[list[pl.DataFrame], list[pl.DataFrame], list[pl.DataFrame]]:
    columns = {"weight": pl.lit(None, dtype=pl.Float64), "time": pl.lit(None, dtype=pl.Int64)}
    columns |= {name: pl.lit(None, dtype=kind) for name, kind in VALIDITY.items()}
    if isinstance(spec.weight, str):
        columns["weight"] = reader.typed(spec.weight, "number").cast(pl.Float64)
    elif spec.weight is not None:
        columns["weight"] = pl.lit(float(spec.weight))
    for name, field in (("time", spec.time), *_validity(spec)):
        if field:
            columns[name] = reader.typed(field, "time")
    columns["split"] = (
        reader.texts(spec.split_column)
        if spec.split_column
        else pl.lit(spec.split, dtype=pl.String)
    )
    columns["discriminator"] = (
        reader.texts(spec.discriminator).fill_null("") if spec.discriminator else pl.lit("")
    )
    columns["properties"] = reader.json_object(spec.properties) if spec.properties else _none()
    rows = reader.frame.select(ROW, LINE, **columns)
    lost = []
    for end, which in (("head", spec.head), ("tail", spec.tail)):
        values = reader.values(_field(which))
        lost.append(values.lost)
        rows = _with_end(rows, values, end, named=isinstance(which, NameOf))
    if isinstance(spec.relation, RelationColumn):
        said = reader.frame.select(ROW, relation=reader.texts(spec.relation.column))
        rows = rows.join(said, on=ROW, how="inner", maintain_order="left")
    ends, edges = [], []
    for value, name in spec.relations.items():
        part = rows.filter(pl.col("relation") == value) if "relation" in rows.columns else rows
        meant = schema.relations[name]
        part = part.with_columns(
            numbers_of(meant.head, part["head"]).alias("head_id"),
            numbers_of(meant.tail, part["tail"]).alias("tail_id"),
        )
        ends += [_end_nodes(meant.head, part, "head"), _end_nodes(meant.tail, part, "tail")]
        edges.append(_edge_rows(part, name))
    return ends, edges, [frame for frame in lost if frame.height]


def _validity(spec: EdgeSpec) -> tuple[tuple[str, str], ...]:
    return ("valid_from", spec.valid_from), ("valid_to", spec.valid_to)


def _with_end(rows: pl.DataFrame, values: Values, end: str, *, named: bool) -> pl.DataFrame:
    found = values.frame.rename({"value": end})
    if named:
        found = found.with_columns(normal_key(end), pl.col(end).alias(f"{end}_label"))
    if values.one_each and found.height == rows.height:
        return rows.hstack(found.drop(ROW))
    return rows.join(found, on=ROW, how="inner", maintain_order="left")


def _edge_rows(part: pl.DataFrame, relation: str) -> pl.DataFrame:
    marks = part["discriminator"]
    discriminators: Int64s | None = None
    if (marks != "").any():
        numbers = _numbers(marks, "")
        discriminators = np.where((marks == "").to_numpy(), 0, numbers.to_numpy())
    ids = edge_numbers(
        part["head_id"].to_numpy(),
        text_number(relation),
        part["tail_id"].to_numpy(),
        discriminators,
    )
    return part.select(
        id=pl.Series(ids, dtype=pl.Int64),
        head="head_id",
        relation=pl.lit(relation),
        tail="tail_id",
        discriminator="discriminator",
        weight="weight",
        time="time",
        split="split",
        properties="properties",
        file=pl.lit(0, dtype=pl.Int32),
        line=LINE,
        valid_from="valid_from",
        valid_to="valid_to",
    )


# -- small -------------------------------------------------------------------------------------


def normal_key(name: str) -> pl.Expr:
    """The key that stands for a name: NFKC, lower case, single spaces."""
    return (
        pl.col(name)
        .str.normalize("NFKC")
        .str.to_lowercase()
        .str.replace_all(r"\s+", " ")
        .str.strip_chars()
    )


def numbers_of(kind: str, keys: pl.Series) -> pl.Series:
    """Node numbers of keys of one kind; each distinct key is hashed once."""
    return _numbers(keys, node_id(kind, ""))


def _numbers(texts: pl.Series, prefix: str) -> pl.Series:
    if texts.is_empty():
        return pl.Series(texts.name, [], dtype=pl.Int64)
    distinct = texts.unique()
    hashed = pl.Series(text_numbers(prefix + text for text in distinct), dtype=pl.Int64)
    return texts.replace_strict(distinct, hashed, return_dtype=pl.Int64)


def _none() -> pl.Expr:
    return pl.lit(None, dtype=pl.String)
