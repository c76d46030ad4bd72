"""Lines of lists: "Director: A", "Heat (1995) - Michael Mann", "A few of his films are B and C".

Such lines leave out the verb. What they say is told by a label, by what the question asked for, or
by the sentence before.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from reasoning.antecedents import meant
from reasoning.lexicon import Lexicon
from reasoning.linking import Argument, Linker, found_in
from reasoning.matching import Match
from reasoning.owners import many, mostly

_SEPARATOR = re.compile(r"[\"'”’*_]*\s*(?:[,;:|/(]|\s[-–—]|[–—])\s*[\"“*_]*")
_FIELD = re.compile(r"(?P<number>\d+)(?P<closed>\))?(?![\w'’])|[A-ZÀ-Þ]")
_ENDS = re.compile(r"[\"'”’*_).;,\s]*$")
_OPENS = re.compile(r"[\s\d.)*•–—\"'“-]*$")
_LEADS = re.compile(r"[\s\d.)*_•–—\"'“-]*(?:[^\W\d_]+(?:['’]s)?\s+){0,2}")
_LABEL = re.compile(r"[\s*_•–—-]*[A-Za-z]+(?:\s+[A-Za-z]+){0,2}\s*(?:\(s\))?[*_\s]*:")
_INCLUDE = re.compile(r"includ|\b(?:are|were|is|was)\b")
_OWN = re.compile(
    r"(?:\b(?P<whose>his|her|their)|(?<=\w)['’]s?)\s+(?:(?-i:[a-z-]+)\s+){0,3}?(?P<what>\w+)\s+"
    r"(?:(?:also\s+)?includ(?:e|es|ed|ing)|are|were|is|was)\s*:?\s+",
    re.IGNORECASE,
)
_WORKS = frozenset(("work", "works", "credits"))
_MOST_FIELDS = 4
_TITLED = re.compile(r"(?:the|an?)\s", re.IGNORECASE)


def asked_roles(lexicon: Lexicon, question: str) -> frozenset[str]:
    """The relations whose tails a question asks for by what they are: "title, year, director"."""
    found = _roles(lexicon).findall(question) if question else []
    return frozenset(name for noun in found for name in lexicon.nouns[noun.casefold()][:1])


def listings(
    linker: Linker, asked: frozenset[str], said: Sequence[tuple[str, Argument]]
) -> list[Match]:
    """What a line of a list says, as matches of the relations that are meant."""
    found = [*_labelled(linker)]
    if asked and not found:
        found += _fields(linker, asked)
    return [*found, *_own(linker, said)]


def only_labels(linker: Linker) -> bool:
    """Whether a sentence is a line with a label that speaks of no item of its own."""
    said = _LABEL.match(linker.text, linker.start, linker.end)
    if said is None:
        return False
    words = re.findall(r"[a-z]+", said.group().casefold())
    return not any(word in linker.lexicon.things for word in words) and not any(
        linker.of_kind(one.rows, linker.lexicon.items) for one in linker.mentions
    )


# -- inside ----------------------------------------------------------------------------------


@lru_cache(maxsize=4)
def _roles(lexicon: Lexicon) -> re.Pattern[str]:
    nouns = "|".join(map(re.escape, lexicon.nouns)) or "(?!)"
    return re.compile(rf"\b(?:{nouns})\b(?!\s+of\b)", re.IGNORECASE)


@lru_cache(maxsize=4)
def _labels(lexicon: Lexicon) -> re.Pattern[str]:
    nouns = "|".join(sorted(map(re.escape, lexicon.labels), key=len, reverse=True)) or "(?!)"
    return re.compile(
        rf"\b(?P<noun>{nouns})\s*(?:\(s\))?(?:\s+of\s+\w+)?"
        r"(?P<sign>[*_]*\s*:[*_]*\s*|\s+[-–—]\s+|\s+)",
        re.IGNORECASE,
    )


def _labelled(linker: Linker) -> Iterator[Match]:
    """ "Director: A", of what the line names before it, else of what was spoken of last."""
    last: list[Argument] = []
    for label in _labels(linker.lexicon).finditer(linker.text, linker.start, linker.end):
        if not _is_label(linker, label):
            continue
        for name in linker.lexicon.labels[label["noun"].casefold()]:
            relation = linker.lexicon.schema.relations[name]
            heads = _subject(linker, label.start(), relation.head) or last
            values = linker.right(label.end(), (relation.tail,))
            known = values and linker.of_kind(values[0].rows, (relation.tail,))
            new = values and not values[0].rows and name not in linker.lexicon.numeric
            if heads and (known or new):
                yield _match(linker, name, heads, values, label.start())
                last = heads
                break


def _is_label(linker: Linker, said: re.Match[str]) -> bool:
    """Whether a colon stands behind, or a dash or "by" where nothing stands before."""
    if ":" in said["sign"]:
        return True
    opens = _OPENS.match(linker.text[linker.start : said.start()]) is not None
    return opens and (bool(said["sign"].strip()) or said["noun"].casefold().endswith(" by"))


def _subject(linker: Linker, at: int, kind: str) -> list[Argument]:
    here = [
        linker.argument(one)
        for one in linker.mentions
        if one.end <= at and linker.of_kind(one.rows, (kind,))
    ]
    if here or not _LEADS.fullmatch(linker.text, linker.start, at):
        return here[-1:]  # "Foo (1999) - Director: A" is about Foo, which nobody knows
    for some in linker.before:
        told = [one for one in some if one.text.casefold() not in linker.lexicon.things]
        known = [one for one in told if linker.of_kind(one.rows, (kind,))]
        if known or any(not one.rows for one in told):
            return known[:1]  # none: what was spoken of last is in no graph
    return []


def _fields(linker: Linker, asked: frozenset[str]) -> Iterator[Match]:
    """ "Heat (1995) - Michael Mann", where the question says what stands behind a title."""
    lexicon = linker.lexicon
    first = next((one for one in linker.mentions if linker.of_kind(one.rows, lexicon.items)), None)
    if first is None or not _OPENS.match(linker.text[linker.start : first.start]):
        return
    head, at = linker.argument(first), linker.past_quotes(first.end)
    found: list[Match] = []
    for _ in range(_MOST_FIELDS):
        gap = _SEPARATOR.match(linker.text, at, linker.end)
        if gap is None:
            break
        field = _FIELD.match(linker.text, gap.end(), linker.end)
        if field is None:
            break
        if field["number"]:
            relation = lexicon.number_of.get(len(field["number"]))
            value = linker.starting(field.start("number"))
            rows = value.rows if value else ()
            argument = Argument(field.start("number"), field.end("number"), field["number"], rows)
            if relation and not field["closed"]:
                found.append(_match(linker, relation, [head], [argument], first.start))
            at = field.end()
            continue
        values = asked & _values(lexicon)
        one = [name for name in asked - values if name not in lexicon.numeric]
        for name in (*one[:2], *values):
            tail = lexicon.schema.relations[name].tail
            told = linker.right(gap.end(), (tail,))
            if not told or told[0].start > gap.end() + 1:
                continue
            known = linker.of_kind(told[0].rows, (tail,))
            # A name that nobody knows may be of any kind: only where one is asked for.
            new = not told[0].rows and " " in told[0].text and not _TITLED.match(told[0].text)
            if known or (new and len(one) == 1):
                found.append(_match(linker, name, [head], told, first.start))
                at = told[-1].end
                break
        else:
            return
    if _ENDS.match(linker.text, at, linker.end) is not None:
        yield from found


def _values(lexicon: Lexicon) -> frozenset[str]:
    return frozenset(lexicon.value_of.values())


def _own(linker: Linker, said: Sequence[tuple[str, Argument]]) -> Iterator[Match]:
    """ "His best known films include B and C": as the sentence before said, or as he mostly is."""
    lexicon = linker.lexicon
    if not _INCLUDE.search(linker.folded):
        return
    for own in found_in(linker, _OWN):
        what = own["what"].casefold()
        if what not in lexicon.things and what not in _WORKS:
            continue
        things = linker.right(own.end(), lexicon.items)
        person = _owner(linker, own)
        if not things or person is None:
            continue
        told = [name for name, one in said if one.rows == person.rows]
        name = told[0] if told and own["whose"] else mostly(lexicon, person, things)
        if name is not None:
            him = Argument(own.start(), own.start(), person.text, person.rows)
            yield _match(linker, name, things, [him], own.start())


def _owner(linker: Linker, own: re.Match[str]) -> Argument | None:
    kinds = {linker.lexicon.schema.relations[name].tail for name in many(linker.lexicon)}
    if own["whose"]:
        found = [one for kind in kinds for one in meant(linker.before, linker, kind, many=False)]
    else:
        found = linker.left(own.start(), linker.start)[-1:]
    known = [one for one in found if linker.of_kind(one.rows, tuple(kinds))]
    return known[0] if known else None


def _match(
    linker: Linker, name: str, heads: list[Argument], values: list[Argument], at: int
) -> Match:
    end = max(one.end for one in (*heads, *values))
    return Match(linker.lexicon.from_head[name], heads, values, at, end, at, False)
