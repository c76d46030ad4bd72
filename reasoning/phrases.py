"""The sentences that groundrec itself writes, one set per language.

A relation's words come from the schema; these are the few frames around them. Each is a template
that `words.fill` fills and `claims` reads back. Another language is another entry.
"""

from dataclasses import dataclass

from graph.errors import InputError


@dataclass(frozen=True, slots=True)
class Phrases:
    """`people`: {both} {base} {anchor} {item}. `alike`: {statement} {anchors},
    `alike_only` when nobody is asked for, `alike_many` with {count} {all} {things} when there are
    many.

    `shared`: {items} {together} {shared} {things}, with `two` or `many` for {together}.
    `liked`: {item}. `things` is said where a kind has no word of its own.
    """

    people: str
    alike: str
    alike_only: str
    alike_many: str
    shared: str
    two: str
    many: str
    liked: str
    things: str


PHRASES = {
    "en": Phrases(
        people="{both} of the {base} people who liked {anchor} also liked {item}.",
        alike="{statement}, like {anchors}, which you liked.",
        alike_only="{statement}, like {anchors}.",
        alike_many="{statement}, like {count} of the {all} {things} you liked.",
        shared="{items} are {together} {things} {shared}.",
        two="both",
        many="all",
        liked="You liked {item}.",
        things="items",
    ),
    "ko": Phrases(
        people="{anchor}을/를 좋아한 {base}명 가운데 {both}명이 {item}도 좋아했다.",
        alike="좋아하신 {anchors}처럼 {statement}.",
        alike_only="{anchors}처럼 {statement}.",
        alike_many="좋아하신 {things} {all}개 가운데 {count}개처럼 {statement}.",
        shared="{items}은/는 {together} {shared} {things}이다/다.",
        two="둘 다",
        many="모두",
        liked="{item}을/를 좋아하셨다.",
        things="것",
    ),
}


def phrases(language: str) -> Phrases:
    """The phrases of a language; InputError when there are none."""
    try:
        return PHRASES[language]
    except KeyError:
        raise InputError(
            f"no phrases for the language {language!r}", hint=f"there are {', '.join(PHRASES)}"
        ) from None
