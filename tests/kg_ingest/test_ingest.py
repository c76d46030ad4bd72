"""What a catalogue may look like, and what becomes of it."""

from pathlib import Path

import polars as pl
import pytest

from graph.errors import InputError, MappingError, TooManyRejectsError
from graph.types import Edge, Node
from kg_ingest import gathering, readers
from tests.kg_ingest.catalogue import Catalogue

ITEMS = """
[[sources]]
path = "items.csv"
root = "mapping"
[[sources.nodes]]
kind = "item"
key = "id"
label = "title"
"""
RATINGS = """
[[sources]]
path = "ratings.csv"
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
weight = "stars"
"""
TAGS = """
[[sources]]
path = "tags.csv"
fields.tag = { from = "tags", split = "|", clean = [['\\s*\\(.*\\)', '']] }
[[sources.edges]]
relation = "tagged"
head = "id"
tail = { name = "tag" }
"""


# -- files of any shape ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "content"),
    [
        ('format = "csv"', "id,title\n1,Heat\n2,Ronin\n"),
        ('format = "csv"', "id,title\r\n1,Heat\r\n2,Ronin"),
        ('format = "csv"', "\ufeffid,title\n\n1,Heat\n\n2,Ronin\n\n"),
        ('format = "csv"', '"id","title"\n"1","Heat"\n2,"Ronin"\n'),
        ('format = "tsv"', "id\ttitle\n1\tHeat\n2\tRonin\n"),
        ('format = "delimited"\ndelimiter = "::"', "id::title\n1::Heat\n2::Ronin\n"),
        ('format = "delimited"\ndelimiter = "|"\ncolumns = ["id", "title"]', "1|Heat\n2|Ronin\n"),
        ('format = "csv"\ncolumns = ["id", "title"]\nskip = 2', "# a\n# b\n1,Heat\n2,Ronin\n"),
        ('format = "jsonl"', '{"id": 1, "title": "Heat"}\n\n{"title": "Ronin", "id": "2"}\n'),
    ],
)
def test_the_same_rows_in_many_forms(catalogue: Catalogue, options: str, content: str) -> None:
    catalogue.map(ITEMS.replace('root = "mapping"', f'root = "mapping"\n{options}'))
    catalogue.write("items.csv", content)
    report = catalogue.ingest()
    assert report.rejected == 0
    assert catalogue.get("item:1", "item:2") == (
        Node("item", "1", "Heat"),
        Node("item", "2", "Ronin"),
    )


def test_parquet(catalogue: Catalogue) -> None:
    pl.DataFrame({"id": [1, 2], "title": ["Heat", None]}).write_parquet(
        catalogue.folder / "items.csv"
    )
    catalogue.map(ITEMS.replace('root = "mapping"', 'root = "mapping"\nformat = "parquet"'))
    assert catalogue.ingest().rejected == 0
    assert catalogue.get("item:2") == (Node("item", "2", "2"),)


def test_another_encoding(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS.replace('root = "mapping"', 'root = "mapping"\nencoding = "latin-1"'))
    catalogue.write("items.csv", "id,title\n1,Léon\n".encode("latin-1"))
    catalogue.ingest()
    assert catalogue.get("item:1") == (Node("item", "1", "Léon"),)


def test_quotes_may_hold_delimiters_and_lines(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", 'id,title\n1,"a, ""b""\nc"\n2,Ronin\nbad\n')
    catalogue.ingest()
    assert catalogue.get("item:1", "item:2") == (
        Node("item", "1", 'a, "b"\nc'),
        Node("item", "2", "Ronin"),
    )
    assert catalogue.rejects() == [("items.csv", 5, "", "1 fields, expected 2")]


def test_adjacency_lists_with_ids_of_another_file(catalogue: Catalogue) -> None:
    catalogue.map(
        """
[lookups.item]
path = "map.txt"
format = "delimited"
delimiter = " "
columns = ["original", "inner"]
key = "inner"
value = "original"
[[sources]]
path = "train.txt"
format = "adjacency"
delimiter = " "
columns = ["user", "items"]
fields.item = { from = "items", lookup = "item" }
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
split = "train"
"""
    )
    catalogue.write("map.txt", "1193 0\n661 1\n")
    catalogue.write("train.txt", "0 0 1\n1 1 7\n2\n")
    catalogue.ingest()
    assert catalogue.edges() == {
        ("user:0", "rated", "item:1193"),
        ("user:0", "rated", "item:661"),
        ("user:1", "rated", "item:661"),
    }
    assert catalogue.rejects() == [("train.txt", 2, "item", "not in the lookup item: 7")]


def test_json_lists_need_no_splitter(catalogue: Catalogue) -> None:
    catalogue.map(TAGS.replace('path = "tags.csv"', 'path = "tags.csv"\nformat = "jsonl"')
                  .replace('split = "|", ', ""))  # fmt: skip
    catalogue.write("tags.csv", '{"id": 1, "tags": ["Crime (2)", "Drama"]}\n[1]\n{"id"\n')
    catalogue.ingest()
    assert {edge[2] for edge in catalogue.edges()} == {"tag:crime", "tag:drama"}
    assert [(line, reason.partition(":")[0]) for _, line, _, reason in catalogue.rejects()] == [
        (2, "no JSON object"),
        (3, "no JSON"),
    ]


# -- values ----------------------------------------------------------------------------------


def test_a_cell_may_hold_thousands_of_values(catalogue: Catalogue) -> None:
    catalogue.map(TAGS)
    names = [f"Tag {n} (x)" for n in range(5_000)]
    catalogue.write("tags.csv", "id,tags\n1," + "|".join(names) + "\n")
    report = catalogue.ingest()
    assert report.counts.edges_added == 5_000
    assert catalogue.get("tag:tag 77") == (Node("tag", "tag 77", "Tag 77"),)


def test_names_that_differ_in_case_or_spaces_are_one_node(catalogue: Catalogue) -> None:
    catalogue.map(TAGS)
    catalogue.write("tags.csv", "id,tags\n1,Film Noir|film  noir| FILM NOIR ||\n2,Ünïcode|日本語\n")
    assert catalogue.ingest().counts.edges_added == 3
    assert {edge[2] for edge in catalogue.edges()} == {"tag:film noir", "tag:ünïcode", "tag:日本語"}


def test_the_same_id_in_two_kinds_is_two_nodes(catalogue: Catalogue) -> None:
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", "user,item,stars\n7,7,4\n")
    catalogue.ingest()
    assert catalogue.stats().nodes == {"item": 1, "user": 1}


def test_parallel_edges_and_edges_to_oneself(catalogue: Catalogue) -> None:
    catalogue.map(
        """
[[sources]]
path = "follows.csv"
[[sources.edges]]
relation = "follows"
head = "from"
tail = "to"
discriminator = "why"
properties = { note = "note" }
""",
        '[kinds.item]\nrole = "item"\n[relations.follows]\nhead = "item"\ntail = "item"\n',
    )
    catalogue.write("follows.csv", "from,to,why,note\na,a,,self\na,b,plot,x\na,b,cast,y\n")
    catalogue.ingest()
    assert catalogue.stats().edges == {"follows": 3}
    (plot,) = catalogue.get(Edge("item:a", "follows", "item:b", "plot").id)
    assert isinstance(plot, Edge)
    assert plot.properties == {"note": "x"}


def test_properties_and_aliases(catalogue: Catalogue) -> None:
    catalogue.map(
        """
[[sources]]
path = "items.csv"
fields.other = { from = "other", split = ";" }
fields.pages = { from = "pages", type = "integer" }
[[sources.nodes]]
kind = "item"
key = "id"
label = "title"
aliases = "other"
properties = { pages = "pages", blurb = "blurb" }
"""
    )
    catalogue.write(
        "items.csv", 'id,title,other,pages,blurb\n1,A,"B; ""C""",12,\n2,D,,x,y\n3,E,,,\n'
    )
    catalogue.ingest()
    assert catalogue.get("item:1", "item:3") == (
        Node("item", "1", "A", ("B", '"C"'), {"pages": 12}),
        Node("item", "3", "E"),
    )
    assert catalogue.rejects() == [("items.csv", 3, "pages", "no integer: x")]


def test_times_and_split_roles(catalogue: Catalogue) -> None:
    catalogue.map(
        """
[[sources]]
path = "r.csv"
fields.day = { from = "day", type = "time", time_format = "%d.%m.%Y" }
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
time = "day"
split_column = "role"
"""
    )
    catalogue.write("r.csv", "user,item,day,role\n1,2,01.02.1970,train\n1,3,32.1.1970,test\n"
                             "1,4,01.01.1970,exam\n")  # fmt: skip
    catalogue.ingest()
    (edge,) = catalogue.get(Edge("user:1", "rated", "item:2").id)
    assert isinstance(edge, Edge)
    assert edge.time == 31 * 86_400
    assert catalogue.rejects() == [
        ("r.csv", 3, "day", "no time: 32.1.1970"),
        ("r.csv", 4, "role", "not in the mapping: exam"),
    ]


def test_a_column_may_name_the_relation(catalogue: Catalogue) -> None:
    catalogue.map(
        """
[[sources]]
path = "facts.tsv"
format = "tsv"
[[sources.edges]]
head = "item"
tail = { name = "value" }
relation = { column = "what", values = { TAG = "tagged" }, ignore = ["NOISE"] }
"""
    )
    catalogue.write("facts.tsv", "item\twhat\tvalue\n1\tTAG\tx\n1\tNOISE\ty\n1\tODD\tz\n")
    catalogue.ingest()
    assert catalogue.edges() == {("item:1", "tagged", "tag:x")}
    assert catalogue.rejects() == [("facts.tsv", 4, "what", "not in the mapping: ODD")]


# -- bad rows --------------------------------------------------------------------------------


def test_each_bad_row_is_told_and_the_rest_goes_on(catalogue: Catalogue) -> None:
    catalogue.map(RATINGS)
    catalogue.write(
        "ratings.csv",
        b"user,item,stars\n1,2,4\n,2,4\n1,,4\n1,3,many\n1,4,\n1,5,inf\n1,6\n1,7,3,9\n1,\xff,2\n2,2,5\n",
    )
    report = catalogue.ingest()
    assert catalogue.edges() == {("user:1", "rated", "item:2"), ("user:2", "rated", "item:2")}
    assert report.rejected == 8
    assert catalogue.rejects() == [
        ("ratings.csv", 3, "user", "empty"),
        ("ratings.csv", 4, "item", "empty"),
        ("ratings.csv", 5, "stars", "no number: many"),
        ("ratings.csv", 6, "stars", "empty"),
        ("ratings.csv", 7, "stars", "no number: inf"),
        ("ratings.csv", 8, "", "2 fields, expected 3"),
        ("ratings.csv", 9, "", "4 fields, expected 3"),
        ("ratings.csv", 10, "item", "not utf-8 at byte 3"),
    ]


def test_a_quote_that_is_never_closed_costs_one_row(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", 'id,title\n1,Heat\n2,"Ronin\n3,Fargo\n4,"Alien"\n')
    catalogue.ingest()
    there = catalogue.get("item:1", "item:2", "item:3", "item:4")
    assert [node is not None for node in there] == [True, False, True, True]
    assert [line for _, line, _, _ in catalogue.rejects()] == [3]


def test_too_many_rejects_stop_and_leave_whole_blocks(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 20)
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", "user,item,stars\n1,2,4\n1,3,4\nx\ny\nz\n" + "1,4,4\n" * 9)
    with pytest.raises(TooManyRejectsError, match="more than the 1 allowed") as told:
        catalogue.ingest(max_rejects=1)
    assert "rejects.csv" in told.value.hint
    assert ("user:1", "rated", "item:2") in catalogue.edges()


# -- again and again -------------------------------------------------------------------------


def test_twice_changes_nothing(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS + RATINGS + TAGS)
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    catalogue.write("ratings.csv", "user,item,stars\n1,1,4\n")
    catalogue.write("tags.csv", "id,tags\n1,Crime\n")
    first, second = catalogue.ingest(), catalogue.ingest()
    assert first.counts.written > 0
    assert second.counts.written == 0
    assert second.counts.unchanged >= first.counts.written


def test_a_correction_is_a_change(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", "id,title\n1,Heet\n")
    catalogue.ingest()
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    assert catalogue.ingest().counts.nodes_changed == 1
    assert catalogue.get("item:1") == (Node("item", "1", "Heat"),)


def test_an_ingest_that_was_cut_short_goes_on(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 40)
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", "user,item,stars\n" + "".join(f"{n},1,4\n" for n in range(50)))
    blocks = readers.read_blocks

    def cut(*arguments: object) -> object:
        for at, block in enumerate(blocks(*arguments)):  # type: ignore[arg-type]
            if at == 3:
                raise KeyboardInterrupt
            yield block

    monkeypatch.setattr(gathering, "ROWS", 1)
    monkeypatch.setattr("kg_ingest.deliveries.read_blocks", cut)
    with pytest.raises(KeyboardInterrupt):
        catalogue.ingest()
    half = len(catalogue.edges())
    monkeypatch.setattr("kg_ingest.deliveries.read_blocks", blocks)
    report = catalogue.ingest()
    assert report.resumed
    assert 0 < half < 50
    assert report.rows == {"ratings.csv": 50 - half}
    assert len(catalogue.edges()) == 50
    assert not catalogue.ingest().resumed


def test_changed_files_are_read_from_the_beginning(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", "user,item,stars\nx\n1,1,4\n")
    with pytest.raises(TooManyRejectsError):
        catalogue.ingest(max_rejects=0)
    catalogue.write("ratings.csv", "user,item,stars\n2,1,4\n1,1,4\n")
    report = catalogue.ingest(max_rejects=0)
    assert not report.resumed
    assert report.rows == {"ratings.csv": 2}


# -- mappings that cannot be used ------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ("[[sources]]\npath = 'x'\n", "sources[0]: says nothing"),
        (ITEMS.replace('kind = "item"', 'kind = "film"'), "names the kind 'film'"),
        (ITEMS.replace("key =", "kee ="), "sources[0].nodes[0].key: Field required"),
        (RATINGS.replace('"rated"', '"liked"'), "names the relation 'liked'"),
        (TAGS.replace("clean = [['", "clean = [['("), "no regular expression"),
        (ITEMS.replace('path = "items.csv"', 'path = "i"\nformat = "xml"'), "sources[0].format"),
        (ITEMS.replace('path = "items.csv"', 'path = "i"\ndelimiter = "::"'), "one character"),
        (ITEMS.replace('path = "items.csv"', 'path = "i"\nencoding = "utf-16"'), "UTF-8 first"),
        ("[[sources\n", "mapping.toml"),
        ('include = ["none.toml"]\n', "mapping.toml"),
        ("", "sources: Field required"),
    ],
)
def test_an_error_names_file_table_and_key(catalogue: Catalogue, sources: str, told: str) -> None:
    catalogue.map(sources)
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    with pytest.raises(MappingError) as error:
        catalogue.ingest()
    assert "mapping.toml" in str(error.value)
    assert told in str(error.value)


def test_a_column_that_is_not_there_is_named_with_those_that_are(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS.replace('label = "title"', 'label = "name"'))
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    with pytest.raises(MappingError, match=r"no column 'name'; it has: id, title"):
        catalogue.ingest()


def test_a_file_that_is_not_there_is_told_before_anything_is_written(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS + RATINGS)
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    with pytest.raises(InputError, match=r"ratings\.csv"):
        catalogue.ingest()
    assert catalogue.stats().nodes == {}


def test_an_included_file_gives_words_that_may_be_changed(catalogue: Catalogue) -> None:
    catalogue.write("words.toml", SCHEMA_ONLY)
    catalogue.map('include = ["words.toml"]\n[relations.rated]\nliked = 3.0\n' + ITEMS, "")
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    catalogue.ingest()
    from kg_ingest.mapping import load_mapping

    relation = load_mapping(catalogue.folder / "mapping.toml").relations["rated"]
    assert (relation.head, relation.liked) == ("user", 3.0)


SCHEMA_ONLY = """
[kinds.user]
role = "user"
[kinds.item]
role = "item"
[relations.rated]
head = "user"
tail = "item"
interaction = true
liked = 4.0
"""


# -- the document and the examples -----------------------------------------------------------


def test_the_documents_worked_example(catalogue: Catalogue) -> None:
    import re

    page = (Path(__file__).parents[2] / "docs" / "catalogue-mapping.md").read_text("utf-8")
    blocks = re.findall(r"^```\w+\n(.*?)^```", page, flags=re.DOTALL | re.MULTILINE)
    albums, sales, mapping, rejects = blocks[:4]
    for name, content in (("albums.csv", albums), ("sales.dat", sales), ("mapping.toml", mapping)):
        catalogue.write(name, content)
    report = catalogue.ingest()
    assert report.rejects is not None
    assert report.rejects.read_text(encoding="utf-8") == rejects
    assert catalogue.get("album:1", "artist:joão gilberto") == (
        Node("album", "1", "The Köln Concert"),
        Node("artist", "joão gilberto", "João Gilberto"),
    )


def count(folder: Path, mapping: str, data: Path) -> dict[str, dict[str, int]]:
    from graph.sqlite_store import open_sqlite
    from kg_ingest.load import run_ingest

    with open_sqlite(folder / "graph.db") as store:
        report = run_ingest(
            store,
            Path(__file__).parents[2] / "examples" / mapping,
            data=data,
            runs=folder / "runs",
        )
        splits = pl.concat(part.select("relation", "split") for part in store.scan("edges"))
        roles = splits.drop_nulls("split").group_by("split").len()
        return {
            "nodes": store.stats().nodes,
            "edges": store.stats().edges,
            "splits": dict(roles.iter_rows()),
            "rejected": {"rows": report.rejected},
        }


def test_ml_latest_small(tmp_path: Path, data_dir: Path) -> None:
    found = count(tmp_path, "ml-latest-small.toml", data_dir)
    assert (found["nodes"]["user"], found["nodes"]["film"]) == (671, 9_125)
    assert found["edges"]["rated"] == 100_004
    assert found["rejected"] == {"rows": 0}


def test_ml_1m(tmp_path: Path, data_dir: Path) -> None:
    found = count(tmp_path, "ml-1m.toml", data_dir)
    assert found["nodes"]["user"] == 6_040
    assert found["splits"] == {"train": 801_218, "test": 197_321}
    assert found["edges"]["directed_by"] > 4_000


def test_amazon_book(tmp_path: Path, data_dir: Path) -> None:
    found = count(tmp_path, "kgat-amazon-book.toml", data_dir)
    assert found["nodes"]["user"] == 70_679
    assert found["nodes"]["book"] >= 24_915
    assert found["splits"] == {"train": 652_514, "test": 193_920}
