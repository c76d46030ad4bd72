"""Any text becomes claims: who is said to be what to whom, with where it stands in the text.

Sentences are searched for the wordings of the schema's relations and for our own few frames.
Names are linked to nodes; a name that no node has stays a claim with no node. A sentence in which
nothing was understood is a claim without a relation, so that nothing passes in silence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from graph.names import Mention, NameIndex
from graph.schema import Schema
from graph.types import Claim
from reasoning.grammar import Pattern, compiled

PEOPLE = "people"
LIKED = "liked"

_SENTENCE_END = re.compile(r"(?P<stop>[.!?…。]+)[\"'”’)]*(?=\s|$)|\n+")
_NEXT = re.compile(r"\s+[\"'“\u2018(]*[A-ZÀ-Þ\d]")
_QUOTES = "\"'“”\u2018’«»*_"
_AND = re.compile(r"\s*(?:,\s*(?:and|or|nor)\s+|,\s*|\s+(?:and|or|nor|&)\s+|\s*(?:와|과)\s+)")
_CAPITAL = r"[A-ZÀ-ÞŁŠŽ0-9가-힣][\w’'.&-]*"
_SMALL = r"(?:of|the|de|da|del|van|von|der|la|le|du|for|to|a|an|in|&|and)"
_NAME = re.compile(rf"{_CAPITAL}(?:(?:\s+{_SMALL})*\s+{_CAPITAL})*")
_BARE_CAPITAL = re.compile(r"[.,;:!?]+$")
_BRACKET = re.compile(r"\s*\((?P<inside>[^()]*)\)")
_PRONOUN = re.compile(r"^\W*(?:it|he|she|they|this|the \w+)\b", re.IGNORECASE)
_PEOPLE_EN = re.compile(
    r"(?P<both>\d[\d,]*) of (?:the )?(?P<base>\d[\d,]*)(?: other)?(?: people| persons| users)? "
    r"who liked ",
    re.IGNORECASE,
)
_ALSO_LIKED = re.compile(r"[\"'”’*_]*\s+(?:also\s+)?liked\s+", re.IGNORECASE)
_PEOPLE_KO = re.compile(
    r"(?:을|를) 좋아한 (?P<base>\d[\d,]*)명 (?:가운데|중에?) (?P<both>\d[\d,]*)명이 "
)
_KO_TOO = re.compile(r"도 좋아(?:했다|했습니다|했어요)")
_YOU_LIKED = re.compile(
    r"(?:\bwhich\s+)?\byou\s+(?P<neg>did\s+not\s+|didn[’']t\s+|never\s+)?(?:have\s+)?(?:also\s+)?"
    r"like[d]?\b",
    re.IGNORECASE,
)
_LIKE = re.compile(r",?\s*(?:just\s+)?like\s+", re.IGNORECASE)
_LIKE_MANY = re.compile(
    r",?\s*like\s+(?P<count>[\d,]+)\s+of\s+(?:the\s+)?(?P<all>[\d,]+)\s+[^\W\d]+\s+"
    r"(?:that\s+)?you\s+liked",
    re.IGNORECASE,
)
_KO_MANY = re.compile(r"^\s*좋아하신\s+\S+\s+(?P<all>\d+)개 가운데 (?P<count>\d+)개처럼\s+")
_KO_LIKE = re.compile(r"^\s*(?P<liked>좋아하신\s+)?(?P<list>\S.*?)처럼\s+")
_KO_YOU_LIKED = re.compile(r"(?:을|를) 좋아하(?:셨다|셨습니다|셨어요)")
_OPINION = re.compile(
    r"\b(?:great|good|best|better|bad|worst|brilliant|wonderful|boring|beautiful|amazing|perfect|"
    r"masterpiece|must|should|love|enjoy|favou?rite|fun|funny|moving|classic|think|feel)\b|"
    r"최고|훌륭|재미|좋은|멋진|걸작",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Argument:
    """A name in a sentence: where it stands, the words, and the nodes that are so called."""

    start: int
    end: int
    text: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A pattern found in a sentence; `left` is empty when its subject stands further back."""

    pattern: Pattern
    left: tuple[Argument, ...]
    right: tuple[Argument, ...]
    start: int
    end: int
    cue: int
    negated: bool

    @property
    def worth(self) -> tuple[int, int]:
        """Of two readings of the same words the one that links more names wins."""
        linked = sum(bool(argument.rows) for argument in (*self.left[:1], *self.right[:1]))
        return linked, self.pattern.size


def find_claims(names: NameIndex, text: str) -> tuple[Claim, ...]:
    """All claims of a text, in its order; every sentence gives at least one."""
    mentions = names.mentions(text)
    claims: list[Claim] = []
    subjects: tuple[Argument, ...] = ()
    for start, end in _sentences(text, mentions):
        reader = _Sentence(names, text, start, end, mentions, subjects)
        found = reader.read()
        claims += found
        subjects = reader.subjects or subjects
    return tuple(claims)


def is_opinion(text: str) -> bool:
    """Whether a sentence sounds like a judgement rather than a statement."""
    return bool(_OPINION.search(text))


class _Sentence:
    """One sentence: finds matches, settles which of them hold, gives claims."""

    def __init__(
        self,
        names: NameIndex,
        text: str,
        start: int,
        end: int,
        mentions: Sequence[Mention],
        before: tuple[Argument, ...],
    ) -> None:
        self.names = names
        self.snapshot = names.snapshot
        self.schema: Schema = names.snapshot.schema
        self.text = text
        self.start = start
        self.end = end
        self.before = before
        self.subjects: tuple[Argument, ...] = ()
        inside = [m for m in mentions if start <= m.start and m.end <= end]
        self.by_start = {m.start: m for m in inside}
        self.by_end = {m.end: m for m in inside}
        self.mentions = inside

    def read(self) -> list[Claim]:
        """The claims of this sentence."""
        people = self._people()
        if people is not None:
            return [people]
        claims: list[Claim] = []
        used: list[tuple[int, int]] = []
        offset = self.start
        said = self.text[self.start : self.end]
        counted, korean = _KO_MANY.match(said), _KO_LIKE.match(said)
        alike: tuple[Argument, ...] = ()
        if counted:
            offset = self.start + counted.end()
            used.append((self.start, offset))
        elif korean:
            at = self.start + korean.start("list")
            alike = self._slot(at, self.start + korean.end("list"))
            offset = self.start + korean.end()
            used.append((self.start, offset))
        last: tuple[Argument, ...] = ()
        for match in self._chosen(offset):
            # A name that the clause before has taken up is not also in this one's list.
            free = tuple(a for a in match.left if a.start >= (used[-1][1] if used else 0))
            left = free or match.left or self._carried(match, last)
            if not left:
                continue
            last = left
            self.subjects = self.subjects or left
            end = match.end
            heads = left
            many = counted or _LIKE_MANY.match(self.text, match.end, self.end)
            if many:
                claims += self._among_liked(match, left, many)
                end = max(end, many.end() if not counted else 0)
            elif found := self._alike_after(match):
                alike, end = found
            if alike:
                heads = (*left, *alike)
            claims += self._claims(match, heads)
            used.append((match.start, end))
        claims += self._brackets(used)
        claims += self._liked(used, alike)
        if not claims:
            return [self._nothing(self.start, self.end)]
        return claims + self._leftovers(used, claims)

    # -- relations ----------------------------------------------------------------------------

    def _chosen(self, offset: int) -> list[Match]:
        """Matches that do not overlap, the best readings first, then in the order of the text."""
        every = [
            match
            for pattern in compiled(self.schema.to_json())
            for match in self._matches(pattern, offset)
        ]
        every.sort(key=lambda match: (*(-part for part in match.worth), match.start))
        chosen: list[Match] = []
        for match in every:
            if all(match.end <= other.cue or match.cue >= other.end for other in chosen):
                chosen.append(match)
        return sorted(chosen, key=lambda match: match.cue)

    def _matches(self, pattern: Pattern, offset: int) -> list[Match]:
        found = []
        for between in pattern.between.finditer(self.text, offset, self.end):
            if self._inside_name(between.start(), between.end()):
                continue
            match = self._around(pattern, between, offset)
            if match is not None and self._kinds_fit(match):
                found.append(match)
        return found

    def _around(self, pattern: Pattern, between: re.Match[str], offset: int) -> Match | None:
        negated = _negation(between)
        start, end = between.start(), between.end()
        if pattern.after is not None:
            after = pattern.after.search(self.text, end, self.end)
            if after is None:
                return None
            right = self._slot(end, after.start())
            end = after.end()
            negated = negated or _negation(after)
        else:
            right = self._right(end)
            end = right[-1].end if right else end
        if not right:
            return None
        left: tuple[Argument, ...]
        if pattern.before is not None:
            *_, before = [None, *pattern.before.finditer(self.text, offset, between.start())]
            if before is None:
                return None
            left = self._slot(before.end(), between.start())
            start = before.start()
            if not left:
                return None
        else:
            left = self._left(between.start(), offset)
        if pattern.list_needed and len(left) < 2:
            return None
        if left:
            start = min(start, left[0].start)
        return Match(pattern, left, right, start, end, between.start(), negated)

    def _kinds_fit(self, match: Match) -> bool:
        """Whether each end may be what the relation needs; unknown names fit, unless strict."""
        relation = self.schema.relations[match.pattern.relation]
        ends = (relation.head, relation.tail)
        kinds = ends if match.pattern.first == "head" else ends[::-1]
        for arguments, kind in zip((match.left, match.right), kinds, strict=True):
            known = [a for a in arguments if a.rows]
            if known and not any(self._of_kind(a.rows, kind) for a in known):
                return False
            if match.pattern.strict and len(known) < len(arguments):
                return False
        return True

    def _of_kind(self, rows: Sequence[int], kind: str) -> tuple[int, ...]:
        return tuple(row for row in rows if self.snapshot.kind(row) == kind)

    def _carried(self, match: Match, last: tuple[Argument, ...]) -> tuple[Argument, ...]:
        """The subject of a clause that does not name it: that of the clause before."""
        relation = self.schema.relations[match.pattern.relation]
        kind = relation.head if match.pattern.first == "head" else relation.tail
        if last and self._fits(last, kind):
            return last
        earlier = [m for m in self.mentions if m.end <= match.cue and self._of_kind(m.rows, kind)]
        if earlier:
            return (self._argument(earlier[0]),)
        lead = self.text[self.start : match.cue]
        if self.before and (_PRONOUN.match(lead) or not lead.strip()):
            return self.before if self._fits(self.before, kind) else ()
        return ()

    def _fits(self, arguments: Sequence[Argument], kind: str) -> bool:
        return all(not a.rows or self._of_kind(a.rows, kind) for a in arguments)

    def _claims(self, match: Match, left: Sequence[Argument]) -> list[Claim]:
        relation = self.schema.relations[match.pattern.relation]
        made = []
        for one in left:
            for two in match.right:
                head, tail = (one, two) if match.pattern.first == "head" else (two, one)
                start = min(one.start, two.start, match.cue)
                end = max(one.end, two.end, min(match.end, self.end))
                if one.start < self.start:
                    start = match.cue
                made.append(
                    Claim(
                        text=self.text[start:end].strip(),
                        span=(start, end),
                        relation=match.pattern.relation,
                        head=head.text,
                        tail=tail.text,
                        heads=self._ids(self._of_kind(head.rows, relation.head)),
                        tails=self._ids(self._of_kind(tail.rows, relation.tail)),
                        negated=match.negated,
                    )
                )
        return made

    def _ids(self, rows: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.snapshot.ids(rows)) if rows else ()

    # -- our own frames -----------------------------------------------------------------------

    def _people(self) -> Claim | None:
        """An aggregate: so many of those who liked one thing liked another."""
        said = _PEOPLE_EN.search(self.text, self.start, self.end)
        if said:
            anchor = self._right(said.end(), one=True)
            then = _ALSO_LIKED.match(self.text, anchor[0].end, self.end) if anchor else None
            item = self._right(then.end(), one=True) if then else ()
        else:
            said = _PEOPLE_KO.search(self.text, self.start, self.end)
            if not said:
                return None
            then = _KO_TOO.search(self.text, said.end(), self.end)
            anchor = self._slot(self.start, said.start())
            item = self._slot(said.end(), then.start()) if then else ()
        if not anchor or not item:
            return None
        items = self.schema.kinds_of("item")
        numbers = [int(said[part].replace(",", "")) for part in ("both", "base")]
        return Claim(
            text=self.text[self.start : self.end].strip(),
            span=(self.start, self.end),
            relation=PEOPLE,
            head=anchor[0].text,
            tail=item[0].text,
            heads=self._ids([r for r in anchor[0].rows if self.snapshot.kind(r) in items]),
            tails=self._ids([r for r in item[0].rows if self.snapshot.kind(r) in items]),
            numbers=(numbers[0], numbers[1]),
        )

    def _alike_after(self, match: Match) -> tuple[tuple[Argument, ...], int] | None:
        """`..., like A and B`: A and B are said to be so too."""
        like = _LIKE.match(self.text, match.end, self.end)
        if not like:
            return None
        others = self._right(like.end())
        return (others, others[-1].end) if others else None

    def _among_liked(
        self, match: Match, left: Sequence[Argument], said: re.Match[str]
    ) -> list[Claim]:
        """`..., like 12 of the 90 films you liked`: so many of them have the same."""
        relation = self.schema.relations[match.pattern.relation]
        behind = said.re is _LIKE_MANY
        numbers = tuple(int(said[part].replace(",", "")) for part in ("count", "all"))
        return [
            Claim(
                text=said.group().strip(" ,"),
                span=(match.start, said.end()) if behind else (self.start, match.end),
                relation=match.pattern.relation,
                head=left[0].text,
                tail=tail.text,
                heads=self._ids(self._of_kind(left[0].rows, relation.head)),
                tails=self._ids(self._of_kind(tail.rows, relation.tail)),
                numbers=numbers,
            )
            for tail in match.right
        ]

    def _liked(self, used: list[tuple[int, int]], alike: tuple[Argument, ...]) -> list[Claim]:
        claims: list[Claim] = []
        negated = False
        arguments: tuple[Argument, ...] = ()
        text = self.text[self.start : self.end]
        if _KO_MANY.match(text):
            return []
        korean = _KO_LIKE.match(text)
        if korean and korean["liked"]:
            arguments = alike
        elif _LIKE_MANY.search(self.text, self.start, self.end):
            return []
        elif said := _YOU_LIKED.search(self.text, self.start, self.end):
            negated = said["neg"] is not None
            arguments = self._right(said.end())
            if not arguments:
                arguments = alike or self._left(said.start(), self.start)
            used.append((said.start(), max(said.end(), *(a.end for a in arguments), 0)))
        elif said := _KO_YOU_LIKED.search(self.text, self.start, self.end):
            arguments = self._slot(self.start, said.start())
            used.append((self.start, said.end()))
        items = self.schema.kinds_of("item")
        for argument in arguments:
            rows = [row for row in argument.rows if self.snapshot.kind(row) in items]
            claims.append(
                Claim(
                    text=argument.text,
                    span=(argument.start, argument.end),
                    relation=LIKED,
                    tail=argument.text,
                    tails=self._ids(rows),
                    negated=negated,
                )
            )
        return claims

    def _brackets(self, used: list[tuple[int, int]]) -> list[Claim]:
        """`Heat (1995)`: what stands in brackets behind an item is its one value of something."""
        claims = []
        for mention in self.mentions:
            found = _BRACKET.match(self.text, mention.end, self.end)
            if not found:
                continue
            value = self.by_start.get(found.start("inside"))
            for name, relation in self.schema.relations.items():
                heads = self._of_kind(mention.rows, relation.head)
                kinds = relation.functional and not relation.interaction
                tails = self._of_kind(value.rows, relation.tail) if value else ()
                if not kinds or not heads or not tails:
                    continue
                claims.append(
                    Claim(
                        text=self.text[mention.start : found.end()],
                        span=(mention.start, found.end()),
                        relation=name,
                        head=self.text[mention.start : mention.end],
                        tail=found["inside"],
                        heads=self._ids(heads),
                        tails=self._ids(tails),
                    )
                )
                used.append((mention.start, found.end()))
        return claims

    def _leftovers(self, used: list[tuple[int, int]], claims: Sequence[Claim]) -> list[Claim]:
        """Names and numbers that no claim has taken up: said, but not understood."""
        covered = [*used, *(claim.span for claim in claims)]
        subjects = {(a.start, a.end) for a in self.subjects}
        left = [
            (m.start, m.end)
            for m in self.mentions
            if (m.start, m.end) not in subjects
            and not any(start < m.end and m.start < end for start, end in covered)
        ]
        return [self._nothing(start, end) for start, end in left[:1]]

    def _nothing(self, start: int, end: int) -> Claim:
        stripped = self.text[start:end].strip()
        begin = start + (len(self.text[start:end]) - len(self.text[start:end].lstrip()))
        return Claim(text=stripped, span=(begin, begin + len(stripped)), relation="")

    # -- names --------------------------------------------------------------------------------

    def _inside_name(self, start: int, end: int) -> bool:
        words = self.text[start:end].strip()
        at = start + self.text[start:end].find(words)
        return any(m.start < at + len(words) and at < m.end for m in self.mentions)

    def _argument(self, mention: Mention) -> Argument:
        text = self.text[mention.start : mention.end]
        return Argument(mention.start, mention.end, text, mention.rows)

    def _right(self, at: int, *, one: bool = False) -> tuple[Argument, ...]:
        """The names that stand from `at` on: one, or several in a row."""
        found: list[Argument] = []
        while True:
            argument = self._one_right(at)
            if argument is None:
                break
            if found and self._begins_clause(argument):
                break
            found.append(argument)
            joint = _AND.match(self.text, self._past_quotes(argument.end), self.end)
            if one or joint is None:
                break
            at = joint.end()
        return tuple(found)

    def _one_right(self, at: int) -> Argument | None:
        while at < self.end and self.text[at] in " \t\n" + _QUOTES and at not in self.by_start:
            at += 1
        article = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE).match(self.text, at, self.end)
        for start in (at, article.end() if article else at):
            if start in self.by_start:
                return self._argument(self.by_start[start])
        name = _NAME.match(self.text, at, self.end)
        if not name:
            return None
        return self._unknown(name.start(), name.end())

    def _begins_clause(self, argument: Argument) -> bool:
        """Whether a name is followed by a wording, so that it is the subject of the next clause."""
        rest = self._past_quotes(argument.end)
        return any(
            pattern.before is None and pattern.between.match(self.text, rest, self.end)
            for pattern in compiled(self.schema.to_json())
            if not pattern.between.pattern.startswith(r"\s*,")
        )

    def _left(self, at: int, offset: int) -> tuple[Argument, ...]:
        """The names that end at `at`: one, or several in a row."""
        found: list[Argument] = []
        while True:
            argument = self._one_left(at, offset)
            if argument is None:
                break
            found.insert(0, argument)
            lead = self.text[offset : argument.start].rstrip(_QUOTES)
            joint = re.search(r"(?:,\s*and\s+|\s+and\s+|,\s*|\s*&\s*|(?:와|과)\s+)$", lead)
            if joint is None:
                break
            before = self._one_left(offset + joint.start(), offset)
            if before is None or not self._same_kind(before, found[0]):
                break
            at = offset + joint.start()
        return tuple(found)

    def _same_kind(self, one: Argument, two: Argument) -> bool:
        kinds = {self.snapshot.kind(row) for row in one.rows}
        return bool(kinds & {self.snapshot.kind(row) for row in two.rows})

    def _one_left(self, at: int, offset: int) -> Argument | None:
        at = self._before_quotes(at)
        bracket = re.search(r"\s*\([^()]*\)$", self.text[offset:at])
        if bracket and at not in self.by_end:
            at = self._before_quotes(offset + bracket.start())
        if at in self.by_end and self.by_end[at].start >= offset:
            return self._argument(self.by_end[at])
        last: re.Match[str] | None = None
        for name in _NAME.finditer(self.text, offset, at):
            if name.end() == at:
                last = name
        return self._unknown(last.start(), last.end()) if last else None

    def _slot(self, start: int, end: int) -> tuple[Argument, ...]:
        """The names between two literals; the whole as one unknown name when nothing links."""
        text = self.text[start:end]
        bare = text.strip(" \t\n,;:" + _QUOTES)
        if not bare or len(bare) > 200:
            return ()
        at = start + text.index(bare)
        found = self._right(start + len(text) - len(text.lstrip(" \t\n,;:")))
        if found and found[-1].end >= at + len(bare):
            return found
        return (Argument(at, at + len(bare), bare, self.names.exact(bare)),)

    def _unknown(self, start: int, end: int) -> Argument | None:
        text = _BARE_CAPITAL.sub("", self.text[start:end])
        while (cut := text.rpartition(" "))[2].casefold() in ("and", "the", "of", "a", "in"):
            text = cut[0]
        if not text or text.casefold() in ("it", "he", "she", "they", "this", "that", "you", "i"):
            return None
        return Argument(start, start + len(text), text, self.names.exact(text))

    def _past_quotes(self, at: int) -> int:
        while at < self.end and self.text[at] in _QUOTES:
            at += 1
        return at

    def _before_quotes(self, at: int) -> int:
        """Back over quotes and spaces, but not into a name that is written with them."""
        while at > self.start and self.text[at - 1] in " \t\n" + _QUOTES and at not in self.by_end:
            at -= 1
        return at


def _negation(found: re.Match[str]) -> bool:
    return "neg" in found.re.groupindex and found["neg"] is not None


def _sentences(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Where sentences start and end; a full stop in a name or an initial ends none.

    One that closes a name ("Mars!") ends a sentence where another begins behind it.
    """
    spans = []
    start = 0
    for stop in _SENTENCE_END.finditer(text):
        name = next((m.end for m in mentions if m.start < stop.start() < m.end), 0)
        inside = name >= stop.end("stop") and (
            name > stop.end() or not _NEXT.match(text, stop.end())
        )
        initial = re.search(
            r"(?:^|[\s(])(?:[A-Z]|Mr|Mrs|Ms|Dr|St|Jr|Sr|vs|etc)$", text[start : stop.start()]
        )
        if (inside or initial) and not stop.group().startswith("\n") and stop.end() < len(text):
            continue
        if text[start : stop.start()].strip():
            spans.append((start, max(stop.start(), name)))
        start = stop.end()
    if text[start:].strip():
        spans.append((start, len(text)))
    return spans
