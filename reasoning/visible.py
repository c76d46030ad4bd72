"""What a reader sees of a text, and where each character of it stands.

Zero-width characters, soft hyphens, marks of direction and HTML tags can hide a name or a verb from
a reader that goes by characters, while a person sees nothing of them. They are taken out before
reading, and spans lead back to the text as it was.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Unicode's format characters that a reader may meet (Cf, without those that carry meaning), the
# variation selectors, and control characters other than white space.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff"
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f]+"
    "|</?[a-zA-Z][^<>\n]{0,200}>"
)


@dataclass(frozen=True, slots=True)
class Visible:
    """`text` is what is seen of `whole`; `starts` says where each of its characters stands.

    None: all of it is seen.
    """

    text: str
    whole: str
    starts: NDArray[np.int64] | None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where the characters from `start` to `end` of the text stand in the whole."""
        if self.starts is None:
            return start, end
        if end <= start:
            at = int(self.starts[start]) if start < len(self.starts) else len(self.whole)
            return at, at
        return int(self.starts[start]), int(self.starts[end - 1]) + 1


def visible(whole: str) -> Visible:
    """The text without what nobody sees; linear in its length."""
    if not _UNSEEN.search(whole):
        return Visible(whole, whole, None)
    kept = np.ones(len(whole), dtype=bool)
    for unseen in _UNSEEN.finditer(whole):
        kept[unseen.start() : unseen.end()] = False
    return Visible(_UNSEEN.sub("", whole), whole, np.flatnonzero(kept))
