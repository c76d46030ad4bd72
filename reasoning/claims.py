"""Any text becomes claims: who is said to be what to whom, with where it stands in the text.

Sentences are searched for the wordings of the schema's relations and for our own few frames.
Names are linked to nodes; a name that no node has stays a claim with no node. A sentence in which
nothing was understood is a claim without a relation, so that nothing passes in silence; so is a
question, since it says nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from graph.names import Mention, NameIndex
from graph.types import Chain, Claim
from reasoning import frames
from reasoning.chained import chained
from reasoning.clauses import more_clauses
from reasoning.descriptions import claims_of, descriptions, put_to
from reasoning.doubts import denied, hedged
from reasoning.frames import Count
from reasoning.grammar import Pattern
from reasoning.history import history
from reasoning.lexicon import Lexicon, lexicon
from reasoning.linking import Argument, Linker, found_in
from reasoning.listings import asked_roles, listings, only_labels
from reasoning.loose import loose
from reasoning.matching import Arguments, Match, Matcher, Place
from reasoning.proposals import Propose, with_proposals
from reasoning.ranges import with_ranges
from reasoning.ranking import ranking
from reasoning.readings import DESCRIBED, EVERY
from reasoning.sentences import sentences
from reasoning.short_names import with_short_names, without_parts
from reasoning.subjects import carried
from reasoning.tallies import MADE
from reasoning.visible import visible

_BRACKET = re.compile(r"\s*\((?P<inside>[^()]*)\)")
# "If A was made by B": supposed, or only part of what is said.
_UNSAID = re.compile(r"\b(?:if|whether|unless|suppose|imagine|only|no)\s+$", re.IGNORECASE)
_REMEMBERED = 6
_RESPECTIVELY = re.compile(r",?\s+respectively\b", re.IGNORECASE)
_OPINION = re.compile(
    r"\b(?:great|good|best|better|bad|worst|brilliant|wonderful|boring|beautiful|amazing|perfect|"
    r"masterpiece|must|should|love|enjoy|favou?rite|fun|funny|moving|classic|think|feel)\b|"
    r"최고|훌륭|재미|좋은|멋진|걸작",
    re.IGNORECASE,
)


def find_claims(
    names: NameIndex, text: str, question: str = "", propose: Propose | None = None
) -> tuple[Claim, ...]:
    """All claims of a text, in its order; every sentence gives at least one.

    `question` is what the text answers: its names are those that "it" may mean at first. `propose`
    may find claims in sentences that were not wholly understood.
    """
    seen = visible(text)
    claims = _read(names, seen.text, visible(question).text, propose)
    return tuple(replace(claim, span=seen.span(*_bare(seen.text, claim.span))) for claim in claims)


def _bare(text: str, span: Place) -> Place:
    """A place without the white space at its ends."""
    said = text[span[0] : span[1]]
    start = span[0] + len(said) - len(said.lstrip())
    return start, max(start, span[0] + len(said.rstrip()))


def _read(names: NameIndex, text: str, question: str, propose: Propose | None) -> list[Claim]:
    known = lexicon(names)
    asked = known.mentions(question) if question else []
    told = [(question[one.start : one.end], one.rows) for one in asked]
    whole = without_parts(known, text, known.mentions(text))
    mentions = with_ranges(known, text, with_short_names(known, text, whole, told))
    claims: list[Claim] = []
    before = _asked_for(known, question, asked)
    said: Sequence[tuple[str, Argument]] = ()
    roles = asked_roles(known, question)
    for span in sentences(text, mentions):
        linker = Linker(known, text, span, mentions, before)
        patterns = known.grammar.worth_trying(linker.folded)
        reader = _Reader(linker, [] if span.asked else patterns, said, roles)
        if span.asked:
            named = reader.brackets([])
            claims += named or [_nothing(text, span.start, span.end)]
            before = (*_spoken_of(linker), *before)[:_REMEMBERED]
            continue
        found = reader.read()
        claims += with_proposals(linker, found, propose) if propose else found
        before = (*reader.spoken_of, *before)[:_REMEMBERED]
        said = reader.said or said
    return claims


def is_opinion(text: str) -> bool:
    """Whether a sentence sounds like a judgement rather than a statement."""
    return bool(_OPINION.search(text))


class _Reader:
    """One sentence: finds matches, settles which of them hold, gives claims.

    `said_before` are the relations of the sentence before, with their tails.
    """

    def __init__(
        self,
        linker: Linker,
        patterns: Sequence[Pattern],
        said_before: Sequence[tuple[str, Argument]],
        roles: frozenset[str],
    ) -> None:
        self.linker = linker
        self.schema = linker.lexicon.schema
        self.items = linker.lexicon.items
        self.text, self.start, self.end = linker.text, linker.start, linker.end
        self.patterns = patterns
        self.matcher = Matcher(linker, patterns)
        self.said_before = said_before
        self.roles = roles
        self.spoken_of: tuple[Arguments, ...] = ()
        self.said: list[tuple[str, Argument]] = []
        self.within: Mapping[Place, tuple[Chain, ...]] = {}
        self.every: Mapping[Place, bool] = {}

    def read(self) -> list[Claim]:
        """The claims of this sentence."""
        people = frames.people(self.linker, self.items)
        if people is not None:
            return [people]
        chains = chained(self.linker, self.patterns)
        self.within, self.every = chains.within, chains.every
        claims: list[Claim] = [*chains.claims]
        alike, counted, offset = frames.opening(self.linker)
        used = [(self.start, offset)]
        told, taken = ranking(self.linker, self.patterns)
        done, places = history(self.linker, self.patterns, self.said_before)
        claims += [*told, *done]
        taken += chains.taken
        described, more = self._descriptions([*taken, *places])
        claims += described
        taken += [*places, *more]
        last: Arguments = ()
        for match in self.matcher.chosen(offset, [*used, *taken]):
            if match.cue < used[-1][1]:
                continue  # read with the clause before, whose verb it shares
            # A name that the clause before has taken up is not also in this one's list.
            free = [argument for argument in match.left if argument.start >= used[-1][1]]
            left = free or match.left or carried(self.matcher, match, last, used[-1][1])
            if left and left[0].start >= match.end:
                match = replace(match, end=left[-1].end)
            if not left or _UNSAID.search(self.text, self.start, left[0].start):
                continue
            last = left
            self.spoken_of = self.spoken_of or (left, match.right)
            others, count, end = frames.closing(self.linker, match.end)
            alike = others or alike
            if counted or count:
                claims += self._among_liked(match, left, counted or count)
            claims += self._claims(match, [*left, *alike])
            tails = match.right if match.pattern.first == "head" else left
            self.said += [(match.pattern.relation, tail) for tail in tails]
            for clause in more_clauses(self.matcher, replace(match, end=end)):
                claims += self._claims(clause, left if clause.left == match.left else clause.left)
                end = clause.end
            used.append((match.start, end))
        used += taken
        claims += self._listings(used)
        claims += self._elliptical(used)
        claims += self.brackets(used)
        if not chains.within:
            claims += self._loose(claims, used)
        likes, places = frames.liked(self.linker, self.items, list(alike), taken)
        claims += likes
        if not self.spoken_of and not only_labels(self.linker):
            self.spoken_of = _spoken_of(self.linker)
        self.said = self.said or [
            (claim.within[0].steps[0][0], name) for claim in claims if claim.relation == MADE
            for name in self.linker.named[:1]
        ]  # fmt: skip
        if not claims:
            return [_nothing(self.text, self.start, self.end)]
        said = sorted(self._in_mood(claims), key=lambda claim: claim.span[0])
        return [*said, *self._leftovers([*used, *places])]

    def _descriptions(self, within: Sequence[Place]) -> tuple[list[Claim], list[Place]]:
        """What descriptions say of whom, and where they stand; none `within` what is read."""
        claims: list[Claim] = []
        taken: list[Place] = []
        for found in descriptions(self.linker, self.patterns):
            if any(start < found.end and found.start < end for start, end in within):
                continue
            names, negated, start, end = put_to(self.linker, found)
            if not names:
                continue
            told = claims_of(self.linker, found, names, negated, (start, end))
            claims += [self._of_every(claim, name) for claim, name in told]
            if found.parts:
                taken.append((found.start, max(found.end, end)))
            self.said += [(part.relation, value) for part in found.parts for value in part.values]
            self.spoken_of = self.spoken_of or (names, *(part.values for part in found.parts))
        return claims, taken

    def _in_mood(self, claims: Sequence[Claim]) -> Sequence[Claim]:
        """Claims with what the sentence says of them as a whole: denied, or not quite sure."""
        first = min(claim.span[0] for claim in claims)
        if denied(self.text[self.start : first]):
            claims = [replace(claim, negated=not claim.negated) for claim in claims]
        if hedged(self.text[self.start : self.end]):
            claims = [replace(claim, hedged=True) for claim in claims]
        return claims

    def _listings(self, used: list[tuple[int, int]]) -> list[Claim]:
        """What the lines of a list say without a verb."""
        claims: list[Claim] = []
        taken = list(used)
        for match in listings(self.linker, self.roles, self.said_before):
            if any(start < match.end and match.cue < end for start, end in taken):
                continue
            claims += self._claims(match, match.left)
            self.spoken_of = self.spoken_of or (match.left, match.right)
            used.append((match.start, match.end))
        return claims

    def _loose(self, known: Sequence[Claim], used: list[tuple[int, int]]) -> list[Claim]:
        """What is told of things by values that no wording has read, and is not `known`."""
        claims: list[Claim] = []
        told = {(claim.relation, claim.heads, claim.tails) for claim in known}
        for claim, place in loose(self.linker, used):
            if (claim.relation, claim.heads, claim.tails) not in told:
                claims.append(claim)
            used.append(place)
        return claims

    def _elliptical(self, used: list[tuple[int, int]]) -> list[Claim]:
        """ "Its director is A", "the writer was B": of what was spoken of last."""
        claims: list[Claim] = []
        words, nouns = self.linker.lexicon.roles
        for said in found_in(self.linker, words):
            if any(start < said.end() and said.start() < end for start, end in used):
                continue
            if said["det"] is None and self.text[self.start : said.start()].strip(" *-"):
                continue
            for name in nouns[said["noun"].casefold()]:
                relation = self.schema.relations[name]
                spoken = [*self.spoken_of, *self.linker.before]
                heads = [one for some in spoken for one in some
                         if self.linker.of_kind(one.rows, (relation.head,))][:1]  # fmt: skip
                values = self.linker.right(said.end(), (relation.tail,))
                if not heads or not values:
                    continue
                pattern = next(p for p in self.linker.lexicon.patterns if p.relation == name)
                match = Match(
                    replace(pattern, first="head"), heads, values, said.start(), values[-1].end,
                    said.start(), said["neg"] is not None,
                )  # fmt: skip
                claims += self._claims(match, heads)
                self.spoken_of = self.spoken_of or (heads, values)
                used.append((said.start(), values[-1].end))
                break
        return claims

    # -- claims -------------------------------------------------------------------------------

    def _claims(self, match: Match, left: Arguments) -> list[Claim]:
        pairs = [(one, two) for one in left for two in match.right]
        relation = self.schema.relations[match.pattern.relation]
        one_each = relation.functional and match.pattern.first == "head"
        if len(left) == len(match.right) > 1 and (
            one_each or _RESPECTIVELY.match(self.text, match.end, self.end)
        ):
            pairs = list(zip(left, match.right, strict=True))
            told = {a.start for a in left if a.start >= self.start}
            if len(told) < len(left):  # "both" does not tell in what order
                pairs = max(pairs, list(zip(left[::-1], match.right, strict=True)),
                            key=lambda some: self._true(match, some))  # fmt: skip
        return [self._claim(match, one, two) for one, two in pairs]

    def _true(self, match: Match, pairs: Sequence[tuple[Argument, Argument]]) -> int:
        """How many of the pairs an edge joins."""
        name, known = match.pattern.relation, self.linker.lexicon
        relation = self.schema.relations[name]
        ends = [pair if match.pattern.first == "head" else pair[::-1] for pair in pairs]
        return sum(
            any(
                tail in known.tails(name, row)
                for row in self.linker.of_kind(head.rows, (relation.head,))
                for tail in two.rows
            )
            for head, two in ends
        )

    def _claim(self, match: Match, one: Argument, two: Argument) -> Claim:
        name = match.pattern.relation
        relation = self.schema.relations[name]
        head, tail = (one, two) if match.pattern.first == "head" else (two, one)
        start = min(one.start, two.start, match.cue) if one.start >= self.start else match.cue
        end = max(one.end, two.end, min(match.end, self.end))
        claim = Claim(
            text=self.text[start:end].strip(),
            span=(start, end),
            relation=name,
            head=head.text,
            tail=tail.text,
            heads=self.linker.ids(self.linker.of_kind(head.rows, (relation.head,))),
            tails=self.linker.ids(self.linker.of_kind(tail.rows, (relation.tail,))),
            negated=match.negated,
            qualifier=DESCRIBED if match.pattern.described and not tail.rows else "",
            within=tuple(
                chain for a in (one, two) for chain in self.within.get((a.start, a.end), ())
            ),
        )
        return self._of_every(claim, head)

    def _of_every(self, claim: Claim, head: Argument) -> Claim:
        """The claim, which is one of each of its heads where "all films by A" are meant."""
        none = self.every.get((head.start, head.end))
        if none is None or not claim.heads:
            return claim
        return replace(claim, qualifier=EVERY, negated=claim.negated != none)

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

    def brackets(self, used: list[tuple[int, int]]) -> list[Claim]:
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
                one_value = relation.functional or name in self.linker.lexicon.numeric
                if not one_value or relation.interaction or not heads or not tails:
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


def _asked_for(known: Lexicon, question: str, mentions: Sequence[Mention]) -> tuple[Arguments, ...]:
    return tuple(
        (replace(name, start=-1, end=-1),)
        for span in sentences(question, mentions)
        for name in Linker(known, question, span, mentions).named
        if name.rows  # "Tell me ...": a question is full of words that name nothing
    )


def _spoken_of(linker: Linker) -> tuple[tuple[Argument], ...]:
    return tuple((name,) for name in linker.named if not name.text.isdigit())[:3]


def _nothing(text: str, start: int, end: int) -> Claim:
    said = text[start:end]
    begin = start + len(said) - len(said.lstrip())
    return Claim(text=said.strip(), span=(begin, begin + len(said.strip())), relation="")
