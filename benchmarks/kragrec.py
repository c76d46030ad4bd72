"""K-RagRec's protocol: one of twenty, and invented titles among them.

    python -m benchmarks.kragrec

10,000 test rows of ML-1M (Wang et al., ACL 2025): ten films seen, with whether they were liked, and
the one that came next. The candidates are that one and nineteen drawn at random; one more run puts
an invented film among them. Published, with LLaMA-2-7B: accuracy .274 (G-Retriever), .435
(K-RagRec), .466 with LoRA; the plain model recommends an invented film 39.1 % of the time, K-RagRec
2.7 %.

Most of the targets lie in ml-1m's training file, so each row's pair is cut from the graph before
anything is computed.
"""

import argparse
import ast
import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from scipy import sparse

from benchmarks.catalogues import data_folder, source_text, told
from benchmarks.grounding import place_of
from benchmarks.record import record
from graph.snapshot import Snapshot
from graph.types import ScoredItem
from graph.walks import Walk, WalkModel, Walks
from groundrec.ask import told_item
from groundrec.language import language_model
from groundrec.serving import Person, scores_for
from groundrec.wishing import judged_by
from groundrec.workspace import Workspace
from models.popularity import fit_popularity
from models.rank import training
from models.walk import WalkRanker, fit_walk
from reasoning.facts import Fact, as_data
from reasoning.judging import judge, question
from reasoning.llm.model import LanguageModel, Limits, Message, Request

SEED = 1
CANDIDATES = 20
_FIRST = ("The Last", "A Silent", "Beyond the", "Return to", "The Hidden", "Midnight", "The Glass")
_SECOND = ("Meridian", "Lanterns", "Harbor Protocol", "Orchard", "Cartographer", "Paradox", "Tide")
_OF_THE_MODEL = (
    "invented: an invented film in a wrong one's place is chosen; chosen from the list: it is"
    " among the twenty in the rows of accuracy, too",
)
_OF_ONE_BY_ONE = (
    "with facts, each film with the heaviest reason that the graph has for it; a film that the"
    " graph does not have is never asked about, so none can be chosen",
    "and walks: the sum of the walks' scores and of P(Yes), both standardised, not tuned",
)
INVENTED = [f"{one} {two}" for one in _FIRST for two in _SECOND]


@dataclass(frozen=True, slots=True)
class Case:
    """Items by local row; `invented` takes the place of one of the wrong candidates."""

    user: int
    seen: tuple[int, ...]
    liked: tuple[int, ...]
    target: int
    candidates: tuple[int, ...]
    invented: str

    @property
    def with_invented(self) -> tuple[int, ...]:
        """The candidates with the invented film, -1, in the place of the first wrong one."""
        gone = next(one for one in self.candidates if one != self.target)
        return tuple(-1 if one == gone else one for one in self.candidates)


def cases(snapshot: Snapshot, count: int) -> list[Case]:
    """So many rows, drawn at random, whose films are all in the graph."""
    films, users = snapshot.rows("film"), snapshot.rows("user")
    generator = np.random.default_rng(SEED)
    with (data_folder() / "kragrec" / "test_filtered.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    made: list[Case] = []
    for at in generator.permutation(len(rows)).tolist():
        row = rows[at]
        past = [snapshot.find(f"film:{one}") for one in ast.literal_eval(row["history_movie_id"])]
        user = snapshot.find(f"user:{row['user_id']}")
        target = snapshot.find(f"film:{row['movie_id']}")
        if target is None or user is None or None in past:
            continue
        seen = tuple(one - films.start for one in past if one is not None)
        good = json.loads(row["history_rating"])
        liked = tuple(one for one, yes in zip(seen, good, strict=True) if yes)
        others = [
            one for one in range(len(films)) if one not in seen and one != target - films.start
        ]
        wrong = generator.choice(others, CANDIDATES - 1, replace=False).tolist()
        order = generator.permutation([target - films.start, *wrong]).tolist()
        title = INVENTED[int(generator.integers(len(INVENTED)))]
        made.append(
            Case(user - users.start, seen, liked or seen, target - films.start, tuple(order), title)
        )
        if len(made) == count:
            break
    return made


def cut(snapshot: Snapshot, some: Sequence[Case]) -> Snapshot:
    """The graph without the pairs that are asked for."""
    links = snapshot.links("rated")
    items = links.shape[1]
    pairs = np.array([case.user * items + case.target for case in some], dtype=np.int64)
    here = links.heads().astype(np.int64) * items + links.indices
    return snapshot.replaced({"rated": links.keep(~np.isin(here, pairs))})


def walks_without(graph: Snapshot, kept: Path) -> WalkRanker:
    """The walk ranker, fitted on the graph without the pairs; what was learned is kept in a file.

    `kept` is of one number of rows, since other rows cut other pairs.
    """
    if not kept.is_file():
        model = fit_walk(graph, SEED, told).walks.model
        kept.write_text(json.dumps(asdict(model)), encoding="utf-8")
    known = json.loads(kept.read_text(encoding="utf-8"))
    known["walks"] = tuple(Walk(**walk) for walk in known["walks"])
    return WalkRanker(Walks(graph, WalkModel(**known)))


def by_ranker(scores: np.ndarray, some: Sequence[Case]) -> list[float]:
    """1 where the target has the best score of its candidates."""
    hits = []
    for row, case in zip(scores, some, strict=True):
        values = np.nan_to_num(row[list(case.candidates)], nan=-np.inf)
        hits.append(float(case.candidates[int(np.argmax(values))] == case.target))
    return hits


def by_yes(
    place: Workspace, ranker: WalkRanker, model: LanguageModel, case: Case, *, facts: bool
) -> dict[int, float]:
    """How probable Yes is of each candidate (local row; -1: the invented one), asked one by one.

    With `facts` what the graph has nothing of is never asked about.
    """
    snapshot = place.snapshot
    start = snapshot.rows("film").start
    person = Person("you", None, tuple(sorted(one + start for one in case.liked)))
    liked = snapshot.labels([one + start for one in case.liked])
    scores = scores_for(snapshot, ranker, person)[0]
    probable: dict[int, float] = {}
    for one in case.candidates:
        about: tuple[Fact, ...] = ()
        if facts:
            score = float(np.nan_to_num(scores[one]))
            scored = ScoredItem(snapshot.id(one + start), score)
            plain = not np.isfinite(scores[one])
            about = judged_by(place, told_item(place, ranker, person, scored, plain=plain))
        asked = question(liked, snapshot.label(one + start), about, "en")
        probable[one] = judge(model, asked, place.settings.llm_seconds).yes or 0.0
    if not facts:
        asked = question(liked, case.invented, (), "en")
        probable[-1] = judge(model, asked, place.settings.llm_seconds).yes or 0.0
    return probable


def blended(scores: np.ndarray, case: Case, probable: Mapping[int, float]) -> int:
    """The candidate with the best sum of what ranker and model say, both standardised."""
    candidates = list(case.candidates)
    walked = np.nan_to_num(scores[candidates])
    yes = np.array([probable[one] for one in candidates])
    total = sum((said - said.mean()) / (said.std() or 1.0) for said in (walked, yes))
    return candidates[int(np.argmax(total))]


def by_list(place: Workspace, model: LanguageModel, case: Case) -> int:
    """The candidate that the plain model chooses from the list, the invented one among them."""
    start = place.snapshot.rows("film").start
    titles = {
        as_data(case.invented if one == -1 else place.snapshot.label(one + start), 80): one
        for one in case.with_invented
    }
    names = place.snapshot.labels([one + start for one in case.liked])
    liked = "; ".join(as_data(name, 80) for name in names)
    messages = (
        Message("system", 'Choose what somebody will like. Answer in JSON: {"choice": "..."}'),
        Message("user", f"Liked before: {liked}\n\nCandidates: {'; '.join(titles)}\n\nWhich one?"),
    )
    schema = {
        "type": "object",
        "properties": {"choice": {"type": "string", "enum": list(titles)}},
        "required": ["choice"],
        "additionalProperties": False,
    }
    reply = model.complete(Request(messages, schema, Limits(60, place.settings.llm_seconds)))
    return titles[json.loads(reply.text)["choice"]]


@dataclass(slots=True)
class Asked:
    """What a model chose, row by row: 1 where it was right, 1 where it chose the invented film."""

    hits: list[float] = field(default_factory=list)
    inventions: list[float] = field(default_factory=list)

    def add(self, chosen: int, with_invented: int, case: Case) -> None:
        """What was chosen of the candidates, and of those with the invented film (-1)."""
        self.hits.append(float(chosen == case.target))
        self.inventions.append(float(with_invented == -1))


def ask(
    place: Workspace,
    ranker: WalkRanker,
    scores: np.ndarray,
    some: Sequence[Case],
    *,
    one_by_one: int,
    titles: bool,
) -> dict[str, Asked]:
    """Each row in all ways before the next row; the first `one_by_one` rows candidate by candidate.

    `titles`: those also by title alone, which takes as long as with facts.
    """
    model = language_model(place)
    found: dict[str, Asked] = {}
    for at, case in enumerate(some):
        choice = by_list(place, model, case)
        found.setdefault("chosen from the list", Asked()).add(choice, choice, case)
        for facts in (False, True) if titles else (True,):
            if at >= one_by_one:
                continue
            probable = by_yes(place, ranker, model, case, facts=facts)
            how = f"Yes one by one, {'with facts' if facts else 'by title'}"
            real = _best(probable, case.candidates)
            with_invented = real if facts else _best(probable, case.with_invented)
            found.setdefault(how, Asked()).add(real, with_invented, case)
            if facts:
                both = blended(scores[at], case, probable)
                found.setdefault(f"{how}, and walks", Asked()).add(both, both, case)
        told("rows asked", at + 1, len(some))
    return found


def _best(probable: Mapping[int, float], among: Sequence[int]) -> int:
    return max(among, key=lambda one: probable[one])


def main() -> None:
    """Rankers on many rows, the model on as many as there is time for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path("build/benchmarks"))
    parser.add_argument("--rows", type=int, default=10_000, help="for the rankers")
    parser.add_argument("--asked", type=int, default=300, help="for the language model")
    parser.add_argument("--one-by-one", type=int, default=300, help="of those, one by one")
    parser.add_argument("--titles", action="store_true", help="ask by title alone, too")
    parser.add_argument("--llm", default="qwen2.5-coder-1.5b")
    options = parser.parse_args()
    place = place_of("ml-1m", options.cache, options.llm)
    some = cases(place.snapshot, options.rows)
    graph = cut(place.snapshot, some)
    items = place.snapshot.count("film")
    indptr = np.cumsum([0, *(len(case.liked) for case in some)])
    liked = np.array([one for case in some for one in case.liked])
    profiles = sparse.csr_array((np.ones(len(liked)), liked, indptr), shape=(len(some), items))
    profiles.sum_duplicates()
    rows: list[dict[str, object]] = [{"how": "at random", "accuracy": 1 / CANDIDATES}]
    popular = np.repeat(fit_popularity(training(graph)).scores(profiles[[0]]), len(some), axis=0)
    rows.append(_row("popularity", by_ranker(popular, some)))
    walks = walks_without(graph, options.cache / f"kragrec-walks-{options.rows}.json")
    scores = np.concatenate(
        [walks.scores(sparse.csr_array(profiles[at : at + 500])) for at in range(0, len(some), 500)]
    )
    rows.append(_row("walks from the ten films", by_ranker(scores, some)))
    asked = some[: options.asked]
    if asked:
        mine = by_ranker(scores[: len(asked)], asked)
        rows.append(_row("walks, on the rows that the model is asked", mine))
        there = place.with_snapshot(graph)
        told_ = ask(
            there, walks, scores, asked, one_by_one=options.one_by_one, titles=options.titles
        )
        rows += [
            _row(f"{options.llm}, {how}", one.hits, one.inventions) for how, one in told_.items()
        ]
    path = record(
        "kragrec",
        command=f"python -m benchmarks.kragrec --rows {options.rows} --asked {options.asked}"
        f" --one-by-one {options.one_by_one}",
        seed=SEED,
        data={"kragrec": source_text("kragrec"), "ml-1m": source_text("ml-1m")},
        rows=rows,
        notes=[
            "published with LLaMA-2-7B: .274 plain (G-Retriever), .435 K-RagRec, .466 with LoRA;"
            " invented films recommended 39.1 % plain, 2.7 % K-RagRec",
            "each row's pair is cut from the graph; the ten films are all that is known of a user",
            "the walks were fitted on the graph without these pairs; they rank what the graph has,"
            " so no invented film can be chosen",
            *(_OF_THE_MODEL if asked else ["the language model was not asked in this run"]),
            *(_OF_ONE_BY_ONE if asked and options.one_by_one else []),
        ],
    )
    print(path.with_suffix(".md").read_text(encoding="utf-8"))


def _row(
    how: str, hits: Sequence[float], inventions: Sequence[float] | None = None
) -> dict[str, object]:
    row: dict[str, object] = {"how": how, "rows": len(hits), "accuracy": _interval(hits)}
    if inventions:
        row["invented"] = _interval(inventions)
    return row


def _interval(values: Sequence[float]) -> dict[str, float]:
    """Wilson's, at 95 %."""
    count, share, z = len(values), float(np.mean(values)), 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * np.sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2)
    return {"mean": share, "low": float(max(0.0, middle - half)), "high": float(middle + half)}


if __name__ == "__main__":
    main()
