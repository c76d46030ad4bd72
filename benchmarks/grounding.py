"""What a model says before and after the graph has looked: `python -m benchmarks.grounding`.

The same model and the same people, three ways: asked plainly for a recommendation and why; with
the graph's candidate and facts, its raw words; the same words as they are shown. Everything is
counted by our own checker, so a claim that it cannot read is counted as unread, not as true.

Each reply is kept: a run that is stopped goes on where it was, and people are asked in rounds over
both catalogues and all ways, so that whatever has been asked is of equal size.
"""

import argparse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ValidationError

from benchmarks.catalogues import ROOT, data_folder, source_text, told
from benchmarks.record import record
from graph.errors import LanguageModelError
from graph.types import VerdictKind
from groundrec.ask import told_item
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
from reasoning.llm.cached import Cached
from reasoning.llm.model import LanguageModel, Limits, Message, Request

SEED = 1
DATA = ("ml-1m", "ml-latest-small")
_TOLD_LIKES = 10
_ROUND = 5
_PATIENCE = 3600.0  # a machine with more to do must not make a model look silent
PLAIN = "plain"
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

Line = dict[str, int]


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
        Settings(
            home=cache / f"home-{data}",
            data=data_folder(),
            llm=llm,
            llm_seconds=_PATIENCE,
            seed=SEED,
            model="walk",
        )
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


def grounded(write: Writer, person: Person) -> Line:
    """The ranker's best item in words: as the model said them, and as they are shown."""
    place = write.place
    snapshot, ranker = place.snapshot, ranker_of(place)
    scored, fallback = best(snapshot, ranker, person, 2)
    items = [told_item(place, ranker, person, one, plain=bool(fallback)) for one in scored]
    worded: Worded = write.explain(person, items[0], items[1])
    asker = Asker(person.row, frozenset(person.liked))
    shown = [check(place.names, one.text, asker) for one in worded.shown]
    return {
        "outside": int(snapshot.find(items[0].id) is None),
        "seen": int(snapshot.row(items[0].id) in person.liked),
        "survived": int(worded.survived),
        "cited_twice": int(sum(bool(one.facts) for one in worded.shown) >= 2),
        "fallback": int(bool(worded.fallback)),
        "violations": len(worded.violations),
        "kept": sum(one.fate == "kept" for one in worded.sentences),
        "repaired": sum(one.fate == "repaired" for one in worded.sentences),
        "dropped": sum(one.fate == "dropped" for one in worded.sentences),
        **_named(
            "raw", Counts.of(one.checked for one in worded.sentences if one.fate != "template")
        ),
        **_named("shown", Counts.of(shown)),
    }


def in_rounds(
    places: Mapping[str, Workspace], users: int, approaches: int
) -> dict[tuple[str, str], list[Line]]:
    """What each way of asking gave, by data and way: a few people of each, then the next few.

    Replies are kept, so a run that is stopped goes on where it was, and one that asks for no more
    people than have been asked needs no model.
    """
    models = models_of(places)
    lines: dict[tuple[str, str], list[Line]] = {}
    wanted = {data: people(place, users) for data, place in places.items()}
    for first in range(0, users, _ROUND):
        for data, place in places.items():
            for way in (PLAIN, *Approach):
                last = users if way in (PLAIN, Approach.FEW) else approaches
                for person in wanted[data][first : min(first + _ROUND, last)]:
                    if way == PLAIN:
                        line = plainly(place, models[data], person)
                    else:
                        writer = Writer(place, models[data], Style.FULL, Approach(way))
                        line = grounded(writer, person)
                    lines.setdefault((data, str(way)), []).append(line)
                told(f"{data} {way}", len(lines.get((data, str(way)), ())), last)
    return lines


def models_of(places: Mapping[str, Workspace]) -> dict[str, LanguageModel]:
    """The model of each place with the replies that are kept there; it is loaded once for all."""
    made = {data: language_model(place) for data, place in places.items()}
    held = next(model for model in made.values())
    return {
        data: replace(model, open_model=lambda: held.model)
        if isinstance(model, Cached) and isinstance(held, Cached)
        else model
        for data, model in made.items()
    }


def rows_of(data: str, how: str, lines: Sequence[Line], prefix: str) -> dict[str, object]:
    """A row of the table, each rate with its 95 % interval over people."""
    plain = prefix == "plain"
    valid = [line for line in lines if not plain or line.get("plain_answers")]
    row: dict[str, object] = {"data": data, "how": how, "people": len(lines)}
    for name in ("outside", "seen"):
        row[name] = share([_number(line, f"plain_{name}" if plain else name) for line in valid])
    for name in ("contradicted", "unknown", "unread"):
        over = "claims" if name != "unread" else "all"
        row[f"{name}/100"] = _ratio(
            [_number(line, f"{prefix}_{name}") for line in valid],
            [_number(line, f"{prefix}_{over}") for line in valid],
        )
    row["claims"] = int(sum(_number(line, f"{prefix}_claims") for line in valid))
    if prefix == "shown":
        for name in ("survived", "cited_twice", "fallback"):
            row[name] = share([_number(line, name) for line in lines])
        row["violations"] = int(sum(_number(line, "violations") for line in lines))
        row["sentences"] = {
            n: int(sum(_number(o, n) for o in lines)) for n in ("kept", "repaired", "dropped")
        }
    return row


def share(values: Sequence[float]) -> dict[str, float] | None:
    """A mean with its 95 % interval by bootstrap; None of nothing."""
    return _bootstrap(np.asarray(values), np.ones(len(values)), 1.0) if values else None


def main() -> None:
    """Both catalogues, so many people; the other ways of asking on a part of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument(
        "--approaches", type=int, default=15, help="people for the other approaches"
    )
    parser.add_argument("--data", choices=DATA, action="append")
    parser.add_argument("--llm", default="qwen2.5-coder-1.5b")
    options = parser.parse_args()
    names = options.data or DATA
    places = {data: place_of(data, options.cache, options.llm) for data in names}
    lines = in_rounds(places, options.users, options.approaches)
    rows: list[dict[str, object]] = []
    for data in names:
        rows.append(rows_of(data, "asked plainly", lines[data, PLAIN], "plain"))
        for approach in (one for one in Approach if (data, str(one)) in lines):
            some = lines[data, str(approach)]
            rows.append(rows_of(data, f"{approach}: as the model said it", some, "raw"))
            rows.append(rows_of(data, f"{approach}: as it is shown", some, "shown"))
    path = record(
        "grounding",
        command=f"python -m benchmarks.grounding --users {options.users} --llm {options.llm}",
        seed=SEED,
        data={name: source_text(name) for name in names},
        rows=rows,
        notes=[
            f"{options.llm}; one item and three sentences per person; intervals are bootstraps"
            " over people",
            "contradicted and unknown are per 100 claims that the checker read, unread per 100 of"
            " all; the checker is ours, so what it cannot read is not counted as true",
            "an interval from none to none is of these few only: what is 0 of n, people or claims,"
            " may be as much as 3/n",
            "survived: at least two sentences are the model's own words, unchanged; violations:"
            " replies or sentences of another form than the one asked for",
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
