"""A library's files, and what `ingest init` makes of them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError
from graph.sqlite_store import open_sqlite
from graph.types import Edge
from kg_ingest.load import LoadReport, run_ingest
from kg_ingest.looking import look
from kg_ingest.mapping import load_mapping
from kg_ingest.proposal import as_toml
from kg_ingest.propose import Proposal, propose, singular, slug

GENRES = ("fantasy|classic", "science fiction", "classic|science fiction", "fantasy")
BOOKS = "bookId,title,genres,year,pages\n" + "".join(
    f'{n},"Book number {n}, The ({1950 + n % 40})",{GENRES[n % 4]},{1950 + n % 40},{100 + 7 * n}\n'
    for n in range(1, 61)
)
LOANS = "readerId,bookId,stars,lent\n" + "".join(
    f"r{n % 12},{1 + n * 7 % 60},{1 + n % 5},2024-03-{1 + n % 28:02}\n" for n in range(200)
)
FACTS = "Book A|written_by|Ann Lee\nBook A|has_tags|sea\nBook B|written_by|Bo Ek\n" + "".join(
    f"Book {n}|{relation}|{value}\n"
    for n in range(30)
    for relation, value in (("written_by", f"Author {n % 7}"), ("has_tags", f"tag {n % 5}"))
)


def files(folder: Path, **content: str) -> list[Path]:
    paths = []
    for name, text in content.items():
        path = folder / name.replace("_", ".")
        path.write_text(text, encoding="utf-8")
        paths.append(path)
    return paths


def roles(found: Proposal) -> dict[tuple[str, str], str]:
    return {
        (table.seen.path.name, meant.column.name): meant.role
        for table in found.tables
        for meant in table.roles
    }


def ingested(folder: Path, found: Proposal) -> LoadReport:
    text = as_toml("library", found, lambda path: ("mapping", path.name))
    (folder / "library.toml").write_text(text, encoding="utf-8")
    with open_sqlite(folder / "graph.db") as store:
        return run_ingest(store, folder / "library.toml", data=None, runs=folder / "runs")


def test_each_column_gets_its_role(tmp_path: Path) -> None:
    found = propose([look(path) for path in files(tmp_path, books_csv=BOOKS, loans_csv=LOANS)])
    assert roles(found) == {
        ("books.csv", "bookId"): "key",
        ("books.csv", "title"): "label",
        ("books.csv", "genres"): "link",
        ("books.csv", "year"): "link",
        ("books.csv", "pages"): "property",
        ("loans.csv", "readerId"): "user",
        ("loans.csv", "bookId"): "reference",
        ("loans.csv", "stars"): "weight",
        ("loans.csv", "lent"): "time",
    }
    assert (found.items, found.users) == ("book", "reader")


def test_the_proposal_runs_unedited_and_says_what_it_means(tmp_path: Path) -> None:
    found = propose([look(path) for path in files(tmp_path, books_csv=BOOKS, loans_csv=LOANS)])
    report = ingested(tmp_path, found)
    assert (report.rejected, report.rows) == (0, {"books": 60, "loans": 200})
    mapping = load_mapping(tmp_path / "library.toml")
    assert mapping.relations["rated"].interaction
    assert mapping.relations["rated"].liked == 4.0
    assert mapping.relations["has_year"].functional
    assert mapping.relations["has_genre"].complete
    with open_sqlite(tmp_path / "graph.db") as store:
        sizes = store.stats()
    assert sizes.nodes == {"book": 60, "genre": 3, "reader": 12, "year": 40}
    lines = (tmp_path / "library.toml").read_text(encoding="utf-8").splitlines()
    assert "# genres: link, several in a cell, parted by '|'" in lines


def test_triples_become_relations_that_share_their_ends(tmp_path: Path) -> None:
    found = propose([look(path) for path in files(tmp_path, facts_txt=FACTS)])
    assert [meant.role for meant in found.tables[0].roles] == ["relation", "object", "head"]
    assert ingested(tmp_path, found).rejected == 0
    relations = load_mapping(tmp_path / "library.toml").relations
    assert {name: meant.tail for name, meant in relations.items()} == {
        "written_by": "person",
        "has_tags": "tag",
    }


def test_files_without_a_header_are_read_by_what_they_hold(tmp_path: Path) -> None:
    lines = "".join(f"{n}::Book number {n} ({1950 + n})::{GENRES[n % 4]}\n" for n in range(1, 40))
    (seen,) = [look(path) for path in files(tmp_path, books_dat=lines)]
    assert (seen.delimiter, seen.header, seen.format) == ("::", False, "delimited")
    found = propose([seen])
    assert [meant.role for meant in found.tables[0].roles] == ["key", "label", "link"]
    assert ingested(tmp_path, found).rejected == 0


def test_a_file_that_numbers_things_anew_is_a_look_up(tmp_path: Path) -> None:
    titles = "".join(f"{3 * n}::Book number {n}::{GENRES[n % 4]}\n" for n in range(1, 40))
    members = "".join(
        f"{100 + n}::{'FM'[n % 2]}::{(20, 35, 50)[n % 3]}::{n % 5}\n" for n in range(30)
    )
    numbered = "".join(f"{3 * n} {39 - n}\n" for n in range(1, 40))
    people = "".join(f"{100 + n} {n}\n" for n in range(30))
    lent = "".join(
        f"{n} {' '.join(str(b) for b in range(39) if (n + b) % (2 + n % 5) == 0)}\n"
        for n in range(30)
    )
    named = {"book_dat": titles, "member_dat": members, "book-map_txt": numbered,
             "member-map_txt": people, "lent_txt": lent}  # fmt: skip
    found = propose([look(path) for path in files(tmp_path, **named)])
    assert sorted(found.look_ups) == ["book", "member"]
    assert {at: role for at, role in roles(found).items() if at[0] == "member.dat"} == {
        ("member.dat", "column1"): "key",
        ("member.dat", "column2"): "property",  # one of two
        ("member.dat", "column3"): "property",  # a number: 20, 35, 50
        ("member.dat", "column4"): "link",  # a code: 0 to 4
    }
    assert ingested(tmp_path, found).rejected == 0
    with open_sqlite(tmp_path / "graph.db") as store:
        assert store.stats().nodes["book"] == 39
        assert store.stats().nodes["member"] == 30
        (said,) = store.facts([Edge("member:101", "chose", "book:3").id])
        assert said


def test_a_few_mistakes_do_not_hide_what_a_column_means(tmp_path: Path) -> None:
    dirty = LOANS.replace("\nr1,8,2,2024-03-02", "\nr1,8,two,soon")
    assert dirty != LOANS
    found = propose([look(path) for path in files(tmp_path, books_csv=BOOKS, loans_csv=dirty)])
    told = roles(found)
    assert (told["loans.csv", "stars"], told["loans.csv", "lent"]) == ("weight", "time")
    assert ingested(tmp_path, found).rejected == 1


def test_a_list_is_known_by_parts_that_stand_alone_elsewhere(tmp_path: Path) -> None:
    rows = [f"{n},Title {n},Maker {n % 40}\n" for n in range(95)]
    rows += [f'{n},Title {n},"Maker {n - 95}, Maker {n - 90}"\n' for n in range(95, 100)]
    (seen,) = [look(p) for p in files(tmp_path, a_csv="id,title,maker\n" + "".join(rows))]
    assert seen.column("maker").splitter == ", "
    assert seen.column("title").splitter == ""


def test_words_are_korean_too_where_the_catalogue_is(tmp_path: Path) -> None:
    rows = "".join(f"{n},제목 {n},장르{n % 3}\n" for n in range(1, 30))
    found = propose([look(p) for p in files(tmp_path, books_csv="id,title,genre\n" + rows)])
    ingested(tmp_path, found)
    words = load_mapping(tmp_path / "library.toml").relations["has_genre"].words
    assert set(words) == {"en", "ko"}


@pytest.mark.parametrize("content", ['{"a": {"b": 1}}', ""])
def test_what_holds_no_rows_is_told(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match=r"no rows|empty"):
        look(files(tmp_path, nested_json=content)[0])


@pytest.mark.parametrize(
    ("many", "one"),
    [("movies", "movie"), ("categories", "category"), ("boxes", "box"), ("glass", "glass")],
)
def test_one_of_many(many: str, one: str) -> None:
    assert singular(many) == one


@given(st.text(max_size=40))
def test_any_column_name_makes_a_name_of_the_schema(name: str) -> None:
    made = slug(name)
    assert made == "" or (made[0].isalpha() and made.isascii() and len(made) <= 50)


def test_the_types_in_the_header_of_an_atomic_file_are_read(tmp_path: Path) -> None:
    books = tmp_path / "library.item"
    books.write_text(
        "item_id:token\tbook_title:token_seq\tclass:token_seq\n"
        + "".join(f"b{n}\tBook number {n}\t{GENRES[n % 4].split('|')[0]} long\n" for n in range(60))
    )
    loans = tmp_path / "library.inter"
    loans.write_text(
        "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
        + "".join(f"r{n % 12}\tb{n * 7 % 60}\t{1 + n % 5}\t{900_000_000 + n}\n" for n in range(200))
    )
    found = propose([look(books), look(loans)])
    assert roles(found) == {
        ("library.item", "item_id"): "key",
        ("library.item", "book_title"): "label",
        ("library.item", "class"): "link",
        ("library.inter", "item_id"): "reference",
        ("library.inter", "user_id"): "user",
        ("library.inter", "rating"): "weight",
        ("library.inter", "timestamp"): "time",
    }
    report = ingested(tmp_path, found)
    assert report.rejected == 0
    with open_sqlite(tmp_path / "graph.db") as store:
        assert set(store.stats().edges) == {"rated", "has_class"}


def test_import_files_of_neo4j_are_told(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("itemId:ID(Item),title,:LABEL\n1,Heat,Item\n")
    with pytest.raises(InputError, match="import file of Neo4j") as told:
        look(tmp_path / "items.csv")
    assert 'format = "neo4j"' in told.value.hint
