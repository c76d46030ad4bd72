"""A stream of bytes becomes blocks of whole lines; what is no text is told line by line.

A line that never ends is passed over in small pieces and told; so is a line with a NUL byte or
bytes of another encoding. Lines may end with LF, CR LF, or (outside quotes) CR.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kg_ingest.blocks import Bad
from kg_ingest.rejects import LONGEST_TEXT
from kg_ingest.streams import CHUNK, Stream

LONGEST_LINE = 32_000_000
OPEN_QUOTE_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Whole lines, and the beginning and length of an endless line that followed them."""

    raw: bytes
    endless: bytes = b""
    passed_over: int = 0


def next_chunk(stream: Stream, quote: str, size: int) -> Chunk:
    """The next lines, about `size` bytes; they go on to the end of a quoted cell."""
    parts = [stream.read(size)]
    if parts[0] and not parts[0].endswith(b"\n"):
        parts.append(stream.readline(LONGEST_LINE))
    mark = quote.encode() if quote else b""
    open_ = bool(mark) and sum(part.count(mark) for part in parts) % 2 == 1
    more = 0
    while open_ and more < OPEN_QUOTE_BYTES and not _endless(parts[-1]):
        parts.append(stream.readline(LONGEST_LINE))
        if not parts[-1]:
            break
        more += len(parts[-1])
        open_ ^= parts[-1].count(mark) % 2 == 1
    raw = b"".join(parts)
    if not _endless(parts[-1]):
        return Chunk(one_end(raw, quote))
    begin = raw.rfind(b"\n") + 1
    length = len(raw) - begin
    while piece := stream.readline(CHUNK):
        length += len(piece)
        if piece.endswith(b"\n"):
            break
    return Chunk(one_end(raw[:begin], quote), raw[begin : begin + LONGEST_TEXT], length)


def _endless(part: bytes) -> bool:
    return len(part) >= LONGEST_LINE and not part.endswith(b"\n")


def decoded(
    raw: bytes, encoding: str, first: int, field_at: Callable[[str], str]
) -> tuple[list[str], range | list[int], Bad]:
    """Lines without their ends, their numbers, and those that are no text.

    `field_at` names the field that stands after a given beginning of a line.
    """
    if b"\0" not in raw:
        try:
            lines = raw.decode(encoding).split("\n")
            if lines[-1] == "":
                lines.pop()
            return lines, range(first, first + len(lines)), []
        except UnicodeDecodeError:
            pass
    lines, numbers, bad = [], [], []
    parts = raw.split(b"\n")
    if parts[-1] == b"":
        parts.pop()
    for number, part in enumerate(parts, first):
        nul = part.find(b"\0")
        try:
            text = part.decode(encoding)
        except UnicodeDecodeError as error:
            before = part[: error.start].decode(encoding, "replace")
            reason = f"not {encoding} at byte {error.start + 1}"
            bad.append((number, field_at(before), reason, part.decode(encoding, "replace")))
            continue
        if nul >= 0:
            before = part[:nul].decode(encoding, "replace")
            told = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
            bad.append((number, field_at(before), f"a NUL byte at byte {nul + 1}", told))
            continue
        lines.append(text)
        numbers.append(number)
    return lines, numbers, bad


def one_end(raw: bytes, quote: str) -> bytes:
    """Every line ends with LF; a CR inside quotes is left as it is."""
    if b"\r" not in raw or (quote and quote.encode() in raw):
        return raw
    raw = raw.replace(b"\r\n", b"\n")
    return raw.replace(b"\r", b"\n") if b"\r" in raw else raw
