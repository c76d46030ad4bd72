"""Input that is wrong: one line names file, line and field, and the rest goes on where it can."""

import gzip
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from graph.errors import InputError, MappingError
from graph.types import Edge, Node
from groundrec.output import exit_code
from kg_ingest import deliveries, lines, readers, streams
from tests.kg_ingest.catalogue import SCHEMA, Catalogue

ITEMS = """
[[sources]]
path = "items.csv"
[[sources.nodes]]
kind = "item"
key = "id"
label = "title"
"""
PLAIN = ITEMS.replace('path = "items.csv"', 'path = "items.csv"\nquote = ""')
RATINGS = """
[[sources]]
path = "ratings.csv"
[[sources.edges]]
relation = "rated"
head = "user"
tail = "item"
weight = "stars"
"""


def labels(catalogue: Catalogue, *keys: str) -> list[str | None]:
    found = catalogue.get(*(f"item:{key}" for key in keys))
    return [node.label if isinstance(node, Node) else None for node in found]


# -- bytes -----------------------------------------------------------------------------------


def test_wrong_encoding_costs_the_lines_that_have_it(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", b"id,title\n1,L\xe9on\n2,Ronin\n")
    catalogue.ingest()
    assert labels(catalogue, "1", "2") == [None, "Ronin"]
    assert catalogue.rejects() == [("items.csv", 2, "title", "not utf-8 at byte 4")]


def test_utf_16_is_refused_with_the_way_out(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", "id,title\n1,Heat\n".encode("utf-16"))
    with pytest.raises(InputError, match=r"items\.csv is UTF-16") as told:
        catalogue.ingest()
    assert "iconv" in told.value.hint
    assert exit_code(told.value) == 2


def test_a_nul_byte_costs_its_line(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", b"id,title\n1,He\0at\n2,Ronin\n\0\0\n3,Fargo\n")
    catalogue.ingest()
    assert labels(catalogue, "1", "2", "3") == [None, "Ronin", "Fargo"]
    assert catalogue.rejects() == [
        ("items.csv", 2, "title", "a NUL byte at byte 5"),
        ("items.csv", 4, "id", "a NUL byte at byte 1"),
    ]


def test_an_escaped_nul_in_json_costs_its_line(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS.replace('path = "items.csv"', 'path = "items.csv"\nformat = "jsonl"'))
    catalogue.write(
        "items.csv",
        '{"id": 1, "title": "He\\u0000at"}\n{"id": 2, "title": "\\ud800"}\n'
        '{"id": 3, "title": "\\ud83d\\ude00"}\n{"id": 4, "title": "a \\\\u0000"}\n',
    )
    catalogue.ingest()
    assert labels(catalogue, "1", "2", "3", "4") == [None, None, "\N{GRINNING FACE}", "a \\u0000"]
    assert [row[1:3] for row in catalogue.rejects()] == [(1, "title"), (2, "title")]


@pytest.mark.parametrize("mapping", [ITEMS, PLAIN], ids=["quoted", "plain"])
def test_a_byte_order_mark_belongs_to_no_name(catalogue: Catalogue, mapping: str) -> None:
    catalogue.map(mapping)
    catalogue.write("items.csv", b"\xef\xbb\xbfid,title\n1,Heat\n")
    assert catalogue.ingest().rejected == 0
    assert labels(catalogue, "1") == ["Heat"]


LONG = """
import resource, sys
from pathlib import Path
from tests.kg_ingest.catalogue import Catalogue
catalogue = Catalogue(Path(sys.argv[1]))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
catalogue.ingest()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("quote", ["", '"'])
def test_a_line_of_200_mb_is_passed_over_in_little_memory(catalogue: Catalogue, quote: str) -> None:
    catalogue.map(ITEMS)
    with (catalogue.folder / "items.csv").open("wb") as file:
        file.write(b"id,title\n1,Heat\n2," + quote.encode())
        for _ in range(200):
            file.write(b"x" * 1_000_000)
        file.write(b"\n3,Fargo\n")
    done = subprocess.run(
        [sys.executable, "-c", LONG, str(catalogue.folder)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert labels(catalogue, "1", "2", "3") == ["Heat", None, "Fargo"]
    ((_, line, _, reason),) = catalogue.rejects()
    assert (line, reason.split(",")[0]) == (3, "a line of 200")
    assert int(done.stdout) < 150


def test_the_lines_around_an_endless_one_keep_their_numbers(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 40)
    monkeypatch.setattr(readers, "LONGEST_LINE", 40)
    monkeypatch.setattr(readers, "BLOCK_BYTES", 16)
    monkeypatch.setattr(lines, "CHUNK", 7)
    catalogue.map(PLAIN)
    catalogue.write(
        "items.csv", "id,title\n1,a\n2," + "x" * 100 + "\n3,b,c\n4," + "y" * 90 + "\n5,d\nz"
    )
    catalogue.ingest()
    assert labels(catalogue, "1", "2", "3", "4", "5") == ["a", None, None, None, "d"]
    assert [line for _, line, _, _ in catalogue.rejects()] == [3, 4, 5, 7]


# -- rows ------------------------------------------------------------------------------------


def test_ragged_rows_are_told_one_by_one(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", "id,title\n1\n2,Ronin\n3,Fargo,x\n,\n")
    catalogue.ingest()
    assert labels(catalogue, "2") == ["Ronin"]
    assert catalogue.rejects() == [
        ("items.csv", 2, "", "1 fields, expected 2"),
        ("items.csv", 4, "", "3 fields, expected 2"),
        ("items.csv", 5, "id", "empty"),
    ]


def test_quotes_that_never_close_cost_their_line(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write(
        "items.csv", 'id,title\n1,"two\nlines"\n2,"Ronin\n3,Fargo\n4,"a ""b"""\n5,"Alien\n6,Heat\n'
    )
    catalogue.ingest()
    assert labels(catalogue, "1", "2", "3", "4", "5", "6") == [
        "two\nlines", None, "Fargo", 'a "b"', None, "Heat",
    ]  # fmt: skip
    assert [row[1:] for row in catalogue.rejects()] == [
        (4, "", "quotes: ',' expected after '\"'"),
        (7, "", "quotes: never closed"),
    ]


def test_an_open_quote_in_a_long_file_costs_neither_time_nor_rows(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "OPEN_QUOTE_BYTES", 1_000_000)
    catalogue.map(ITEMS)
    rows = "".join(f"{n},Title {n}\n" for n in range(1, 200_000))
    catalogue.write("items.csv", 'id,title\n0,"open\n' + rows)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    report = catalogue.ingest()
    assert report.rejected == 1
    assert report.counts.nodes_added == 199_999
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 20


@pytest.mark.parametrize("mapping", [ITEMS, PLAIN], ids=["quoted", "plain"])
@pytest.mark.parametrize(
    "content",
    ["id,title\r\n1,Heat\n2,Ronin\r\n3,Fargo", "id,title\r1,Heat\r2,Ronin\r3,Fargo\r",
     "id,title\n1,Heat\r2,Ronin\r\n3,Fargo\n"],
    ids=["windows and unix", "old mac", "all three"],
)  # fmt: skip
def test_line_ends_may_be_mixed(catalogue: Catalogue, mapping: str, content: str) -> None:
    catalogue.map(mapping)
    catalogue.write("items.csv", content)
    assert catalogue.ingest().rejected == 0
    assert labels(catalogue, "1", "2", "3") == ["Heat", "Ronin", "Fargo"]


def test_a_carriage_return_beside_quotes_costs_its_row(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", 'id,title\n1,"Heat"\n2,Ro\rnin\n3,"Far\rgo"\n')
    catalogue.ingest()
    assert labels(catalogue, "1", "2", "3") == ["Heat", None, "Far\rgo"]
    assert [row[1:] for row in catalogue.rejects()] == [
        (3, "", "a carriage return inside the row, outside quotes")
    ]


@pytest.mark.parametrize(
    ("header", "told"),
    [("id,title,id", "names the column 'id' twice"), ("id,,title", "a column without a name")],
)
def test_a_header_that_names_no_or_two_columns(
    catalogue: Catalogue, header: str, told: str
) -> None:
    catalogue.map(ITEMS.replace('path = "items.csv"', 'path = "items.csv"\nskip = 1'))
    catalogue.write("items.csv", f"# a comment\n{header}\n1,Heat,x\n")
    with pytest.raises(MappingError, match=rf"items\.csv:2: the header.*{told}"):
        catalogue.ingest()


@pytest.mark.parametrize(
    ("header", "told"),
    [(b"id,title\xe9", "is not utf-8 at byte 9"),
     (b'"id,title', "has quotes that are never closed"),
     (b"id,ti\0tle", "holds a NUL byte"),
     (b"id," + b"x" * 1_000_000, "has 1,000,000 bytes or more")],
    ids=["encoding", "quotes", "nul", "endless"],
)  # fmt: skip
def test_a_header_that_is_no_header(catalogue: Catalogue, header: bytes, told: str) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", header + b"\n1,Heat\n")
    with pytest.raises(MappingError, match=rf"items\.csv:1: the header {told}") as error:
        catalogue.ingest()
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("mapping", [ITEMS, PLAIN], ids=["quoted", "plain"])
def test_a_header_may_end_otherwise_than_the_rows(catalogue: Catalogue, mapping: str) -> None:
    catalogue.map(mapping)
    catalogue.write("items.csv", "id,title\r1,Heat\r\n2,Ronin\nbad\n")
    catalogue.ingest()
    assert labels(catalogue, "1", "2") == ["Heat", "Ronin"]
    assert [line for _, line, _, _ in catalogue.rejects()] == [4]


JSON_ITEMS = ITEMS.replace('path = "items.csv"', 'path = "items.csv"\nformat = "jsonl"')


def test_a_field_that_stands_twice_in_an_object(catalogue: Catalogue) -> None:
    catalogue.map(JSON_ITEMS)
    catalogue.write(
        "items.csv",
        '{"id": 1, "title": "Heat", "id": 2}\n{"id": 3, "title": "a \\":\\" b", "x": {"y": 1}}\n',
    )
    catalogue.ingest()
    assert labels(catalogue, "1", "2", "3") == [None, None, 'a ":" b']
    assert [row[1:] for row in catalogue.rejects()] == [(1, "id", "stands there twice")]


def test_an_endless_object_comes_first(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (lines, readers):
        monkeypatch.setattr(module, "LONGEST_LINE", 60)
    monkeypatch.setattr(readers, "BLOCK_BYTES", 60)
    catalogue.map(JSON_ITEMS)
    catalogue.write(
        "items.csv", '{"id": 1, "title": "' + "x" * 99 + '"}\n{"id": 2, "title": "a"}\n'
    )
    catalogue.ingest()
    assert labels(catalogue, "1", "2") == [None, "a"]
    assert [line for _, line, _, _ in catalogue.rejects()] == [1]


def test_a_field_that_later_objects_leave_out_is_empty_there(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 30)
    catalogue.map(JSON_ITEMS)
    catalogue.write(
        "items.csv", '{"id": 1, "title": "Heat"}\n{"id": 2}\n{"id": 3}\n{"title": "x"}\n'
    )
    catalogue.ingest()
    assert labels(catalogue, "1", "2", "3") == ["Heat", "2", "3"]
    assert [row[1:] for row in catalogue.rejects()] == [(4, "id", "empty")]


# -- values ----------------------------------------------------------------------------------


def test_numbers_of_another_locale_are_told_and_can_be_read(catalogue: Catalogue) -> None:
    catalogue.map(RATINGS)
    catalogue.write("ratings.csv", 'user,item,stars\n1,2,"1.234,56"\n1,3,"4,5"\n1,4,3\n')
    catalogue.ingest()
    assert catalogue.edges() == {("user:1", "rated", "item:4")}
    assert catalogue.rejects() == [
        ("ratings.csv", 2, "stars", "no number: 1.234,56 (the mapping says decimal = '.')"),
        ("ratings.csv", 3, "stars", "no number: 4,5 (the mapping says decimal = '.')"),
    ]


@pytest.mark.parametrize(
    ("text", "number"),
    [("1.234,56", 1234.56), ("-4,5", -4.5), ("1 234", 1234), ("1'234'567,8", 1234567.8),
     ("12\N{NO-BREAK SPACE}345,0", 12345), ("7", 7), ("1.5", None), ("1,234.5", None),
     ("1.2345", None), (",5", None), ("x", None)],
)  # fmt: skip
def test_a_decimal_comma(catalogue: Catalogue, text: str, number: float | None) -> None:
    comma = '\nfields.stars = { from = "stars", type = "number", decimal = "," }'
    catalogue.map(RATINGS.replace('path = "ratings.csv"', 'path = "ratings.csv"' + comma))
    catalogue.write("ratings.csv", f'user,item,stars\n1,2,"{text}"\n')
    catalogue.ingest()
    (edge,) = catalogue.get(Edge("user:1", "rated", "item:2").id)
    assert (edge.weight if isinstance(edge, Edge) else None) == number


@pytest.mark.parametrize("form", ["%Y-%m-%d", "iso"])
def test_dates_that_do_not_exist(catalogue: Catalogue, form: str) -> None:
    day = f'\nfields.day = {{ from = "day", type = "time", time_format = "{form}" }}'
    catalogue.map(
        RATINGS.replace('"stars"', '1.0\ntime = "day"').replace(
            'path = "ratings.csv"', 'path = "ratings.csv"' + day
        )
    )
    catalogue.write(
        "ratings.csv",
        "user,item,day\n1,1,2024-02-29\n1,2,2023-02-29\n1,3,2024-04-31\n1,4,2024-13-01\n1,5,0000-00-00\n",
    )
    catalogue.ingest()
    (edge,) = catalogue.get(Edge("user:1", "rated", "item:1").id)
    assert isinstance(edge, Edge)
    assert edge.time == 1_709_164_800
    assert catalogue.rejects() == [
        ("ratings.csv", 3, "day", "no time: 2023-02-29"),
        ("ratings.csv", 4, "day", "no time: 2024-04-31"),
        ("ratings.csv", 5, "day", "no time: 2024-13-01"),
        ("ratings.csv", 6, "day", "no time: 0000-00-00"),
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1970-01-02", 86_400), ("1970-01-01 00:01", 60), ("1970-01-01T00:00:01.5", 1),
     ("1970-01-01 01:00:00+01:00", 0), ("1970-01-01T00:00:02Z", 2), ("01.01.1970", None)],
)  # fmt: skip
def test_moments_of_iso_8601(catalogue: Catalogue, text: str, seconds: int | None) -> None:
    day = '\nfields.day = { from = "day", type = "time", time_format = "iso" }'
    catalogue.map(
        RATINGS.replace('"stars"', '1.0\ntime = "day"').replace(
            'path = "ratings.csv"', 'path = "ratings.csv"' + day
        )
    )
    catalogue.write("ratings.csv", f"user,item,day\n1,1,{text}\n")
    catalogue.ingest()
    (edge,) = catalogue.get(Edge("user:1", "rated", "item:1").id)
    assert (edge.time if isinstance(edge, Edge) else None) == seconds


def test_ids_with_other_padding_are_kept_apart_and_said(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS + RATINGS)
    catalogue.write("items.csv", "id,title\n007,Heat\n7,Ronin\n08,Fargo\n0,Alien\n")
    catalogue.write("ratings.csv", "user,item,stars\n1,007,4\n01,00,4\n")
    report = catalogue.ingest()
    assert labels(catalogue, "007", "7") == ["Heat", "Ronin"]
    assert [note.partition(";")[0] for note in report.notes] == [
        "2 item keys differ from another in leading zeros alone and are kept apart: "
        "'007' and '7', '00' and '0'",
        "1 user keys differ from another in leading zeros alone and are kept apart: '01' and '1'",
    ]


def test_lists_may_refer_to_one_another_in_a_circle(catalogue: Catalogue) -> None:
    catalogue.map(
        """
[[sources]]
path = "follows.csv"
fields.to = { from = "to", split = "|" }
[[sources.edges]]
relation = "follows"
head = "id"
tail = "to"
""",
        '[kinds.item]\nrole = "item"\n[relations.follows]\nhead = "item"\ntail = "item"\n',
    )
    catalogue.write("follows.csv", "id,to\na,a|b\nb,c\nc,a|a\n")
    assert catalogue.ingest().rejected == 0
    assert catalogue.edges() == {
        ("item:a", "follows", "item:a"),
        ("item:a", "follows", "item:b"),
        ("item:b", "follows", "item:c"),
        ("item:c", "follows", "item:a"),
    }


# -- mappings and archives ---------------------------------------------------------------------


def test_mappings_that_include_one_another(catalogue: Catalogue) -> None:
    catalogue.map(ITEMS, 'include = ["other.toml"]\n' + SCHEMA)
    catalogue.write("other.toml", 'include = ["mapping.toml"]\n')
    with pytest.raises(MappingError, match="kinds and relations only, not include"):
        catalogue.ingest()


@pytest.mark.parametrize(
    "path", ["../secret.csv", "a/../../secret.csv", "/etc/passwd", "C:\\\\x.csv", "..\\\\x.csv"]
)
@pytest.mark.parametrize("root", ["data", "mapping"])
def test_a_path_that_leads_out_is_refused(catalogue: Catalogue, path: str, root: str) -> None:
    catalogue.map(ITEMS.replace('path = "items.csv"', f'path = "{path}"\nroot = "{root}"'))
    with pytest.raises(MappingError, match=f"leads out of the {root} folder") as told:
        catalogue.ingest()
    assert "--outside" in told.value.hint
    assert not (catalogue.folder / "runs").exists()


def test_a_look_up_that_leads_out_is_refused(catalogue: Catalogue) -> None:
    catalogue.map('[lookups.x]\npath = "../x.csv"\nkey = "a"\nvalue = "b"\n' + ITEMS)
    with pytest.raises(MappingError, match="leads out"):
        catalogue.ingest()


def test_the_way_out_can_be_allowed(tmp_path: Path) -> None:
    catalogue = Catalogue(tmp_path / "in")
    catalogue.folder.mkdir()
    (tmp_path / "items.csv").write_text("id,title\n1,Heat\n")
    catalogue.map(ITEMS.replace('"items.csv"', '"../items.csv"'))
    assert catalogue.ingest(outside=True).counts.nodes_added == 1


@pytest.mark.parametrize("pack", [gzip.compress, zstd.compress], ids=["gzip", "zstd"])
def test_a_bomb_is_refused(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, pack: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(streams, "FREE_BYTES", 1_000_000)
    catalogue.map(PLAIN)
    row = b"2," + b"x" * 998 + b"\n"
    catalogue.write("items.csv", pack(b"id,title\n1,Heat\n" + row * 20_000))
    with pytest.raises(InputError, match=r"items\.csv unpacks to more than 200 times") as told:
        catalogue.ingest()
    assert "max_expansion" in told.value.hint
    catalogue.map(PLAIN.replace('quote = ""', 'quote = ""\nmax_expansion = 20000'))
    assert catalogue.ingest().counts.nodes_added == 2


def test_a_file_that_changes_while_it_is_read(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", "id,title\n1,Heat\n")
    blocks = deliveries.read_blocks

    def meddled(*arguments: object) -> object:
        yield from blocks(*arguments)  # type: ignore[arg-type]
        with (catalogue.folder / "items.csv").open("a") as file:
            file.write("2,Ronin\n")

    monkeypatch.setattr(deliveries, "read_blocks", meddled)
    with pytest.raises(InputError, match=r"items\.csv was changed while it was read"):
        catalogue.ingest()
    monkeypatch.setattr(deliveries, "read_blocks", blocks)
    assert not catalogue.ingest().resumed
    assert labels(catalogue, "1", "2") == ["Heat", "Ronin"]


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"PK\x03\x04....", "a zip archive"), (b"BZh9....", "packed with bzip2"),
     (b"\xfd7zXZ\x00..", "packed with xz"), (b"PAR1....", "a Parquet file"),
     (gzip.compress(b"PK\x03\x04...."), "a zip archive")],
)  # fmt: skip
def test_archives_are_refused(catalogue: Catalogue, content: bytes, what: str) -> None:
    catalogue.map(ITEMS)
    catalogue.write("items.csv", content)
    with pytest.raises(InputError, match=rf"items\.csv is {what}, no text"):
        catalogue.ingest()


def test_a_gzip_file_that_is_cut_off(catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 1_000)
    monkeypatch.setattr(streams, "CHUNK", 100)
    catalogue.map(PLAIN)
    rows = "".join(f"{n},{n * 7919 % 10007}\n" for n in range(2_000))
    packed = gzip.compress(b"id,title\n" + rows.encode())
    catalogue.write("items.csv", packed[: len(packed) // 2])
    with pytest.raises(InputError, match=r"items\.csv is damaged or cut off"):
        catalogue.ingest()
    assert catalogue.stats().nodes["item"] > 100
    catalogue.write("items.csv", packed)
    catalogue.ingest()
    assert catalogue.stats().nodes["item"] == 2_000


def test_a_key_of_the_wrong_type_is_rejected_too(catalogue: Catalogue) -> None:
    catalogue.map(
        ITEMS.replace("[[sources.nodes]]", 'fields.id = { from = "id", type = "integer" }\n'
                      "[[sources.nodes]]", 1)
        + RATINGS.replace("[[sources.edges]]", 'fields.item = { from = "item", type = "integer" }\n'
                          "[[sources.edges]]", 1)
    )  # fmt: skip
    catalogue.write("items.csv", "id,title\n1,Heat\nx,Ronin\n")
    catalogue.write("ratings.csv", "user,item,stars\n7,1,5\n7,x,4\n")
    catalogue.ingest()
    assert labels(catalogue, "1", "x") == ["Heat", None]
    assert catalogue.edges() == {("user:7", "rated", "item:1")}
    assert catalogue.rejects() == [
        ("items.csv", 3, "id", "no integer: x"),
        ("ratings.csv", 3, "item", "no integer: x"),
    ]
