"""The subject of a clause that does not name it: who was spoken of before, or stands behind."""

import re

from reasoning.antecedents import meant
from reasoning.linking import Linker
from reasoning.matching import Arguments, Match, Matcher
from reasoning.numerals import NUMBER, ORDINAL

_PRONOUN = re.compile(
    r"^\W*(?:it|he|she|they|this|(?:both|all|these|the|this|that)(?: the| these)? (?P<noun>\w+))\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"{NUMBER}|{ORDINAL}", re.IGNORECASE)
_SEVERAL = re.compile(r"\b(?:both|all|these|they)\b", re.IGNORECASE)
_ITEM = "\N{BLACK SQUARE}"
_ASIDE = re.compile(rf"\([^()]*\)|,\s[^,{_ITEM}]*,|,\s(?:un)?like\s[^,]*,", re.IGNORECASE)
_AS_SOMEBODY = re.compile(r"^\s*as\s+(?:the\s+)?[A-Z][\w’'.-]*(?:\s+[A-Z][\w’'.-]*)*")
_LINKING_WORDS = re.compile(
    r"\bw(?:as|ere)\s+\w+(?:ed|en)(?:\s+and\b|\s*$)|"
    r"\b(?:and|but|or|which|that|who|whom|is|was|were|are|been|be|being|has|have|had|also|too|both|"
    r"all|it|its|he|his|she|her|they|their|them|this|these|those|there|an?|the|of|among|one|ones|"
    r"another|some|first|once|here|then|same|very|itself|himself|herself|not|so|now|"
    r"(?:(?:best|well|most|widely)\s+)?(?:known|famous)\s+for|"
    r"came\s+(?:first|second|later|next|last)(?:\s+in\s+\d+)?|"
    r"person|people|man|woman|name|indeed|fact|in|because|since|as|so|while|though|"
    r"(?-i:[a-z]{2,}ly))\b|"
    rf"[^\w{_ITEM}]",
    re.IGNORECASE,
)
_IS_CALLED = re.compile(
    r"[\"'”’*_]*(?:\s*[:–—]|,?\s+(?:is|was|are|were|would\s+be)\b"
    r"(?:\s+(?:of\s+course|none\s+other\s+than|called|named|(?-i:[a-z]{2,}ly)))?)\s+",
    re.IGNORECASE,
)


def carried(matcher: Matcher, match: Match, last: Arguments, reached: int) -> Arguments:
    """The subject of a clause that does not name it: `last`, that of the clause before.

    Only where nothing but linking words stands between that clause, which ends at `reached`, and
    this one, so that "A reminds me of films made by B" does not say that B made A.
    """
    linker, text = matcher.linker, matcher.text
    kind = matcher.ends(match.pattern)[0]
    role = linker.lexicon.role_words.search(text, linker.start, match.cue)
    if role and match.pattern.relation not in linker.lexicon.nouns[role[0].casefold()]:
        return ()  # "The writers who made A are ...": whatever that is, it is about writers
    if last and _fits(linker, last, kind) and _links(linker, reached, match.cue):
        return last
    earlier = next(
        (
            name
            for name in linker.named
            if name.end <= match.cue and (linker.of_kind(name.rows, (kind,)) or not name.rows)
        ),
        None,
    )
    if earlier is not None:
        listed = linker.right(earlier.start, (kind,))
        end = max(listed[-1].end, min(reached, match.cue))
        return listed if _links(linker, end, match.cue) else ()
    pronoun = _PRONOUN.match(text[linker.start : match.cue])
    if pronoun and pronoun["noun"] and not _means(linker, pronoun["noun"].casefold()):
        return ()  # "The songs made it": no songs were spoken of
    if not _links(linker, linker.start + (pronoun.end() if pronoun else 0), match.cue):
        return ()
    if named := _IS_CALLED.match(text, match.end, linker.end):
        # "The one who made A is B": the subject stands behind.
        behind = linker.right(named.end(), (kind,))
        if behind and _fits(linker, behind, kind):
            return behind
    many = pronoun is not None and _SEVERAL.search(pronoun.group()) is not None
    return meant(linker.before, linker, kind, many=many)


def _means(linker: Linker, noun: str) -> bool:
    """Whether a noun may mean something that was spoken of, by what it is or how many there are."""
    lexicon = linker.lexicon
    called = {name for kind in lexicon.schema.kinds for name in (kind, f"{kind}s")}
    for kind in lexicon.schema.kinds.values():
        called |= {word for words in kind.words.values() for word in (words.one, words.many)}
    known = noun in lexicon.things or noun in lexicon.nouns or noun in called
    return known or _NUMBER.fullmatch(noun) is not None or bool(_LINKING_WORDS.fullmatch(noun))


def _links(linker: Linker, start: int, end: int) -> bool:
    """Whether nothing is said between two places but linking words, asides and attributes."""
    between = list(linker.text[start:end])
    for mention in linker.mentions:
        if start <= mention.start and mention.end <= end:
            sign = _ITEM if linker.of_kind(mention.rows, linker.lexicon.items) else " "
            for at in range(mention.start, mention.end):
                between[at - start] = sign
    bare = _AS_SOMEBODY.sub("", _ASIDE.sub("", "".join(between)))
    return not _LINKING_WORDS.sub("", linker.lexicon.thing_words.sub("", bare))


def _fits(linker: Linker, arguments: Arguments, kind: str) -> bool:
    return all(not a.rows or linker.of_kind(a.rows, (kind,)) for a in arguments)
