"""A toy catalogue whose answers a reader can see: eight films, twelve people.

    Heat (1995)          Michael Mann      Al Pacino, Robert De Niro     crime
    Ronin (1998)         J. Frankenheimer  Robert De Niro, Jean Reno     thriller
    The Insider (1999)   Michael Mann      Al Pacino, Russell Crowe      drama
    Gladiator (2000)     Ridley Scott      Russell Crowe                 drama
    Alien (1979)         Ridley Scott      Sigourney Weaver              horror
    Fargo (1996)         Joel & Ethan Coen Frances McDormand             crime, thriller
    The Godfather (1972) F. F. Coppola     Al Pacino                     crime, drama
    Léon (1994)          Luc Besson        Jean Reno                     crime

Nine people liked Heat, seven of them Ronin too. Person 1 liked Heat and The Godfather and gave
Alien two stars. Directors, genres and years are complete; only actors may be missing.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from graph.batch import EDGES, NODES, PROVENANCE, Batch, Counts, Mode
from graph.ids import edge_numbers, text_number, text_numbers
from graph.schema import Kind, KindWords, Relation, RelationWords, Schema
from graph.snapshot import Snapshot
from graph.snapshot_build import build_snapshot
from graph.sqlite_store import SqliteStore, open_sqlite
from graph.store import GraphStore, Run, Written

FILMS: dict[str, tuple[str, int, str, str, str]] = {
    "heat": ("Heat", 1995, "Michael Mann", "Al Pacino|Robert De Niro", "crime"),
    "ronin": ("Ronin", 1998, "John Frankenheimer", "Robert De Niro|Jean Reno", "thriller"),
    "insider": ("The Insider", 1999, "Michael Mann", "Al Pacino|Russell Crowe", "drama"),
    "gladiator": ("Gladiator", 2000, "Ridley Scott", "Russell Crowe", "drama"),
    "alien": ("Alien", 1979, "Ridley Scott", "Sigourney Weaver", "horror"),
    "fargo": ("Fargo", 1996, "Joel Coen|Ethan Coen", "Frances McDormand", "crime|thriller"),
    "godfather": ("The Godfather", 1972, "Francis Ford Coppola", "Al Pacino", "crime|drama"),
    "leon": ("Léon", 1994, "Luc Besson", "Jean Reno", "crime"),
}
LIKED_BY: dict[str, Sequence[int]] = {
    "heat": range(1, 10),
    "ronin": range(2, 9),
    "godfather": [*range(1, 7), 10],
    "insider": range(2, 8),
    "gladiator": [8, 10, 11, 12],
    "alien": range(9, 13),
    "fargo": [3, 9, 10],
    "leon": [11, 12],
}
DISLIKED = [("1", "alien", 2.0), ("4", "fargo", 1.0)]


def _words(
    en: tuple[str, str, str], ko: tuple[str, str, str], also: tuple[str, ...] = ()
) -> dict[str, RelationWords]:
    return {
        "en": RelationWords(forward=en[0], inverse=en[1], shared=en[2], also=also),
        "ko": RelationWords(forward=ko[0], inverse=ko[1], shared=ko[2]),
    }


SCHEMA = Schema(
    kinds={
        "user": Kind(role="user"),
        "film": Kind(
            role="item",
            words={
                "en": KindWords(one="film", many="films"),
                "ko": KindWords(one="영화", many="영화"),
            },
        ),
        "person": Kind(role="attribute"),
        "genre": Kind(role="attribute"),
        "year": Kind(role="attribute"),
    },
    relations={
        "rated": Relation(head="user", tail="film", interaction=True, liked=4.0),
        "directed_by": Relation(
            head="film",
            tail="person",
            complete=True,
            words=_words(
                (
                    "{head} was directed by {tail}",
                    "{tail} directed {head}",
                    "directed by {tail}",
                ),
                (
                    "{head}은/는 {tail}이/가 감독했다",
                    "{tail}은/는 {head}을/를 감독했다",
                    "{tail}이/가 감독한",
                ),
                ("{tail} made {head}", "{head}, a {tail} film", "{head} is by {tail}"),
            ),
        ),
        "stars": Relation(
            head="film",
            tail="person",
            words=_words(
                ("{head} stars {tail}", "{tail} stars in {head}", "with {tail}"),
                (
                    "{head}에는 {tail}이/가 나온다",
                    "{tail}은/는 {head}에 나온다",
                    "{tail}이/가 나오는",
                ),
                ("{tail} plays in {head}", "{head} features {tail}"),
            ),
        ),
        "has_genre": Relation(
            head="film",
            tail="genre",
            complete=True,
            words=_words(
                (
                    "{head} belongs to the genre {tail}",
                    "{tail} is a genre of {head}",
                    "in the genre {tail}",
                ),
                (
                    "{head}은/는 {tail} 장르에 속한다",
                    "{tail}은/는 {head}의 장르이다",
                    "{tail} 장르의",
                ),
                ("{head} is a {tail} film", "{head} is a {tail}"),
            ),
        ),
        "released_in": Relation(
            head="film",
            tail="year",
            functional=True,
            complete=True,
            words=_words(
                ("{head} came out in {tail}", "{tail} saw the release of {head}", "from {tail}"),
                (
                    "{head}은/는 {tail}년에 나왔다",
                    "{tail}년에 {head}이/가 나왔다",
                    "{tail}년에 나온",
                ),
                ("{head} was released in {tail}", "{head} is from {tail}"),
            ),
        ),
    },
)


def toy_edges() -> list[tuple[str, str, str, float | None]]:
    """(head, relation, tail, weight) of every edge."""
    edges: list[tuple[str, str, str, float | None]] = []
    for film, users in LIKED_BY.items():
        edges += [(f"user:{user}", "rated", f"film:{film}", 4.0 + user % 2) for user in users]
    edges += [(f"user:{user}", "rated", f"film:{film}", stars) for user, film, stars in DISLIKED]
    for film, (_, year, directors, actors, genres) in FILMS.items():
        edges.append((f"film:{film}", "released_in", f"year:{year}", None))
        for relation, kind, names in (
            ("directed_by", "person", directors),
            ("stars", "person", actors),
            ("has_genre", "genre", genres),
        ):
            for name in names.split("|"):
                edges.append((f"film:{film}", relation, f"{kind}:{name.casefold()}", None))
    return edges


def toy_labels() -> dict[str, str]:
    """The label of every node that has one; users have none."""
    labels = {f"film:{film}": facts[0] for film, facts in FILMS.items()}
    for _, year, directors, actors, genres in FILMS.values():
        labels[f"year:{year}"] = str(year)
        labels |= {f"person:{n.casefold()}": n for n in f"{directors}|{actors}".split("|")}
        labels |= {f"genre:{n}": n for n in genres.split("|")}
    return labels


def batch_of(
    edges: Sequence[tuple[str, str, str, float | None]],
    labels: Mapping[str, str],
    *,
    source: str = "toy",
    position: str = "end",
    splits: Sequence[str | None] | None = None,
    discriminators: Sequence[str] | None = None,
    mode: Mode = "merge",
) -> Batch:
    """A batch from readable tuples; each row's line is its place in the list."""
    marks = list(discriminators or [""] * len(edges))
    heads = text_numbers([head for head, *_ in edges])
    tails = text_numbers([tail for _, _, tail, _ in edges])
    ids = [
        int(
            edge_numbers(
                heads[at : at + 1],
                text_number(edge[1]),
                tails[at : at + 1],
                text_numbers([marks[at]]) if marks[at] else None,
            )[0]
        )
        for at, edge in enumerate(edges)
    ]
    edge_rows = [
        {
            "id": ids[at],
            "head": int(heads[at]),
            "relation": relation,
            "tail": int(tails[at]),
            "discriminator": marks[at],
            "weight": weight,
            "split": splits[at] if splits else None,
            "file": 0,
            "line": at + 1,
        }
        for at, (_, relation, _, weight) in enumerate(edges)
    ]
    names = sorted({end for head, _, tail, _ in edges for end in (head, tail)} | set(labels))
    node_rows = [
        {
            "id": text_number(name),
            "kind": name.partition(":")[0],
            "key": name.partition(":")[2],
            "label": labels.get(name),
            "file": 0,
            "line": at + 1,
        }
        for at, name in enumerate(names)
    ]
    return Batch(
        source=source,
        files=("toy.csv",),
        nodes=_frame(node_rows, {**NODES, **PROVENANCE}),
        edges=_frame(edge_rows, {**EDGES, **PROVENANCE}),
        position=position,
        mode=mode,
    )


def _frame(rows: list[dict[str, object]], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def run_named(name: str = "run-1") -> Run:
    """A run that has just begun."""
    return Run(name, "toy.toml", 1_000, None, {}, Counts(), 0)


def toy_batch() -> Batch:
    """The whole toy catalogue in one batch."""
    return batch_of(toy_edges(), toy_labels())


def put(store: GraphStore, run: Run | str, batch: Batch, schema: Schema = SCHEMA) -> Written:
    """Write one batch in a run that is begun when it is new."""
    run = run_named(run) if isinstance(run, str) else run
    store.begin(run, schema)
    return store.write(run, batch)


def toy_store(path: Path) -> SqliteStore:
    """An embedded store that holds the toy catalogue."""
    store = open_sqlite(path)
    put(store, "run-1", toy_batch())
    return store


def snapshot_of(
    folder: Path,
    edges: Sequence[tuple[str, str, str, float | None]],
    labels: Mapping[str, str],
    schema: Schema = SCHEMA,
    splits: Sequence[str | None] | None = None,
) -> Snapshot:
    """A snapshot of any few edges."""
    folder.mkdir(parents=True, exist_ok=True)
    with open_sqlite(folder / "graph.db") as store:
        put(store, "run-1", batch_of(edges, labels, splits=splits), schema)
        return build_snapshot(store, folder / "snapshots")


def toy_snapshot(folder: Path) -> Snapshot:
    """The snapshot of the toy catalogue."""
    return snapshot_of(folder, toy_edges(), toy_labels())


def dense(matrix: np.ndarray) -> list[list[float]]:
    """Nested lists, for asserting whole small matrices."""
    return [[round(float(value), 6) for value in row] for row in matrix]
