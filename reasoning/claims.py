"""Any text becomes claims: who is said to be what to whom, with where it stands in the text.

Sentences are searched for the wordings of the schema's relations and for our own few frames.
Names are linked to nodes; a name that no node has stays a claim with no node. A sentence in which
nothing was understood is a claim without a relation, so that nothing passes in silence; so is a
question, since it says nothing.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from graph.names import NameIndex
from graph.types import Claim
from reasoning import frames
from reasoning.frames import Count
from reasoning.grammar import Pattern
from reasoning.lexicon import lexicon
from reasoning.linking import Argument, Linker
from reasoning.sentences import sentences

_BRACKET = re.compile(r"\s*\((?P<inside>[^()]*)\)")
_PRONOUN = re.compile(r"^\W*(?:it|he|she|they|this|the \w+)\b", re.IGNORECASE)
_NEITHER = re.compile(r"\bneither\s+", re.IGNORECASE)
_NEITHER_BEFORE = re.compile(r"\bneither\s+$", re.IGNORECASE)
# "If A was made by B": supposed, or only part of what is said.
_UNSAID = re.compile(r"\b(?:if|whether|unless|suppose|imagine|only|no)\s+$", re.IGNORECASE)
_INSTEAD = re.compile(
    r",?\s+(?P<not>(?:but\s+|and\s+)?not\s+)?(?P<but>but\s+)?"
    r"(?:by\s+|in\s+|with\s+|from\s+|an?\s+|the\s+)*",
    re.IGNORECASE,
)
_ITEM = "\N{BLACK SQUARE}"
_ASIDE = re.compile(rf"\([^()]*\)|,\s[^,{_ITEM}]*,|,\s(?:un)?like\s[^,]*,", re.IGNORECASE)
_AS_SOMEBODY = re.compile(r"^\s*as\s+(?:the\s+)?[A-Z][\w’'.-]*(?:\s+[A-Z][\w’'.-]*)*")
_LINKING_WORDS = re.compile(
    r"\bw(?:as|ere)\s+\w+(?:ed|en)\s+and\b|"
    r"\b(?:and|but|which|that|who|is|was|were|are|also|both|all|it|he|she|they|an?|the)\b|"
    rf"[^\w{_ITEM}]",
    re.IGNORECASE,
)
_RESPECTIVELY = re.compile(r",?\s+respectively\b", re.IGNORECASE)
_OPINION = re.compile(
    r"\b(?:great|good|best|better|bad|worst|brilliant|wonderful|boring|beautiful|amazing|perfect|"
    r"masterpiece|must|should|love|enjoy|favou?rite|fun|funny|moving|classic|think|feel)\b|"
    r"최고|훌륭|재미|좋은|멋진|걸작",
    re.IGNORECASE,
)

Arguments = Sequence[Argument]


@dataclass(frozen=True, slots=True)
class Match:
    """A wording found in a sentence; `left` is empty when its subject stands further back."""

    pattern: Pattern
    left: Arguments
    right: Arguments
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
    known = lexicon(names)
    claims: list[Claim] = []
    before: tuple[Arguments, ...] = ()
    for span in sentences(text, mentions):
        if span.asked:
            claims.append(_nothing(text, span.start, span.end))
            continue
        patterns = known.grammar.worth_trying(text[span.start : span.end])
        reader = _Reader(Linker(known, text, span, mentions), patterns, before)
        claims += reader.read()
        before = reader.spoken_of or before
    return tuple(claims)


def is_opinion(text: str) -> bool:
    """Whether a sentence sounds like a judgement rather than a statement."""
    return bool(_OPINION.search(text))


class _Reader:
    """One sentence: finds matches, settles which of them hold, gives claims.

    `before` is what the sentence before spoke of, which a pronoun may mean.
    """

    def __init__(
        self, linker: Linker, patterns: Sequence[Pattern], before: tuple[Arguments, ...]
    ) -> None:
        self.linker = linker
        self.schema = linker.lexicon.schema
        self.items = linker.lexicon.items
        self.text, self.start, self.end = linker.text, linker.start, linker.end
        self.patterns = patterns
        self.before = before
        self.spoken_of: tuple[Arguments, ...] = ()

    def read(self) -> list[Claim]:
        """The claims of this sentence."""
        people = frames.people(self.linker, self.items)
        if people is not None:
            return [people]
        claims: list[Claim] = []
        alike, counted, offset = frames.opening(self.linker)
        used = [(self.start, offset)]
        last: Arguments = ()
        for match in self._chosen(offset):
            # A name that the clause before has taken up is not also in this one's list.
            free = [argument for argument in match.left if argument.start >= used[-1][1]]
            left = free or match.left or self._carried(match, last, used[-1][1])
            if not left or _UNSAID.search(self.text, self.start, left[0].start):
                continue
            last = left
            self.spoken_of = self.spoken_of or (left, match.right)
            others, count, end = frames.closing(self.linker, match.end)
            alike = others or alike
            if counted or count:
                claims += self._among_liked(match, left, counted or count)
            claims += self._claims(match, [*left, *alike])
            instead, end = self._instead(match, left, end)
            claims += instead
            used.append((match.start, end))
        claims += self._brackets(used)
        likes, places = frames.liked(self.linker, self.items, list(alike))
        claims += likes
        if not claims:
            return [_nothing(self.text, self.start, self.end)]
        return [*claims, *self._leftovers([*used, *places])]

    # -- wordings -----------------------------------------------------------------------------

    def _chosen(self, offset: int) -> list[Match]:
        """Matches that do not overlap, the best readings first, then in the order of the text."""
        every = [match for pattern in self.patterns for match in self._matches(pattern, offset)]
        every.sort(key=lambda match: (*(-part for part in match.worth), match.start))
        chosen: list[Match] = []
        for match in every:
            if all(match.end <= other.cue or match.cue >= other.end for other in chosen):
                chosen.append(match)
        return sorted(chosen, key=lambda match: match.cue)

    def _matches(self, pattern: Pattern, offset: int) -> Iterator[Match]:
        for between in pattern.between.finditer(self.text, offset, self.end):
            if self.linker.inside_name(between.start(), between.end()):
                continue
            match = self._around(pattern, between, offset)
            if match is not None and self._kinds_fit(match):
                yield match

    def _around(self, pattern: Pattern, between: re.Match[str], offset: int) -> Match | None:
        negated = _negation(between)
        start, end = between.start(), between.end()
        cue = start
        if pattern.after is not None:
            after = pattern.after.search(self.text, end, self.end)
            if after is None:
                return None
            right: Arguments = self.linker.slot(end, after.start())
            if right and self.text[end : right[0].start].strip(" \"'“”‘’*_"):
                cue = right[0].start
            end = after.end()
            negated = negated or _negation(after)
        else:
            neither = _NEITHER.match(self.text, end, self.end)
            negated = negated or neither is not None
            right = self._up_to_clause(
                self.linker.right(neither.end() if neither else end, self._ends(pattern)[1:])
            )
            end = right[-1].end if right else end
        if not right:
            return None
        left: Arguments
        if pattern.before is not None:
            *_, before = [None, *pattern.before.finditer(self.text, offset, between.start())]
            if before is None or (pattern.leads and self.text[offset : before.start()].strip()):
                return None
            left = self.linker.slot(before.end(), between.start())
            start = before.start()
            if not left:
                return None
        else:
            left = self.linker.left(between.start(), offset)
            if left and _NEITHER_BEFORE.search(self.text, offset, left[0].start):
                negated = True
        if pattern.list_needed and len(left) < 2:
            return None
        if left:
            start = min(start, left[0].start)
        return Match(pattern, left, right, start, end, cue, negated)

    def _up_to_clause(self, listed: Arguments) -> Arguments:
        """The list without a last name that is the subject of the next clause."""
        for at, argument in enumerate(listed[1:], start=1):
            rest = self.linker.past_quotes(argument.end)
            if any(
                pattern.before is None and pattern.between.match(self.text, rest, self.end)
                for pattern in self.patterns
                if not pattern.between.pattern.startswith(r"\s*,")
            ):
                return listed[:at]
        return listed

    def _ends(self, pattern: Pattern) -> tuple[str, str]:
        """The kinds that stand to the left and to the right of a wording."""
        relation = self.schema.relations[pattern.relation]
        ends = (relation.head, relation.tail)
        return ends if pattern.first == "head" else (ends[1], ends[0])

    def _kinds_fit(self, match: Match) -> bool:
        """Whether each end may be what the relation needs; unknown names fit, unless strict."""
        kinds = self._ends(match.pattern)
        for arguments, kind in zip((match.left, match.right), kinds, strict=True):
            known = [a for a in arguments if a.rows]
            if known and not any(self.linker.of_kind(a.rows, (kind,)) for a in known):
                return False
            if match.pattern.strict and len(known) < len(arguments):
                return False
        return True

    # -- subjects that stand further back -----------------------------------------------------

    def _carried(self, match: Match, last: Arguments, reached: int) -> Arguments:
        """The subject of a clause that does not name it: that of the clause before.

        Only where nothing but linking words stands between, so that "A reminds me of films made
        by B" does not say that B made A.
        """
        kind = self._ends(match.pattern)[0]
        if last and self._fits(last, kind) and self._links(reached, match.cue):
            return last
        earlier = next(
            (
                m
                for m in self.linker.mentions
                if m.end <= match.cue and self.linker.of_kind(m.rows, (kind,))
            ),
            None,
        )
        if earlier is not None:
            listed = self.linker.right(earlier.start, (kind,))
            end = max(listed[-1].end, min(reached, match.cue))
            return listed if self._links(end, match.cue) else ()
        pronoun = _PRONOUN.match(self.text[self.start : match.cue])
        if not self._links(self.start + (pronoun.end() if pronoun else 0), match.cue):
            return ()
        return next((spoken for spoken in self.before if self._fits(spoken, kind)), ())

    def _links(self, start: int, end: int) -> bool:
        """Whether nothing is said between two places but linking words, asides and attributes."""
        between = list(self.text[start:end])
        for mention in self.linker.mentions:
            if start <= mention.start and mention.end <= end:
                sign = _ITEM if self.linker.of_kind(mention.rows, self.items) else " "
                for at in range(mention.start, mention.end):
                    between[at - start] = sign
        bare = _AS_SOMEBODY.sub("", _ASIDE.sub("", "".join(between)))
        bare = re.sub(rf"\b(?:{self._things()})\b", "", bare) if self._things() else bare
        return not _LINKING_WORDS.sub("", bare)

    def _things(self) -> str:
        """What items are called: "film|films"."""
        words = [word for kind in self.items for word in self.schema.kinds[kind].words.values()]
        return "|".join(re.escape(name) for word in words for name in (word.many, word.one))

    def _fits(self, arguments: Arguments, kind: str) -> bool:
        return all(not a.rows or self.linker.of_kind(a.rows, (kind,)) for a in arguments)

    # -- claims -------------------------------------------------------------------------------

    def _claims(self, match: Match, left: Arguments) -> list[Claim]:
        pairs = [(one, two) for one in left for two in match.right]
        relation = self.schema.relations[match.pattern.relation]
        one_each = relation.functional and match.pattern.first == "head"
        if len(left) == len(match.right) > 1 and (
            one_each or _RESPECTIVELY.match(self.text, match.end, self.end)
        ):
            pairs = list(zip(left, match.right, strict=True))
        return [self._claim(match, one, two) for one, two in pairs]

    def _claim(self, match: Match, one: Argument, two: Argument) -> Claim:
        name = match.pattern.relation
        relation = self.schema.relations[name]
        head, tail = (one, two) if match.pattern.first == "head" else (two, one)
        start = min(one.start, two.start, match.cue) if one.start >= self.start else match.cue
        end = max(one.end, two.end, min(match.end, self.end))
        return Claim(
            text=self.text[start:end].strip(),
            span=(start, end),
            relation=name,
            head=head.text,
            tail=tail.text,
            heads=self.linker.ids(self.linker.of_kind(head.rows, (relation.head,))),
            tails=self.linker.ids(self.linker.of_kind(tail.rows, (relation.tail,))),
            negated=match.negated,
        )

    def _instead(self, match: Match, left: Arguments, at: int) -> tuple[list[Claim], int]:
        """`by A, not B`, `not by A but by B`: the other half of a contrast."""
        said = _INSTEAD.match(self.text, at, self.end)
        if not said or bool(said["not"]) == bool(said["but"]) or bool(said["but"]) != match.negated:
            return [], at
        kind = self._ends(match.pattern)[1]
        right = self._up_to_clause(self.linker.right(said.end(), (kind,)))
        if not right or not self.linker.of_kind(right[0].rows, (kind,)):
            return [], at
        end = right[-1].end
        other = replace(match, right=right, end=end, negated=not match.negated)
        return self._claims(other, left), end

    def _among_liked(self, match: Match, left: Arguments, said: Count | None) -> list[Claim]:
        """`..., like 12 of the 90 films you liked`: so many of them have the same."""
        if said is None:
            return []
        start, end = min(match.start, said.start), max(match.end, said.end)
        return [
            replace(
                self._claim(match, left[0], tail),
                text=self.text[said.start : said.end].strip(" ,"),
                span=(start, end),
                numbers=(said.count, said.all),
            )
            for tail in match.right
        ]

    def _brackets(self, used: list[tuple[int, int]]) -> list[Claim]:
        """`Heat (1995)`: what stands in brackets behind an item is its one value of something."""
        claims = []
        for mention in self.linker.mentions:
            found = _BRACKET.match(self.text, self.linker.past_quotes(mention.end), self.end)
            value = self.linker.starting(found.start("inside")) if found else None
            if not found or not value:
                continue
            for name, relation in self.schema.relations.items():
                heads = self.linker.of_kind(mention.rows, (relation.head,))
                tails = self.linker.of_kind(value.rows, (relation.tail,))
                if not relation.functional or relation.interaction or not heads or not tails:
                    continue
                claims.append(
                    Claim(
                        text=self.text[mention.start : found.end()],
                        span=(mention.start, found.end()),
                        relation=name,
                        head=self.text[mention.start : mention.end],
                        tail=found["inside"],
                        heads=self.linker.ids(heads),
                        tails=self.linker.ids(tails),
                    )
                )
                used.append((mention.start, found.end()))
        return claims

    def _leftovers(self, used: Sequence[tuple[int, int]]) -> list[Claim]:
        """A name or number that no claim has taken up: said, but not understood."""
        subjects = {(a.start, a.end) for arguments in self.spoken_of[:1] for a in arguments}
        left = [
            (m.start, m.end)
            for m in self.linker.mentions
            if (m.start, m.end) not in subjects
            and not any(start < m.end and m.start < end for start, end in used)
        ]
        return [_nothing(self.text, start, end) for start, end in left[:1]]


def _nothing(text: str, start: int, end: int) -> Claim:
    said = text[start:end]
    begin = start + len(said) - len(said.lstrip())
    return Claim(text=said.strip(), span=(begin, begin + len(said.strip())), relation="")


def _negation(found: re.Match[str]) -> bool:
    return "neg" in found.re.groupindex and found["neg"] is not None
