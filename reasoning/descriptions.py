"""Things described: "a 1995 crime film directed by A and starring B", and who is so described.

A description is read word by word: values that stand before the noun, the noun, and wordings
behind it. What it says belongs to the name that it is put to: "A is a ...", "the ... A",
"one of the ... is A".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from graph.names import Mention
from graph.types import Claim
from reasoning.antecedents import meant
from reasoning.grammar import Pattern
from reasoning.linking import Argument, Linker

_LEAD = re.compile(
    r"(?<=\w)(?<!\bit)(?<!\bhe)(?<!\bshe)(?<!\bhere)(?<!\bthat)(?<!\bwho)['’]s\s+(?!(?:an?|the|one|not)\b)|"
    r"\b(?:an?|the|another|our|this|that|these|one|some|any|many|other|more|two|three|no)\s+",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_NUMBER = re.compile(r"\d+\b")
_GAP = re.compile(r"[\s\"“”'’*_-]*")
_BETWEEN = re.compile(r"\s*(?:,|/|-|\s)\s*(?:and\s+)?")
_COMMA = re.compile(r",\s+(?=[a-z])")
# "They are both thrillers": a description in the plural has no article.
_ARE = re.compile(r"\b(?:are|were)\s+(?:(?:both|all|each|also)\s+)*", re.IGNORECASE)
_BEHIND = re.compile(
    r"(?:,?\s+(?:and|but|it|was|is|were|are|that|which|who|also|both)\b)*,?(?=\s)", re.IGNORECASE
)
_ADVERBS = (
    r"(?:,?\s+(?:also|both|all|each|indeed|in fact|actually|still|perhaps|of course|"
    r"(?-i:[a-z]{2,}ly))\b,?)*"
)
_TAKEN_FOR = (
    r"(?:\s+(?:classified|categori[sz]ed|described|considered|listed|labell?ed|regarded|known)\b)?"
)
# What stands between a name and its description, read from its end.
_PUT_TO = re.compile(
    r"(?:(?P<be>\s*['’]s|(?:,?\s+(?:which|that|who))?\s+(?:is|was|are|were|remains?|became|being))"
    rf"(?P<neg>\s+(?:not|never)\b|n['’]t\b)?{_ADVERBS}{_TAKEN_FOR}"
    r"|\s+(?:counts?|ranks?|belongs?|stands?|figures?)(?=\s+(?:as|among))"
    r"|\s*(?P<sign>[,:(–—]|\s-))"
    r"(?:\s+(?:one|some|two|three|another)?\s*(?:of|among|as)(?:\s+all)?)?\s*$",
    re.IGNORECASE,
)
_NAMES_IT = re.compile(
    r"\s*(?:[:–—]|\s-)\s*|,\s+(?=[\"“]?(?-i:[A-Z0-9]))|,?\s+(?:there\s+)?(?:is|are|was|were|includes?|included|including|"
    r"would\s+be|such\s+as|like|named|called|titled)"
    r"(?P<neg>\s+not\b)?(?:\s+(?:also|certainly|surely|clearly|of\s+course|there))*\s*[:,]?\s+",
    re.IGNORECASE,
)
_WISHED = re.compile(
    r"\b(?:if\s+you(?:['’]re|\s+are|\s+\w+)?|fans?|looking|mood|after|want|like|love|enjoy|need|"
    r"fancy|prefer|feel)\b",
    re.IGNORECASE,
)
_OFFERED = re.compile(
    r",\s+(?:(?:then|you|may|might|could|should|can|will|do|please|just|simply|i|we|want|like|to|"
    r"would|['’]d|['’]ll|there|is|have|try|watch|see|take|consider|suggest|recommend|pick|go|for|"
    r"with|look|at|check|out|find|enjoy|love|our|your)\b\s*)*",
    re.IGNORECASE,
)
_NEITHER_BEFORE = re.compile(r"\bneither\s+[\"“]?$", re.IGNORECASE)
_GOES_ON = re.compile(r"(?:\b(?:and|but|also)|,)\s*$", re.IGNORECASE)
_OPENING = re.compile(r"(?:the|this|our)(?:\s+\w+)?", re.IGNORECASE)
_BY = re.compile(r"[\"'”’*_]*(?:\s*\(\d+\))?,?\s+\w+\s+by\s+", re.IGNORECASE)
_FROM = re.compile(r"[\"'”’*_]*(?:\s*\(\d+\))?\s+(?:is|was)\s+(?:from|of)\s+", re.IGNORECASE)
_SIGNS = " \"'“”\u2018’*_"
# "a mystery that A was ...", "the language of": what stands before is no description of its own.
_NO_NOUN = re.compile(
    r"\s+(?:of|that\s+[\"“]?(?:the|an?|it|he|she|they|nobody))\b|\s+that\s+[\"“]?(?-i:[A-Z0-9])",
    re.IGNORECASE,
)
# Words that are not passed over between an article and a value that ends what is said of a thing.
_NO_ADJECTIVES = frozenset(
    ("of", "in", "on", "at", "for", "with", "about", "from", "by", "to", "and", "or", "as", "than")
)
_PHRASE_ENDS = re.compile(
    r"[\"'”’*_]*\s*(?:$|[.,;:!?()–—]|(?:that|which|who|whose|about|with|by|from|in|set|and|but|"
    r"while|where|\w+ing|\w+ed|\w+ten|made)\b)",
    re.IGNORECASE,
)
_OPEN = re.compile(r"^\s*,|ing\b", re.IGNORECASE)
_REACH = 60
_MOST_EXTRAS = 2

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a description says: the relation, and what is at its other end.

    `others` are relations that may be meant as well, where a value is of several kinds. `instead`
    is what its words say one by one, where they are values, too: "romantic comedy".
    """

    relation: str
    values: tuple[Argument, ...]
    negated: bool = False
    others: tuple[str, ...] = ()
    instead: tuple["Part", ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """A description in a text. `noun`: what is described is called by its kind."""

    start: int
    end: int
    kind: str
    parts: tuple[Part, ...]
    noun: bool


def described(
    linker: Linker, patterns: Sequence[Pattern], at: int, kind: str = ""
) -> Description | None:
    """The description that begins at a place, if anything is said there."""
    lexicon, text = linker.lexicon, linker.text
    start, parts, noun, extras = at, list[Part](), False, 0
    end = sure = at
    certain = 0
    plain = told = True
    while True:
        at = _GAP.match(text, at, linker.end).end()  # type: ignore[union-attr]
        word = _WORD.match(text, at, linker.end)
        called = lexicon.things.get(word.group().casefold()) if word else None
        mention = linker.starting(at)
        if word and called is not None and (mention is None or mention.end == word.end()):
            noun, kind, end = True, called or kind, word.end()
            break
        part, after = _value(linker, at)
        if part is not None:
            parts.append(part)
            at = end = after
            told = plain
            if not extras:
                sure, certain = end, len(parts)
            joint = _BETWEEN.match(text, at, linker.end)
            if joint and _value(linker, joint.end())[0] is not None:
                at = joint.end()
            continue
        if word is None or extras == _MOST_EXTRAS or (mention and _is_item(linker, mention)):
            break  # "a 1999 American film": an unknown word, in capitals or not, is passed over
        extras += 1
        plain = plain and word.group().casefold() not in _NO_ADJECTIVES
        comma = _COMMA.match(text, word.end(), linker.end)
        at = comma.end() if comma and not parts else word.end()
        at = max(at, mention.end) if mention else at
    if not noun and not (told and _PHRASE_ENDS.match(text, end, linker.end)):
        # Then it has ended before the first word that means nothing here.
        end, parts = sure, parts[:certain]
        if not parts:
            return None
    kind = kind or (lexicon.items[0] if lexicon.items else "")
    end = _behind(linker, patterns, end, kind, parts)
    if not noun and _NO_NOUN.match(text, end, linker.end):
        return None
    return Description(start, end, kind, tuple(parts), noun) if parts or noun else None


def descriptions(linker: Linker, patterns: Sequence[Pattern]) -> Iterator[Description]:
    """The descriptions of a sentence, from its beginning; none lies in another."""
    reached = linker.start
    places = [
        m.end()
        for lead in (_LEAD, _ARE)
        for m in lead.finditer(linker.text, linker.start, linker.end)
    ]
    places += [
        m.start()
        for m in linker.lexicon.thing_words.finditer(linker.text, linker.start, linker.end)
    ]
    if not places:
        return
    for at in sorted(set(places)):
        if at < reached or linker.name_at(at - 1, at - 1):
            continue
        found = described(linker, patterns, at)
        if found is not None:
            yield found
            reached = found.end


def put_to(linker: Linker, found: Description) -> tuple[list[Argument], bool, int, int]:
    """Who is so described: names, whether it is denied, and from where to where it is said."""
    text, start = linker.text, linker.start
    lead = _whose(linker, _lead_before(linker, found.start))
    window = text[max(start, lead - _REACH) : lead]
    behind = linker.right(found.end, (found.kind,), one=True) if found.noun else []
    if not behind and (item := linker.starting(linker.past_quotes(found.end + 1))):
        behind = [linker.argument(item)] if _is_item(linker, item) else []  # "the comedy Heat"
    behind = [one for one in behind if not one.text.islower()]  # "a film about a boy"
    gap = text[found.end : behind[0].start] if behind else "x"
    called = not gap.strip(_SIGNS) and _named(linker, behind, found.kind)
    said = _PUT_TO.search(window) if window else None
    if said is not None and (said["be"] or not called):
        at = lead - len(window) + said.start()
        names = _subject(linker, at, found.kind, pronoun=bool(said["be"]))
        if names:
            first = names[0].start if names[0].start >= start and names[0].end <= at else at
            neither = _NEITHER_BEFORE.search(text, start, first)
            return names, (said["neg"] or neither) is not None, first, found.end
    if found.noun or found.parts:
        if called:
            return behind, False, lead, behind[-1].end
        named = _NAMES_IT.match(text, found.end, linker.end)
        if named is not None and _opens(linker, lead):
            names = linker.right(named.end(), (found.kind,))
            if names and _known(linker, names, found.kind):
                return names, named["neg"] is not None, lead, names[-1].end
        if _WISHED.search(text, start, lead) and (
            offer := _OFFERED.match(text, found.end, linker.end)
        ):
            comma = linker.past_quotes(found.end + 2)
            at = comma if linker.starting(comma) else offer.end()
            names = linker.right(at, (found.kind,))
            if names and _known(linker, names, found.kind):
                return names, False, lead, names[-1].end
    return [], False, found.start, found.end


def claims_of(
    linker: Linker, found: Description, names: Sequence[Argument], negated: bool, place: Place
) -> Iterator[tuple[Claim, Argument]]:
    """What a description says of each of the names, and of which."""
    start, end = place
    told = [(part, name) for part in found.parts for name in names]
    for whole, name in told:
        meant_so = not whole.instead or _surer(linker, whole) or _holds(linker, whole, name)
        for part in (whole,) if meant_so else whole.instead:
            for value in part.values:
                relation = _meant(linker, part, name, value)
                meant = linker.lexicon.schema.relations[relation]
                claim = Claim(
                    text=linker.text[start:end].strip(),
                    span=(start, end),
                    relation=relation,
                    head=name.text,
                    tail=value.text,
                    heads=linker.ids(linker.of_kind(name.rows, (meant.head,))),
                    tails=linker.ids(linker.of_kind(value.rows, (meant.tail,))),
                    negated=negated != part.negated,
                )
                yield claim, name


# -- inside ----------------------------------------------------------------------------------


def _meant(linker: Linker, part: Part, name: Argument, value: Argument) -> str:
    """The relation that makes it true, of several that may be meant; else a complete one."""
    lexicon = linker.lexicon
    for relation in (part.relation, *part.others) if part.others else ():
        meant = lexicon.schema.relations[relation]
        for head in linker.of_kind(name.rows, (meant.head,)):
            tails = lexicon.tails(relation, head)
            if any(tail in tails for tail in value.rows):
                return relation
    relations = lexicon.schema.relations
    return next(
        (name for name in (part.relation, *part.others) if relations[name].complete), part.relation
    )


def _surer(linker: Linker, whole: Part) -> bool:
    """Whether all values of the whole are known, and not of all its words: "science fiction"."""
    relations = linker.lexicon.schema.relations
    known = any(relations[name].complete for name in (whole.relation, *whole.others))
    return known and not all(
        any(relations[name].complete for name in (part.relation, *part.others))
        for part in whole.instead
    )


def _holds(linker: Linker, part: Part, name: Argument) -> bool:
    """Whether an edge says so."""
    relations = linker.lexicon.schema.relations
    return any(
        tail in linker.lexicon.tails(relation, head)
        for relation in (part.relation, *part.others)
        for head in linker.of_kind(name.rows, (relations[relation].head,))
        for value in part.values
        for tail in value.rows
    )


def _value(linker: Linker, at: int) -> tuple[Part | None, int]:
    """A value that stands before its noun, where only one relation can be meant."""
    lexicon = linker.lexicon
    mention = linker.starting(at)
    if mention is not None:
        kinds = dict.fromkeys(map(lexicon.kind, mention.rows))
        relations = [lexicon.value_of[kind] for kind in kinds if kind in lexicon.value_of]
        others = [k for k in kinds if k not in lexicon.value_of and k not in lexicon.items]
        if relations and not others:
            value = linker.argument(mention)
            instead = _one_by_one(linker, mention)
            more = tuple(relations[1:])
            return Part(relations[0], (value,), others=more, instead=instead), mention.end
        return None, at
    number = _NUMBER.match(linker.text, at, linker.end)
    if number is not None and (relation := lexicon.number_of.get(len(number.group()))):
        return Part(relation, (Argument(at, number.end(), number.group(), ()),)), number.end()
    return None, at


def _one_by_one(linker: Linker, mention: Mention) -> tuple[Part, ...]:
    """The words of a value, if each is a value of its own."""
    words = linker.text[mention.start : mention.end].split()
    if len(words) < 2:
        return ()
    parts: list[Part] = []
    at = mention.start
    for word in words:
        at = linker.text.index(word, at)
        value_of = linker.lexicon.value_of
        for one in linker.lexicon.mentions(word):
            known = [value_of[k] for k in map(linker.lexicon.kind, one.rows) if k in value_of]
            if one.end == len(word) and known:
                value = Argument(at, at + len(word), word, one.rows)
                parts.append(Part(known[0], (value,), others=tuple(known[1:])))
        at += len(word)
    return tuple(parts) if len(parts) == len(words) else ()


def _is_item(linker: Linker, mention: Mention) -> bool:
    return bool(linker.of_kind(mention.rows, linker.lexicon.items))


def _behind(
    linker: Linker, patterns: Sequence[Pattern], end: int, kind: str, parts: list[Part]
) -> int:
    """Wordings behind a noun: "directed by A and starring B"; gives where they end."""
    relations = linker.lexicon.schema.relations
    while True:
        joint = _BEHIND.match(linker.text, end, linker.end)
        at = joint.end() if joint else end
        joined = joint is not None and bool(joint.group().strip(" ,"))
        best: tuple[int, Pattern, re.Match[str]] | None = None
        for pattern in patterns:
            if pattern.first != "head" or pattern.before or pattern.after or pattern.list_needed:
                continue
            if relations[pattern.relation].head != kind:
                continue
            for place in dict.fromkeys((at, end)):
                found = pattern.between.match(linker.text, place, linker.end)
                if found is None or linker.name_at(found.start(), found.end()):
                    continue
                if not joined and not (pattern.strict or _OPEN.search(found.group())):
                    continue  # "the films by A came out in": that is the clause's own verb
                if best is None or found.end() > best[0]:
                    best = (found.end(), pattern, found)
        if best is None:
            return end
        after, pattern, found = best
        values = linker.right(after, (relations[pattern.relation].tail,))
        tail = relations[pattern.relation].tail
        known = [value for value in values if linker.of_kind(value.rows, (tail,))]
        numeric = pattern.relation in linker.lexicon.numeric
        unlike = numeric and not all(value.text.isdigit() for value in values)
        if not values or (values[0].rows and not known) or (not known and unlike):
            return end
        denied = "neg" in found.re.groupindex and found["neg"] is not None
        parts.append(Part(pattern.relation, tuple(values), denied))
        end = values[-1].end


def _lead_before(linker: Linker, at: int) -> int:
    """Where the article before a description begins."""
    window = linker.text[max(linker.start, at - 12) : at]
    for found in _LEAD.finditer(window):
        if found.end() == len(window):
            return at - len(window) + found.start()
    return at


def _whose(linker: Linker, at: int) -> int:
    """Where the name of an owner begins that ends here: "Heat, A's 1995 thriller"."""
    owner = next((one for one in linker.mentions if one.end == at), None)
    owned = owner is not None and linker.text[at : at + 1] in ("'", "’")
    return owner.start if owner is not None and owned and not _is_item(linker, owner) else at


def _subject(linker: Linker, at: int, kind: str, *, pronoun: bool) -> list[Argument]:
    names = linker.left(at, linker.start)
    if names and _fits(linker, names, kind):
        return names
    if names and (first := _opening(linker, names[0], kind)):
        return first
    if pronoun and not names:
        window = linker.text[max(linker.start, at - _REACH) : at]
        said = linker.lexicon.pointing_last.search(window)
        if said is None:
            return _carried_on(linker, window, kind)
        earlier = [
            name for name in linker.named
            if name.end <= at and (linker.of_kind(name.rows, (kind,)) or not name.rows)
        ]  # fmt: skip
        if earlier and said["many"] is None:
            return earlier[-1:]
        return meant(linker.before, linker, kind, many=said["many"] is not None)
    return []


def _opening(linker: Linker, last: Argument, kind: str) -> list[Argument]:
    """The thing with which a sentence begins: "A is from the 1990s, a", "A directed by B is a"."""
    first = linker.named[0] if linker.named else None
    if first is None or not linker.of_kind(first.rows, (kind,)) or first.end >= last.start:
        return []
    between = linker.text[first.end : last.start]
    lead = linker.text[linker.start : first.start].strip(_SIGNS)
    numeric = any(linker.lexicon.kind(row) in _numbers(linker) for row in last.rows)
    if (lead and not _OPENING.fullmatch(lead)) or not (numeric or _BY.fullmatch(between)):
        return []
    return [first] if not numeric or _FROM.fullmatch(between) else []


def _numbers(linker: Linker) -> set[str]:
    relations = linker.lexicon.schema.relations
    return {relations[name].tail for name in linker.lexicon.numeric}


def _carried_on(linker: Linker, window: str, kind: str) -> list[Argument]:
    """The subject with which a sentence begins, where a clause goes on: "... and is a"."""
    if not _GOES_ON.search(window):
        return []
    begin = linker.start
    while linker.text[begin].isspace():
        begin += 1
    opens = linker.lexicon.pointing.match(linker.text, begin, linker.end)
    if opens is not None:  # "It came out in 1995 and is a"
        return meant(linker.before, linker, kind, many=opens["many"] is not None)
    if not linker.named:
        return []
    first = linker.named[0]
    lead = linker.text[linker.start : first.start].strip(_SIGNS)
    led = not lead or _OPENING.fullmatch(lead) is not None
    return [first] if led and linker.of_kind(first.rows, (kind,)) else []


def _opens(linker: Linker, at: int) -> bool:
    """Whether no name of an item stands before a place, which might be meant instead."""
    return not any(
        m.end <= at and linker.of_kind(m.rows, linker.lexicon.items) for m in linker.mentions
    )


def _fits(linker: Linker, names: Sequence[Argument], kind: str) -> bool:
    return all(not name.rows or linker.of_kind(name.rows, (kind,)) for name in names)


def _known(linker: Linker, names: Sequence[Argument], kind: str) -> bool:
    return bool(names) and _fits(linker, names, kind)


def _named(linker: Linker, names: Sequence[Argument], kind: str) -> bool:
    """Whether names follow a noun as its own: "the film Heat", not "the film that"."""
    return bool(names) and _fits(linker, names, kind)
