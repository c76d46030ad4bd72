"""Things that are described through others: "one of the films directed by the director of Heat".

Such a description stands for all nodes that fit, of which the sentence speaks of at least one. It
becomes a name like any other, whose rows they are; so every wording that takes a name takes it.
Three forms lead from node to node:

    the ROLE of NAME                                   who or what has that role for it
    one of the ITEMS that share ROLES with NAME        items with the same in that role
    one of the ITEMS whose ROLES also VERB NAME        the same, said with the relation's verb
    NAME has the same ROLE as NAME                     a claim of its own, as is
    NAME co-VERBed / VERBed together with NAME         of two who have the same role for an item

and "one of the ITEMS" may be followed by whatever describes an item, a role among it. Roles and
verbs come from the schema's wordings.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from graph.names import Mention
from graph.types import Chain, Claim
from reasoning.descriptions import Description, described
from reasoning.grammar import Pattern, verb_forms
from reasoning.lexicon import Lexicon
from reasoning.linking import Argument, Linker, found_in
from reasoning.measures import reached
from reasoning.wordings import nouns_of

_ONE_OF = re.compile(
    r"\b(?:(?:at\s+least\s+)?one|some|any|another|several|many)\s+(?:more\s+)?of\s+"
    r"(?:all\s+)?(?:the|our|those)\s+",
    re.IGNORECASE,
)
_EVERY = re.compile(
    r"(?<!\bof\s)(?<!\bamong\s)(?<!\bfrom\s)\b(?:all|every|each|(?P<no>no|none))\s+(?:(?:single|one)\s+)?(?:of\s+)?"
    r"(?:(?:the|our|those|these)\s+)?",
    re.IGNORECASE,
)
_THAN = re.compile(r"\bthan\b")  # "no film by A is newer than B" ranks B
_IS_ONE = re.compile(
    r"(?:\b(?:is|was|are|were|be|being|became|as|among|considered|called|named|deemed|thought|"
    r"rated|voted|hailed)|[,:–—(]|\s-)(?:\s+\w+ly)?\s*$",
    re.IGNORECASE,
)
_IS = re.compile(r"\s*(?:[:–—]|(?:is|was|are|were|includes?)\b)\s*", re.IGNORECASE)
_INTRODUCED = re.compile(r"\b(?:by|with|starring|stars?|featuring|features?|from|of)\s+$", re.I)
_TOLD_OF = re.compile(
    r"\s*,|\s+(?:is|was|are|were|remains?|can|could|may|might|would|has\s+been)\b(?!\s+also\b)|['’]s\b"
    r"|\s*[:–—(]",
    re.I,
)
_ARTICLE = re.compile(r"(?:the|an?)\s+", re.IGNORECASE)
_NO_MORE = frozenset[int]()


@dataclass(frozen=True, slots=True)
class Chained:
    """What a sentence says of things through others.

    `within`: by (start, end) of a description, the chains that lead to it. `every`: those of which
    each one is meant ("all films by A"), and whether none is. `claims` with the places that they
    take.
    """

    within: dict[tuple[int, int], tuple[Chain, ...]] = field(default_factory=dict)
    every: dict[tuple[int, int], bool] = field(default_factory=dict)
    claims: tuple[Claim, ...] = ()
    taken: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Roles:
    """How the schema's relations call their tails and what these do, as patterns."""

    relations: dict[str, str]
    the_role_of: re.Pattern[str]
    share: re.Pattern[str]
    whose: re.Pattern[str]
    same: re.Pattern[str]
    together: re.Pattern[str]
    finite: re.Pattern[str]
    doing: tuple[tuple[str, str, str], ...]

    def relation(self, noun: str) -> str:
        """The relation whose tails are called so."""
        folded = " ".join(noun.casefold().split())
        return self.relations.get(folded) or self.relations[folded.removesuffix("s")]

    def done(self, verb: str) -> str | None:
        """The relation of a verb in any of its forms."""
        return next(
            (name for forms, rest, name in self.doing if re.fullmatch(forms + rest, verb)), None
        )

    def begun(self, verb: str) -> str | None:
        """The relation of a verb without the preposition that may belong to it."""
        return next((name for forms, _, name in self.doing if re.fullmatch(forms, verb)), None)


def chained(linker: Linker, patterns: Sequence[Pattern]) -> Chained:
    """Reads a sentence's descriptions, which become names of its linker, and its own claims."""
    roles = _roles(linker.lexicon)
    if roles is None or not (
        " of " in linker.folded
        or " same " in linker.folded
        or " with " in linker.folded
        or _EVERY.search(linker.text, linker.start, linker.end)
    ):
        return Chained()
    within: dict[tuple[int, int], tuple[Chain, ...]] = {}
    linker.add(_roles_told(linker, roles, within))
    every: dict[tuple[int, int], bool] = {}
    linker.add(_described(linker, patterns, roles, within, every))
    claims = [*_same(linker, roles), *_together(linker, roles)]
    return Chained(within, every, tuple(claims), tuple(claim.span for claim in claims))


# -- names that stand for many ----------------------------------------------------------------


def _roles_told(
    linker: Linker, roles: _Roles, within: dict[tuple[int, int], tuple[Chain, ...]]
) -> list[Mention]:
    """ "the director of Heat", where it is used like a name and not told who that is."""
    text, made = linker.text, list[Mention]()
    for found in roles.the_role_of.finditer(text, linker.start, linker.end):
        name = _name(linker, found.end(), linker.lexicon.items)
        before = text[linker.start : found.start()]
        if name is None or (before.strip(" “\"'") and not _INTRODUCED.search(before)):
            continue
        if _TOLD_OF.match(text, name.end, linker.end) and not _INTRODUCED.search(before):
            continue
        chain = Chain(linker.ids(name.rows), ((roles.relation(found["role"]), False),))
        rows = reached(linker.lexicon, [chain])
        if rows:
            made.append(Mention(found.start(), name.end, tuple(sorted(rows))))
            within[made[-1].start, made[-1].end] = (chain,)
    return made


def _described(
    linker: Linker,
    patterns: Sequence[Pattern],
    roles: _Roles,
    within: dict[tuple[int, int], tuple[Chain, ...]],
    every: dict[tuple[int, int], bool],
) -> list[Mention]:
    """ "one of the films ...", unless somebody is said to be one of them; "all films ..."."""
    text, made = linker.text, list[Mention]()
    several = [
        found
        for words in ((_ONE_OF,) if _THAN.search(linker.folded) else (_ONE_OF, _EVERY))
        for found in words.finditer(text, linker.start, linker.end)
    ]
    for found in several:
        if _IS_ONE.search(text[linker.start : found.start()]):
            continue
        # What follows a finite verb is said of one of them, and does not tell which they are.
        verb = next(found_in(linker, roles.finite, found.end()), None)
        named = linker.until(verb.start()) if verb else linker
        thing = described(named, patterns, found.end())
        if thing is None or not thing.noun or any(part.negated for part in thing.parts):
            continue
        steps = list(_chains(linker, thing, within))
        end, besides = thing.end, _NO_MORE
        shared = _sharing(named, roles, end)
        if shared is not None:
            chain, end, besides = shared
            steps.append(chain)
        told = _IS.match(text, end, linker.end)
        name = linker.starting(linker.past_quotes(told.end())) if told else None
        if name is not None and linker.of_kind(name.rows, (thing.kind,)):
            continue  # "One of the films ... is Heat" says it of Heat
        rows = (reached(linker.lexicon, steps) or _NO_MORE) - besides
        rows = frozenset(linker.of_kind(sorted(rows), (thing.kind,)))
        if rows:
            made.append(Mention(found.start(), end, tuple(sorted(rows))))
            within[found.start(), end] = tuple(steps)
            if found.re is _EVERY:
                every[found.start(), end] = found["no"] is not None
    return made


def _chains(
    linker: Linker, thing: Description, within: dict[tuple[int, int], tuple[Chain, ...]]
) -> Iterator[Chain]:
    """The chains that lead to what is described, through a role where a part of it is one."""
    for part in thing.parts:
        tail = linker.lexicon.schema.relations[part.relation].tail
        for value in part.values:
            step = (part.relation, True)
            known = within.get((value.start, value.end))
            if known:
                yield Chain(known[0].start, (*known[0].steps, step))
            else:
                yield Chain(linker.ids(linker.of_kind(value.rows, (tail,))), (step,))


def _sharing(linker: Linker, roles: _Roles, at: int) -> tuple[Chain, int, frozenset[int]] | None:
    """What follows "the films": that share a role with one; where it ends, and that one."""
    text = linker.text
    found = roles.share.match(text, at, linker.end)
    if found is not None:
        relation: str | None = roles.relation(found["role"])
    else:
        found = roles.whose.match(text, at, linker.end)
        if found is None:
            return None
        relation = roles.done(" ".join(found["does"].casefold().split()))
        if relation is None:
            return None
    name = _name(linker, found.end(), linker.lexicon.items)
    if name is None or relation is None:
        return None
    chain = Chain(linker.ids(name.rows), ((relation, False), (relation, True)))
    return chain, name.end, frozenset(name.rows)


# -- claims of their own ----------------------------------------------------------------------


def _same(linker: Linker, roles: _Roles) -> Iterator[Claim]:
    """ "Ronin has the same actor as Heat", "shares a director with", "by the same director as"."""
    for found in roles.same.finditer(linker.text, linker.start, linker.end):
        relation = roles.relation(found["role"] or found["shared"])
        kind = linker.lexicon.schema.relations[relation].head
        left = linker.left(found.start(), linker.start)
        right = _name(linker, found.end(), (kind,))
        for one in left:
            if right is not None and linker.of_kind(one.rows, (kind,)):
                yield _claim(linker, relation, one, right, (kind, True), found["neg"] is not None)


def _together(linker: Linker, roles: _Roles) -> Iterator[Claim]:
    """ "A co-wrote films with B", "A acted together with B": both for the same item."""
    for found in roles.together.finditer(linker.text, linker.start, linker.end):
        verb = found["co"] or found["does"]
        relation = roles.begun(verb.casefold())
        if relation is None:
            continue
        kind = linker.lexicon.schema.relations[relation].tail
        left = linker.left(found.start(), linker.start)
        right = _name(linker, found.end(), (kind,))
        for one in left:
            if right is not None and linker.of_kind(one.rows, (kind,)):
                yield _claim(linker, relation, one, right, (kind, False), found["neg"] is not None)


def _claim(
    linker: Linker,
    relation: str,
    one: Argument,
    two: Argument,
    ends: tuple[str, bool],
    negated: bool,
) -> Claim:
    """One of the two stands at an end; at the other, all that the second one has there."""
    kind, heads = ends
    chain = Chain(linker.ids(linker.of_kind(two.rows, (kind,))), ((relation, not heads),))
    own = linker.ids(linker.of_kind(one.rows, (kind,)))
    far = linker.ids(sorted(reached(linker.lexicon, [chain]) or ()))
    return Claim(
        text=linker.text[one.start : two.end],
        span=(one.start, two.end),
        relation=relation,
        head=one.text if heads else two.text,
        tail=two.text if heads else one.text,
        heads=own if heads else far,
        tails=far if heads else own,
        negated=negated,
        within=(chain,),
    )


# -- inside -----------------------------------------------------------------------------------


def _name(linker: Linker, at: int, kinds: Sequence[str]) -> Argument | None:
    """The one known name of these kinds that stands here; "the film Heat" is one, too."""
    if linker.starting(at) is None:
        article = _ARTICLE.match(linker.text, at, linker.end)
        word = linker.lexicon.thing_words.match(linker.text, article.end() if article else at)
        if word is not None and (article is None or linker.starting(article.end()) is None):
            at = word.end() + 1
    found = linker.right(at, kinds, one=True)
    if not found or found[0].start > at + 5:
        return None
    rows = linker.of_kind(found[0].rows, kinds)
    return Argument(found[0].start, found[0].end, found[0].text, rows) if rows else None


@lru_cache(maxsize=4)
def _roles(lexicon: Lexicon) -> _Roles | None:
    relations: dict[str, str] = {}
    doing: list[tuple[str, str, str]] = []
    finite = {"is", "was", "are", "were", "has", "had", "have"}
    for name, relation in lexicon.schema.relations.items():
        words = relation.words.get("en")
        if words is None or relation.head not in lexicon.items or relation.interaction:
            continue
        for noun in nouns_of(lexicon.schema, name):
            relations.setdefault(noun.casefold(), name)
        for template in (words.forward, words.inverse, *words.also):
            finite |= set(re.findall(r"^\{head\} ([a-z]+)", template))
            does = re.fullmatch(r"\{tail\} ([a-z]+)( [a-z]+)? \{head\}", template)
            if does and does[1] not in ("is", "was", "are", "were", "has", "had"):
                rest = re.escape(does[2] or "")
                doing.append((verb_forms(does[1]), rest, name))
    if not relations:
        return None
    role = "|".join(sorted(map(re.escape, relations), key=len, reverse=True))
    verb = r"(?P<does>[a-z]+(?:\s+(?:in|for|on|at))?)"
    things = lexicon.thing_words.pattern
    return _Roles(
        relations,
        re.compile(rf"\b(?:the|an?)\s+(?P<role>{role})s?\s+(?:of|in)\s+", re.I),
        re.compile(rf"\s+(?:that|which)\s+shares?\s+(?:an?\s+|the\s+|some\s+)?(?P<role>{role})s?"
                   r"\s+with\s+", re.I),
        re.compile(rf"\s+whose\s+(?:{role})s?\s+also\s+{verb}\s+(?=\S)", re.I),
        re.compile(rf"\s+(?:(?:do(?:es)?\s+)?(?P<neg>not\s+)?(?:ha(?:s|ve)|shares?)\s+|"
                   rf"(?:is|was)\s+(?:\w+\s+)?by\s+)(?:(?:the\s+same|one)\s+(?P<role>{role})s?\s+"
                   rf"(?:as|with)|(?:an?|the)\s+(?P<shared>{role})s?\s+with)\s+", re.I),
        re.compile(rf"\s+(?:did\s+)?(?P<neg>not\s+)?(?:co-?(?P<co>[a-z]+)|(?P<does>[a-z]+))"
                   rf"(?:\s+in)?(?:\s+(?:the\s+same\s+)?{things})?(?(co)(?:\s+together)?|"
                   r"(?:\s+together))\s+with\s+", re.I),
        re.compile(rf"(?<!\bthat)(?<!\bwhich)(?<!\bwho)\s+(?:{'|'.join(sorted(finite))})\b", re.I),
        tuple(doing),
    )  # fmt: skip
