"""Words with which a sentence says something else than that a thing is so, or was so then.

A wording fixes every word of a statement, so it needs none of these. Whoever takes a value for a
claim because of a word or two near it must know when not to: "it feels like a western", "imagine
it directed by A", "it won a prize in 1995". A word that ends in an asterisk is a beginning; a
low line stands for a blank.
"""

import re


def any_of(words: str) -> re.Pattern[str]:
    """Any of the words, which blanks part."""
    each = (
        re.escape(word.strip("*")).replace("_", r"\s+") + (r"\w*" if "*" in word else r"(?!\w)")
        for word in words.split()
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(each)})", re.IGNORECASE)


_LIKENED = """
like unlike alike likes liked liking resembl* similar* reminis* remind* compar* contrast* differ*
inspir* influenc* homage tribute parod* spoof* echo* borrow* style touch hint* element* feel* than
beyond transcend* nearly almost remake* remade remaking sequel* prequel*
"""
_WISHED = """
imagin* suppos* wish* want* hop* plan* would could might should if whether instead rather fan fans
love loved enjoy* prais* admir* interview* refus* reject* declin* lack* without far less
"""
_DENIED = "neither nor turned_down instead_of"
# What happens to a thing, and in it, at other times than a number of it tells.
_OTHER_TIMES = """
born birth* die* dies died death* set take* took story stories scene* hero* character* plot* tell*
told award* prize* oscar* nominat* won win wins winning novel* book* published play base* adapt*
restor* dvd re-* annivers* travel* event* century wartime era life age career began know* known
famous later earlier before after
"""
# Before or behind what somebody is: not quite that.
_OTHER_ROLES = "assistant assist* casting art music associate executive photography second unit"

UNSAID = any_of(f"{_LIKENED} {_WISHED} {_DENIED}")
OTHER_TIMES = any_of(_OTHER_TIMES)
OTHER_ROLES = any_of(_OTHER_ROLES)
