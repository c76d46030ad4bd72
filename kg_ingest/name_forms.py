"""Forms of a name under which two catalogues may know one thing.

`graph.names` has the one normal form. Here are the ways in which catalogues move the parts of a
name about, each turned into the same text: "De Niro, Robert" and "Robert DeNiro", "Part II" and
"Part Two", "Lock, Stock & Barrel" and "Lock Stock and Barrel".
"""

import re
from dataclasses import dataclass

from graph.names import variants, words

_YEAR = re.compile(r"\s*\((?:[^()]*\b)?(1[5-9]\d\d|20\d\d)\b[^()]*\)\s*$")
_COMMA = re.compile(r"^([^,()]+), ([^,()]+)$")
_REMARK = re.compile(r"^(.*\w.*?)\s*\([^()]*\)\s*$")
_JOINING = frozenset({"and", "und", "et", "y"})
_NUMBERS = {
    name: str(number)
    for number, names in enumerate(
        (
            "ii two",
            "iii three",
            "iv four",
            "v five",
            "vi six",
            "vii seven",
            "viii eight",
            "ix nine",
            "ten",
            "xi eleven",
            "xii twelve",
            "xiii thirteen",
        ),
        start=2,
    )
    for name in names.split()
}
_GENERATIONS = {"jr": "jr", "junior": "jr", "sr": "sr", "senior": "sr"}


@dataclass(frozen=True, slots=True)
class NameForms:
    """A name ready to be compared.

    `whole` is its form without spaces, `others` are further forms, `words` its words, `text` the
    words in their order. `marks` tell it from namesakes of the same series or family: numbers
    and generations. `year` stands in brackets at its end, as in "Heat (1995)".
    """

    whole: str
    others: tuple[str, ...]
    words: tuple[str, ...]
    text: str
    marks: tuple[str, ...]
    year: str | None


def name_forms(name: str) -> NameForms:
    """All forms of a name; empty ones when it has neither letters nor digits."""
    dated = _YEAR.search(name)
    bare = name[: dated.start()] if dated and dated.start() else name
    ways = variants(bare)
    turned = _COMMA.match(bare)
    if turned:
        ways += variants(f"{turned[2]} {turned[1]}")
    if not ways:
        return NameForms("", (), (), "", (), None)
    outside = _REMARK.match(bare)
    if outside:  # what stands in brackets says more of it, or is another name
        ways = [*variants(outside[1]), *ways]
    parts = [_parts(way) for way in ways]
    forms = ["".join(part) for part in parts]
    first = parts[0]
    if 2 <= len(first) <= 4:
        forms.append(_sorted(first))
        longer = [word for word in first if len(word) > 1 or word.isdigit()]
        if 2 <= len(longer) < len(first):
            forms.append(_sorted(longer))
    whole, *others = dict.fromkeys(form for form in forms if form)
    return NameForms(
        whole,
        tuple(others),
        tuple(dict.fromkeys(first)),
        " ".join(first),
        tuple(sorted({word for word in first if _is_mark(word)})),
        dated[1] if dated and dated.start() else None,
    )


def company_form(name: str) -> str:
    """One form for a name that is only evidence: its longer words, sorted, without spaces."""
    forms = name_forms(name)
    longer = [word for word in forms.words if len(word) > 1]
    return _sorted(longer or list(forms.words))


def _sorted(parts: list[str]) -> str:
    return "~" + "".join(sorted(parts))


def _parts(way: str) -> list[str]:
    plain = [word for word, _, _ in words(way)]
    kept = [word for word in plain if word not in _JOINING] or plain
    first = [kept[0]]  # a name may begin with a number that counts nothing: "Seven Samurai"
    rest = [_NUMBERS.get(word, _GENERATIONS.get(word, word)) for word in kept[1:]]
    return [_NUMBERS.get(first[0], first[0]) if len(kept) > 1 else first[0], *rest]


def _is_mark(word: str) -> bool:
    return word in ("jr", "sr") or any(map(str.isdigit, word))
