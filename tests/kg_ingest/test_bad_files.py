"""Files and mappings that must not be read, or not to their end."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from backports import zstd

from graph.errors import InputError, MappingError
from kg_ingest import deliveries, readers, streams
from tests.kg_ingest.catalogue import ITEMS, PLAIN, SCHEMA, Catalogue


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
    assert catalogue.ingest().rejected == 0
    assert catalogue.stats().nodes == {"item": 2}


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
    assert catalogue.labels("1", "2") == ["Heat", "Ronin"]


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
