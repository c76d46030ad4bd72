"""What crosses package borders: nodes, edges, paths, contributions, evidence, claims, verdicts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from graph.ids import edge_hex, edge_number, node_id

Value = str | int | float | bool | None
Properties = Mapping[str, Value]
Vectors = NDArray[np.float32]
# What a package that only wants texts compared is handed: `TextEncoder.encode` of some encoder.
Encode = Callable[[Sequence[str]], Vectors]


@dataclass(frozen=True, slots=True)
class Node:
    """A user, an item or an attribute; unique by kind and key."""

    kind: str
    key: str
    label: str
    aliases: tuple[str, ...] = ()
    properties: Properties = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`kind:key`."""
        return node_id(self.kind, self.key)


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation between two nodes; parallel edges differ by their discriminator.

    `number` is its id as a number where that is known. An edge at a node that others were merged
    into keeps the number that it had before, which leads to the catalogue row that says so.
    """

    head: str
    relation: str
    tail: str
    discriminator: str = ""
    weight: float | None = None
    time: int | None = None
    properties: Properties = field(default_factory=dict)
    number: int | None = field(default=None, compare=False, repr=False)

    @property
    def id(self) -> str:
        """16 hexadecimal digits, the same in every store."""
        if self.number is not None:
            return edge_hex(self.number)
        return edge_hex(edge_number(self.head, self.relation, self.tail, self.discriminator))


@dataclass(frozen=True, slots=True)
class Assertion:
    """Who says that a node or an edge is so: `file` and `line` lead to the catalogue row."""

    run: str
    source: str
    file: str
    line: int
    valid_from: int | None = None
    valid_to: int | None = None

    def holds(self, as_of: int) -> bool:
        """Whether it is so in the world at a time, in seconds since 1970."""
        return (self.valid_from is None or self.valid_from <= as_of) and (
            self.valid_to is None or self.valid_to > as_of
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One edge of a path, in the direction it is walked."""

    edge: Edge
    forward: bool

    @property
    def start(self) -> str:
        """The node that the step leaves."""
        return self.edge.head if self.forward else self.edge.tail

    @property
    def end(self) -> str:
        """The node that the step reaches."""
        return self.edge.tail if self.forward else self.edge.head


@dataclass(frozen=True, slots=True)
class Path:
    """Steps that follow one another, from the user to the item, without loops."""

    steps: tuple[Step, ...]
    amount: float

    @property
    def nodes(self) -> tuple[str, ...]:
        """The node ids along the path."""
        return (self.steps[0].start, *(step.end for step in self.steps))


@dataclass(frozen=True, slots=True)
class People:
    """A walk through other people, only ever as an aggregate.

    Of the `base` people who liked `anchor`, `both` liked the item too. Never fewer than five.
    """

    anchor: str
    item: str
    both: int
    base: int


@dataclass(frozen=True, slots=True)
class Contribution:
    """A part of a score: the walks of one type through one liked item and one attribute.

    `anchor` is the liked item (node id) that the walks go through, `via` the attribute node
    (None for walks through people, or for a group that is told only as a sum). `amount` is in
    units of the score, `share` is amount / score.
    """

    walk: str
    anchor: str | None
    via: str | None
    amount: float
    share: float
    people: People | None = None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A score taken apart: score == sum of the contributions' amounts + remainder."""

    user: str
    item: str
    score: float
    contributions: tuple[Contribution, ...]
    remainder: float


@dataclass(frozen=True, slots=True)
class ScoredItem:
    """A candidate: an item with its score."""

    item: str
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that the graph has to say about one user and one item.

    `breakdown` is why it ranks here; `paths` are what carries the contributions; `connections`
    are true paths between what the user liked and the item, however small their share. `liked`
    is how many items the user liked.
    """

    breakdown: Breakdown
    paths: tuple[Path, ...]
    connections: tuple[Path, ...]
    liked: int = 0


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with what it cites: edge ids, and the contributions that it tells."""

    text: str
    edges: tuple[str, ...]
    contributions: tuple[int, ...] = ()


class VerdictKind(StrEnum):
    """The four verdicts."""

    SUPPORTED = "supported"
    CONTRADICTED = "contradicted"
    NOT_IN_GRAPH = "not_in_graph"
    NOT_CHECKABLE = "not_checkable"


class Reason(StrEnum):
    """What else there is to say about a verdict."""

    EDGE_FOUND = "edge found"
    COUNT_AGREES = "count agrees"
    OTHER_VALUE = "another value is known"
    COMPLETE_WITHOUT_IT = "the catalogue is complete for this relation and does not have it"
    COUNT_DIFFERS = "count differs"
    RANK_AGREES = "rank agrees"
    RANK_DIFFERS = "rank differs"
    DENIES_EDGE = "denies what the graph has"
    UNKNOWN_ENTITY = "unknown entity"
    NOT_IN_CATALOGUE = "not in the catalogue"
    NO_SUCH_EDGE = "no such edge"
    WRONG_KIND = "wrong kind of thing for this relation"
    OPINION = "opinion"
    OUTSIDE_SCHEMA = "outside the schema"
    AMBIGUOUS_NAME = "ambiguous name"
    TOO_FEW_PEOPLE = "too few people to say"
    NOBODY_NAMED = "does not say of whom"
    STALE = "true once, no longer"


@dataclass(frozen=True, slots=True)
class Chain:
    """The nodes that are reached from `start` (ids) in steps: relations, and whether backwards."""

    start: tuple[str, ...]
    steps: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement in a text.

    `span` is (start, end) in characters of the whole text. `relation` is a relation's name, or one
    of the checker's own, which have blanks in their names (docs/audits.md lists them), or "" for
    what was not understood. `qualifier` says more of it, such as "only" or "before"; `numbers` are
    those of the claim. `within` are chains that lead to the items of which it is said, all of them
    at once. Head and tail are the words as they stand;
    `heads` and `tails` are the ids of all nodes that they may mean. `hedged`: said with a doubt
    ("perhaps", "I think"), which changes no verdict.
    """

    text: str
    span: tuple[int, int]
    relation: str
    head: str = ""
    tail: str = ""
    heads: tuple[str, ...] = ()
    tails: tuple[str, ...] = ()
    negated: bool = False
    numbers: tuple[float, ...] = ()
    hedged: bool = False
    qualifier: str = ""
    within: tuple[Chain, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim, and what the graph says of it, with the very edge or counter-edge."""

    claim: Claim
    kind: VerdictKind
    reason: Reason
    evidence: tuple[Edge, ...] = ()
    counter_evidence: tuple[Edge, ...] = ()
    detail: str = ""


class TextEncoder(Protocol):
    """Makes vectors of texts, so that texts that mean alike lie close."""

    @property
    def name(self) -> str:
        """Model and version; vectors under different names have nothing to do with each other."""

    @property
    def size(self) -> int:
        """The length of a vector."""

    @property
    def languages(self) -> frozenset[str] | None:
        """Codes of the languages that it knows; None: it knows none, and treats all alike."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Vectors (texts x size) of length one, so that a product is a cosine.

        A text without a letter or a digit gets zeros. A text's vector does not depend on the
        texts beside it.
        """
