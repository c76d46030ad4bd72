"""The names of a sentence: what stands to the left and to the right of a wording, as nodes.

A name that no node has is kept, as its words with no rows: what is said of it is a claim too.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property

from graph.names import Mention
from reasoning.lexicon import Lexicon
from reasoning.sentences import Span

_QUOTES = "\"'“”\u2018’«»*_"
_SPACE = " \t\n"
_AND = re.compile(
    r"\s*(?:,\s*(?:and|or|nor)\s+|,\s*|\s+(?:and|or|nor|&)\s+|\s*(?:와|과)\s+)(?!not\b)"
)
_AND_BEFORE = re.compile(
    r"(?:(?P<and>,?\s*\b(?:and|or|nor)\s+|\s*&\s*|(?:와|과)\s+)|,\s*)$", re.IGNORECASE
)
_ARTICLE = re.compile(r"(?:the|a|an)\s+", re.IGNORECASE)
_CAPITAL = r"[A-ZÀ-ÞŁŠŽ0-9가-힣][\w’'.&-]*"
_SMALL = r"(?:of|the|de|da|del|van|von|der|la|le|du|for|to|a|an|in|&|and)"
_NAME = re.compile(rf"{_CAPITAL}(?:(?:\s+{_SMALL})*\s+{_CAPITAL})*")
_FULL_NAME = re.compile(rf"{_CAPITAL}(?:(?:\s+{_SMALL})*\s+{_CAPITAL})+|[가-힣 ]+")
# What somebody is, before the name.
_TITLE = re.compile(
    rf"(?:(?:the|an?)\s+)?(?P<what>(?:[A-Z]?[a-z-]+\s+)?[a-z-]+(?:\s+and\s+[a-z-]+)?)\s+(?={_CAPITAL}\s+{_CAPITAL})"
)
_STOPS = re.compile(r"[.,;:!?]+$")
_IN_BRACKETS = re.compile(r"\s*\([^()]*\)$")
_NUMBER_BEHIND = re.compile(r"\s*\(\d+\)")
# Words that begin a sentence with a capital and name nothing.
_SMALL_WORDS = """
it its he his him she her they their them this that these those you your i we our us my who whom
what which whose where when why how here there one another other some any all both each no not none
two three four five six
nobody among of for from in on at by with as if so and or but then also now next the a an is was
are were yes let take try since while because although though after before like unlike besides
despite note
"""
NO_NAMES = frozenset(_SMALL_WORDS.split())
_CAPITAL_BEHIND = re.compile(r"[ \t]+([A-ZÀ-ÞŁŠŽ][\w’'.&-]*)")
_VERB_BEHIND = re.compile(r"\s+(?:is|was|are|were|has|had|did|does|came|belongs)\b")
# What the name before it does, where no preposition or "and" goes on with a list.
_DOES_BEHIND = re.compile(
    r"[\"'”’*_]*(?:\s*\([^()]*\))?\s+(?!as\b)(?:[a-z]{2,}(?:s|ed)|is|was|has)\b"
)
# "It was A who made B", "It was in 1995 that": whatever is called "It".
_IT_WAS = re.compile(r"it\s+(?:is|was)\s+[^.;:!?]{3,60}\s(?:who|that)\b", re.IGNORECASE)
_ADJECTIVES = re.compile(
    r"\s*(?:an?\s+)?(?:(?!(?:of|in|on|at|for|with|about|from|by|to|as|than|where)\b)[a-z][a-z-]+\s+){1,2}"
)
# "December 15, 1995": only the year is told here.
_DATE = re.compile(
    r"(?:\d{1,2}\s+)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
    r"(?:\s+\d{1,2})?(?:st|nd|rd|th)?,?\s+(\d{4})\b"
)
_COMPOUND = re.compile(r"[a-z]-[a-z]")  # "family-friendly" speaks of no family
_PRONOUNS = ("it", "he", "she", "they", "this", "that", "these", "those", "we", "you", "them")
_OPENING = ("“", "‘", '"', "«", "*", "_")
_LOOSE_ENDS = ("and", "the", "of", "a", "in")
_CLAUSE_BEFORE = re.compile(r"(?:고|며|지만|서|,)\s*$")
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Argument:
    """A name in a sentence: where it stands, the words, and the nodes that are so called."""

    start: int
    end: int
    text: str
    rows: tuple[int, ...]


def _start(mention: Mention) -> int:
    return mention.start


def is_name(text: str, mention: Mention, *, spoken: bool) -> bool:
    """Whether a known name is one here, or a word: "It" is a title only where it looks like one.

    `spoken`: something was spoken of before, which a pronoun may mean.
    """
    word = text[mention.start : mention.end]
    if not NO_NAMES.issuperset(word.casefold().split()):
        return True
    if text[mention.start - 1 : mention.start] in _OPENING and text[mention.end : mention.end + 1]:
        return True
    if word[:1].islower():
        return False
    if _NUMBER_BEHIND.match(text, mention.end):
        return True
    if _IT_WAS.match(text, mention.start):
        return False
    if word.casefold() not in _PRONOUNS and _VERB_BEHIND.match(text, mention.end):
        return True  # "The was made by A": no article stands before a verb
    begins = not text[max(0, mention.start - 3) : mention.start].strip(_SPACE + "*_-\"'“")
    begins = begins or text[max(0, mention.start - 3) : mention.start].rstrip()[-1:] in ".!?:;\n"
    return not (begins and (spoken or word.casefold() not in _PRONOUNS))


class Linker:
    """The names of one sentence; all places are characters of the whole text.

    `before` is what was spoken of before, the last first, which a pronoun may mean.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        text: str,
        span: Span,
        mentions: Sequence[Mention],
        before: Sequence[Sequence["Argument"]] = (),
    ) -> None:
        self.lexicon = lexicon
        self.before = before
        self.names = lexicon.names
        self.text = text
        self.start, self.end = span.start, span.end
        first = bisect_left(mentions, span.start, key=_start)
        last = bisect_left(mentions, span.end, key=_start)
        self.mentions: list[Mention] = []
        starts = {mention.start for mention in mentions[first:last]}
        for mention in mentions[first:last]:
            spoken = bool(before) or bool(self.mentions)
            if mention.end > span.end:
                continue
            if mention.end + 1 not in starts and _COMPOUND.match(text, mention.end - 1):
                continue
            if text[mention.start : mention.end] in lexicon.things:
                continue  # "film" as a tag
            if is_name(text, mention, spoken=spoken):
                self.mentions.append(mention)
        self._by_start = {m.start: m for m in self.mentions}
        self._by_end = {m.end: m for m in self.mentions}

    def add(self, more: Sequence[Mention]) -> None:
        """Take up mentions of what is described, in place of the names inside them."""
        self.__dict__.pop("named", None)
        for one in more:
            self.mentions = [m for m in self.mentions if m.end <= one.start or m.start >= one.end]
            self.mentions.append(one)
        self.mentions.sort(key=_start)
        self._by_start = {m.start: m for m in self.mentions}
        self._by_end = {m.end: m for m in self.mentions}

    def until(self, end: int) -> "Linker":
        """The sentence as far as a place."""
        linker = copy(self)
        linker.__dict__.pop("named", None)
        linker.end = end
        return linker

    def ids(self, rows: Sequence[int]) -> tuple[str, ...]:
        """Node ids of rows."""
        return self.lexicon.ids(rows)

    def of_kind(self, rows: Sequence[int], kinds: Sequence[str]) -> tuple[int, ...]:
        """Those of the rows that are of one of the kinds."""
        return self.lexicon.of_kind(rows, kinds)

    def starting(self, at: int) -> Mention | None:
        """The known name that begins at a place."""
        return self._by_start.get(at)

    def name_at(self, start: int, end: int) -> Mention | None:
        """The first known name that has a part in the words between two places.

        Where the two are one place: the name that it is in. What is written in small letters is a
        word as well, so it is left out.
        """
        while start < end and self.text[start] in _SPACE:
            start += 1
        while end > start and self.text[end - 1] in _SPACE:
            end -= 1
        end = max(end, start + 1)
        for mention in self.mentions:
            if mention.end > start and not self.text[mention.start : mention.end].islower():
                return mention if mention.start < end else None
        return None

    def argument(self, mention: Mention) -> Argument:
        """A known name, with the number in brackets that tells it from its namesakes."""
        text = self.text[mention.start : mention.end]
        behind = _NUMBER_BEHIND.match(self.text, self.past_quotes(mention.end), self.end)
        end = behind.end() if behind else mention.end
        return Argument(mention.start, end, text, mention.rows)

    def right(self, at: int, kinds: Sequence[str] = (), *, one: bool = False) -> list[Argument]:
        """The names that stand from `at` on: one, or several in a row.

        A list ends where a known name is of none of the `kinds`, if the first one is.
        """
        found: list[Argument] = []
        joined = False
        while (argument := self._one_right(at, None if found else kinds)) is not None:
            if found and argument.rows and kinds and not self.of_kind(argument.rows, kinds):
                break
            if found and kinds and not joined and self._begins_anew(argument, kinds):
                break
            found.append(argument)
            after = self.past_quotes(argument.end)
            if not argument.rows and (number := _NUMBER_BEHIND.match(self.text, after, self.end)):
                after = number.end()
            joint = _AND.match(self.text, after, self.end)
            if one or joint is None:
                break
            joined = joined or joint.group().strip() != ","
            at = joint.end()
        if not joined:  # "made by A, Foo is ...": Foo is no second name
            known = [at for at, argument in enumerate(found) if argument.rows]
            found = found[: max(known, default=0) + 1]
            if len(found) > 1 and _DOES_BEHIND.match(self.text, found[-1].end, self.end):
                found.pop()  # "made by A, B plays ...": nor is B, known or not
        return found or self._told_apart(at, kinds)

    def _told_apart(self, at: int, kinds: Sequence[str]) -> list[Argument]:
        """A value behind adjectives that are no values: "psychological thriller"."""
        if not kinds or any(kind not in self.lexicon.value_of for kind in kinds):
            return []
        before = _ADJECTIVES.match(self.text, at, self.end)
        value = self.starting(before.end()) if before else None
        return [self.argument(value)] if value and self.of_kind(value.rows, kinds) else []

    def _begins_anew(self, argument: Argument, kinds: Sequence[str]) -> bool:
        """Whether a name behind a comma is rather an item that a new clause speaks of."""
        items = self.lexicon.items
        return not set(kinds) & set(items) and bool(self.of_kind(argument.rows, items))

    def left(self, at: int, offset: int) -> list[Argument]:
        """The names that end at `at`: one, or several in a row that an "and" joins."""
        found: list[Argument] = []
        joined = False
        while (argument := self._one_left(at, offset)) is not None:
            found.insert(0, argument)
            lead = self.text[offset : argument.start].rstrip(_QUOTES)
            joint = _AND_BEFORE.search(lead)
            if joint is None:
                break
            at = offset + joint.start()
            before = self._one_left(at, offset)
            if before is None or not self._same_kind(before, found[0]):
                break
            joined = joined or joint["and"] is not None
        return found if joined else found[-1:]

    def slot(self, start: int, end: int) -> list[Argument]:
        """The names between two literals; the whole as one unknown name when it is not known.

        Of what another clause says before it ("A was made by B and came out in C") only the
        name at the end is meant.
        """
        text = self.text[start:end]
        bare = text.strip(_SPACE + ",;:" + _QUOTES)
        if not bare or len(bare) > LONGEST:
            return []
        at = start + text.index(bare)
        stop = at + len(bare)
        first = start + len(text) - len(text.lstrip(_SPACE + ",;:"))
        found = [argument for argument in self.right(first) if argument.start < stop]
        if found and found[-1].end >= stop:
            return found
        inside = [m for m in self.mentions if at <= m.start and m.end <= stop]
        if inside and inside[-1].end == stop:
            if _CLAUSE_BEFORE.search(self.text, at, inside[-1].start):
                return [self.argument(inside[-1])]
        elif inside and _CLAUSE_BEFORE.search(self.text, at, stop):
            return []
        rows = self.names.exact(bare)
        if not rows and not _FULL_NAME.fullmatch(bare):
            return []  # "a great film", "an American film": an adjective is nobody's name
        return [Argument(at, stop, bare, rows)]

    @cached_property
    def folded(self) -> str:
        """The sentence in small letters."""
        return self.text[self.start : self.end].casefold()

    @cached_property
    def named(self) -> list[Argument]:
        """All names of the sentence, known and unknown, in its order."""
        found = [self._longer(m) or self.argument(m) for m in self.mentions]
        at = 0
        for name in _NAME.finditer(self.text, self.start, self.end):
            while at < len(self.mentions) and self.mentions[at].end <= name.start():
                at += 1
            if at == len(self.mentions) or self.mentions[at].start >= name.end():
                unknown = self._unknown(name.start(), name.end())
                if unknown is not None:
                    found.append(unknown)
        found.sort(key=lambda argument: argument.start)
        return found

    def past_quotes(self, at: int) -> int:
        """The first place from `at` on that is no quote."""
        while at < self.end and self.text[at] in _QUOTES:
            at += 1
        return at

    # -- inside -------------------------------------------------------------------------------

    def _one_right(self, at: int, kinds: Sequence[str] | None) -> Argument | None:
        """The name that stands here; `kinds` are those wanted of the first of a list."""
        first = kinds is not None
        while at < self.end and self.text[at] in _SPACE + _QUOTES and at not in self._by_start:
            at += 1
        if (date := _DATE.match(self.text, at, self.end)) and date.start(1) in self._by_start:
            return self.argument(self._by_start[date.start(1)])
        article = _ARTICLE.match(self.text, at, self.end)
        for start in (at, article.end() if article else at):
            if start in self._by_start:
                known = self._by_start[start]
                if kinds and self._is_what(known, kinds):
                    break  # "by director B", where something is called "director", too
                # "Michael Foo" is not what is called "Michael".
                return self._longer(known) or self.argument(known)
        thing = self.lexicon.thing_words.match(self.text, article.end() if article else at)
        if thing and (named := self._by_start.get(self.past_quotes(thing.end() + 1))):
            return self.argument(named)  # "in the film Heat"
        title = _TITLE.match(self.text, at, self.end) if first else None
        if title and NO_NAMES.isdisjoint(title["what"].casefold().split()):
            # "by the French director Luc Besson"
            if told := self._by_start.get(title.end()):
                return self._longer(told) or self.argument(told)
            if name := _FULL_NAME.match(self.text, title.end(), self.end):
                return self._unknown(name.start(), name.end())
        name = _NAME.match(self.text, at, self.end)
        if name:
            return self._unknown(name.start(), name.end())
        return self._plain(at, self.end)

    def _is_what(self, known: Mention, kinds: Sequence[str]) -> bool:
        """Whether a name is rather a word for what somebody is, whose name follows."""
        word = self.text[known.start : known.end]
        named = _FULL_NAME.match(self.text, known.end + 1, self.end)
        return word.islower() and named is not None and not self.of_kind(known.rows, kinds)

    def _longer(self, known: Mention) -> Argument | None:
        """The unknown name that begins with a known one."""
        more = _CAPITAL_BEHIND.match(self.text, known.end, self.end)
        if more is None or more.start(1) in self._by_start:
            return None
        if more.group(1).casefold() in NO_NAMES:
            return None
        name = _NAME.match(self.text, known.start, self.end)
        if name is None or name.end() <= known.end:
            return None
        if any(known.end <= m.start < name.end() for m in self.mentions):
            return None
        return self._unknown(name.start(), name.end())

    def _one_left(self, at: int, offset: int) -> Argument | None:
        at = self._before_quotes(at)
        if at not in self._by_end and (bracket := _IN_BRACKETS.search(self.text[offset:at])):
            at = self._before_quotes(offset + bracket.start())
        if at in self._by_end and self._by_end[at].start >= offset:
            return self.argument(self._by_end[at])
        last = None
        for name in _NAME.finditer(self.text, offset, at):
            if name.end() == at:
                last = name
        if last is None:
            return self._plain(offset, at)
        start = last.start()
        for mention in self.mentions:
            joint = _AND.match(self.text, mention.end, at)
            if joint and start <= mention.start and joint.end() < at:
                start = joint.end()
        if (
            start in self._by_start
            and self.text[self._by_start[start].end : at].strip()[:1].islower()
        ):
            return None  # "A in 1991" is no name, though A is
        return self._unknown(start, at)

    def _plain(self, start: int, end: int) -> Argument | None:
        """Words in small letters, if they are a name as a whole."""
        text = self.text[start:end].strip(_SPACE + _QUOTES)
        whole = bool(text) and len(text) <= LONGEST and text[-1] not in ",;:"
        whole = whole and not NO_NAMES.issuperset(text.casefold().split())
        whole = whole and text.casefold().split()[-1] not in self.lexicon.things
        rows = self.names.exact(text) if whole else ()
        at = start + self.text[start:end].find(text)
        return Argument(at, at + len(text), text, rows) if rows else None

    def _unknown(self, start: int, end: int) -> Argument | None:
        text = _STOPS.sub("", self.text[start:end])
        while (cut := text.rpartition(" "))[2].casefold() in _LOOSE_ENDS:
            text = cut[0]
        if not text or text.casefold() in NO_NAMES:
            return None
        end = start + len(text)
        number = self._by_end.get(end)
        if number and self.text[number.start].isdigit():  # "December 1995"
            return self.argument(number)
        return Argument(start, end, text, self.names.exact(text) or self.lexicon.typos.near(text))

    def _same_kind(self, one: Argument, two: Argument) -> bool:
        kinds = {self.lexicon.kind(row) for row in one.rows}
        return bool(kinds & {self.lexicon.kind(row) for row in two.rows})

    def _before_quotes(self, at: int) -> int:
        """Back over quotes and spaces, but not into a name that is written with them."""
        quotes = _SPACE + _QUOTES
        while at > self.start and self.text[at - 1] in quotes and at not in self._by_end:
            at -= 1
        return at


def found_in(
    linker: Linker, pattern: re.Pattern[str], at: int = 0, *, apart: bool = False
) -> Iterator[re.Match[str]]:
    """Where a pattern matches in the sentence, but not from inside a name.

    `apart`: nor with any word of a name. Behind a name it is tried anew, so that the last word
    of a title is not taken for the first of a wording.
    """
    at = max(at, linker.start)
    while found := pattern.search(linker.text, at, linker.end):
        name = linker.name_at(found.start(), found.end() if apart else found.start())
        if name is None:
            yield found
            at = max(found.end(), at + 1)
        else:
            at = max(name.end, at + 1)
