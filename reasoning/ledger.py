"""The ledger: audits with their records, kept in one SQLite file, a batch of answers at a time.

A batch is one transaction, so an audit that was cut short goes on behind its last whole batch.
"""

import json
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from graph.errors import InputError, StoreError
from reasoning.audit import Form
from reasoning.responses import Reject

VERSION = 1
_TABLES = """
CREATE TABLE IF NOT EXISTS audits (
  number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, label TEXT NOT NULL,
  source TEXT NOT NULL, model TEXT NOT NULL, prompt TEXT NOT NULL, snapshot TEXT NOT NULL,
  schema TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER);
CREATE TABLE IF NOT EXISTS answers (
  audit INTEGER NOT NULL, line INTEGER NOT NULL, id TEXT NOT NULL, model TEXT NOT NULL,
  time INTEGER, verdict TEXT NOT NULL, claims INTEGER NOT NULL, contradicted INTEGER NOT NULL,
  letters INTEGER NOT NULL, uncovered REAL NOT NULL, record TEXT NOT NULL,
  PRIMARY KEY (audit, line)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (
  audit INTEGER NOT NULL, line INTEGER NOT NULL, at INTEGER NOT NULL, relation TEXT NOT NULL,
  verdict TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (audit, line, at)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS rejects (
  audit INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (audit, line)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS calibrations (
  schema TEXT PRIMARY KEY, made INTEGER NOT NULL, content TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers_by_id ON answers (audit, id);
CREATE INDEX IF NOT EXISTS answers_worst ON answers (audit, contradicted DESC, line);
"""


@dataclass(frozen=True, slots=True)
class Audit:
    """One audit. `id` is a hash of what was read and of the graph it was held against."""

    number: int
    id: str
    label: str
    source: str
    model: str
    prompt: str
    snapshot: str
    schema: str
    started: int
    finished: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What an audit found: `counts` by verdict, `relations` by relation and verdict.

    `uncovered` is the share of letters that no understood claim covers.
    """

    answers: int
    rejects: int
    claims: int
    counts: Mapping[str, int]
    relations: Mapping[str, Mapping[str, int]]
    reasons: Mapping[str, int]
    uncovered: float


class Ledger:
    """Audits on disk; see `open_ledger`."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    # -- writing ------------------------------------------------------------------------------

    def begin(self, audit: Audit) -> tuple[Audit, int]:
        """The audit as it is kept, new or begun before, and the last line that it has read."""
        with self._db:
            self._db.execute(
                "INSERT OR IGNORE INTO audits (id, label, source, model, prompt, snapshot, schema,"
                " started) VALUES (?,?,?,?,?,?,?,?)",
                (audit.id, audit.label, audit.source, audit.model, audit.prompt, audit.snapshot,
                 audit.schema, audit.started),
            )  # fmt: skip
        kept = self.find(audit.id)
        (reached,) = self._db.execute(
            "SELECT max(coalesce((SELECT max(line) FROM answers WHERE audit = :n), 0),"
            " coalesce((SELECT max(line) FROM rejects WHERE audit = :n), 0))",
            {"n": kept.number},
        ).fetchone()
        return kept, int(reached)

    def add(self, audit: Audit, records: Sequence[Form], rejects: Sequence[Reject]) -> None:
        """A batch of records, whole or not at all."""
        with self._db:
            self._db.executemany(
                "INSERT INTO answers VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                (_answer(audit.number, record) for record in records),
            )
            self._db.executemany(
                "INSERT INTO claims VALUES (?,?,?,?,?,?)",
                (row for record in records for row in _claims(audit.number, record)),
            )
            self._db.executemany(
                "INSERT INTO rejects VALUES (?,?,?)",
                ((audit.number, reject.line, reject.reason) for reject in rejects),
            )

    def finish(self, audit: Audit) -> Audit:
        """Mark an audit as whole."""
        with self._db:
            self._db.execute(
                "UPDATE audits SET finished = ? WHERE number = ? AND finished IS NULL",
                (int(time.time()), audit.number),
            )
        return self.find(audit.id)

    def forget(self, audit: Audit) -> None:
        """Remove an audit and all its records."""
        with self._db:
            for table in ("answers", "claims", "rejects"):
                self._db.execute(f"DELETE FROM {table} WHERE audit = ?", (audit.number,))
            self._db.execute("DELETE FROM audits WHERE number = ?", (audit.number,))

    def forget_answers(self, about: Callable[[Form], bool]) -> dict[int, int]:
        """Remove the records that are about somebody, beyond recovery; how many of each audit."""
        gone = [
            (number, line)
            for number, line, record in self._db.execute("SELECT audit, line, record FROM answers")
            if about(json.loads(record))
        ]
        if not gone:
            return {}
        self._db.execute("PRAGMA secure_delete = ON")
        with self._db:
            for table in ("answers", "claims"):
                self._db.executemany(f"DELETE FROM {table} WHERE audit = ? AND line = ?", gone)
        self._db.execute("VACUUM")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return dict(Counter(number for number, _ in gone))

    def calibrated(self, schema: str, content: Form) -> None:
        """Keep the calibration of a schema; a later one takes its place."""
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO calibrations VALUES (?,?,?)",
                (schema, int(time.time()), json.dumps(content)),
            )

    # -- reading ------------------------------------------------------------------------------

    def find(self, name: str) -> Audit:
        """An audit by its number, label or the beginning of its id; "last" is the newest.

        InputError when there is none.
        """
        found = self._db.execute(
            "SELECT * FROM audits WHERE cast(number AS TEXT) = :name OR label = :name"
            " OR :name IN (id, 'last')"
            " OR (length(:name) > 5 AND substr(id, 1, length(:name)) = :name)"
            " ORDER BY number DESC LIMIT 1",
            {"name": name},
        ).fetchone()
        if found is None:
            known = ", ".join(str(audit.number) for audit in self.audits()[-10:])
            raise InputError(
                f"no audit {name!r}",
                hint=f"there are {known}" if known else "`groundrec audit run FILE` makes one",
            )
        return Audit(
            found[0], found[1], found[2], found[3], found[4], found[5], found[6], found[7],
            found[8], found[9],
        )  # fmt: skip

    def audits(self) -> list[Audit]:
        """All audits, in the order in which they were begun."""
        rows = self._db.execute("SELECT number FROM audits ORDER BY number").fetchall()
        return [self.find(str(number)) for (number,) in rows]

    def records(self, audit: Audit, *, worst: int | None = None) -> Iterator[Form]:
        """The records of an audit in the order of its file, or the `worst` of them first."""
        order = "line" if worst is None else "contradicted DESC, verdict, uncovered DESC, line"
        rows = self._db.execute(
            f"SELECT record FROM answers WHERE audit = ? ORDER BY {order} LIMIT ?",
            (audit.number, -1 if worst is None else worst),
        )
        for (record,) in rows:
            yield json.loads(record)

    def pairs(self, one: Audit, two: Audit) -> Iterator[tuple[Form, Form]]:
        """The records of two audits that have the same id; of several the first."""
        rows = self._db.execute(
            "SELECT min(a.line), a.record, (SELECT b.record FROM answers b WHERE b.audit = ?"
            " AND b.id = a.id ORDER BY b.line LIMIT 1) FROM answers a WHERE a.audit = ?"
            " GROUP BY a.id ORDER BY 1",
            (two.number, one.number),
        )
        for _, left, right in rows:
            if right is not None:
                yield json.loads(left), json.loads(right)

    def contradicted(self, audit: Audit) -> Iterator[Form]:
        """The records in which something is contradicted."""
        rows = self._db.execute(
            "SELECT record FROM answers WHERE audit = ? AND contradicted > 0 ORDER BY line",
            (audit.number,),
        )
        for (record,) in rows:
            yield json.loads(record)

    def rejects(self, audit: Audit) -> list[Reject]:
        """The lines that held no answer."""
        rows = self._db.execute(
            "SELECT line, reason FROM rejects WHERE audit = ? ORDER BY line", (audit.number,)
        )
        return [Reject(line, reason) for line, reason in rows]

    def summary(self, audit: Audit) -> Summary:
        """Counts over all records."""
        answers, letters, bare = self._db.execute(
            "SELECT count(*), coalesce(sum(letters), 0), coalesce(sum(letters * uncovered), 0)"
            " FROM answers WHERE audit = ?",
            (audit.number,),
        ).fetchone()
        (rejects,) = self._db.execute(
            "SELECT count(*) FROM rejects WHERE audit = ?", (audit.number,)
        ).fetchone()
        counts: dict[str, int] = {}
        relations: dict[str, dict[str, int]] = {}
        for relation, verdict, count in self._db.execute(
            "SELECT relation, verdict, count(*) FROM claims WHERE audit = ? GROUP BY 1, 2",
            (audit.number,),
        ):
            counts[verdict] = counts.get(verdict, 0) + count
            relations.setdefault(relation, {})[verdict] = count
        reasons = dict(
            self._db.execute(
                "SELECT reason, count(*) FROM claims WHERE audit = ? GROUP BY 1 ORDER BY 2 DESC",
                (audit.number,),
            ).fetchall()
        )
        return Summary(
            answers, rejects, sum(counts.values()), counts, relations, reasons,
            bare / letters if letters else 0.0,
        )  # fmt: skip

    def over(self, audit: Audit, by: str) -> list[tuple[str, str, int]]:
        """Claims counted "by" model or day: (what, verdict, count), sorted; no time is no row."""
        what = {
            "model": "a.model",
            "time": "strftime('%Y-%m-%d', a.time, 'unixepoch')",
        }[by]
        return self._db.execute(
            f"SELECT {what}, c.verdict, count(*) FROM claims c JOIN answers a"
            " ON a.audit = c.audit AND a.line = c.line WHERE c.audit = ?"
            f" AND {what} IS NOT NULL AND {what} <> '' GROUP BY 1, 2 ORDER BY 1, 2",
            (audit.number,),
        ).fetchall()

    def calibration(self, schema: str) -> Form | None:
        """The calibration of a schema, or None."""
        found = self._db.execute(
            "SELECT content FROM calibrations WHERE schema = ?", (schema,)
        ).fetchone()
        return None if found is None else json.loads(found[0])


@contextmanager
def open_ledger(path: Path) -> Generator[Ledger]:
    """The ledger at a path, made when it is not there; StoreError when it cannot be used."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path, timeout=30)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in (0, VERSION):
                raise StoreError(
                    f"{path} was written by another version", hint="move it away and audit anew"
                )
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(_TABLES)
            db.execute(f"PRAGMA user_version = {VERSION}")
            yield Ledger(db)
    except (sqlite3.Error, OSError) as error:
        raise StoreError(f"cannot use the ledger {path}: {error}") from error


def _answer(number: int, record: Form) -> tuple[object, ...]:
    claims = _list(record["claims"])
    return (
        number,
        record["line"],
        record["id"],
        record["model"],
        record["timestamp"],
        record["verdict"],
        len(claims),
        sum(claim["verdict"] == "contradicted" for claim in claims),
        sum(map(str.isalnum, str(record["text"]))),
        record["uncovered"],
        json.dumps(record, ensure_ascii=False),
    )


def _claims(number: int, record: Form) -> Iterable[tuple[object, ...]]:
    for at, claim in enumerate(_list(record["claims"])):
        relation, verdict = claim["relation"] or "", claim["verdict"]
        yield number, record["line"], at, relation, verdict, claim["reason"]


def _list(value: object) -> list[Form]:
    return value if isinstance(value, list) else []
