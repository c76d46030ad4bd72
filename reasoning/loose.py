"""Values that no wording has read, taken as claims because of a word or two near them.

A wording fixes every word between two names; people vary them without end. So a value that is left
over in a clause about a thing is read by less: a number or a word of few by a cue in its clause
("released", "genre") or by the noun that it describes ("one of the finest war movies"), a person by
a cue that touches the name ("director A", "A both directs and") or by what is said to be theirs
("A's Heat"). What is denied, likened, wished, or told of other times is left alone, and so is a
value that no cue is near: a claim missed costs less than one that nobody made.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from graph.names import Mention
from graph.types import Claim
from reasoning.antecedents import meant
from reasoning.cues import cues
from reasoning.doubts import denies
from reasoning.linking import Argument, Linker
from reasoning.owners import OWN, owned
from reasoning.unsaid import OTHER_ROLES, OTHER_TIMES, UNSAID

LOOSE = "loose"

_CLAUSE = re.compile(
    r";|\s[–—-]\s|,?\s+(?:while|whereas|but|although|though|however|because|if|when|since|until)\b",
    re.IGNORECASE,
)
_SIGNS = "\"'“”‘’*_"
_GAP = re.compile(rf"[\s{_SIGNS}]*")
_TIME_BEFORE = re.compile(
    r"(?:\b(?:in|of|from|to|during|year|by|around|early|late|mid)\s+(?:the\s+(?:year\s+)?)?|"
    r"\byear\s*:?\s*|[(:]\s*(?:in\s+)?)$",
    re.IGNORECASE,
)
# "is a", "was clearly", "considered one": a value behind it that ends a phrase is said of a thing.
_IS_SO = re.compile(
    r"\b(?:(?:is|are|was|were|be|remains?|became)\s+(?:(?:both|firmly|clearly|mainly|mostly|purely)\s+)*"
    r"(?:an?|the|pure)|as\s+an?|into|under|considered|called|\w+fied|\w+ized|described|labell?ed)"
    r"\s+(?:[a-z-]+\s+)?$",
    re.IGNORECASE,
)
# "is one of the finest", ", another": a value behind it stands before the noun that it describes.
_TOLD = re.compile(
    r"(?:\b(?:is|are|was|were|be|being|remains?|became|as|among|considered|called)|[,:(–—]|\s-|^)\s*"
    r"(?:(?!(?:by|from|in|about|with|out|to|for|at|on|than)\b)[\w’'-]+\s+){0,6}$",
    re.IGNORECASE,
)
# "genre of", "Genre:", "genre is".
_CUE_BEFORE = re.compile(
    r"\s*(?:(?:of|is|are|was|were|as|includes?)\s+)?[:–—-]?\s*(?:(?:an?|the|both)\s+)?$",
    re.IGNORECASE,
)
_JOINT = re.compile(rf"[{_SIGNS}]*(?:\s*[/,-]\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+|\s+)", re.I)
_ROW = re.compile(r"\s*(?:,\s*(?:and\s+)?|/|\band\s+|&\s*|\s)\s*", re.IGNORECASE)
_ENDS = re.compile(
    rf"[{_SIGNS})\s]*(?:$|[.,;:!?)]|\b(?:and|with|by|from|in|that|which|released|directed)\b|"
    r"\bof\s+(?:\d|its\b|all\b|the\s+(?:year|decade)))"
)
_OF_SOMEBODY = re.compile(r"\b(?:his|her|who|whose|he|she)\b", re.IGNORECASE)
# From a cue to the name behind it: "directed by", "director is the young".
_LEADS_TO = re.compile(
    rf"(?:(?:\s+by)?\s+and\s+[a-z]+)?[\s:]+(?:(?:by|is|was|were|are|included?s?)\s+)?(?:(?:the|its|an?|both)\s+)?"
    rf"(?:(?!(?:with|for|and|to|from|than|in|on|of|at|as|or)\b)[\w’'-]+\s+){{0,2}}[{_SIGNS}]*"
)
_BY = re.compile(r"\b(?:by|of)\b")
# "its director, A,": a name between commas behind whose it is.
_ITS = re.compile(r".*\b(?:its|whose)\s+[a-z]+,\s+", re.DOTALL)
# From a name to the cue behind it: "A, who also directed", "A stepped behind".
_LEADS_BACK = re.compile(
    r",?\s+(?:(?:as\s+(?:its|the)|who|also|both|then|later|first|once|had|has|himself|herself|actually|[a-z]+ly)\s+)*"
)
_AND = re.compile(r"\s+(?:and|&)\s+")
_NO_VERB = r"(?:with|for|and|to|from|than|in|on|of|at|as|or|by|the|an?|is|was)\b"
_VERB = re.compile(rf"(?!{_NO_VERB})[a-z]+\s+(?:and\s+)?")
_NUMBER = re.compile(r"(?<![\d$£€.,-])\d+(?![\d%]|[.,]\d)")
_POINTS = re.compile(r"\b(?:its?|this|that|the|both|these|those|all)\b", re.IGNORECASE)
_HIDDEN = "\N{CURRENCY SIGN}"
_REACH = 60
_MOST_VALUES = 6
_MOST_WORDS = 3

Place = tuple[int, int]


def loose(linker: Linker, used: Sequence[Place]) -> Iterator[tuple[Claim, Place]]:
    """What values mean that no wording has read, each with the place that it takes up."""
    left = [one for one in linker.mentions if _free(used, one.start, one.end)]
    hinted = _cue_left(linker, used)
    if not hinted and not _readable(linker, left):
        return
    masked = _masked(linker)
    for clause in _clauses(linker):
        here = [one for one in left if clause[0] <= one.start < clause[1]]
        said = masked[clause[0] - linker.start : clause[1] - linker.start]
        if denies(said):
            continue
        for value, name, things in _values(linker, here, used, clause, said, hinted):
            told = things or _things(linker, value, name, clause)
            until = max([value.end, *(one.end for one in told if one.end <= clause[1])])
            if UNSAID.search(said, 0, until - clause[0]):
                continue
            for thing in told:
                claim = _claim(linker, name, thing, value)
                if claim is not None:
                    yield claim, (value.start, value.end)


def _values(
    linker: Linker,
    left: Sequence[Mention],
    used: Sequence[Place],
    clause: Place,
    said: str,
    hinted: bool,
) -> Iterator[tuple[Argument, str, list[Argument]]]:
    """Values of a clause, the relations that they are of, and the things where these are certain.

    `said` is the clause without names; `hinted`: a cue that nothing has read stands there.
    """
    lexicon = linker.lexicon
    for one in left:
        written = linker.text[one.start : one.end]
        kinds = {lexicon.kind(row) for row in one.rows}
        if kinds & set(lexicon.items) and not (written.islower() or written.isdigit()):
            continue
        for kind in kinds & set(lexicon.relations_to):
            name = lexicon.value_of.get(kind)
            if name is None:
                thing = owned(linker, one, lexicon.relations_to[kind])
                if thing is not None:
                    yield linker.argument(one), *thing
                else:
                    for told in _roles(linker, lexicon.relations_to[kind], one, clause):
                        yield linker.argument(one), told, []
            elif name in lexicon.numeric:
                if _says_when(linker, name, (one.start, one.end), clause, said):
                    yield linker.argument(one), name, []
            elif lexicon.schema.relations[name].complete and _says_what(linker, name, one, clause):
                yield linker.argument(one), name, []
    for argument, role in _unknown(linker, used, clause) if hinted else ():
        yield argument, role, []
    for number in _NUMBER.finditer(linker.text, *clause):
        timed = lexicon.number_of.get(len(number.group()))
        if not timed or not _free(used, *number.span()) or linker.name_at(*number.span()):
            continue
        if _says_when(linker, timed, number.span(), clause, said):
            yield Argument(number.start(), number.end(), number.group(), ()), timed, []


# -- what a value is to a thing ---------------------------------------------------------------


def _says_when(linker: Linker, name: str, one: Place, clause: Place, said: str) -> bool:
    """Whether a number tells when a thing came out: a cue, or the thing's own noun behind it."""
    if OTHER_TIMES.search(said):
        return False
    behind = _GAP.match(linker.text, one[1])
    if behind and linker.lexicon.thing_words.match(linker.text, behind.end()):
        return True
    before = linker.text[max(clause[0], one[0] - _REACH) : one[0]]
    cue = cues(linker.lexicon).of[name].search(said)
    return cue is not None and (
        _TIME_BEFORE.search(before) is not None or cue.end() == one[0] - clause[0] - 1
    )


def _says_what(linker: Linker, name: str, one: Mention, clause: Place) -> bool:
    """Whether a value describes a thing: "war movies", "the war genre", "is a war, crime and"."""
    text, known = linker.text, cues(linker.lexicon)
    tail = (linker.lexicon.schema.relations[name].tail,)
    at = one.end
    for _ in range(_MOST_VALUES):  # other values may stand before the noun
        gap = _JOINT.match(text, at, clause[1])
        if gap is None:
            break
        if known.described[name].match(text, gap.end(), clause[1]):
            told = _TOLD.search(text, clause[0], _row_start(linker, one, tail))
            return told is not None and not _OF_SOMEBODY.search(text, clause[0], one.start)
        value = linker.starting(gap.end())
        if value is None or not linker.of_kind(value.rows, tail):
            break
        at = value.end
    if _OF_SOMEBODY.search(text, clause[0], one.start):
        return False
    before = text[max(clause[0], one.start - _REACH) : _row_start(linker, one, tail)]
    for cue in known.of[name].finditer(before):
        if _CUE_BEFORE.match(before, cue.end()):
            return True
    return bool(_IS_SO.search(before) and _ENDS.match(text, at, linker.end))


def _roles(linker: Linker, names: Sequence[str], one: Mention, clause: Place) -> list[str]:
    """The relations whose cues touch a name, or the first name of its row."""
    if OWN.match(linker.text, one.end):
        return []  # "director A's wife"
    tails = tuple({linker.lexicon.schema.relations[name].tail for name in names})
    first = _row_start(linker, one, tails)
    start = max(clause[0], first - _REACH)
    before = linker.text[start:first]
    known = cues(linker.lexicon).of
    nearest: list[str] = []
    both: list[str] = []  # "directed by and starring A"
    last = 0
    for name in names if not OTHER_ROLES.search(before) else ():
        for cue in known[name].finditer(before):
            lead = _LEADS_TO.fullmatch(before, cue.end()) or _ITS.fullmatch(before)
            if lead is None or linker.name_at(start + cue.start(), start + cue.end()) is not None:
                continue
            if not _takes(linker, name, cue.group(), lead.group()):
                continue
            if " and " in lead.group():
                both.append(name)
            elif cue.start() >= last:
                nearest, last = [name], cue.start()
    if nearest or both:
        return [*both, *nearest]
    return _done(linker, names, one, clause) if first == one.start else []


def _takes(linker: Linker, name: str, cue: str, lead: str) -> bool:
    """Whether a cue takes a name behind it: "director A" and "directed by A", not "directs A"."""
    words = linker.lexicon.schema.relations[name].words.get("en")
    done_by = words is not None and f"{words.forward} {words.shared}".count(" by {tail}") > 0
    noun = name in linker.lexicon.nouns.get(cue.casefold(), ())
    return noun or not done_by or _BY.search(lead) is not None


def _done(linker: Linker, names: Sequence[str], one: Mention, clause: Place) -> list[str]:
    """The relations whose cues a name leads to: "A both wrote and directed"."""
    text, known = linker.text, cues(linker.lexicon).of
    lead = _LEADS_BACK.match(text, one.end, clause[1])
    if lead is None:
        return []
    told: list[str] = []
    at, end = lead.end(), 0
    for _ in range(_MOST_WORDS):
        said = {name: cue for name in names if (cue := known[name].match(text, at, clause[1]))}
        told += said
        end = max([end, *(cue.end() for cue in said.values())])
        more = _AND.match(text, end, clause[1]) if said else _VERB.match(text, at, clause[1])
        if more is None:
            break
        at = more.end()
    if not told or UNSAID.search(text, one.end, end) or OTHER_ROLES.match(text, end + 1):
        return []
    behind = linker.starting(end + 1)
    tails = {linker.lexicon.schema.relations[name].tail for name in names}
    somebody = behind is not None and linker.of_kind(behind.rows, tuple(tails))
    return [] if somebody else told  # "A met director B"


def _row_start(linker: Linker, one: Mention, kinds: Sequence[str]) -> int:
    """Where the row of names begins that a name stands in: "A, B and C"."""
    start = one.start
    for other in reversed(linker.mentions):
        if other.end <= start and linker.of_kind(other.rows, kinds):
            if _ROW.fullmatch(linker.text, other.end, start) is None:
                break
            start = other.start
    return start


def _unknown(
    linker: Linker, used: Sequence[Place], clause: Place
) -> Iterator[tuple[Argument, str]]:
    """Full names that nobody knows, behind a cue and "by": "directed by the young Jane Foo"."""
    lexicon = linker.lexicon
    for one in linker.named:
        if one.rows or " " not in one.text or not clause[0] <= one.start < one.end <= clause[1]:
            continue
        if linker.name_at(one.start, one.end) or not _free(used, one.start, one.end):
            continue
        before = linker.text[max(clause[0], one.start - _REACH) : one.start]
        for kind, names in lexicon.relations_to.items():
            for name in names if kind not in lexicon.value_of else ():
                for cue in cues(lexicon).of[name].finditer(before):
                    lead = _LEADS_TO.fullmatch(before, cue.end())
                    if lead and "by" in lead.group() and not OTHER_ROLES.search(before):
                        yield one, name


# -- of which thing ---------------------------------------------------------------------------


def _things(linker: Linker, value: Argument, relation: str, clause: Place) -> list[Argument]:
    """Of what a value is told: the nearest thing before it in its clause, else what its words
    point back to, else the nearest behind it."""
    lexicon = linker.lexicon
    kind = lexicon.schema.relations[relation].head
    here = [
        one for one in linker.mentions
        if clause[0] <= one.start and one.end <= clause[1] and linker.of_kind(one.rows, (kind,))
        and (one.end <= value.start or one.start >= value.end)
        and not (said := linker.text[one.start : one.end]).islower() and not said.isdigit()
    ]  # fmt: skip
    before = [one for one in here if one.end <= value.start]
    if before:
        row = linker.left(before[-1].end, clause[0])
        some = [one for one in row if linker.of_kind(one.rows, (kind,))]
        named = some or [linker.argument(before[-1])]
        return named if len(named) == 1 or relation not in lexicon.numeric else []
    if point := _pointed(linker, clause[0], value.start, kind):
        return point
    if here:
        row = linker.right(here[0].start, (kind,))
        return [one for one in row if linker.of_kind(one.rows, (kind,))][:_MOST_VALUES]
    return _pointed(linker, value.end, clause[1], kind)


def _pointed(linker: Linker, start: int, end: int, kind: str) -> list[Argument]:
    """What "it", "the film", "both films" between two places mean."""
    for found in _POINTS.finditer(linker.text, start, end):
        if found.group().casefold() == "its":
            return meant(linker.before, linker, kind, many=False)
        said = linker.lexicon.pointing.match(linker.text, found.start(), end)
        thing = said and (said["thing"] or said["things"])
        if said is None or not (thing or said.group().casefold() in ("it", "both")):
            continue
        if thing and linker.lexicon.things[thing.casefold()] not in ("", kind):
            return []
        earlier = [
            one for one in linker.mentions
            if one.end <= said.start() and linker.of_kind(one.rows, (kind,))
        ]  # fmt: skip
        if earlier and said["many"] is None:
            return [linker.argument(earlier[-1])]
        return meant(linker.before, linker, kind, many=said["many"] is not None)
    return []


# -- inside -----------------------------------------------------------------------------------


def _free(used: Sequence[Place], start: int, end: int) -> bool:
    return not any(first < end and start < last for first, last in used)


def _readable(linker: Linker, left: Iterable[Mention]) -> bool:
    """Whether any name that is left may be a value."""
    lexicon = linker.lexicon
    return any(lexicon.kind(row) in lexicon.relations_to for one in left for row in one.rows)


def _cue_left(linker: Linker, used: Sequence[Place]) -> bool:
    """Whether a cue stands in words that nothing has read."""
    found = cues(linker.lexicon).any.finditer(linker.text, linker.start, linker.end)
    return any(_free(used, *cue.span()) for cue in found)


def _masked(linker: Linker) -> str:
    """The sentence with signs in place of the names that are written as names."""
    letters = list(linker.text[linker.start : linker.end])
    for one in linker.mentions:
        word = linker.text[one.start : one.end]
        if not word.islower() and not word.isdigit():
            first = one.start - linker.start
            letters[first : one.end - linker.start] = _HIDDEN * (one.end - one.start)
    return "".join(letters)


def _clauses(linker: Linker) -> Iterator[Place]:
    at = linker.start
    for found in _CLAUSE.finditer(linker.text, linker.start, linker.end):
        if linker.name_at(found.start(), found.end()) is not None:
            continue
        if found.start() > at:
            yield at, found.start()
        at = found.start() + 1
    if at < linker.end:
        yield at, linker.end


def _claim(linker: Linker, name: str, thing: Argument, value: Argument) -> Claim | None:
    relation = linker.lexicon.schema.relations[name]
    heads = linker.ids(linker.of_kind(thing.rows, (relation.head,)))
    tails = linker.ids(linker.of_kind(value.rows, (relation.tail,)))
    if not heads or (value.rows and not tails):
        return None
    start = min(value.start, thing.start) if thing.start >= linker.start else value.start
    end = max(value.end, thing.end)
    return Claim(
        text=linker.text[start:end].strip(),
        span=(start, end),
        relation=name,
        head=thing.text,
        tail=value.text,
        heads=heads,
        tails=tails,
        qualifier=LOOSE,
    )
