"""Films are test data, not the subject: no package code outside the sample knows what a film is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("graph", "kg_ingest", "models", "reasoning", "groundrec")
FILM_WORDS = re.compile(r"film|movie|cinema|actor|actress|imdb|영화|감독", re.IGNORECASE)


def said(tree: ast.AST) -> Iterator[str]:
    """Names and texts of the code; docstrings may give films as examples."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if id(node) not in docs:
                yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.arg):
            yield node.arg


@pytest.mark.parametrize("package", PACKAGES)
def test_no_film_word_in_code(package: str) -> None:
    found = [
        (path.name, word)
        for path in (ROOT / package).rglob("*.py")
        if path.parent.name != "sample"
        for word in said(ast.parse(path.read_text(encoding="utf-8")))
        if FILM_WORDS.search(word) and "factor" not in word
    ]
    assert found == []


def test_a_film_word_would_be_found() -> None:
    assert any(FILM_WORDS.search(word) for word in said(ast.parse("movie_id = 1")))
