"""The mapping: a TOML file that says what a catalogue's files mean.

    name = "shop"
    [kinds.NAME]               role and words            -> graph.schema.Kind
    [relations.NAME]           ends, meaning, words      -> graph.schema.Relation
    include = ["words.toml"]   kinds and relations of other files, which this one may change
    [lookups.NAME]             a file that turns one id into another
    [[sources]]                one file: how it is read, and the nodes and edges of each row
    [sources.fields.NAME]      a column, cleaned, split, typed or looked up

`docs/catalogue-mapping.md` is the reference with a worked example.
"""

import codecs
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from graph.batch import Mode
from graph.errors import InputError, MappingError
from graph.schema import Kind, Relation, Schema

Format = Literal[
    "csv",
    "tsv",
    "delimited",
    "adjacency",
    "jsonl",
    "parquet",
    "arrow",
    "neo4j",
    "recbole",
    "ntriples",
    "turtle",
    "sql",
]
Root = Literal["data", "mapping"]
Split = Literal["train", "valid", "test"]
ANY = "*"


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldSpec(_Table):
    """A column made ready: nulls, then split, clean-up, look-up, type.

    `clean` are (regular expression, replacement) pairs in the syntax of Rust's regex, applied in
    turn to each value. A value that is empty after all that counts as missing. `decimal` is the
    mark before the fraction of a number; where it is a comma, points and blanks part thousands.
    `time_format` "iso" takes dates and moments of ISO 8601, with or without a zone (then UTC).
    """

    from_: str = Field(alias="from")
    split: str = ""
    clean: tuple[tuple[str, str], ...] = ()
    nulls: tuple[str, ...] = ()
    lookup: str = ""
    type: Literal["text", "integer", "number", "time"] = "text"
    time_format: str = ""
    decimal: Literal[".", ","] = "."

    @model_validator(mode="after")
    def _patterns_compile(self) -> Self:
        for pattern, replacement in self.clean:
            try:
                pl.Series([""]).str.replace_all(pattern, replacement)
            except pl.exceptions.ComputeError as error:
                raise ValueError(f"no regular expression: {pattern!r} ({error})") from error
        return self


class NameOf(_Table):
    """An end that is known by its name: the key is the name in lower case, the label the name."""

    name: str


End = str | NameOf


class NodeSpec(_Table):
    """One node per row: `key` and `label` are fields, so are the values of `properties`."""

    kind: str
    key: End
    label: str = ""
    aliases: str = ""
    properties: dict[str, str] = Field(default_factory=dict)


class RelationColumn(_Table):
    """A field that names the relation of each row, and what its values mean.

    Values to `ignore` are no rejects; "*" ignores all others.
    """

    column: str
    values: dict[str, str]
    ignore: tuple[str, ...] = ()


class EdgeSpec(_Table):
    """One edge per row, or one per value where a field is split into several.

    `valid_from` and `valid_to` are fields: when it is so in the world, the end not included.
    """

    relation: str | RelationColumn
    head: End
    tail: End
    weight: str | float | None = None
    time: str = ""
    split: Split | None = None
    split_column: str = ""
    discriminator: str = ""
    properties: dict[str, str] = Field(default_factory=dict)
    valid_from: str = ""
    valid_to: str = ""

    @property
    def relations(self) -> dict[str, str]:
        """Relation by the value that stands for it; a single one stands for all rows."""
        return (
            self.relation.values
            if isinstance(self.relation, RelationColumn)
            else {"": self.relation}
        )


class File(_Table):
    """Files with rows: where they lie and how they are read.

    `path` may be a pattern, whose files are read in the order of their names, or "-" for standard
    input. Rows whose columns hold other values than `where` allows are left to other sources.
    A database is an SQLite file at `path`, or has its URL in the environment variable `url_env`,
    so that no password stands in a mapping; its rows are those of `table` or `query`.
    """

    path: str = ""
    root: Root = "data"
    format: Format = "csv"
    delimiter: str = ""
    quote: str | None = None
    encoding: str = "utf-8"
    header: bool = True
    columns: tuple[str, ...] = ()
    skip: int = Field(default=0, ge=0)
    array_delimiter: str = ";"
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    max_expansion: int = Field(default=200, ge=1)
    prefixes: dict[str, str] = Field(default_factory=dict)
    languages: tuple[str, ...] = ()
    url_env: str = ""
    table: str = ""
    query: str = ""

    @model_validator(mode="after")
    def _readable(self) -> Self:
        try:
            codecs.lookup(self.encoding)
            lines_end_alike = "\n".encode(self.encoding) == b"\n"
        except LookupError as error:
            raise ValueError(f"unknown encoding {self.encoding!r}") from error
        if not lines_end_alike:
            raise ValueError(f"encoding {self.encoding!r}: turn the file into UTF-8 first")
        database = self.format == "sql"
        if bool(self.path) == bool(self.url_env) or (self.url_env and not database):
            raise ValueError("needs a path; format 'sql' a path (SQLite) or a url_env, not both")
        if database != bool(self.table or self.query) or (self.table and self.query):
            raise ValueError("format 'sql', and no other, needs a table or a query, not both")
        if self.format in ("delimited", "adjacency") and not self.delimiter:
            raise ValueError(f"format {self.format!r} needs a delimiter")
        if self.format == "adjacency" and len(self.columns) != 2:
            raise ValueError("format 'adjacency' needs two columns: the first, and all others")
        if self.quoted and len(self.parted_by) != 1:
            raise ValueError("quotes need a delimiter of one character; quote = '' turns them off")
        return self

    @property
    def parted_by(self) -> str:
        """What stands between two fields."""
        usual = {"csv": ",", "neo4j": ",", "tsv": "\t", "recbole": "\t"}
        return self.delimiter or usual.get(self.format, "")

    @property
    def quoted(self) -> str:
        """The quote character, or nothing."""
        if self.quote is not None:
            return self.quote
        return '"' if self.format in ("csv", "neo4j") else ""

    @property
    def has_header(self) -> bool:
        """Whether the first line names the columns."""
        return self.header and not self.columns


class Lookup(File):
    """A small file that turns the values of its `key` column into those of its `value` column."""

    key: str
    value: str


class Source(File):
    """One file of the catalogue, and what each of its rows says.

    `mode`: "merge" adds and changes; "replace" delivers the whole, so what it no longer names is
    retired; "delete" lists what is to go, nodes by their keys and edges by their ends.
    """

    name: str = ""
    mode: Mode = "merge"
    fields: dict[str, FieldSpec] = Field(default_factory=dict)
    nodes: tuple[NodeSpec, ...] = ()
    edges: tuple[EdgeSpec, ...] = ()

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.nodes and not self.edges:
            raise ValueError("says nothing: give it nodes or edges")
        return self

    @property
    def title(self) -> str:
        """Its name, else its path or table."""
        return self.name or (self.path if self.format != "sql" else self.table or "query")


class Mapping(_Table):
    """A whole mapping file; `folder` is where it lies."""

    name: str
    folder: Path
    kinds: dict[str, Kind] = Field(default_factory=dict)
    relations: dict[str, Relation] = Field(default_factory=dict)
    lookups: dict[str, Lookup] = Field(default_factory=dict)
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        titles = [source.title for source in self.sources]
        if [file.path for file in (*self.sources, *self.lookups.values())].count("-") > 1:
            raise ValueError("standard input (path = '-') can be read once only")
        for source in self.sources:
            if titles.count(source.title) > 1:
                raise ValueError(f"two sources are called {source.title!r}: give them a name")
            for node in source.nodes:
                _known(node.kind, self.kinds, "kind", source)
            for edge in source.edges:
                for relation in edge.relations.values():
                    _known(relation, self.relations, "relation", source)
            for field in source.fields.values():
                if field.lookup:
                    _known(field.lookup, self.lookups, "lookup", source)
        return self

    @property
    def schema_(self) -> Schema:
        """The graph's schema that this mapping fills."""
        return Schema(kinds=self.kinds, relations=self.relations)

    def place(self, file: File, data: Path | None) -> Path:
        """Where a file lies; MappingError when it needs a data folder and there is none."""
        if file.root == "mapping":
            return self.folder / file.path
        if data is None:
            raise MappingError(
                f"{self.name}: {file.path!r} lies in the data folder, and none is set",
                hint="`groundrec --data FOLDER`, or GROUNDREC_DATA",
            )
        return data / file.path


def load_mapping(path: Path) -> Mapping:
    """Read and check a mapping; MappingError names file, table and key."""
    content = _with_included(path, _toml(path))
    try:
        mapping = Mapping.model_validate(
            {"name": path.stem, **content, "folder": path.resolve().parent}
        )
        _ = mapping.schema_
    except ValidationError as error:
        first = error.errors()[0]
        place = _table_and_key(first["loc"])
        said = re.sub(r"^Value error, ", "", first["msg"])
        more = len(error.errors()) - 1
        raise MappingError(
            f"{path}: {place}{said}" + (f" (and {more} more)" if more else ""),
            hint="docs/catalogue-mapping.md has every table and key",
        ) from error
    except InputError as error:
        raise MappingError(f"{path}: {error}") from error
    return mapping


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MappingError(f"no mapping at {path}", hint="examples/ has some") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise MappingError(f"{path}: {error}") from error


def _with_included(path: Path, content: dict[str, Any]) -> dict[str, Any]:
    """The mapping with the kinds and relations of the files that it includes laid under it."""
    included = content.pop("include", [])
    if not isinstance(included, list) or not all(isinstance(name, str) for name in included):
        raise MappingError(f"{path}: include: a list of file names is needed")
    for name in reversed(included):
        other = _toml(path.parent / name)
        beyond = other.keys() - {"kinds", "relations"}
        if beyond:
            raise MappingError(
                f"{path.parent / name}: an included file has kinds and relations only, "
                f"not {', '.join(sorted(beyond))}"
            )
        for table, entries in other.items():
            mine = content.setdefault(table, {})
            for key, entry in entries.items():
                mine[key] = {**entry, **mine.get(key, {})}
    return content


def _known(
    name: str,
    table: dict[str, Kind] | dict[str, Relation] | dict[str, Lookup],
    what: str,
    source: Source,
) -> None:
    if name not in table:
        raise ValueError(
            f"source {source.title!r} names the {what} {name!r}, which is not there; "
            f"there are: {', '.join(sorted(table)) or 'none'}"
        )


def _table_and_key(place: tuple[int | str, ...]) -> str:
    text = "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}"
        for part in place
        if part not in ("NameOf", "RelationColumn", "str", "float")
    )
    return f"{text.removeprefix('.')}: " if text else ""
