"""Kinds and relations: their roles, their words, and what absence means for each.

The schema is what keeps package code free of any trade: nothing outside a mapping knows what a
film is. It is saved in the store and in each snapshot as JSON.
"""

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from graph.errors import InputError

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
Role = Literal["user", "item", "attribute"]

_SLOT = re.compile(r"\{(head|tail)\}")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KindWords(_Frozen):
    """How a kind is called: "film", "films".

    `also` are more words for it, "movie", and `values` more words for some of its nodes, by name;
    both are read and never written.
    """

    one: str
    many: str
    also: tuple[str, ...] = ()
    values: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class RelationWords(_Frozen):
    """How a relation reads in one language.

    `forward` and `inverse` are whole statements with {head} and {tail}; the first is the one we
    write. `shared` follows "both" or stands for what two heads have in common, with {tail}:
    "with {tail}", "directed by {tail}". `also` are more wordings that people use, read but never
    written. Of a value that is a number `more` and `less` are the comparatives: "newer", "older".
    `cues` are beginnings of words near which a value of this relation is meant, however the rest of
    the sentence reads: "helm", "behind the camera".
    An interaction has a person as its {head}: "{head} has seen {tail}" is read as "you have seen".
    Korean particles are written as a pair behind a slot, "{head}은/는", and resolved.
    """

    forward: str
    inverse: str
    shared: str = ""
    also: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _slots(self) -> Self:
        for text in (self.forward, self.inverse, *self.also):
            if sorted(_SLOT.findall(text)) != ["head", "tail"]:
                raise ValueError(f"needs {{head}} and {{tail}}, once each: {text!r}")
        if self.shared and _SLOT.findall(self.shared) != ["tail"]:
            raise ValueError(f"shared needs {{tail}} and nothing else: {self.shared!r}")
        return self


class Kind(_Frozen):
    """A kind of node. Users are people: they are never named in an explanation."""

    role: Role
    words: Mapping[Language, KindWords] = Field(default_factory=dict)


class Relation(_Frozen):
    """A kind of edge.

    `functional`: a head has at most one tail, so another value contradicts. `complete`: the
    catalogue lists all tails of a head that has any, so absence contradicts; else it is unknown.
    `interaction`: a user does something with an item; `liked` is the least weight that counts as
    liking it (None: every such edge does).
    """

    head: Name
    tail: Name
    interaction: bool = False
    liked: float | None = None
    functional: bool = False
    complete: bool = False
    words: Mapping[Language, RelationWords] = Field(default_factory=dict)


class Schema(_Frozen):
    """All kinds and relations of a graph, by name."""

    kinds: Mapping[Name, Kind] = Field(default_factory=dict)
    relations: Mapping[Name, Relation] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ends_exist(self) -> Self:
        for name, relation in self.relations.items():
            for end in (relation.head, relation.tail):
                if end not in self.kinds:
                    raise ValueError(
                        f"relation {name!r} names the kind {end!r}, which is not there"
                    )
            if relation.interaction:
                roles = (self.kinds[relation.head].role, self.kinds[relation.tail].role)
                if roles != ("user", "item"):
                    raise ValueError(
                        f"interaction {name!r} must go from a user kind to an item kind"
                    )
        return self

    def kinds_of(self, role: Role) -> tuple[str, ...]:
        """Names of the kinds with this role, sorted."""
        return tuple(sorted(name for name, kind in self.kinds.items() if kind.role == role))

    @property
    def interactions(self) -> tuple[str, ...]:
        """Names of the interaction relations, sorted."""
        return tuple(sorted(n for n, relation in self.relations.items() if relation.interaction))

    @property
    def attributes(self) -> tuple[str, ...]:
        """Names of the relations whose head is an item and that are no interactions, sorted."""
        items = set(self.kinds_of("item"))
        return tuple(
            sorted(n for n, r in self.relations.items() if r.head in items and not r.interaction)
        )

    def allow(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names, when each is a kind or a relation of this schema; InputError otherwise."""
        known = self.kinds.keys() | self.relations.keys()
        listed = tuple(names)
        for name in listed:
            if name not in known:
                raise InputError(
                    f"{name!r} is neither a kind nor a relation of this graph",
                    hint=f"known: {', '.join(sorted(known))}",
                )
        return listed

    def merged(self, other: "Schema") -> "Schema":
        """This schema with the kinds and relations of `other` added; `other` wins on words.

        InputError when the two disagree on what a name means (role, ends, interaction).
        """
        for name, kind in other.kinds.items():
            mine = self.kinds.get(name)
            if mine is not None and mine.role != kind.role:
                raise InputError(f"kind {name!r} is {mine.role!r} here and {kind.role!r} there")
        for name, relation in other.relations.items():
            old = self.relations.get(name)
            if old is None:
                continue
            if (old.head, old.tail, old.interaction) != (
                relation.head,
                relation.tail,
                relation.interaction,
            ):
                raise InputError(
                    f"relation {name!r} goes from {old.head!r} to {old.tail!r} in the graph and"
                    f" from {relation.head!r} to {relation.tail!r} in the mapping"
                )
        return Schema(
            kinds={**self.kinds, **other.kinds}, relations={**self.relations, **other.relations}
        )

    def to_json(self) -> str:
        """Canonical JSON: the same schema gives the same text."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Schema":
        """What `to_json` wrote."""
        return cls.model_validate_json(text)

    @property
    def shape_hash(self) -> str:
        """Hash of all but the words: new words do not make models stale."""
        return _digest(self._dump(without_words=True))

    @property
    def words_hash(self) -> str:
        """Hash of the words alone."""
        return _digest({"all": self._dump(without_words=False), "shape": self.shape_hash})

    def _dump(self, *, without_words: bool) -> dict[str, Any]:
        content: dict[str, Any] = self.model_dump(mode="json")
        if without_words:
            for table in content.values():
                for entry in table.values():
                    entry.pop("words")
        return content


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False)
    return blake2b(text.encode(), digest_size=16).hexdigest()
