"""A proposal as a mapping in TOML, with the reason beside each line, to be read and corrected."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from kg_ingest.looking import Seen
from kg_ingest.propose import Meant, Proposal, Table, noun, singular, slug

Placed = Callable[[Path], tuple[str, str]]
_HANGUL = re.compile(r"[가-힣]")
_AUTHORED = re.compile(r"_by$|^starr|^act")
_ARTICLES = "The|A|An|Les|Le|La|Il|Lo|Das|Der|Die|El|Los|Las|Un|Une"


def as_toml(name: str, proposal: Proposal, placed: Placed) -> str:
    """The mapping; `placed` gives root ("data" or "mapping") and path of a file."""
    writer = _Writer(proposal, placed)
    sources = [text for table in proposal.tables if (text := writer.source(table))]
    head = [
        "# Proposed by `groundrec ingest init` from what the files look like. Read it before you",
        "# trust it: each choice has its reason beside it. docs/catalogue-mapping.md has all keys.",
        f"name = {_text(slug(name) or 'catalogue')}",
    ]
    tables = (*writer.kinds(), *writer.relations(), *writer.look_ups(), *sources)
    return "\n\n".join(["\n".join(head), *tables]) + "\n"


class _Writer:
    def __init__(self, proposal: Proposal, placed: Placed) -> None:
        self.proposal = proposal
        self.placed = placed
        self.roles: dict[str, str] = {}
        self.ends: dict[str, tuple[str, str, list[str]]] = {}
        self._korean = any(
            _HANGUL.search(example)
            for table in proposal.tables
            for meant in table.roles
            for example in (meant.column.name, *meant.column.examples)
        )

    # -- schema -------------------------------------------------------------------------------

    def kinds(self) -> list[str]:
        """One table per kind."""
        made = []
        for kind, role in self.roles.items():
            one, many = kind.replace("_", " "), _plural(kind.replace("_", " "))
            lines = [f"[kinds.{kind}]", f"role = {_text(role)}"]
            lines.append(f"words.en = {{ one = {_text(one)}, many = {_text(many)} }}")
            made.append("\n".join(lines))
        return made

    def relations(self) -> list[str]:
        """One table per relation, with words where they are read by people."""
        made = []
        for name, (head, tail, extra) in self.ends.items():
            lines = [
                f"[relations.{name}]",
                f"head = {_text(head)}",
                f"tail = {_text(tail)}",
                *extra,
            ]
            if not any(line.startswith("interaction") for line in extra):
                lines += ["", *self._words(name, tail)]
            made.append("\n".join(lines))
        return made

    def _words(self, name: str, tail: str) -> list[str]:
        one = tail.replace("_", " ")
        said = name.replace("_", " ")
        forward, inverse, shared = (
            f"{{head}} has the {one} {{tail}}",
            f"{{tail}} is a {one} of {{head}}",
            f"with the {one} {{tail}}",
        )
        if name.endswith("_by"):
            forward, shared = f"{{head}} was {said} {{tail}}", f"{said} {{tail}}"
            inverse = f"{{tail}} is who {{head}} was {said}"
        elif not name.startswith("has_"):
            forward, inverse = f"{{head}} {said} {{tail}}", f"{{tail}} is what {{head}} {said}"
            shared = f"{said} {{tail}}"
        lines = [
            f"[relations.{name}.words.en]",
            f"forward = {_text(forward)}",
            f"inverse = {_text(inverse)}",
            f"shared = {_text(shared)}",
        ]
        if self._korean:
            lines += [
                "",
                f"[relations.{name}.words.ko]",
                f"forward = {_text(f'{{head}}의 {one}은/는 {{tail}}이다/다')}",
                f"inverse = {_text(f'{{tail}}은/는 {{head}}의 {one}이다/다')}",
                f"shared = {_text(f'{one}이/가 {{tail}}인')}",
            ]
        return lines

    def _kind(self, kind: str, role: str) -> str:
        self.roles.setdefault(kind, role)
        return kind

    def _relation(self, name: str, head: str, tail: str, *extra: str) -> str:
        """The relation of a name between two kinds; another name where that one is taken."""
        while name in self.ends and self.ends[name][:2] != (head, tail):
            name = f"{name}_{tail}" if not name.endswith(f"_{tail}") else f"{name}_too"
        self.ends.setdefault(name, (head, tail, list(extra)))
        return name

    # -- sources ------------------------------------------------------------------------------

    def look_ups(self) -> list[str]:
        """One table per file that numbers things anew."""
        made = []
        for name, one in self.proposal.look_ups.items():
            columns = [f"key = {_text(one.key.name)}", f"value = {_text(one.value.name)}"]
            said = "# numbers that other files use, and the keys they stand for"
            made.append("\n".join([f"[lookups.{name}] {said}", *self._form(one.seen), *columns]))
        return made

    def source(self, table: Table) -> str:
        """A source with its fields, nodes and edges; nothing for a table that says nothing."""
        if table.of("key"):
            fields, body = self._things(table)
        elif table.relations:
            fields, body = self._triples(table)
        else:
            fields, body = self._facts(table)
        if not body:
            return f"# {table.seen.path.name}: nothing in it was understood"
        return "\n\n".join(["\n".join(self._file(table)), *fields, *body])

    def _file(self, table: Table) -> list[str]:
        seen = table.seen
        stems = [slug(one.seen.stem) for one in self.proposal.tables]
        alone = stems.count(slug(seen.stem)) == 1
        name = (slug(seen.stem) if alone else slug(seen.path.name)) or seen.path.name
        lines = ["[[sources]]", f"name = {_text(name)}"]
        lines += self._form(seen)
        lines += [
            f"# {meant.column.name}: {meant.role}, {meant.why}"
            + (f" (by the look-up {meant.look_up})" if meant.look_up else "")
            + (" (left out)" if meant.role == "nothing" else "")
            for meant in table.roles
        ]
        return lines

    def _form(self, seen: Seen) -> list[str]:
        """Where a file is and how it is read."""
        root, path = self.placed(seen.path)
        lines = [f"path = {_text(path)}"]
        if root != "data":
            lines.append(f"root = {_text(root)}")
        if seen.format != "csv":
            lines.append(f"format = {_text(seen.format)}")
        if seen.format in ("delimited", "adjacency") or (seen.delimiter not in ("", ",", "\t")):
            lines.append(f"delimiter = {_text(seen.delimiter)}")
        if seen.encoding != "utf-8":
            lines.append(f"encoding = {_text(seen.encoding)}")
        if not seen.header:
            names = ", ".join(_text(column.name) for column in seen.columns)
            lines.append(f"columns = [{names}] # no header; give them names")
        return lines

    def _things(self, table: Table) -> tuple[list[str], list[str]]:
        (key,) = table.of("key")
        role = "user" if table.kind == self.proposal.users else "item"
        if table.kind not in (self.proposal.users, self.proposal.items):
            role = "attribute"
        kind = self._kind(table.kind, role)
        fields, edges, properties = [], [], []
        node = ["[[sources.nodes]]", f"kind = {_text(kind)}", f"key = {_text(key.column.name)}"]
        for meant in table.of("label"):
            name = meant.column.name
            patterns = []
            if table.dated:
                patterns.append(("\\s*\\(\\d{4}[^)]*\\)\\s*$", ""))
            if table.moved:
                patterns.append((f"^(.+), ({_ARTICLES})$", "$2 $1"))
            if patterns:
                fields.append(_field("label", name, clean=patterns))
                name = "label"
            node.append(f"label = {_text(name)}")
            if table.dated and not any(link.to == "year" for link in table.of("link")):
                year = [("^.*\\((\\d{4})\\)\\s*$", "$1"), ("^.*\\D.*$", "")]
                fields.append(_field("year", meant.column.name, clean=year))
                edges.append(self._link(kind, role, "year", "year", key.column.name, single=True))
        for meant in table.of("link"):
            field, made = _list_field(meant)
            fields += made
            single = not (meant.column.splitter or meant.column.bracketed)
            edges.append(self._link(kind, role, meant.to, field, key.column.name, single=single))
        for meant in table.of("reference"):
            tail = self._kind(meant.to, "attribute")
            relation = self._relation(f"has_{tail}", kind, tail, "functional = true")
            edges.append(_edge(relation, key.column.name, _text(meant.column.name)))
        for meant in table.of("property"):
            name = slug(meant.column.name) or "value"
            field = meant.column.name
            if meant.column.numeric == 1.0 and meant.why == "a number":
                kind_ = "integer" if meant.column.whole == 1.0 else "number"
                fields.append(_field(f"{name}_number", field, type=kind_))
                field = f"{name}_number"
            properties.append(f"{name} = {_text(field)}")
        if properties:
            node.append(f"properties = {{ {', '.join(properties)} }}")
        return fields, ["\n".join(node), *edges]

    def _link(self, head: str, role: str, tail: str, field: str, key: str, *, single: bool) -> str:
        tail = tail if tail not in (head, self.proposal.users) else f"{tail}_value"
        kind = self._kind(tail, "attribute")
        extra = ["functional = true # one in each row"] if single else []
        extra += ["complete = true # all are in the cell"] if role == "item" and not single else []
        relation = self._relation(f"has_{kind}", head, kind, *extra)
        return _edge(relation, key, f"{{ name = {_text(field)} }}")

    def _facts(self, table: Table) -> tuple[list[str], list[str]]:
        users = table.of("user")
        items = [
            m for m in (*table.of("reference"), *table.of("item")) if m.to == self.proposal.items
        ] or table.of("item")
        references = [m for m in table.of("reference") if m.to == self.proposal.users]
        users = users or references
        weights, links = table.of("weight"), table.of("link")
        fields: list[str] = []
        body: list[str] = []
        times = []
        for meant in table.of("time")[:1]:
            name = meant.column.name
            if meant.column.times != "epoch":
                fields.append(_field("when", name, type="time", time_format=meant.column.times))
                name = "when"
            times.append(f"time = {_text(name)}")
        if users and items and (weights or not links):
            ends = users[0], items[0]
            user, item = self._kind(users[0].to, "user"), self._kind(items[0].to, "item")
            head, tail = (meant.to if meant.look_up else meant.column.name for meant in ends)
            liked = (
                [] if table.liked is None else [f"liked = {table.liked} # the least that counts"]
            )
            name = "rated" if weights else "chose"
            relation = self._relation(name, user, item, "interaction = true", *liked)
            fields += [_field(m.to, m.column.name, look_up=m.look_up) for m in ends if m.look_up]
            extra = [f"weight = {_text(weights[0].column.name)}"] if weights else []
            role = re.search(r"train|valid|test", table.seen.stem)
            split = [f"split = {_text(role.group())}"] if role else []
            body.append(
                _edge(
                    relation,
                    head,
                    _text(tail),
                    *extra,
                    *times,
                    *split,
                )
            )
            for meant in table.of("history"):
                field, made = _list_field(meant)
                fields += made
                more = self._relation("had", user, item, "interaction = true")
                body.append(_edge(more, users[0].column.name, _text(field)))
        elif items:
            item = self._kind(items[0].to, "item")
            for meant in links:
                field, made = _list_field(meant)
                fields += made
                body.append(
                    self._link(item, "", meant.to, field, items[0].column.name, single=False)
                )
        return fields, body

    def _triples(self, table: Table) -> tuple[list[str], list[str]]:
        (relation,), (other,) = table.of("relation"), table.of("object")
        heads = table.of("reference") or table.of("head")
        item = self._kind(heads[0].to, "item")
        by_name = not table.of("reference")
        column = heads[0].column.name
        values = []
        kinds = _kinds_of(table, relation, other)
        for value, name in table.relations.items():
            kind, functional = kinds[value]
            tail = self._kind(kind if kind != item else f"{kind}_value", "attribute")
            extra = ["functional = true # no head has two"] if functional else []
            made = self._relation(name, item, tail, *extra)
            values.append(f"{_text(value)} = {_text(made)}")
        head = f"{{ name = {_text(column)} }}" if by_name else _text(column)
        edge = [
            "[[sources.edges]]",
            f"head = {head}",
            f"tail = {{ name = {_text(other.column.name)} }}",
            "",
            "[sources.edges.relation]",
            f"column = {_text(relation.column.name)}",
            f"values = {{ {', '.join(values)} }}",
        ]
        return [], ["\n".join(edge)]


def _kinds_of(table: Table, relation: Meant, other: Meant) -> dict[str, tuple[str, bool]]:
    """The kind at the end of each relation, and whether no head has two.

    Relations whose ends overlap lead to one kind: who directs may also write.
    """
    frame = table.seen.frame.select(relation=relation.column.name, value=other.column.name)
    heads = table.of("reference") or table.of("head")
    frame = frame.with_columns(head=table.seen.frame[heads[0].column.name]).drop_nulls()
    ends = {value: set(part["value"]) for (value,), part in frame.group_by("relation")}
    groups: list[list[str]] = []
    for value in sorted(ends, key=lambda name: -len(ends[name])):
        for group in groups:
            together = set().union(*(ends[name] for name in group))
            if len(ends[value] & together) > 0.2 * len(ends[value]):
                group.append(value)
                break
        else:
            groups.append([value])
    found: dict[str, tuple[str, bool]] = {}
    for group in groups:
        names = [table.relations[value] for value in group]
        kind = _end_kind(names, set().union(*(ends[value] for value in group)))
        for value in group:
            part = frame.filter(pl.col("relation") == value)
            several = part.unique(["head", "value"]).group_by("head").len()["len"]
            found[value] = (kind, bool((several > 1).sum() == 0))
    return found


def _end_kind(names: Sequence[str], values: set[str]) -> str:
    if sum(bool(re.fullmatch(r"(1[5-9]|20)\d\d", value)) for value in values) > 0.9 * len(values):
        return "year"
    if any(_AUTHORED.search(name) for name in names):
        return "person"
    bare = re.sub(r"^(?:has|in|of|is)_|_(?:in|of|at)$", "", min(names, key=len))
    return noun_of(bare)


def noun_of(name: str) -> str:
    """The kind that a relation's name leads to: "has_tags" a tag."""
    return singular(name) or "value"


def _list_field(meant: Meant) -> tuple[str, list[str]]:
    column = meant.column
    if not (column.splitter or column.bracketed):
        return column.name, []
    name = meant.to if meant.role == "link" else f"{noun(column)}_each"
    name = name if name != column.name else f"{name}_each"
    clean = [("[\\[\\]'\"]", "")] if column.bracketed else []
    return name, [_field(name, column.name, split=column.splitter, clean=clean)]


def _edge(relation: str, head: str, tail: str, *extra: str) -> str:
    lines = ["[[sources.edges]]", f"relation = {_text(relation)}", f"head = {_text(head)}"]
    return "\n".join([*lines, f"tail = {tail}", *extra])


def _field(
    name: str,
    column: str,
    *,
    split: str = "",
    clean: Sequence[tuple[str, str]] = (),
    type: str = "",
    time_format: str = "",
    look_up: str = "",
) -> str:
    lines = [f"[sources.fields.{_key(name)}]", f"from = {_text(column)}"]
    if split:
        lines.append(f"split = {_text(split)}")
    if clean:
        pairs = ", ".join(f"[{_text(a)}, {_text(b)}]" for a, b in clean)
        lines.append(f"clean = [{pairs}]")
    if type:
        lines.append(f"type = {_text(type)}")
    if look_up:
        lines.append(f"lookup = {_text(look_up)}")
    if time_format:
        lines.append(f"time_format = {_text(time_format)}")
    return "\n".join(lines)


def _text(value: str) -> str:
    """A TOML string; JSON's escapes are among TOML's."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _plural(one: str) -> str:
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return one[:-1] + "ies"
    return one + ("es" if one.endswith(("s", "x", "ch", "sh")) else "s")
