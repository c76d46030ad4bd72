"""Rows of a database: a table or a query, read as a stream from the server's side.

The connection only reads, and sees one state of the database. A row's line is its number in the
query's order; a table is ordered by its primary key. An ingest that was cut short reads the rows
again, which changes nothing that is already so, since nobody can tell whether they have changed.
"""

import datetime
import json
import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import polars as pl

from graph.errors import InputError, MappingError
from kg_ingest.blocks import LINE, Block, without_nul
from kg_ingest.mapping import File
from kg_ingest.places import Place

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, CursorResult, Engine

BLOCK_ROWS = 50_000
_POSTGRES = ("postgres", "postgresql")
Moment = (datetime.date, datetime.time)


def sql_blocks(file: File, place: Place) -> Iterator[Block]:
    """The rows of a table or query; InputError when the database says no."""
    try:
        import sqlalchemy
    except ImportError as error:
        raise InputError(
            "reading a database needs sqlalchemy", hint="pip install 'groundrec[sources]'"
        ) from error
    what = file.url_env or str(place.path)
    try:
        engine = _engine(_url(file, place))
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            yield from _blocks(_result(connection, file, what), place.name)
    except sqlalchemy.exc.NoSuchModuleError as error:
        raise InputError(f"{what}: no driver for this kind of database is installed") from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        told = str(cause).strip().partition("\n")[0]
        raise InputError(f"{what}: {told}", hint="the mapping's table or query, or the URL") from (
            None if file.url_env else error
        )


def _url(file: File, place: Place) -> "URL":
    import sqlalchemy

    if place.path is not None:
        return sqlalchemy.URL.create(
            "sqlite", database=f"file:{place.path.resolve()}", query={"mode": "ro", "uri": "true"}
        )
    text = os.environ.get(file.url_env, "")
    try:
        url = sqlalchemy.make_url(text)
    except sqlalchemy.exc.ArgumentError:
        raise InputError(
            f"the environment variable {file.url_env} holds no database URL",
            hint=f"export {file.url_env}=postgresql://USER:PASSWORD@HOST/DATABASE",
        ) from None
    if url.get_backend_name() == "sqlite" and not os.path.isfile(url.database or ""):
        raise InputError(f"the database of {file.url_env} is not there")
    return url.set(drivername="postgresql+psycopg") if url.drivername in _POSTGRES else url


def _engine(url: "URL") -> "Engine":
    import sqlalchemy

    try:
        engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool)
    except ImportError as error:
        raise InputError(
            f"reading {url.get_backend_name()} needs {error.name}",
            hint="pip install 'groundrec[sources]'",
        ) from error
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine


def _result(connection: "Connection", file: File, what: str) -> "CursorResult[tuple[object, ...]]":
    import sqlalchemy

    options = {"stream_results": True, "yield_per": BLOCK_ROWS}
    if file.query:
        asked = sqlalchemy.text(file.query.replace(":", "\\:"))  # a colon is no parameter here
        result = connection.execute(asked, execution_options=options)
    else:
        schema, _, name = file.table.rpartition(".")
        try:
            table = sqlalchemy.Table(
                name, sqlalchemy.MetaData(), schema=schema or None, autoload_with=connection
            )
        except sqlalchemy.exc.NoSuchTableError as error:
            there = sqlalchemy.inspect(connection).get_table_names(schema or None)
            raise InputError(
                f"{what} has no table {file.table!r}; it has: {', '.join(sorted(there)) or 'none'}"
            ) from error
        ordered = sqlalchemy.select(table).order_by(*table.primary_key.columns)
        result = connection.execute(ordered, execution_options=options)
    if not result.returns_rows:
        raise MappingError(f"{what}: the query gives no rows: {file.query}")
    return result


def _blocks(result: "CursorResult[tuple[object, ...]]", name: str) -> Iterator[Block]:
    names = list(result.keys())
    twice = sorted({column for column in names if names.count(column) > 1})
    if twice:
        raise MappingError(
            f"{name}: the query names the column {twice[0]!r} twice",
            hint="give one of them another name: SELECT a.id, b.id AS other",
        )
    count = 0
    for rows in result.partitions(BLOCK_ROWS):
        columns = zip(*rows, strict=True)
        texts = [_texts(column, cells) for column, cells in zip(names, columns, strict=True)]
        numbers = pl.Series(LINE, range(count + 1, count + 1 + len(rows)), dtype=pl.Int64)
        count += len(rows)
        frame, bad = without_nul(pl.DataFrame([numbers, *texts]))
        yield Block(frame, bad, name, str(count), count, count)


def _texts(name: str, cells: Sequence[object]) -> pl.Series:
    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds <= {str}:
        return pl.Series(name, cells, dtype=pl.String)
    if list in kinds:
        lists = [_listed(cell) for cell in cells]
        return pl.Series(name, lists, dtype=pl.List(pl.String))
    return pl.Series(name, [_text(cell) for cell in cells], dtype=pl.String)


def _listed(cell: object) -> list[str | None] | None:
    if cell is None:
        return None
    return [_text(part) for part in (cell if isinstance(cell, list) else [cell])]


def _text(cell: object) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, Moment):
        return cell.isoformat()
    if isinstance(cell, bytes | memoryview):
        return bytes(cell).hex()
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False, sort_keys=True, default=str)
    return str(cell)
