"""Patterns by which statements are found in a text, compiled from the schema's own words.

A template such as "{head} was directed by {tail}" becomes three literals around two slots:
before, between, after. What is found between two names, with its negations, makes a claim; so a
new catalogue is understood as soon as its mapping says how its relations read.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from graph.schema import Schema
from reasoning.wordings import Wording, wordings
from reasoning.words import PAIR, PARTICLES, SLOT

_WAS = r"was|were|(?:has|have|had|may\s+have|might\s+have)\s+been|(?:may|might)\s+be"
_BE = {
    "was": _WAS, "were": _WAS, "is": f"is|are|'s|’s|{_WAS}", "are": f"is|are|{_WAS}",
    "has": "has|have|had", "have": "has|have|had", "had": "has|have|had",
}  # fmt: skip
# Words that may stand inside a statement and leave it what it is.
_ADVERB = (
    r"(?:also|both|all|once|first|only|in\s+fact|of\s+course|indeed|after\s+all|(?-i:[a-z]{2,}ly))"
)
# "in truth", "without any doubt": a preposition with up to three words.
_ASIDE = r"(?:\s+(?:in|by|for|without|beyond|at|on)\s+(?:\w+\s+){0,2}?\w+|,(?:\s+\w+){1,4},)"
_NEVER = r"(?:not|never|hardly|by\s+no\s+means|in\s+no\s+way)"
_NOT = (
    rf"(?P<neg>,?(?:\s+{_ADVERB})?\s+{_NEVER}\b,?|n't\b|n’t\b)?"
    rf"(?:,?\s+{_ADVERB}\b,?)*{_ASIDE}?"
)
_DO_NOT = (
    rf"(?:{_ADVERB}\s+)?(?:(?P<neg>(?:did|does|do|has|have|had)(?:\s+not|n't|n’t)|never|not)\s+|"
    rf"(?:did|does|do|has|have|had)\s+)?(?:{_ADVERB}\s+)*"
)
_BASE = {"made": "make", "wrote": "write", "came": "come", "saw": "see", "took": "take",
         "sang": "sing", "gave": "give", "won": "win", "ran": "run", "got": "get",
         "held": "hold", "led": "lead", "built": "build", "shot": "shoot"}  # fmt: skip
_FIXED = re.compile(r"\w+")
_HANGUL = re.compile(r"[가-힣]+")
# How a Korean statement ends, said politely, and denied.
_ENDINGS = (
    ("했다", "했다|했습니다|했어요|했고|했으며", "하지 (?:않았다|않았습니다|않았어요)"),
    ("왔다", "왔다|왔습니다|왔어요|왔고|왔으며", "오지 (?:않았다|않았습니다|않았어요)"),
    ("온다", "온다|옵니다|와요|왔다|오고|오며", "오지 (?:않는다|않습니다|않아요|않았다)"),
    ("썼다", "썼다|썼습니다|썼어요|썼고|썼으며", "쓰지 (?:않았다|않았습니다|않았어요)"),
    ("맡았다", "맡았다|맡았습니다|맡았어요|맡았고|맡았으며", "맡지 (?:않았다|않았습니다|않았어요)"),
    ("속한다", "속한다|속합니다|속해요|속하고|속하며", "속하지 (?:않는다|않습니다|않아요)"),
    ("한다", "한다|합니다|해요|하고|하며", "하지 (?:않는다|않습니다|않아요)"),
    ("있다", "있다|있습니다|있어요|있고|있으며", "없다|없습니다|없어요"),
    ("이다/다", "이다|다|입니다|이에요|예요|이고|이며", "(?:이|가) (?:아니다|아닙니다|아니에요)"),
    ("이다", "이다|입니다|이에요|이고|이며", "이 (?:아니다|아닙니다|아니에요)"),
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """One wording of one relation.

    `first` says which end stands first, "head" or "tail". `before` and `after` are None where
    the wording begins or ends with a slot. `list_needed`: the first slot holds several names.
    `leads`: the wording stands at the beginning of a sentence.
    `size` is how many letters are fixed; of two readings the one with more wins. `strict`: so
    little is fixed ("Heat from 1995") that both names must be known. `described`: an article
    leads to the second slot, where any adjective may stand ("is a French film"), so that one word
    which is no known name is none. `stretch`: the second slot holds a stretch of time. One of
    `needs` is part of every text that the pattern matches.
    """

    relation: str
    first: str
    before: re.Pattern[str] | None
    between: re.Pattern[str]
    after: re.Pattern[str] | None
    size: int
    needs: tuple[str, ...]
    list_needed: bool = False
    leads: bool = False
    strict: bool = False
    described: bool = False
    stretch: bool = False


@lru_cache(maxsize=8)
def compiled(schema_json: str) -> tuple[Pattern, ...]:
    """All patterns of a schema (`Schema.to_json`), those with more fixed letters first."""
    schema = Schema.from_json(schema_json)
    patterns: dict[tuple[str, str], Pattern] = {}
    for name, relation in schema.relations.items():
        if relation.interaction:
            continue  # what a person does is read by `history`
        for language, wording in wordings(schema, name):
            patterns.setdefault((name, wording.template), _pattern(name, wording, language))
    return tuple(sorted(patterns.values(), key=lambda pattern: (-pattern.size, pattern.relation)))


class Grammar:
    """The patterns of a schema, put together by the words that they cannot do without."""

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        groups: dict[tuple[str, ...], list[tuple[int, Pattern]]] = {}
        for place, pattern in enumerate(patterns):
            groups.setdefault(pattern.needs, []).append((place, pattern))
        self._groups = list(groups.items())

    def worth_trying(self, folded: str) -> list[Pattern]:
        """The patterns whose fixed words stand in a text in small letters; no others match."""
        found: list[tuple[int, Pattern]] = []
        for needs, patterns in self._groups:
            for part in needs:
                if part in folded:
                    found += patterns
                    break
        found.sort(key=_place)
        return [pattern for _, pattern in found]


def _place(found: tuple[int, Pattern]) -> int:
    return found[0]


def _needs(before: str, between: str, after: str, language: str) -> tuple[str, ...]:
    """The beginnings of a word of which one must be in the text."""
    words = _FIXED.findall(f"{before} {after}")
    first, *others = between.split() or [""]
    if language == "ko":
        words = [word for word in _HANGUL.findall(PAIR.sub(" ", f"{before} {between}"))]
        if words:
            return (max(words, key=len),)
        pair = PAIR.search(f"{before} {between}")  # else one of its particles, so no other script
        return tuple(dict.fromkeys(PARTICLES[pair.group()])) if pair else ("",)
    words += _FIXED.findall(" ".join(others))
    if words:
        return (max(words, key=len).casefold(),)
    if not first[:1].isalpha():
        return ("'", "’") if first.startswith("'") else (first[:1],)
    if first.casefold() in _BE:
        return ("",)
    base = _BASE.get(first.casefold(), "")
    stem = first.casefold().removesuffix("ed").removesuffix("s").removesuffix("e")
    return (first.casefold(), base.removesuffix("e")) if base else (stem,)


def _pattern(name: str, wording: Wording, language: str) -> Pattern:
    template = wording.template.rstrip(".")
    one, two = SLOT.finditer(template)
    before = template[: one.start()]
    between = template[one.end() : two.start()]
    after = template[two.end() :]
    fixed = re.sub(r"\W", "", before + between + after)
    korean = language == "ko"
    plain = korean or (before.strip() and between.split()[:1] and between.split()[0] not in _BE)
    return Pattern(
        relation=name,
        first=one.group(1),
        before=re.compile(_literal(before), re.IGNORECASE) if before.strip() else None,
        between=re.compile(_literal(between) if plain else _english(between), re.IGNORECASE),
        after=re.compile(
            _korean_end(after) if korean else _literal(after) + r"(?!\w)", re.IGNORECASE
        )
        if after.strip()
        else None,
        size=len(fixed),
        needs=_needs(before, between, after, language),
        list_needed=wording.list_needed,
        strict=wording.strict,
        leads=wording.leads,
        stretch=wording.stretch,
        described=between.split()[-1:] in (["a"], ["an"]),
    )


def _literal(text: str) -> str:
    """A literal as a regular expression: any white space, either form of a particle."""
    parts = []
    at = 0
    for pair in PAIR.finditer(text):
        parts.append(_spaced(text[at : pair.start()]))
        parts.append(f"(?:{'|'.join(dict.fromkeys(PARTICLES[pair.group()]))})")
        at = pair.end()
    parts.append(_spaced(text[at:]))
    return "".join(parts)


def _spaced(text: str) -> str:
    escaped = r"\s+".join(re.escape(part) for part in re.split(r"\s+", text))
    escaped = escaped.replace(r",\s+", r",[\"”’]?\s+")  # "In “Heat,” he plays"
    return escaped.replace("'", "['’]")


def _english(text: str) -> str:
    """A literal between two names, with the plural of its verb and its negation."""
    bare = text.strip()
    if not bare:
        return r"(?!)"
    first, *others = bare.split()
    rest = "".join(
        (r"(?:\s+back)?\s+" if word == "in" else r"\s+") + re.escape(word) for word in others
    )
    end = r"(?!\w)" if bare[-1].isalnum() else ""
    if first.casefold() in _BE:
        joined = r"(?:\s+|(?=['’]s))" if "'s" in _BE[first.casefold()] else r"\s+"
        return rf"{joined}(?<!\w)(?:{_BE[first.casefold()]})(?!\w(?<!n)){_NOT}{rest}{end}"
    if not first[0].isalpha():
        return r"\s*" + re.escape(first) + rest + end
    return rf"\s+(?<!\w){_DO_NOT}{verb_forms(first)}{rest}{end}"


def verb_forms(word: str) -> str:
    """A verb in the forms it may stand in: stars, star, starred, starring."""
    forms = [re.escape(word)]
    base = _BASE.get(word.casefold(), "")
    if base:
        forms += [f"{base}s?", f"{base.removesuffix('e')}[a-z]?ing"]
    elif word.endswith("ed"):
        stem = re.escape(word[:-2])
        forms += [f"{stem}e?s?", f"{stem}ing"]
    elif word.endswith("s") and len(word) > 3:
        stem = re.escape(word[:-1].removesuffix("e"))
        forms += [f"{stem}e?", f"{stem}[a-z]?ing", f"{stem}[a-z]?ed"]
    return f"(?:{'|'.join(forms)})"


def _korean_end(text: str) -> str:
    for ending, said, denied in _ENDINGS:
        if text.endswith(ending):
            start = _literal(text[: -len(ending)])
            return rf"{start}(?:(?P<neg>{denied})|(?:{said}))"
    return _literal(text)
