"""What a model says before and after the graph has looked: `python -m benchmarks.grounding`.

The same model and the same people, three ways: asked plainly for a recommendation and why; with
the graph's candidate and facts, its raw words; the same words as they are shown. Everything is
counted by our own checker, so a claim that it cannot read is counted as unread, not as true.

Each person is a line in a file, each reply is kept: a run that is stopped goes on where it was.
"""

import argparse
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ValidationError

from benchmarks.catalogues import ROOT, data_folder, source_text, told
from benchmarks.record import record
from graph.errors import LanguageModelError
from graph.types import VerdictKind
from groundrec.ask import told_item
from groundrec.faithful import faithful
from groundrec.ingesting import ingest
from groundrec.language import language_model
from groundrec.serving import Person, best, item_kind, person_in_graph, ranker_of
from groundrec.settings import Settings
from groundrec.training import train
from groundrec.wording import Approach, Style, Writer
from groundrec.workspace import Workspace
from reasoning.answer import Worded
from reasoning.check import Asker, Checked, check
from reasoning.facts import as_data
from reasoning.llm.model import LanguageModel, Limits, Message, Request

SEED = 1
DATA = ("ml-1m", "ml-latest-small")
_TOLD_LIKES = 10
_PLAIN = (
    "Recommend one thing that this person has not seen yet, and say in three sentences why."
    ' Answer in JSON: {"title": "...", "why": "..."}'
)
_PLAIN_FORM = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "maxLength": 80},
        "why": {"type": "string", "maxLength": 400},
    },
    "required": ["title", "why"],
    "additionalProperties": False,
}

Line = dict[str, int | float | str | None]


class _Plain(BaseModel):
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Claims of a text: those that were read, and what the graph says of them."""

    claims: int
    contradicted: int
    unknown: int
    unread: int

    @classmethod
    def of(cls, checked: Iterable[Checked]) -> "Counts":
        """Count the verdicts of several texts."""
        kinds = [verdict.kind for one in checked for verdict in one.verdicts]
        unread = kinds.count(VerdictKind.NOT_CHECKABLE)
        return cls(
            len(kinds) - unread,
            kinds.count(VerdictKind.CONTRADICTED),
            kinds.count(VerdictKind.NOT_IN_GRAPH),
            unread,
        )


def place_of(data: str, cache: Path, llm: str) -> Workspace:
    """A home of the benchmark's own with the data ingested and the walk ranker trained."""
    place = Workspace(
        Settings(home=cache / f"home-{data}", data=data_folder(), llm=llm, seed=SEED, model="walk")
    )
    if not place.home.current.is_file():
        ingest(place, ROOT / "examples" / f"{data}.toml", None, lambda reached: None)
        place.build(told)
    if not (place.home.models / "walk" / "manifest.json").is_file():
        train(place, told)
    return place


def people(place: Workspace, count: int) -> list[Person]:
    """Users with at least ten likes, drawn at random."""
    snapshot = place.snapshot
    kind = snapshot.schema.kinds_of("user")[0]
    likes = snapshot.likes(kind, item_kind(snapshot))
    able = np.flatnonzero(np.diff(likes.indptr) >= _TOLD_LIKES)
    drawn = np.random.default_rng(SEED).permutation(able)[:count]
    start = snapshot.rows(kind).start
    return [
        person_in_graph(snapshot, snapshot.id(start + int(at)), start + int(at)) for at in drawn
    ]


def plainly(place: Workspace, model: LanguageModel, person: Person) -> Line:
    """The model asked without the graph: is its title in the catalogue and unseen, is it so?"""
    snapshot = place.snapshot
    names = ", ".join(
        as_data(name, 80) for name in snapshot.labels(list(person.liked[:_TOLD_LIKES]))
    )
    request = Request(
        (Message("system", _PLAIN), Message("user", f"They liked: {names}")),
        _PLAIN_FORM,
        Limits(220, place.settings.llm_seconds),
        seed=SEED,
    )
    try:
        said = _Plain.model_validate_json(model.complete(request).text)
    except (LanguageModelError, ValidationError):
        return {"plain_answers": 0}
    rows = [r for r in place.names.exact(said.title) if snapshot.kind(r) == item_kind(snapshot)]
    asker = Asker(person.row, frozenset(person.liked))
    counts = Counts.of([check(place.names, said.why, asker)])
    return {
        "plain_answers": 1,
        "plain_outside": int(not rows),
        "plain_seen": int(any(row in person.liked for row in rows)),
        **_named("plain", counts),
    }


def grounded(write: Writer, measured: frozenset[str], person: Person) -> Line:
    """The ranker's best item in words: as the model said them, and as they are shown."""
    place = write.place
    snapshot, ranker = place.snapshot, ranker_of(place)
    scored, fallback = best(snapshot, ranker, person, 2)
    items = [told_item(place, ranker, person, one, plain=bool(fallback)) for one in scored]
    worded: Worded = write.explain(person, items[0], items[1])
    asker = Asker(person.row, frozenset(person.liked))
    shown = [check(place.names, one.text, asker) for one in worded.shown]
    line: Line = {
        "outside": int(snapshot.find(items[0].id) is None),
        "seen": int(snapshot.row(items[0].id) in person.liked),
        "survived": int(worded.survived),
        "cited_twice": int(sum(bool(one.facts) for one in worded.shown) >= 2),
        "fallback": int(bool(worded.fallback)),
        "violations": len(worded.violations),
        "kept": sum(one.fate == "kept" for one in worded.sentences),
        "repaired": sum(one.fate == "repaired" for one in worded.sentences),
        "dropped": sum(one.fate == "dropped" for one in worded.sentences),
        "seconds": worded.usage.seconds,
        **_named(
            "raw", Counts.of(one.checked for one in worded.sentences if one.fate != "template")
        ),
        **_named("shown", Counts.of(shown)),
    }
    if person.name in measured:
        facts = {fact.id: fact for one in worded.shown for fact in one.facts}
        drop = faithful(place, person, items[0], facts.values())
        if drop is not None:
            line |= {
                "claimed": drop.claimed,
                "renormalised": drop.renormalised,
                "at_random": drop.at_random,
                "idle": int(drop.idle),
            }
    return line


def run(lines: Path, wanted: Sequence[Person], ask: Callable[[Person], Line]) -> list[Line]:
    """One line per person, kept as soon as it is known."""
    lines.parent.mkdir(parents=True, exist_ok=True)
    done: dict[str, Line] = {}
    if lines.is_file():
        for text in lines.read_text(encoding="utf-8").splitlines():
            line = json.loads(text)
            done[line["person"]] = line
    for at, person in enumerate(wanted):
        if person.name not in done:
            line = {"person": person.name, **ask(person)}
            with lines.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")
            done[person.name] = line
        told(lines.stem, at + 1, len(wanted))
    return [done[person.name] for person in wanted]


def rows_of(data: str, how: str, lines: Sequence[Line], prefix: str) -> dict[str, object]:
    """A row of the table, each rate with its 95 % interval over people."""
    plain = prefix == "plain"
    valid = [line for line in lines if not plain or line.get("plain_answers")]
    row: dict[str, object] = {"data": data, "how": how, "people": len(lines)}
    for name in ("outside", "seen"):
        row[name] = _share([_number(line, f"plain_{name}" if plain else name) for line in valid])
    for name in ("contradicted", "unknown", "unread"):
        over = "claims" if name != "unread" else "all"
        row[f"{name}/100"] = _ratio(
            [_number(line, f"{prefix}_{name}") for line in valid],
            [_number(line, f"{prefix}_{over}") for line in valid],
        )
    row["claims"] = int(sum(_number(line, f"{prefix}_claims") for line in valid))
    if prefix == "shown":
        for name in ("survived", "cited_twice", "fallback"):
            row[name] = _share([_number(line, name) for line in lines])
        row["sentences"] = {
            n: int(sum(_number(o, n) for o in lines)) for n in ("kept", "repaired", "dropped")
        }
        measured = [line for line in lines if "claimed" in line]
        if measured:
            for name in ("claimed", "renormalised", "at_random", "idle"):
                row[name] = _share([_number(line, name) for line in measured])
    return row


def main() -> None:
    """Both catalogues, so many people; the three ways of asking on a part of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument(
        "--approaches", type=int, default=30, help="people for the other approaches"
    )
    parser.add_argument("--faithful", type=int, default=20, help="people whose edges are removed")
    parser.add_argument("--data", choices=DATA, action="append")
    parser.add_argument("--llm", default="qwen2.5-coder-1.5b")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for data in options.data or DATA:
        place = place_of(data, options.cache, options.llm)
        model = language_model(place)
        some = people(place, options.users)
        folder = options.cache / "grounding" / f"{data}-{model.name.replace('/', '_')}"
        plain = run(folder / "plain.jsonl", some, partial(plainly, place, model))
        rows.append(rows_of(data, "asked plainly", plain, "plain"))
        for approach in Approach:
            part = some if approach == Approach.FEW else some[: options.approaches]
            measured = part[: options.faithful] if approach == Approach.FEW else []
            write = Writer(place, model, Style.FULL, approach)
            names = frozenset(one.name for one in measured)
            lines = run(folder / f"{approach}.jsonl", part, partial(grounded, write, names))
            rows.append(rows_of(data, f"{approach}: as the model said it", lines, "raw"))
            rows.append(rows_of(data, f"{approach}: as it is shown", lines, "shown"))
    path = record(
        "grounding",
        command=f"python -m benchmarks.grounding --users {options.users} --llm {options.llm}",
        seed=SEED,
        data={name: source_text(name) for name in options.data or DATA},
        rows=rows,
        notes=[
            f"{options.llm}; one item and three sentences per person; intervals are bootstraps"
            " over people",
            "contradicted and unknown are per 100 claims that the checker read, unread per 100 of"
            " all; the checker is ours, so what it cannot read is not counted as true",
            "an interval from none to none is of these few people only; a share of 15 that is 0 may"
            " be .18",
            "survived: at least two sentences are the model's own words, unchanged",
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


# -- inside ----------------------------------------------------------------------------------


def _named(prefix: str, counts: Counts) -> Line:
    return {
        f"{prefix}_claims": counts.claims,
        f"{prefix}_contradicted": counts.contradicted,
        f"{prefix}_unknown": counts.unknown,
        f"{prefix}_unread": counts.unread,
        f"{prefix}_all": counts.claims + counts.unread,
    }


def _number(line: Line, name: str) -> float:
    return float(line.get(name) or 0.0)


def _share(values: Sequence[float]) -> dict[str, float] | None:
    return _bootstrap(np.asarray(values), np.ones(len(values)), 1.0) if values else None


def _ratio(over: Sequence[float], under: Sequence[float]) -> dict[str, float] | None:
    return _bootstrap(np.asarray(over), np.asarray(under), 100.0) if sum(under) else None


def _bootstrap(over: np.ndarray, under: np.ndarray, unit: float) -> dict[str, float]:
    generator = np.random.default_rng(SEED)
    drawn = generator.integers(len(over), size=(1000, len(over)))
    below = under[drawn].sum(axis=1)
    made = unit * over[drawn].sum(axis=1)[below > 0] / below[below > 0]
    low, high = np.quantile(made, [0.025, 0.975])
    return {"mean": float(unit * over.sum() / under.sum()), "low": float(low), "high": float(high)}


if __name__ == "__main__":
    main()
