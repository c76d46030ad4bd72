"""What nodes say in words."""

from graph.snapshot import Snapshot
from graph.texts import described, texts_of, texts_of_kind


def test_an_item_says_its_name_and_its_attributes(toy: Snapshot) -> None:
    row = toy.row("film:heat")
    assert texts_of(toy, [row]) == ["Heat"]
    said = described(toy, [row])[0]
    assert said == "Heat. Michael Mann, crime, 1995, Robert De Niro, Al Pacino"


def test_an_attribute_says_its_name(toy: Snapshot) -> None:
    assert described(toy, [toy.row("genre:crime")]) == ["crime"]
    assert len(texts_of_kind(toy, "film")) == 8


def test_words_are_taken_and_codes_are_not(toy: Snapshot) -> None:
    import polars as pl

    row = toy.row("film:heat")
    properties = '{"isbn": "0451-X", "plot": " A heist. ", "n": 3, "at": "https://x.org/a b"}'
    nodes = toy.nodes.with_columns(
        aliases=pl.lit('["La Sfida", "Hitze"]'), properties=pl.lit(properties)
    )
    told = Snapshot(
        "other", toy.schema, nodes, toy._numbers, toy._offsets, toy._links, toy._discriminators
    )
    assert texts_of(told, [row]) == ["Heat. La Sfida. Hitze. A heist."]
    assert described(told, [row])[0].startswith("Heat. Michael Mann, crime,")
    assert described(told, [row])[0].endswith("Al Pacino. La Sfida. Hitze. A heist.")
