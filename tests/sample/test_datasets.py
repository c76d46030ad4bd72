"""Fetching: two sources in two formats, one canonical form."""

import io
import zipfile
from pathlib import Path

import pytest

from graph.errors import FetchError, InputError
from groundrec.sample import datasets

PLACE = "recbole/dataset_example/ml-100k/ml-100k."


def quiet(what: str, done: int, total: int | None) -> None:
    """No progress bar."""


def archive(members: dict[str, bytes]) -> zipfile.ZipFile:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name, content in members.items():
            made.writestr(name, content)
    return zipfile.ZipFile(buffer)


def flags(*genres: str) -> str:
    return "|".join("1" if genre in genres else "0" for genre in datasets._GENRES)


@pytest.fixture
def official() -> zipfile.ZipFile:
    items = [
        f"543|Misérables, Les (1995)|01-Jan-1995||http://x|{flags('Drama', 'Musical')}",
        f"267|unknown||||{flags('unknown')}",
        f"1412|Land Before Time III (1995) (V)|01-Jan-1995||http://x|{flags('Animation')}",
    ]
    return archive(
        {
            "ml-100k/u.data": b"2\t267\t3\t891717742\n1\t543\t5\t881250949\n",
            "ml-100k/u.item": "\n".join(items).encode("latin-1"),
            "ml-100k/u.user": b"2|53|F|other|94043\n1|24|M|technician|85711\n",
        }
    )


@pytest.fixture
def recbole() -> zipfile.ZipFile:
    items = (
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        "543\tMisérables, Les\t1995\tDrama Musical\n"
        "267\tunkonwn\tunkonwn\tunknown\n"
        "1412\tLand Before Time III (1995)\tV\tAnimation\n"
    )
    return archive(
        {
            PLACE + "inter": b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
            b"1\t543\t5\t881250949\n2\t267\t3\t891717742\n",
            PLACE + "item": items.encode(),
            PLACE + "user": b"h\th\th\th\th\n1\t24\tM\ttechnician\t85711\n2\t53\tF\tother\t94043\n",
        }
    )


def test_both_sources_become_the_same_bytes(
    official: zipfile.ZipFile, recbole: zipfile.ZipFile, tmp_path: Path
) -> None:
    datasets.write_canonical(datasets.read_official(official), tmp_path / "official")
    datasets.write_canonical(datasets.read_recbole(recbole), tmp_path / "recbole")
    assert datasets.checksum(tmp_path / "official") == datasets.checksum(tmp_path / "recbole")
    assert (tmp_path / "official" / "items.csv").read_text(encoding="utf-8") == (
        "item_id,title,year,genres\n"
        "267,unknown,,unknown\n"
        '543,"Misérables, Les",1995,Drama|Musical\n'
        "1412,Land Before Time III,1995,Animation\n"
    )


def test_the_second_source_is_used_when_the_first_is_unreachable(
    recbole: zipfile.ZipFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(folder: Path, progress: object) -> zipfile.ZipFile:
        raise FetchError("no route to host")

    datasets.write_canonical(datasets.read_recbole(recbole), tmp_path / "expected")
    expected = datasets.checksum(tmp_path / "expected")
    monkeypatch.setattr(datasets, "ML_100K_SHA256", expected)
    monkeypatch.setattr(datasets, "_from_address", unreachable)
    monkeypatch.setattr(datasets, "_from_registry", lambda folder, progress: recbole)

    folder = datasets.fetch("ml-100k", tmp_path / "cache", quiet)
    assert datasets.checksum(folder) == expected
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["ml-100k"]

    monkeypatch.setattr(datasets, "_from_registry", unreachable)  # cached: nothing is asked
    assert datasets.fetch("ml-100k", tmp_path / "cache", quiet) == folder


def test_when_no_way_works_each_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(folder: Path, progress: object) -> zipfile.ZipFile:
        raise FetchError("no route to host")

    monkeypatch.setattr(datasets, "_from_address", unreachable)
    monkeypatch.setattr(
        datasets, "_from_registry", lambda folder, progress: archive({"other": b"x"})
    )
    with pytest.raises(FetchError) as told:
        datasets.fetch("ml-100k", tmp_path, quiet)
    assert "grouplens.org" in str(told.value)
    assert "no route to host" in str(told.value)
    assert "u.item" in str(told.value) or "ml-100k.item" in str(told.value)
    assert list(tmp_path.iterdir()) == []


def test_changed_content_is_refused(
    recbole: zipfile.ZipFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasets, "_from_address", lambda folder, progress: archive({}))
    monkeypatch.setattr(datasets, "_from_registry", lambda folder, progress: recbole)
    with pytest.raises(FetchError, match="checksum"):
        datasets.fetch("ml-100k", tmp_path, quiet)


def test_an_unknown_data_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="ml-5"):
        datasets.fetch("ml-5", tmp_path, quiet)
