"""Mappings that cannot be used, and those of the documents and examples."""

from pathlib import Path

import polars as pl
import pytest

from graph.errors import InputError, MappingError
from graph.types import Node
from tests.kg_ingest.catalogue import ITEMS, RATINGS, TAGS, Catalogue


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
