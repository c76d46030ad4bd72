"""The snapshot for other tools: GraphML, Neo4j's import files, Parquet.

Everything is written beside its target and renamed, a relation at a time.
"""

import csv
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import polars as pl

from graph.errors import InputError, StoreError
from graph.ids import edge_hex
from graph.links import NO_TIME, SPLITS, Links
from graph.snapshot import Snapshot

BLOCK = 100_000


def export(snapshot: Snapshot, target: Path, form: str) -> None:
    """Write the snapshot as "graphml" (a file), "neo4j" or "parquet" (a new folder).

    InputError for another form, or when the target is there already.
    """
    writers: dict[str, Callable[[Snapshot, Path], None]] = {
        "graphml": _graphml,
        "neo4j": _neo4j,
        "parquet": _parquet,
    }
    if form not in writers:
        raise InputError(f"no export is called {form!r}", hint=f"there are {', '.join(writers)}")
    if target.exists():
        raise InputError(f"{target} is there already", hint="name a new one")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
            made = Path(folder) / target.name
            writers[form](snapshot, made)
            made.replace(target)
    except OSError as error:
        raise StoreError(f"cannot write {target}: {error.strerror}") from error


def edges_of(snapshot: Snapshot, relation: str) -> Iterator[pl.DataFrame]:
    """The edges of a relation in blocks: id, head, tail (`kind:key`), weight, time, split."""
    links = snapshot.links(relation)
    meant = snapshot.schema.relations[relation]
    names = pl.concat_str(pl.col("kind"), pl.lit(":"), pl.col("key"))
    heads, tails = (
        snapshot.nodes[snapshot.rows(kind).start : snapshot.rows(kind).stop]
        .select(names)
        .to_series()
        for kind in (meant.head, meant.tail)
    )
    for start in range(0, links.size, BLOCK):
        yield _block(links, slice(start, min(start + BLOCK, links.size)), heads, tails)


def _block(links: Links, part: slice, heads: pl.Series, tails: pl.Series) -> pl.DataFrame:
    first = np.searchsorted(links.indptr, np.arange(part.start, part.stop), side="right") - 1
    time = pl.Series(np.array(links.time[part]))
    return pl.DataFrame(
        {
            "id": [edge_hex(int(number)) for number in links.edge[part]],
            "head": heads.gather(first),
            "tail": tails.gather(np.array(links.indices[part])),
            "weight": pl.Series(np.array(links.weight[part])).fill_nan(None),
            "time": pl.select(pl.when(time != NO_TIME).then(time)).to_series(),
            "split": pl.Series(
                [SPLITS[code] or None for code in links.split[part]], dtype=pl.String
            ),
        }
    )


def _nodes(snapshot: Snapshot, kind: str) -> pl.DataFrame:
    rows = snapshot.rows(kind)
    return snapshot.nodes[rows.start : rows.stop]


# -- forms -----------------------------------------------------------------------------------


def _parquet(snapshot: Snapshot, folder: Path) -> None:
    folder.mkdir()
    snapshot.nodes.drop("id").write_parquet(folder / "nodes.parquet")
    for relation in snapshot.schema.relations:
        blocks = list(edges_of(snapshot, relation))
        if blocks:
            pl.concat(blocks).write_parquet(folder / f"{relation}.parquet")
    (folder / "schema.json").write_text(snapshot.schema.to_json(), encoding="utf-8")


def _neo4j(snapshot: Snapshot, folder: Path) -> None:
    """Files for `neo4j-admin database import full`, with headers of their own types."""
    folder.mkdir()
    for kind in snapshot.schema.kinds:
        part = _nodes(snapshot, kind).select(
            pl.concat_str(pl.col("kind"), pl.lit(":"), pl.col("key")).alias("id:ID"),
            "key",
            pl.coalesce("label", "key").alias("name"),
            pl.col("aliases")
            .fill_null("[]")
            .map_elements(lambda text: ";".join(json.loads(text)), return_dtype=pl.String)
            .alias("aliases:string[]"),
            "properties",
            pl.lit(kind).alias(":LABEL"),
        )
        if part.height:
            part.write_csv(folder / f"nodes-{kind}.csv", quote_style="non_numeric")
    for relation in snapshot.schema.relations:
        with (folder / f"edges-{relation}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(
                [":START_ID", ":END_ID", ":TYPE", "id", "weight:double", "time:long", "split"]
            )
            for block in edges_of(snapshot, relation):
                rows = block.select(
                    "head", "tail", pl.lit(relation), "id", "weight", "time", "split"
                )
                writer.writerows(rows.rows())


_KEYS = (
    ("kind", "node", "string"),
    ("name", "node", "string"),
    ("properties", "node", "string"),
    ("relation", "edge", "string"),
    ("weight", "edge", "double"),
    ("time", "edge", "long"),
    ("split", "edge", "string"),
)


def _graphml(snapshot: Snapshot, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n')
        for name, of, type_ in _KEYS:
            file.write(f'<key id="{name}" for="{of}" attr.name="{name}" attr.type="{type_}"/>\n')
        file.write('<graph edgedefault="directed">\n')
        for kind in snapshot.schema.kinds:
            for key, label, properties in (
                _nodes(snapshot, kind).select("key", "label", "properties").iter_rows()
            ):
                file.write(
                    f"<node id={_attribute(f'{kind}:{key}')}>"
                    + _data("kind", kind)
                    + _data("name", label or key)
                    + _data("properties", properties)
                    + "</node>\n"
                )
        for relation in snapshot.schema.relations:
            for block in edges_of(snapshot, relation):
                for id_, head, tail, weight, time, split in block.iter_rows():
                    file.write(
                        f'<edge id="{id_}" source={_attribute(head)} target={_attribute(tail)}>'
                        + _data("relation", relation)
                        + _data("weight", weight)
                        + _data("time", time)
                        + _data("split", split)
                        + "</edge>\n"
                    )
        file.write("</graph>\n</graphml>\n")


def _data(key: str, value: object) -> str:
    return "" if value is None else f'<data key="{key}">{escape(_xml(str(value)))}</data>'


def _attribute(text: str) -> str:
    return quoteattr(_xml(text))


def _xml(text: str) -> str:
    """Text without the characters that XML 1.0 cannot hold."""
    return "".join(
        c
        if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
        else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )
