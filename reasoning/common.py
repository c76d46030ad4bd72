"""What things have in common, and which of them came first.

"A and B share a director", "both have the same genre, drama", "A has a director, B": a role that
the schema has words for, with its value or without. "A came first", "A came out before B": the
verbs of a relation whose values are numbers, where an order is told instead of a value.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from graph.types import Chain, Claim
from reasoning.antecedents import meant
from reasoning.grammar import verb_forms
from reasoning.lexicon import Lexicon
from reasoning.linking import Argument, Linker, found_in
from reasoning.measures import reached

_REACH = 60
_NAMED = re.compile(
    r"(?:\s+in\s+common)?(?:\s*(?:,|:|\(|–|—|\s-)\s*(?:(?:which|who|that)\s+(?:is|was)\s+|"
    r"namely\s+|called\s+)?"
    r"|\s+(?:of|named|called)\s+)[\"“]?"
)
_MORE = re.compile(
    r"[\"'”’*_]*(?:,?\s+(?:and|or|nor)\s+(?:also\s+)?|,\s+)(?:(?:the\s+same|an?|the|no)\s+)?"
)
_CUES = re.compile(r"\bshar|\b(?:common|same|different|have|has|had)\b")
_APART = re.compile(r"\s+(?:with|as|than)\b", re.IGNORECASE)


def in_common(linker: Linker) -> Iterator[Claim]:
    """Claims that several things have one value of a relation, told or not."""
    folded = linker.folded
    if not _CUES.search(folded):
        return
    yield from _alike(linker)
    lexicon = linker.lexicon
    words = _having(lexicon)
    for said in found_in(linker, words):
        subjects = _subjects(linker, said.start(), said["noun"])
        if not subjects:
            continue
        at, noun, negated = said.end("noun"), said["noun"], bool(said["neg"] or said["no"])
        shares = bool(said["same"]) or "shar" in said["has"].casefold()
        shares = shares or " common" in linker.text[at : linker.end]
        while True:
            name = lexicon.nouns[noun.casefold()][0]
            relation = lexicon.schema.relations[name]
            heads = [one for one in subjects if linker.of_kind(one.rows, (relation.head,))]
            begin = min([said.start(), *(h.start for h in heads if h.start >= linker.start)])
            behind = _NAMED.match(linker.text, at, linker.end)
            values = linker.right(behind.end(), (relation.tail,)) if behind else []
            told = [v for v in values if linker.of_kind(v.rows, (relation.tail,))]
            if not told and values and not values[0].rows and " " in values[0].text:
                told = values[:1] if name not in lexicon.numeric else []
            if told:
                for one in heads:
                    for value in told:
                        yield _claim(linker, name, one, value, (begin, value.end), negated)
                at = told[-1].end
            elif len(heads) > 1 and shares and not _APART.match(linker.text, at, linker.end):
                yield _shared(linker, name, heads[0], heads[1], (begin, at), negated)
            more = _MORE.match(linker.text, linker.past_quotes(at), linker.end)
            role = _role(lexicon).match(linker.text, more.end(), linker.end) if more else None
            if role is None:
                break
            noun, at = role["noun"], role.end()


def _alike(linker: Linker) -> Iterator[Claim]:
    """ "They share the crime genre", "both were released in the same year"."""
    lexicon = linker.lexicon
    for said in found_in(linker, _SHARE):
        values = list[Argument]()
        at = said.end()
        while (value := linker.starting(at)) is not None and len(values) < _MOST_VALUES:
            values.append(linker.argument(value))
            at = _NEXT_VALUE.match(linker.text, value.end, linker.end).end()  # type: ignore[union-attr]
        role = _role(lexicon).match(linker.text, at, linker.end) if values else None
        if role is None:
            continue
        name = lexicon.nouns[role["noun"].casefold()][0]
        relation = lexicon.schema.relations[name]
        if not all(linker.of_kind(value.rows, (relation.tail,)) for value in values):
            continue
        for one in _subjects(linker, said.start(), role["noun"]):
            place = (max(linker.start, min(said.start(), one.start)), role.end())
            for told in values:
                yield _claim(linker, name, one, told, place, bool(said["neg"]))
    if " same " not in linker.folded and " different " not in linker.folded:
        return
    for name, words in _done_by_one(lexicon):
        kind = lexicon.schema.relations[name].head
        for said in found_in(linker, words):
            heads = [
                one for one in _subjects(linker, said.start(), said["noun"], kind)
                if linker.of_kind(one.rows, (kind,))
            ]  # fmt: skip
            if len(heads) < 2:
                continue
            negated = bool(said["neg"]) != bool(said["other"])
            begin = min([said.start(), *(h.start for h in heads if h.start >= linker.start)])
            yield _shared(linker, name, heads[0], heads[1], (begin, said.end()), negated)


_SHARE = re.compile(
    r"\s+(?:(?:both|all|also)\s+)*(?P<neg>(?:do|does|did)(?:\s+not|n['’]t)\s+)?"
    r"(?:share[sd]?|sharing|have|has|had)\s+(?:both\s+)?(?:(?:the|an?)\s+)?(?:(?:same|common)\s+)?"
    r"(?=\S)",
    re.IGNORECASE,
)
_NEXT_VALUE = re.compile(r"(?:\s*[,/-])?\s*(?:and\s+)?")
_MOST_VALUES = 4


@lru_cache(maxsize=4)
def _done_by_one(lexicon: Lexicon) -> tuple[tuple[str, re.Pattern[str]], ...]:
    found: list[tuple[str, re.Pattern[str]]] = []
    for name, relation in lexicon.schema.relations.items():
        words = relation.words.get("en")
        called = lexicon.schema.kinds[relation.tail].words.get("en")
        if words is None or relation.interaction or relation.head not in lexicon.items:
            continue
        nouns = [*(n for n, some in lexicon.nouns.items() if name in some)]
        nouns += [called.one, called.many] if called else []
        for template in (words.forward, *words.also):
            rest = re.fullmatch(r"\{head\} (?:(?:is|was) )?([\w ]+) \{tail\}", template)
            if rest and nouns and " " in rest[1]:
                called_so = "|".join(map(re.escape, nouns))
                found.append((name, re.compile(
                    r"\s+(?:(?:is|was|are|were)(?P<neg>\s+not)?\s+)?(?:(?:both|all|also|each)\s+)*"
                    + r"\s+".join(map(re.escape, rest[1].split()))
                    + rf"\s+(?:the\s+same|(?P<other>different))\s+(?P<noun>{called_so})\b",
                    re.IGNORECASE)))  # fmt: skip
    return tuple(found)


def first_of(linker: Linker) -> Iterator[tuple[str, bool, Argument, Argument, tuple[int, int]]]:
    """ "A came first", "A was released before B": relation, whether less, the two, the place."""
    for name, words in _verbs_of_order(linker.lexicon):
        for said in found_in(linker, words):
            kind = linker.lexicon.schema.relations[name].head
            left = [
                one for one in linker.left(said.start(), linker.start)
                if linker.of_kind(one.rows, (kind,))
            ]  # fmt: skip
            if len(left) != 1:
                continue
            if said["than"]:
                right = linker.right(said.end(), (kind,), one=True)
                right = [one for one in right if linker.of_kind(one.rows, (kind,))]
            else:
                right = other_of(linker, left[0], kind)
            if right:
                less = (said["than"] or said["place"]).casefold().split()[0] in _BEFORE
                end = right[0].end if said["than"] else said.end()
                yield name, less, left[0], right[0], (left[0].start, end)


_BEFORE = ("before", "earlier", "prior", "first")


def other_of(linker: Linker, one: Argument, kind: str) -> list[Argument]:
    """The one other thing of a kind that is spoken of here, or was before."""
    here = [linker.argument(m) for m in linker.mentions if linker.of_kind(m.rows, (kind,))]
    spoken = [*here, *(name for some in linker.before for name in some)]
    others = {
        name.rows: name
        for name in spoken
        if linker.of_kind(name.rows, (kind,)) and not set(name.rows) & set(one.rows)
        and not name.text.isdigit()  # "(1984)" behind a name is no item of that name
    }  # fmt: skip
    return list(others.values()) if len(others) == 1 else []


# -- inside ----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _role(lexicon: Lexicon) -> re.Pattern[str]:
    nouns = "|".join(sorted(map(re.escape, lexicon.nouns), key=len, reverse=True)) or "(?!)"
    return re.compile(rf"(?P<noun>{nouns})\b", re.IGNORECASE)


@lru_cache(maxsize=4)
def _having(lexicon: Lexicon) -> re.Pattern[str]:
    return re.compile(
        r"\s+(?:(?:both|all|each|also)\s+)*(?P<neg>(?:do|does|did)(?:\s+not|n['’]t)\s+)?"
        r"(?P<has>have|has|had|share[sd]?|sharing|(?:are|were|belong|fall|come)\s+"
        r"(?:\w+\s+){0,3}?(?=the\s+same))\s*(?:both\s+)?"
        r"(?:(?P<no>no\s+)|(?P<same>the\s+same\s+|a\s+common\s+|common\s+|one\s+)|an?\s+|the\s+|any\s+|"
        rf"some\s+|similar\s+(?!))?{_role(lexicon).pattern}",
        re.IGNORECASE,
    )


@lru_cache(maxsize=4)
def _verbs_of_order(lexicon: Lexicon) -> tuple[tuple[str, re.Pattern[str]], ...]:
    found: list[tuple[str, re.Pattern[str]]] = []
    for name in lexicon.numeric:
        relation = lexicon.schema.relations[name]
        words = relation.words.get("en")
        if words is None or relation.head not in lexicon.items or not words.less:
            continue
        verbs = {"came"}
        for template in (words.forward, *words.also):
            verb = re.fullmatch(r"\{head\} ([\w ]+?) (?:in|from) \{tail\}", template)
            if verb and verb[1] not in ("is", "was"):
                verbs.add(verb[1])
        some = "|".join(
            rf"{verb_forms(v.split()[0]) if v.split()[0] != 'was' else 'was'}"
            + "".join(rf"\s+{re.escape(w)}" for w in v.split()[1:])
            for v in sorted(verbs, key=len, reverse=True)
        )
        found.append((name, re.compile(
            rf"[\"'”’*_]*\s+(?:{some})\s+(?P<place>first|second|later|last)?"
            r"(?(place)\b(?=\s*(?:[,.;]|$|and\b|in\b|while\b|followed\b))|"
            r"(?:\w+\s+years?\s+)?(?P<than>before|after|earlier\s+than|later\s+than|prior\s+to)\s+"
            r"(?=\S))", re.IGNORECASE)))  # fmt: skip
    return tuple(found)


def _subjects(linker: Linker, at: int, noun: str, kind: str = "") -> Sequence[Argument]:
    kind = kind or linker.lexicon.schema.relations[linker.lexicon.nouns[noun.casefold()][0]].head
    left = linker.left(at, linker.start)
    if left:
        return left
    window = linker.text[max(linker.start, at - _REACH) : at]
    said = linker.lexicon.pointing_last.search(window)
    if said is None:
        return []
    return meant(linker.before, linker, kind, many=said["many"] is not None)


def _claim(
    linker: Linker, name: str, one: Argument, value: Argument, place: tuple[int, int], negated: bool
) -> Claim:
    relation = linker.lexicon.schema.relations[name]
    return Claim(
        text=linker.text[place[0] : place[1]].strip(),
        span=place,
        relation=name,
        head=one.text,
        tail=value.text,
        heads=linker.ids(linker.of_kind(one.rows, (relation.head,))),
        tails=linker.ids(linker.of_kind(value.rows, (relation.tail,))),
        negated=negated,
    )


def _shared(
    linker: Linker, name: str, one: Argument, two: Argument, place: tuple[int, int], negated: bool
) -> Claim:
    """One of the two has a value that the other one has."""
    kind = linker.lexicon.schema.relations[name].head
    chain = Chain(linker.ids(linker.of_kind(two.rows, (kind,))), ((name, False),))
    return Claim(
        text=linker.text[place[0] : place[1]].strip(),
        span=place,
        relation=name,
        head=one.text,
        tail=two.text,
        heads=linker.ids(linker.of_kind(one.rows, (kind,))),
        tails=linker.ids(sorted(reached(linker.lexicon, [chain]) or ())),
        negated=negated,
        within=(chain,),
    )
