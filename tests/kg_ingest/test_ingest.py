"""What a catalogue may look like, and what becomes of it."""

import polars as pl
import pytest

from graph.types import Edge, Node
from tests.kg_ingest.catalogue import ITEMS, RATINGS, TAGS, Catalogue, items


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
    catalogue.map(items(options))
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
    catalogue.map(items('format = "parquet"'))
    assert catalogue.ingest().rejected == 0
    assert catalogue.get("item:2") == (Node("item", "2", "2"),)


def test_another_encoding(catalogue: Catalogue) -> None:
    catalogue.map(items('encoding = "latin-1"'))
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
