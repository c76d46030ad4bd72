"""The nodes of one kind as columns, with all that may tell whether two of them are the same.

THINGS   at UInt32 (0, 1, 2, …), number Int64, id, label
NAMES    at, form, own (the name itself, not a variant of it or an alias)
WORDS    at, word: of the name itself
GIVEN    at, property, value: ids that somebody else gave it
VALUES   at, relation, value: at the other end of functional relations; the year in its name
COMPANY  at, relation, kind, token, told: what it is connected with, by name

Company is compared by name, since the neighbours of two catalogues are not merged yet; where they
are, the name of the node that stands is taken.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from graph.same import RESOLVE, REVIEW, match_relations
from graph.schema import Schema
from graph.store import GraphStore
from kg_ingest.name_forms import NameForms, company_form, name_forms

YEAR = "year in its name"
_ID_PROPERTY = re.compile(
    r"(?:^|_)ids?$|[a-z]I[dD]$|^(?:isbn|ean|gtin|asin|doi|orcid|wikidata)", re.I
)
DATE = r"^\d{4}$"
MOSTLY = 0.9
_NODE_TEXTS = ("kind", "key", "label", "aliases", "properties")


@dataclass(frozen=True, slots=True)
class Things:
    """Columns as described above; `text`, `marks` and `sources` have one entry per thing."""

    kind: str
    things: pl.DataFrame
    names: pl.DataFrame
    words: pl.DataFrame
    given: pl.DataFrame
    values: pl.DataFrame
    company: pl.DataFrame
    text: tuple[str, ...]
    marks: tuple[tuple[str, ...], ...]
    sources: tuple[frozenset[str], ...]

    @property
    def size(self) -> int:
        """How many things there are."""
        return self.things.height


@dataclass(frozen=True, slots=True)
class Graph:
    """What the resolver reads from a store: nodes, and the edges that are evidence.

    `sources` says, by node, which sources list it under a key of its own (not its name).
    """

    schema: Schema
    nodes: pl.DataFrame
    edges: pl.DataFrame
    sources: Mapping[int, frozenset[str]] = field(default_factory=dict)


def read_graph(
    store: GraphStore, kinds: Sequence[str] = (), relations: Sequence[str] = ()
) -> Graph:
    """Nodes and the edges of some relations, or of all but interactions and matches.

    Of `kinds`, or of all but users, it is read who lists them.
    """
    schema = store.schema()
    passed_over = {*schema.interactions, *match_relations(schema)}
    wanted = set(schema.allow(relations)) if relations else set(schema.relations)
    names = list(wanted - passed_over)
    columns = {"id": pl.Int64, **dict.fromkeys(_NODE_TEXTS, pl.String)}
    ends = {"head": pl.Int64, "relation": pl.String, "tail": pl.Int64}
    nodes = [pl.DataFrame(schema=columns)]
    nodes += [part.select(list(columns)) for part in store.scan("nodes")]
    edges = [pl.DataFrame(schema=ends)]
    edges += [
        part.filter(pl.col("relation").is_in(names)).select(list(ends))
        for part in store.scan("edges")
    ]
    asked = [kind for kind in kinds or schema.kinds if schema.kinds[kind].role != "user" or kinds]
    whole = pl.concat(nodes)
    return Graph(schema, whole, pl.concat(edges), _sources(store, whole, asked))


def _sources(
    store: GraphStore, nodes: pl.DataFrame, kinds: Sequence[str]
) -> dict[int, frozenset[str]]:
    """Who lists the nodes that have a key of their own."""
    label = pl.coalesce("label", "key").str.to_lowercase().str.replace_all(r"\s+", " ")
    keyed = nodes.filter(
        pl.col("kind").is_in(list(kinds)) & (label != pl.col("key").str.to_lowercase())
    )
    names = [f"{kind}:{key}" for kind, key in keyed.select("kind", "key").iter_rows()]
    found: dict[int, frozenset[str]] = {}
    for number, facts in zip(keyed["id"], store.facts(names), strict=True):
        sources = (fact.assertion.source for fact in facts if fact.known_until is None)
        found[number] = frozenset(sources) - {RESOLVE, REVIEW}
    return found


def telling(graph: Graph) -> tuple[str, ...]:
    """Relations whose other end tells things apart: functional ones, and those that give a date."""
    tails = graph.nodes.select("id", dated=pl.coalesce("label", "key").str.contains(DATE))
    dated = (
        graph.edges.join(tails, left_on="tail", right_on="id")
        .group_by("relation")
        .agg(pl.col("dated").mean())
        .filter(pl.col("dated") > MOSTLY)["relation"]
    )
    functional = {name for name, meant in graph.schema.relations.items() if meant.functional}
    return tuple(sorted(functional | set(dated)))


def things_of(
    graph: Graph,
    kind: str,
    told_by: Sequence[str],
    stands: Mapping[int, int],
    ids: Sequence[str],
) -> Things:
    """The nodes of a kind, in the order of their numbers.

    `told_by` are the relations that tell things apart (`telling`), `stands` says into which node
    another was merged already, `ids` are the properties that hold given ids; none: those whose
    name says so.
    """
    here = graph.nodes.filter(pl.col("kind") == kind).sort("id")
    label = pl.coalesce("label", "key")
    things = here.select(
        number="id", id=pl.concat_str("kind", pl.lit(":"), "key"), label=label
    ).with_row_index("at")
    forms = [name_forms(text) for text in things["label"]]
    aliases = [json.loads(text) if text else [] for text in here["aliases"]]
    values, dating = _values(graph, things, kind, told_by)
    return Things(
        kind=kind,
        things=things,
        names=_names(forms, aliases),
        words=_long([(at, form.words) for at, form in enumerate(forms)], "word"),
        given=_given(here, ids, aliases),
        values=pl.concat([values, _years(forms, values, dating)]).unique(),
        company=_company(graph, things, kind, stands, told_by),
        sources=tuple(graph.sources.get(number, frozenset()) for number in things["number"]),
        text=tuple(form.text for form in forms),
        marks=tuple(form.marks for form in forms),
    )


# -- parts -------------------------------------------------------------------------------------


def _names(forms: Sequence[NameForms], aliases: Sequence[Sequence[str]]) -> pl.DataFrame:
    rows: list[tuple[int, str, bool]] = []
    for at, (form, others) in enumerate(zip(forms, aliases, strict=True)):
        if form.whole:
            rows.append((at, form.whole, True))
        rows += [(at, other, False) for other in form.others]
        for alias in others:
            also = name_forms(alias)
            rows += [(at, other, False) for other in (also.whole, *also.others) if other]
    schema = {"at": pl.UInt32, "form": pl.String, "own": pl.Boolean}
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.unique(["at", "form"], keep="first", maintain_order=True)


def _long(rows: Sequence[tuple[int, Sequence[str]]], name: str) -> pl.DataFrame:
    flat = [(at, value) for at, values in rows for value in values]
    return pl.DataFrame(flat, schema={"at": pl.UInt32, name: pl.String}, orient="row")


def _given(
    here: pl.DataFrame, ids: Sequence[str], aliases: Sequence[Sequence[str]]
) -> pl.DataFrame:
    rows: list[tuple[int, str, str]] = []
    for at, (text, others) in enumerate(zip(here["properties"], aliases, strict=True)):
        properties = json.loads(text) if text else {}
        for name, value in properties.items():
            wanted = name in ids if ids else bool(_ID_PROPERTY.search(name))
            if wanted and value not in (None, ""):
                rows.append((at, name, str(value)))
        rows += [(at, "alias", alias) for alias in others if _is_code(alias)]
    schema = {"at": pl.UInt32, "property": pl.String, "value": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _is_code(alias: str) -> bool:
    """Whether an alias is an id rather than a name: one word with at least four digits."""
    return " " not in alias and sum(sign.isdigit() for sign in alias) >= 4


def _values(
    graph: Graph, things: pl.DataFrame, kind: str, told_by: Sequence[str]
) -> tuple[pl.DataFrame, str]:
    functional = [name for name in told_by if graph.schema.relations[name].head == kind]
    tails = graph.nodes.select("id", value=pl.coalesce("label", "key"))
    values = (
        graph.edges.filter(pl.col("relation").is_in(functional))
        .join(things.select("at", "number"), left_on="head", right_on="number")
        .join(tails, left_on="tail", right_on="id")
        .select("at", "relation", "value")
    )
    dates = values.group_by("relation").agg(pl.col("value").str.contains(DATE).mean())
    dating = [name for name, share in dates.iter_rows() if share > MOSTLY]
    return values, dating[0] if len(dating) == 1 else YEAR


def _years(forms: Sequence[NameForms], values: pl.DataFrame, dating: str) -> pl.DataFrame:
    """The years in names; of a thing that has a date already its own counts."""
    known = set(values.filter(pl.col("relation") == dating)["at"])
    rows = [
        (at, dating, form.year) for at, form in enumerate(forms) if form.year and at not in known
    ]
    return pl.DataFrame(rows, schema=values.schema, orient="row")


def _company(
    graph: Graph,
    things: pl.DataFrame,
    kind: str,
    stands: Mapping[int, int],
    told_by: Sequence[str],
) -> pl.DataFrame:
    parts = [pl.DataFrame(schema={"near": pl.Int64, "relation": pl.String, "far": pl.Int64})]
    for name, relation in graph.schema.relations.items():
        if name in told_by:
            continue
        edges = graph.edges.filter(pl.col("relation") == name)
        if relation.head == kind:
            parts.append(edges.select(near="head", relation="relation", far="tail"))
        if relation.tail == kind:
            parts.append(edges.select(near="tail", relation="relation", far="head"))
    at = things.select("at", near="number")
    edges = pl.concat(parts).join(at, on="near").select("at", "relation", "far")
    edges = edges.with_columns(far=_standing("far", stands))
    tokens = _tokens(graph, edges["far"].unique(), told_by, stands)
    return (
        edges.join(tokens, on="far")
        .select("at", "relation", "kind", "token", "told")
        .unique(["at", "relation", "kind", "token"], keep="first", maintain_order=True)
    )


def _standing(column: str, stands: Mapping[int, int]) -> pl.Expr:
    return pl.col(column).replace(dict(stands)) if stands else pl.col(column)


def _tokens(
    graph: Graph, numbers: pl.Series, functional: Sequence[str], stands: Mapping[int, int]
) -> pl.DataFrame:
    """Nodes as evidence: the form of the name, with the date where the node has one."""
    nodes = graph.nodes.filter(pl.col("id").is_in(numbers.implode()))
    tails = graph.nodes.select("id", value=pl.coalesce("label", "key"))
    dated = (
        graph.edges.filter(pl.col("relation").is_in(functional))
        .with_columns(head=_standing("head", stands))
        .filter(pl.col("head").is_in(numbers.implode()))
        .join(tails, left_on="tail", right_on="id")
        .group_by("head")
        .agg(pl.col("value").min())
    )
    found = nodes.select("id", "kind", label=pl.coalesce("label", "key")).join(
        dated, left_on="id", right_on="head", how="left"
    )
    rows = []
    for number, kind, label, value in found.iter_rows():
        when = value or name_forms(label).year
        token = company_form(label) + (f"|{when}" if when else "")
        rows.append((number, kind, token, label))
    schema = {"far": pl.Int64, "kind": pl.String, "token": pl.String, "told": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row").filter(pl.col("token") != "")
