"""Values that are not what they should be: told by file, line and field."""

import pytest

from graph.types import Edge
from tests.kg_ingest.catalogue import ITEMS, RATINGS, Catalogue


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
    assert catalogue.labels("007", "7") == ["Heat", "Ronin"]
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
    assert catalogue.labels("1", "x") == ["Heat", None]
    assert catalogue.edges() == {("user:7", "rated", "item:1")}
    assert catalogue.rejects() == [
        ("items.csv", 3, "id", "no integer: x"),
        ("ratings.csv", 3, "item", "no integer: x"),
    ]


def test_a_date_where_seconds_are_read_is_told_how_it_is_read(catalogue: Catalogue) -> None:
    catalogue.map(RATINGS.replace('"stars"', '1.0\ntime = "day"'))
    catalogue.write("ratings.csv", "user,item,day\n1,1,1709164800\n1,2,2024-02-29T10:00:00\n")
    catalogue.ingest()
    told = (
        "no time: 2024-02-29T10:00:00 (seconds since 1970 are read; time_format = 'iso' reads this)"
    )
    assert catalogue.rejects() == [("ratings.csv", 3, "day", told)]
