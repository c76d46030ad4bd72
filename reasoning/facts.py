"""Numbered facts: what a prompt may say, each with the edges that it rests on.

Catalogues are written by others, so everything from them goes through `as_data` on its way into a
prompt: one line, no control characters, nothing that a chat model takes for the end of a message.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from graph.snapshot import Snapshot
from graph.types import Evidence, Sentence
from reasoning.verbalise import connections_told, reasons, statement
from reasoning.words import listed

MOST_REASONS = 8
MOST_CONNECTIONS = 6
MOST_TAILS = 4
# Three of four facts tell why it ranks; in between stands what connects it and what it is.
_ROUND = (0, 1, 0, 2)
LONGEST = 300

_LINE = re.compile(r"^(F\d+): (.+)$", re.MULTILINE)
_BRACKETS = str.maketrans("<>[]{}`", "()()()'")


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence that holds in the graph; `why` tells whether it ranks the item or describes it.

    `contributions` are places in the evidence's breakdown.
    """

    id: str
    text: str
    edges: tuple[str, ...] = ()
    contributions: tuple[int, ...] = ()
    why: bool = False


def as_data(text: str, longest: int = LONGEST) -> str:
    """Text of others as one harmless line: brackets of any markup are replaced, length is cut."""
    plain = "".join(c if c.isprintable() else " " for c in text.translate(_BRACKETS))
    line = " ".join(plain.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def tokens_of(text: str) -> int:
    """A cautious guess at the tokens of a text, in any script."""
    return len(text.encode()) // 3 + 2


def gather(
    snapshot: Snapshot,
    evidence: Evidence,
    language: str,
    *,
    tokens: int,
    most: int | None = None,
    asked: bool = True,
    holds: Callable[[str], bool] | None = None,
) -> tuple[Fact, ...]:
    """At most `most` facts of one user and item that fit into `tokens`.

    Reasons, connections and what the item is take turns, each the most contributing first. What
    is said already is not said again; no other user is named. Where `holds` is given, what does
    not hold is left out.
    """
    item = snapshot.row(evidence.breakdown.item)
    why = reasons(snapshot, evidence, language, MOST_REASONS, asked=asked)
    also = connections_told(snapshot, evidence.connections, language, MOST_CONNECTIONS)
    about = described(snapshot, item, language)
    lines = [
        [(one, True) for one in _in_turns(why)],
        [(one, False) for one in also],
        [(one, False) for one in about],
    ]
    told: list[tuple[Sentence, bool]] = []
    while any(lines) and (most is None or len(told) < most):
        for one in [lines[at].pop(0) for at in _ROUND if lines[at]]:
            if holds is None or holds(one[0].text):
                told.append(one)
    return numbered(told[:most], tokens)


def _in_turns(why: Sequence[Sentence]) -> list[Sentence]:
    """Reasons of one sort do not follow one another while there are others: people have no path."""
    people = [one for one in why if not one.edges]
    alike = [one for one in why if one.edges]
    first, second = (people, alike) if why and why[0] in people else (alike, people)
    mixed: list[Sentence] = []
    while first or second:
        mixed += [some.pop(0) for some in (first, second) if some]
    return mixed


def numbered(told: Sequence[tuple[Sentence, bool]], tokens: int) -> tuple[Fact, ...]:
    """Sentences (and whether they rank the item) as facts F1, F2, ... within a token budget."""
    facts: list[Fact] = []
    at: dict[str, int] = {}
    for sentence, why in told:
        text = as_data(sentence.text)
        if text in at:
            known = facts[at[text]]
            edges = tuple(dict.fromkeys((*known.edges, *sentence.edges)))
            facts[at[text]] = replace(known, edges=edges)
            continue
        tokens -= tokens_of(text) + 4
        if tokens < 0:
            break
        at[text] = len(facts)
        facts.append(Fact(f"F{len(facts) + 1}", text, sentence.edges, sentence.contributions, why))
    return tuple(facts)


def described(snapshot: Snapshot, item: int, language: str) -> tuple[Sentence, ...]:
    """What the graph says of an item itself, one sentence per relation with few values."""
    kind = snapshot.kind(item)
    local = item - snapshot.rows(kind).start
    sentences = []
    for name in snapshot.schema.attributes:
        relation = snapshot.schema.relations[name]
        words = relation.words.get(language)
        if relation.head != kind or words is None:
            continue
        place = snapshot.links(name).row(local)
        places = range(place.start, min(place.stop, place.start + MOST_TAILS))
        edges = [snapshot.edge(name, at) for at in places]
        if not edges:
            continue
        tails = listed([snapshot.label(snapshot.row(edge.tail)) for edge in edges], language)
        text = statement(snapshot, words, snapshot.id(item), tails) + "."
        sentences.append(Sentence(text, tuple(edge.id for edge in edges)))
    return tuple(sentences)


def fact_lines(facts: Sequence[Fact]) -> str:
    """The facts as a prompt has them, one a line."""
    return "\n".join(f"{fact.id}: {fact.text}" for fact in facts)


def read_facts(text: str) -> tuple[Fact, ...]:
    """The facts of a prompt's text, as `fact_lines` wrote them."""
    return tuple(Fact(found[1], found[2]) for found in _LINE.finditer(text))
