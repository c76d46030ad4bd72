"""All SQL of the embedded store. Values travel as parameters, never inside the text."""

from typing import NamedTuple

PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA cache_size = -262144",
)

TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE sources (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE runs (
  number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, mapping TEXT NOT NULL,
  started INTEGER NOT NULL, ended INTEGER, positions TEXT NOT NULL, counts TEXT NOT NULL,
  rejects INTEGER NOT NULL);
CREATE TABLE nodes (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL,
  label TEXT, aliases TEXT, properties TEXT);
CREATE TABLE edges (
  id INTEGER PRIMARY KEY, head INTEGER NOT NULL, relation TEXT NOT NULL, tail INTEGER NOT NULL,
  discriminator TEXT NOT NULL, weight REAL, time INTEGER, split TEXT, properties TEXT);
CREATE TABLE assertions (
  subject INTEGER NOT NULL, source INTEGER NOT NULL, said INTEGER NOT NULL,
  run INTEGER NOT NULL, file INTEGER NOT NULL, line INTEGER NOT NULL,
  valid_from INTEGER, valid_to INTEGER, PRIMARY KEY (subject, source)) WITHOUT ROWID
"""

STAGES = """
CREATE TEMP TABLE staged_nodes (
  id INTEGER PRIMARY KEY, kind, key, label, aliases, properties, said INTEGER, file, line);
CREATE TEMP TABLE staged_edges (
  id INTEGER PRIMARY KEY, head, relation, tail, discriminator, weight, time, split, properties,
  said INTEGER, file, line)
"""


class Merge(NamedTuple):
    """Three steps from a staged table into the graph: change what is there, add, assert."""

    change: str
    add: str
    assert_: str


# What a source said last time is not news; what it did not say (null) takes nothing away.
_NEWS = """NOT EXISTS (
    SELECT 1 FROM assertions AS a
    WHERE a.subject = s.id AND a.source = :source AND a.said = s.said)"""
_ASSERT = """
INSERT INTO assertions (subject, source, said, run, file, line)
SELECT id, :source, said, :run, file, line FROM {stage} WHERE true
ON CONFLICT (subject, source) DO UPDATE
SET said = excluded.said, run = excluded.run, file = excluded.file, line = excluded.line
WHERE said <> excluded.said AND excluded.said <> 0
"""

MERGE_NODES = Merge(
    change=f"""
UPDATE nodes SET
  label = coalesce(s.label, nodes.label), aliases = coalesce(s.aliases, nodes.aliases),
  properties = coalesce(s.properties, nodes.properties)
FROM staged_nodes AS s
WHERE nodes.id = s.id AND s.said <> 0
  AND (coalesce(s.label, nodes.label) IS NOT nodes.label
    OR coalesce(s.aliases, nodes.aliases) IS NOT nodes.aliases
    OR coalesce(s.properties, nodes.properties) IS NOT nodes.properties)
  AND {_NEWS}
""",
    add="""
INSERT INTO nodes (id, kind, key, label, aliases, properties)
SELECT id, kind, key, label, aliases, properties FROM staged_nodes WHERE true
ON CONFLICT (id) DO NOTHING
""",
    assert_=_ASSERT.format(stage="staged_nodes"),
)

MERGE_EDGES = Merge(
    change=f"""
UPDATE edges SET
  weight = coalesce(s.weight, edges.weight), time = coalesce(s.time, edges.time),
  split = coalesce(s.split, edges.split), properties = coalesce(s.properties, edges.properties)
FROM staged_edges AS s
WHERE edges.id = s.id AND s.said <> 0
  AND (coalesce(s.weight, edges.weight) IS NOT edges.weight
    OR coalesce(s.time, edges.time) IS NOT edges.time
    OR coalesce(s.split, edges.split) IS NOT edges.split
    OR coalesce(s.properties, edges.properties) IS NOT edges.properties)
  AND {_NEWS}
""",
    add="""
INSERT INTO edges (id, head, relation, tail, discriminator, weight, time, split, properties)
SELECT id, head, relation, tail, discriminator, weight, time, split, properties
FROM staged_edges WHERE true
ON CONFLICT (id) DO NOTHING
""",
    assert_=_ASSERT.format(stage="staged_edges"),
)

NODE_COLLISION = """
SELECT n.id, n.kind || ':' || n.key, s.kind || ':' || s.key
FROM staged_nodes AS s JOIN nodes AS n ON n.id = s.id
WHERE n.kind <> s.kind OR n.key <> s.key LIMIT 1
"""
EDGE_COLLISION = """
SELECT e.id, e.relation || ' ' || e.head || ' ' || e.tail || ' ' || e.discriminator,
       s.relation || ' ' || s.head || ' ' || s.tail || ' ' || s.discriminator
FROM staged_edges AS s JOIN edges AS e ON e.id = s.id
WHERE e.head <> s.head OR e.tail <> s.tail OR e.relation <> s.relation
   OR e.discriminator <> s.discriminator LIMIT 1
"""
LOOSE_END = """
SELECT s.id FROM staged_edges AS s
WHERE NOT EXISTS (SELECT 1 FROM nodes WHERE id = s.head)
   OR NOT EXISTS (SELECT 1 FROM nodes WHERE id = s.tail) LIMIT 1
"""

NODE = "SELECT kind, key, label, aliases, properties FROM nodes WHERE id = ?"
EDGE = """
SELECT h.kind || ':' || h.key, e.relation, t.kind || ':' || t.key, e.discriminator,
       e.weight, e.time, e.properties
FROM edges AS e JOIN nodes AS h ON h.id = e.head JOIN nodes AS t ON t.id = e.tail
WHERE e.id = ?
"""
ASSERTIONS = """
SELECT r.id, s.name, f.name, a.line, a.valid_from, a.valid_to
FROM assertions AS a JOIN runs AS r ON r.number = a.run
JOIN sources AS s ON s.number = a.source JOIN files AS f ON f.number = a.file
WHERE a.subject = ? ORDER BY r.number, s.name
"""

SAVE_RUN = """
INSERT INTO runs (id, mapping, started, ended, positions, counts, rejects)
VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
  mapping = excluded.mapping, started = excluded.started, ended = excluded.ended,
  positions = excluded.positions, counts = excluded.counts, rejects = excluded.rejects
"""
RUNS = "SELECT id, mapping, started, ended, positions, counts, rejects FROM runs ORDER BY number"
