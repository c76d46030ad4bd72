"""RDF: each triple is a row with subject, predicate, object, language and datatype.

N-Triples are read line by line, like any text; Turtle, whose prefixes reach over the file, as a
stream of triples that are counted instead. IRIs are shortened by the prefixes of the mapping
("dbr:Heat"; an empty prefix leaves the rest alone), blank nodes are written "_:name".
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from types import ModuleType
from typing import TYPE_CHECKING, Any

import polars as pl

from graph.errors import InputError
from kg_ingest.blocks import LINE, Bad, Block, Numbers, Parsed, without_nul
from kg_ingest.mapping import File
from kg_ingest.places import Place
from kg_ingest.rejects import rejects
from kg_ingest.streams import Stream

if TYPE_CHECKING:
    import pyoxigraph

BLOCK_TRIPLES = 100_000
_PLAIN = "http://www.w3.org/2001/XMLSchema#string"
_TAGGED = "http://www.w3.org/1999/02/22-rdf-syntax-ns#langString"
_COLUMNS = ("subject", "predicate", "object", "language", "datatype")

Row = tuple[str, str, str, str | None, str | None]


def triple_rows(file: File, lines: Sequence[str], numbers: Numbers) -> Parsed:
    """The triples of some lines of N-Triples, and the lines that are none."""
    rdf = _library()
    kept = [
        (line, number)
        for line, number in zip(lines, numbers, strict=True)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    bad: Bad = []
    try:
        quads = list(rdf.parse("\n".join(line for line, _ in kept), rdf.RdfFormat.N_TRIPLES))
        where = [number for _, number in kept]
    except SyntaxError:
        quads, where = [], []
    if len(quads) != len(kept):
        quads, where = [], []
        for line, number in kept:
            try:
                found = list(rdf.parse(line, rdf.RdfFormat.N_TRIPLES))
            except SyntaxError as error:
                bad.append((number, "", f"no triple: {_told(error)}", line))
                continue
            quads += found
            where += [number] * len(found)
    frame, nul = without_nul(_frame(file, quads, where))
    return frame, [*bad, *((row[0], row[1], row[2], row[3]) for row in nul.iter_rows())]


def turtle_blocks(file: File, place: Place, stream: Stream, position: str) -> Iterator[Block]:
    """The blocks of a Turtle file; `position` is how many triples were read."""
    rdf = _library()
    triples = _parsed(rdf.parse(stream.source, rdf.RdfFormat.TURTLE))
    count = 0
    if position and place.path is not None:
        count = sum(1 for _ in islice(triples, int(position)))
    while True:
        quads: list[pyoxigraph.Quad] = []
        where: list[int] = []
        bad: Bad = []
        for quad in islice(triples, BLOCK_TRIPLES):
            count += 1
            if isinstance(quad, SyntaxError):
                told = f"no triple: {_told(quad)} (line {quad.lineno}; up to the next full stop)"
                bad.append((count, "", told, ""))
            else:
                quads.append(quad)
                where.append(count)
        if not quads and not bad:
            return
        frame, nul = without_nul(_frame(file, quads, where))
        told_all = pl.concat([rejects(bad), nul])
        done = stream.done()
        yield Block(frame, told_all, place.name, str(count), done, stream.total or done)


def _parsed(
    triples: Iterator["pyoxigraph.Quad"],
) -> Iterator["pyoxigraph.Quad | SyntaxError"]:
    """Triples, and what is none of them; the parser goes on behind an error where it can."""
    last: tuple[int | None, int | None] | None = None
    while True:
        try:
            yield next(triples)
        except StopIteration:
            return
        except SyntaxError as error:
            if last == (error.lineno, error.offset):
                return
            last = (error.lineno, error.offset)
            yield error


def _frame(file: File, quads: Iterable["pyoxigraph.Quad"], where: Sequence[int]) -> pl.DataFrame:
    rdf = _library()
    literal, blank = rdf.Literal, rdf.BlankNode
    rows: list[Row] = []
    for quad in quads:
        subject, said = quad.subject, quad.object
        begin = f"_:{subject.value}" if isinstance(subject, blank) else f"<{_iri(subject)}"
        if isinstance(said, literal):
            datatype = said.datatype.value
            typed = None if datatype in (_PLAIN, _TAGGED) else f"<{datatype}"
            rows.append((begin, f"<{quad.predicate.value}", f'"{said.value}', said.language, typed))
        elif isinstance(said, blank):
            rows.append((begin, f"<{quad.predicate.value}", f"_:{said.value}", None, None))
        else:
            rows.append((begin, f"<{quad.predicate.value}", f"<{_iri(said)}", None, None))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String), orient="row")
    frame = frame.insert_column(0, pl.Series(LINE, where, dtype=pl.Int64)).with_columns(
        _shortened(name, file.prefixes) for name in ("subject", "predicate", "object", "datatype")
    )
    if not file.languages:
        return frame
    language = pl.col("language").str.to_lowercase()
    spoken = [
        (language == wanted.lower()) | language.str.starts_with(wanted.lower() + "-")
        for wanted in file.languages
    ]
    return frame.filter(language.is_null() | pl.any_horizontal(spoken))


def _iri(term: object) -> str:
    return str(getattr(term, "value", term))


def _shortened(name: str, prefixes: dict[str, str]) -> pl.Expr:
    """Terms without the sign in front that tells IRIs ("<") and literals (quote) apart."""
    term = pl.col(name)
    made: Any = pl.when(term.str.starts_with("_:")).then(term)
    for prefix, iri in sorted(prefixes.items(), key=lambda pair: -len(pair[1])):
        rest = term.str.slice(len(iri) + 1)
        short = pl.concat_str(pl.lit(f"{prefix}:"), rest) if prefix else rest
        made = made.when(term.str.starts_with(f"<{iri}")).then(short)
    shortened: pl.Expr = made.otherwise(term.str.slice(1)).alias(name)
    return shortened


def _told(error: SyntaxError) -> str:
    return str(error.msg).partition(": ")[2] or str(error.msg)


def _library() -> ModuleType:
    try:
        import pyoxigraph
    except ImportError as error:
        raise InputError(
            "reading RDF needs pyoxigraph", hint="pip install 'groundrec[sources]'"
        ) from error
    return pyoxigraph
