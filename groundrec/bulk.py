"""Recommendations for everybody, written to a file as they come."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from graph.errors import InputError, StoreError
from graph.snapshot import Progress
from groundrec.ask import Answer
from groundrec.filters import Filters
from groundrec.forms import answer_form
from groundrec.origins import rows_of_items
from groundrec.serving import item_kind, last_words, ranker_of, seen_by
from groundrec.workspace import Workspace
from models.live import scores_of
from models.rank import blocks, top

FORMS = (".jsonl", ".parquet")


def can_write(out: Path) -> None:
    """Nothing, when this file may be written; said before the work is done, not behind it.

    InputError for a file that is neither .jsonl nor .parquet, or lies in no folder.
    """
    _form(out)
    if not out.absolute().parent.is_dir():
        raise InputError(f"cannot write {out}: there is no folder {out.parent}")
    if out.is_dir():
        raise InputError(f"cannot write {out}: it is a folder")


def recommend_all(
    place: Workspace, out: Path, progress: Progress, filters: Filters | None = None
) -> int:
    """The best items of every user: user, rank, item, title, score; gives how many users.

    Users of whom nothing is known have no rows. Reasons are made when they are asked for, by
    `recommend USER`.
    """
    blocks = []
    users = 0
    for block in best_of_all(place, progress, filters or Filters()):
        users += block["user"].n_unique()
        blocks.append(block)
    whole = pl.concat(blocks) if blocks else pl.DataFrame()
    _write(whole, out)
    return users


def write_answers(place: Workspace, answers: list[Answer], out: Path) -> None:
    """Answers with their reasons: one JSON object per line, or a Parquet table of items."""
    if _form(out) == ".jsonl":
        origins = rows_of_items(place, (item for answer in answers for item in answer.items))
        lines = [json.dumps(answer_form(answer, origins), ensure_ascii=False) for answer in answers]
        _put(out, "\n".join(lines) + "\n")
        return
    rows = [
        {
            "user": answer.person,
            "rank": rank,
            "item": item.id,
            "title": item.title,
            "score": item.score,
            "share_explained": item.share_explained,
            "reasons": [told.sentence.text for told in item.reasons],
            "verdicts": [told.checked.kind.value for told in item.reasons],
        }
        for answer in answers
        for rank, item in enumerate(answer.items, 1)
    ]
    _write(pl.DataFrame(rows), out)


def best_of_all(place: Workspace, progress: Progress, filters: Filters) -> Iterator[pl.DataFrame]:
    """The best items of every user, some users at a time: user, rank, item, title, score."""
    snapshot, ranker = place.snapshot, ranker_of(place)
    kind = snapshot.schema.kinds_of("user")[0]
    here, everyone = snapshot.rows(item_kind(snapshot)), snapshot.count(kind)
    allowed = filters.mask(place, item_kind(snapshot))
    for rows in blocks(everyone, len(here)):
        local = np.arange(rows.start, rows.stop)
        seen = None if filters.with_seen else seen_by(snapshot, local, kind)
        scored = scores_of(ranker, *last_words(snapshot, local, kind))
        found, scores = top(scored, seen, place.settings.k, allowed)
        keep = found >= 0
        users, ranks = np.nonzero(keep)
        items = found[keep] + here.start
        yield pl.DataFrame(
            {
                "user": [
                    name.partition(":")[2]
                    for name in snapshot.ids(users + rows.start + snapshot.rows(kind).start)
                ],
                "rank": ranks + 1,
                "item": snapshot.ids(items),
                "title": snapshot.labels(items),
                "score": scores[keep],
            }
        )
        progress("users", rows.stop, everyone)


def _form(out: Path) -> str:
    if out.suffix not in FORMS:
        raise InputError(f"cannot write {out}: unknown form", hint=f"end in {' or '.join(FORMS)}")
    return out.suffix


def _write(frame: pl.DataFrame, out: Path) -> None:
    if out.suffix == ".jsonl":
        _put(out, frame.write_ndjson())
        return
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        frame.write_parquet(beside)
        beside.replace(out)
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error}") from error
    finally:
        beside.unlink(missing_ok=True)


def _put(out: Path, text: str) -> None:
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(out)
    except OSError as error:
        raise StoreError(f"cannot write {out}: {error.strerror}") from error
    finally:
        beside.unlink(missing_ok=True)
