"""Patterns by which statements are found in a text, compiled from the schema's own words.

A template such as "{head} was directed by {tail}" becomes three literals around two slots:
before, between, after. What is found between two names, with its negations, makes a claim; so a
new catalogue is understood as soon as its mapping says how its relations read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from graph.schema import KindWords, RelationWords, Schema
from reasoning.phrases import PHRASES
from reasoning.words import PAIR, PARTICLES, SLOT

_BE = {
    "was": "was|were", "were": "was|were", "is": "is|are|'s|’s", "are": "is|are|was|were",
    "has": "has|have|had", "have": "has|have|had", "had": "has|have|had",
}  # fmt: skip
_NOT = r"(?P<neg>\s+(?:not|never)\b|n't\b|n’t\b)?(?:\s+(?:also|both|all))?"
_DO_NOT = r"(?:(?P<neg>(?:did|does|do)(?:\s+not|n't|n’t)|never)\s+)?(?:(?:also|both|all)\s+)?"
_BASE = {"made": "make", "wrote": "write", "came": "come", "saw": "see", "took": "take",
         "sang": "sing", "gave": "give", "won": "win", "ran": "run", "got": "get",
         "held": "hold", "led": "lead", "built": "build", "shot": "shoot"}  # fmt: skip
_PREPOSITIONS = frozenset(("from", "in", "with", "by", "of", "at", "on", "for"))
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
    little is fixed ("Heat from 1995") that both names must be known.
    """

    relation: str
    first: str
    before: re.Pattern[str] | None
    between: re.Pattern[str]
    after: re.Pattern[str] | None
    size: int
    list_needed: bool = False
    leads: bool = False
    strict: bool = False


@lru_cache(maxsize=8)
def compiled(schema_json: str) -> tuple[Pattern, ...]:
    """All patterns of a schema (`Schema.to_json`), those with more fixed letters first."""
    schema = Schema.from_json(schema_json)
    patterns: list[Pattern] = []
    for name, relation in schema.relations.items():
        for language, words in relation.words.items():
            kind = schema.kinds[relation.head].words.get(language)
            patterns += _of_relation(name, language, words, kind)
    return tuple(sorted(patterns, key=lambda pattern: (-pattern.size, pattern.relation)))


def _of_relation(
    name: str, language: str, words: RelationWords, kind: KindWords | None
) -> Iterator[Pattern]:
    for template in (words.forward, words.inverse, *words.also):
        yield _pattern(name, template, language)
    if not words.shared:
        return
    for text in _together(language, words.shared, kind):
        yield _pattern(name, text, language, list_needed=True)
    if language != "en":
        return
    yield _pattern(name, f"{{head}} is {words.shared}", language)
    yield _pattern(name, f"{words.shared}, {{head}}", language, strict=True, leads=True)
    strict = words.shared.split()[0] in _PREPOSITIONS
    yield _pattern(name, f"{{head}}, {words.shared}", language, strict=strict)
    yield _pattern(name, f"{{head}} {words.shared}", language, strict=True)
    if kind:
        for article in ("a", "the", "is a", "is the"):
            wording = f"{{head}}{_lead(article)} {kind.one} {words.shared}"
            yield _pattern(name, wording, language, strict=strict)


def _together(language: str, shared: str, kind: KindWords | None) -> Iterator[str]:
    """The ways to say that several items have something in common; the first set is our own."""
    phrase = PHRASES.get(language)
    if phrase is None:
        return
    called = (kind.many, kind.one, phrase.things) if kind else (phrase.things,)
    frame = phrase.shared.replace("{items}", "{head}")
    for together in (phrase.two, phrase.many):
        for things in dict.fromkeys(called):
            known = {"together": together, "things": things, "shared": shared}
            yield frame.format_map({"head": "{head}", "tail": "{tail}", **known})
        if language == "en":
            yield f"{{head}} are {together} {shared}"
            yield f"{{head}}, {together} {shared}"


def _lead(article: str) -> str:
    return f" {article}" if article.startswith("is") else f", {article}"


def _pattern(
    name: str,
    template: str,
    language: str,
    *,
    list_needed: bool = False,
    strict: bool = False,
    leads: bool = False,
) -> Pattern:
    template = template.rstrip(".")
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
        list_needed=list_needed,
        strict=strict,
        leads=leads,
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
    return escaped.replace("'", "['’]")


def _english(text: str) -> str:
    """A literal between two names, with the plural of its verb and its negation."""
    bare = text.strip()
    if not bare:
        return r"(?!)"
    first, *others = bare.split()
    rest = "".join(r"\s+" + re.escape(word) for word in others)
    end = r"(?!\w)" if bare[-1].isalnum() else ""
    if first.casefold() in _BE:
        joined = r"\s*" if "'s" in _BE[first.casefold()] else r"\s+"
        return rf"{joined}(?<!\w)(?:{_BE[first.casefold()]}){_NOT}{rest}{end}"
    if not first[0].isalpha():
        return r"\s*" + re.escape(first) + rest + end
    return rf"\s+(?<!\w){_DO_NOT}{_verb(first)}{rest}{end}"


def _verb(word: str) -> str:
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
