"""All SQL of the embedded store. Values travel as parameters, never inside the text.

Names of tables and columns that are put into a text come from this file and `graph.facts` alone.
"""

from collections.abc import Sequence

from graph.facts import facts_schema

PRAGMAS = (
    "PRAGMA page_size = 16384",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -16384",
)

_EDGE_FACTS = """
CREATE TABLE {} (
  id INTEGER NOT NULL, source INTEGER NOT NULL, run INTEGER NOT NULL, until INTEGER,
  file INTEGER NOT NULL, line INTEGER NOT NULL, valid_from INTEGER, valid_to INTEGER,
  said INTEGER NOT NULL, others TEXT, gone INTEGER NOT NULL DEFAULT 0,
  head INTEGER NOT NULL, relation INTEGER NOT NULL, tail INTEGER NOT NULL,
  discriminator TEXT NOT NULL DEFAULT '', weight REAL, time INTEGER, split TEXT,
  properties TEXT, PRIMARY KEY (id, source, run)) WITHOUT ROWID
"""

# Facts are clustered by id, so that all that is said of a node or an edge is one look-up.
FACTS = f"""
CREATE TABLE relations (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE node_facts (
  id INTEGER NOT NULL, source INTEGER NOT NULL, run INTEGER NOT NULL, until INTEGER,
  file INTEGER NOT NULL, line INTEGER NOT NULL, valid_from INTEGER, valid_to INTEGER,
  said INTEGER NOT NULL, others TEXT, gone INTEGER NOT NULL DEFAULT 0,
  kind TEXT NOT NULL, key TEXT NOT NULL, label TEXT, aliases TEXT, properties TEXT,
  PRIMARY KEY (id, source, run)) WITHOUT ROWID;
{_EDGE_FACTS.format("edge_facts")};
CREATE TABLE schemas (number INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE seen (run INTEGER NOT NULL, source INTEGER NOT NULL, facts TEXT NOT NULL,
  ids BLOB NOT NULL);
CREATE TABLE forgotten (mark BLOB PRIMARY KEY) WITHOUT ROWID
"""

# Ids are hashes: of a large table, a few thousand new rows change nearly every page. So few rows
# are kept beside it, with all that it says of the same ids, which is what counts from then on.
FROM_2_TO_3 = _EDGE_FACTS.format("recent_edge_facts")

TABLES = f"""
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE sources (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE runs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mapping TEXT NOT NULL,
  started INTEGER NOT NULL, ended INTEGER, positions TEXT NOT NULL, counts TEXT NOT NULL,
  rejects INTEGER NOT NULL, schema INTEGER, built_on TEXT NOT NULL DEFAULT '{{}}',
  undone INTEGER);
{FACTS};
{FROM_2_TO_3}
"""

# Format 1 kept the graph as it was and who had said so, not what each had said.
FROM_1_TO_2 = f"""
{FACTS};
ALTER TABLE runs ADD COLUMN schema INTEGER;
ALTER TABLE runs ADD COLUMN built_on TEXT NOT NULL DEFAULT '{{}}';
ALTER TABLE runs ADD COLUMN undone INTEGER;
INSERT INTO schemas (text) SELECT value FROM meta WHERE key = 'schema';
UPDATE runs SET schema = (SELECT number FROM schemas);
INSERT INTO meta SELECT 'states until run', max(number) FROM runs HAVING max(number) IS NOT NULL;
DELETE FROM meta WHERE key = 'schema';
INSERT INTO relations (name) SELECT DISTINCT relation FROM edges;
INSERT INTO node_facts (id, source, run, file, line, valid_from, valid_to, said,
  kind, key, label, aliases, properties)
SELECT n.id, a.source, a.run, a.file, a.line, a.valid_from, a.valid_to, a.said, n.kind, n.key,
  iif(a.said, n.label, NULL), iif(a.said, n.aliases, NULL), iif(a.said, n.properties, NULL)
FROM nodes AS n JOIN assertions AS a ON a.subject = n.id;
INSERT INTO edge_facts (id, source, run, file, line, valid_from, valid_to, said,
  head, relation, tail, discriminator, weight, time, split, properties)
SELECT e.id, a.source, a.run, a.file, a.line, a.valid_from, a.valid_to, a.said,
  e.head, r.number, e.tail, e.discriminator, e.weight, e.time, e.split, e.properties
FROM edges AS e JOIN assertions AS a ON a.subject = e.id JOIN relations AS r ON r.name = e.relation;
DROP TABLE nodes;
DROP TABLE edges;
DROP TABLE assertions
"""

# What a batch asks of: its ids, with what it says of each and what each is.
ASKED = """
CREATE TEMP TABLE asked_nodes (id INTEGER PRIMARY KEY, said INTEGER, kind TEXT, key TEXT);
CREATE TEMP TABLE asked_edges (id INTEGER PRIMARY KEY, said INTEGER, head INTEGER, tail INTEGER)
"""
ASKED_BY = {"nodes": ("kind", "key"), "edges": ("head", "tail")}

FACTS_OF = {"nodes": "node_facts", "edges": "edge_facts"}
RECENT = "recent_edge_facts"
ALL_FACTS = (*FACTS_OF.values(), RECENT)

COUNT_RECENT = f"SELECT count(*) FROM {RECENT}"
TAKE_OUT = f"INSERT OR IGNORE INTO {RECENT} SELECT f.* FROM edge_facts AS f WHERE f.id = ?"
RECENT_IDS = f"SELECT DISTINCT id FROM {RECENT} ORDER BY id"
PUT_AWAY = f"INSERT OR REPLACE INTO edge_facts SELECT * FROM {RECENT} WHERE id BETWEEN ? AND ?"
CLEAR_RECENT = f"DELETE FROM {RECENT}"
ANY_EDGES = f"SELECT EXISTS (SELECT 1 FROM edge_facts) OR EXISTS (SELECT 1 FROM {RECENT})"


def _in_all(table: str, statement: str) -> str:
    """A statement about facts `f`, asked of each table that holds some; it ends with conditions.

    No id is found in two of them.
    """
    if table == "nodes":
        return statement.format(facts="node_facts", here="")
    here = f" AND NOT EXISTS (SELECT 1 FROM {RECENT} AS r WHERE r.id = f.id)"
    both = (("edge_facts", here), (RECENT, ""))
    return " UNION ALL ".join(statement.format(facts=name, here=here) for name, here in both)


def _columns(table: str, of: str = "f") -> str:
    return ", ".join(f"{of}.{name}" for name in facts_schema(table))


def _live(table: str, columns: str, where: str = "") -> str:
    return _in_all(
        table,
        f"SELECT {columns} FROM asked_{table} AS a CROSS JOIN {{facts}} AS f ON f.id = a.id"
        f" WHERE f.until IS NULL{where}{{here}}",
    )


def _repeated(table: str) -> str:
    """What the source said last, or beside it in the same run, or a mention of what it described.

    Ends and relation make an id one to one, so equal ends tell two edges of one id apart.
    """
    one, two = ASKED_BY[table]
    return (
        f"f.source = :source AND f.{one} = a.{one} AND f.{two} = a.{two}"
        " AND (f.said = a.said OR (a.said = 0 AND f.said <> 1) OR instr(f.others, a.said))"
    )


def count_repeated(table: str) -> str:
    """How many of what is asked for are repeated, and the first and last run that said so."""
    counts = "count(*) AS n, min(f.run) AS first, max(f.run) AS last"
    counted = _live(table, counts, f" AND {_repeated(table)}")
    return f"SELECT sum(n), min(first), max(last) FROM ({counted})"


def known(table: str) -> str:
    """Of what is asked for, what something is known of: the run, and whether it is repeated."""
    return _live(table, f"a.id, f.run, coalesce({_repeated(table)}, 0)")


def live(table: str) -> str:
    """All live facts about the ids that are asked for."""
    return _live(table, _columns(table))


def standing(table: str) -> str:
    """Ids of which a source said something before a run, and did not take it back."""
    ids = (
        "SELECT f.id FROM {facts} AS f WHERE f.source = :source AND f.run <> :run"
        " AND f.until IS NULL AND f.said <> 1{here}"
    )
    return f"{_in_all(table, ids)} ORDER BY 1"


def taken_back(table: str) -> str:
    """How many of a source's last words before a run take something back, by their runs."""
    runs = (
        "SELECT f.run FROM {facts} AS f WHERE f.source = :source AND f.run <> :run"
        " AND f.until IS NULL AND f.said = 1{here}"
    )
    return f"SELECT run, count(*) FROM ({_in_all(table, runs)}) GROUP BY run"


def insert(facts: str, columns: Sequence[str]) -> str:
    """New facts; one that the same run wrote before is replaced."""
    slots = ", ".join("?" * len(columns))
    return f"INSERT OR REPLACE INTO {facts} ({', '.join(columns)}) VALUES ({slots})"


def ask(table: str) -> str:
    """Say which ids are meant."""
    return f"INSERT INTO asked_{table} VALUES (?, ?, ?, ?)"


def close(facts: str) -> str:
    """The source's last word on an id, in a run, is over with another run."""
    return f"UPDATE {facts} SET until = ? WHERE id = ? AND source = ? AND run = ?"


# A fact is known at a moment when its run was among the first :known ones, and its end was not.
_KNOWN = "f.run <= :known AND (f.until IS NULL OR f.until > :known)"
_HOLDS = """(f.gone OR (
    (f.valid_from IS NULL OR f.valid_from <= :as_of)
    AND (f.valid_to IS NULL OR f.valid_to > :as_of)))"""
# The order of words: by run, within a run by source.
_WORD = "f.run * 1048576 + f.source"

# Nodes that were ever told of by then and are not there: never many.
_MISSING = f"""
SELECT id FROM (
  SELECT f.id, f.gone, max(CASE WHEN {_HOLDS} THEN {_WORD} END) AS word
  FROM node_facts AS f WHERE {_KNOWN} GROUP BY f.id)
WHERE word IS NULL OR gone
"""
MISSING = f"{_MISSING} ORDER BY id"

# With max(), the other columns are those of the last word.
COUNT_NODES = f"""
SELECT kind, count(*) FROM (
  SELECT f.kind, f.gone, max({_WORD}) FROM node_facts AS f
  WHERE {_KNOWN} AND {_HOLDS} GROUP BY f.id)
WHERE NOT gone GROUP BY kind ORDER BY kind
"""
_COUNTED = _in_all(
    "edges",
    f"""
SELECT relation, count(*) AS n FROM (
  SELECT f.relation, f.head, f.tail, f.gone, max({_WORD}) FROM {{facts}} AS f
  WHERE {_KNOWN} AND {_HOLDS}{{here}} GROUP BY f.id)
WHERE NOT gone AND head NOT IN missing AND tail NOT IN missing GROUP BY relation
""",
)
COUNT_EDGES = f"""
WITH missing AS MATERIALIZED ({_MISSING})
SELECT r.name, sum(e.n) FROM ({_COUNTED}) AS e JOIN relations AS r ON r.number = e.relation
GROUP BY r.name ORDER BY r.name
"""


def scan(table: str) -> str:
    """All facts that count at a moment, those of one id after another."""
    facts = f"SELECT {_columns(table)} FROM {{facts}} AS f WHERE {_KNOWN} AND {_HOLDS}{{here}}"
    return f"{_in_all(table, facts)} ORDER BY 1"


def every(table: str, columns: str) -> str:
    """All facts that were not undone, those of one id after another, with columns of our own."""
    facts = "{facts} AS f"
    if table == "edges":
        facts += " JOIN relations AS r ON r.number = f.relation"
    return f"{_in_all(table, f'SELECT {columns} FROM {facts} WHERE true{{here}}')} ORDER BY 1"


_SAID = """
  r.id, s.name, o.name, f.line, f.valid_from, f.valid_to, u.id, f.gone
FROM ({facts}) AS f JOIN runs AS r ON r.number = f.run
JOIN sources AS s ON s.number = f.source JOIN files AS o ON o.number = f.file
LEFT JOIN runs AS u ON u.number = f.until
"""


def _said(table: str) -> str:
    return _SAID.format(facts=_in_all(table, "SELECT f.* FROM {facts} AS f WHERE f.id = :id{here}"))


_NAME = "(SELECT kind || ':' || key FROM node_facts WHERE id = {end} LIMIT 1)"
NODE_SAID = f"""
SELECT f.kind, f.key, f.label, f.aliases, f.properties, {_said("nodes")}
ORDER BY f.run, f.source
"""
EDGE_SAID = f"""
SELECT {_NAME.format(end="f.head")}, e.name, {_NAME.format(end="f.tail")}, f.discriminator,
  f.weight, f.time, f.properties, {_said("edges")}
JOIN relations AS e ON e.number = f.relation
ORDER BY f.run, f.source
"""

BEGIN_RUN = """
INSERT INTO runs (id, mapping, started, ended, positions, counts, rejects, built_on, undone)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING
"""
SAVE_RUN = """
UPDATE runs SET mapping = ?2, started = ?3, ended = ?4, positions = ?5, counts = ?6, rejects = ?7,
  built_on = ?8, undone = ?9
WHERE id = ?1
"""
RUNS = """
SELECT id, mapping, started, ended, positions, counts, rejects, built_on, undone
FROM runs ORDER BY number
"""
SCHEMAS = """
SELECT s.text FROM schemas AS s JOIN runs AS r ON r.schema = s.number
WHERE r.undone IS NULL GROUP BY s.number ORDER BY max(r.number)
"""
LAST_RUN_BY = "SELECT coalesce(max(number), 0) FROM runs WHERE started <= ?"
