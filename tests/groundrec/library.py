"""A small library: books with authors and years, and what readers like; its files in a folder."""

from pathlib import Path

MAPPING = """
[kinds.user]
role = "user"
[kinds.book]
role = "item"
words.en = { one = "book", many = "books" }
[kinds.author]
role = "attribute"
[kinds.year]
role = "attribute"
[relations.liked]
head = "user"
tail = "book"
interaction = true
[relations.written_by]
head = "book"
tail = "author"
complete = true
[relations.written_by.words.en]
forward = "{head} was written by {tail}"
inverse = "{tail} wrote {head}"
[relations.published_in]
head = "book"
tail = "year"
functional = true
[relations.published_in.words.en]
forward = "{head} was published in {tail}"
inverse = "{tail} is when {head} was published"
[[sources]]
path = "books.csv"
mode = "replace"
[[sources.nodes]]
kind = "book"
key = "id"
label = "title"
[[sources.edges]]
relation = "written_by"
head = "id"
tail = { name = "author" }
[[sources.edges]]
relation = "published_in"
head = "id"
tail = { name = "year" }
[[sources]]
path = "likes.csv"
[[sources.nodes]]
kind = "user"
key = "reader"
label = "name"
[[sources.edges]]
relation = "liked"
head = "reader"
tail = "book"
"""
BOOKS = "id,title,author,year\n1,Middlemarch,George Eliot,1871\n2,Emma,Jane Austen,1815\n"
READERS = [(f"reader-{n}", f"Somebody {n}", f"{n % 2 + 1}") for n in range(1, 9)]
LIKES = "reader,name,book\n" + "".join(",".join(row) + "\n" for row in READERS)


def laid_out(folder: Path, books: str = BOOKS, likes: str = LIKES) -> Path:
    """The mapping `m.toml` and its files in a new folder."""
    folder.mkdir()
    (folder / "m.toml").write_text(MAPPING, encoding="utf-8")
    (folder / "books.csv").write_text(books, encoding="utf-8")
    (folder / "likes.csv").write_text(likes, encoding="utf-8")
    return folder
