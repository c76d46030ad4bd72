"""Reading answers: each form in, nothing lost, nothing raised."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.errors import InputError
from reasoning.responses import Reject, Response, read_responses


def read(tmp_path: Path, *lines: str, name: str = "a.jsonl") -> list[Response | Reject]:
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return list(read_responses(path))


def test_every_field_is_read(tmp_path: Path) -> None:
    line = {"id": 7, "text": "T", "user": 42, "items": ["film:1", 2], "question": "Q",
            "timestamp": "1970-01-02", "model": "m", "prompt_id": "p"}  # fmt: skip
    assert read(tmp_path, json.dumps(line)) == [
        Response("7", 1, "T", "42", ("film:1", "2"), "Q", 86400, "m", "p")
    ]


def test_the_form_of_refchecker_is_read(tmp_path: Path) -> None:
    (one,) = read(tmp_path, '{"response": "R", "question": "Q", "reference": ["x"]}')
    assert isinstance(one, Response)
    assert (one.id, one.text, one.question) == ("line 1", "R", "Q")


def test_our_own_recommendations_are_read(tmp_path: Path) -> None:
    told = {"user": "1", "items": [{"id": "film:1", "reasons": [{"text": "A."}, {"text": "B."}],
                                    "connections": [{"text": "C."}]}]}  # fmt: skip
    (one,) = read(tmp_path, json.dumps(told))
    assert isinstance(one, Response)
    assert (one.text, one.user, one.items) == ("A.\nB.\nC.", "1", ("film:1",))


def test_a_text_file_holds_an_answer_per_paragraph(tmp_path: Path) -> None:
    found = read(tmp_path, "", "One.", "Still one.", "", "", "Two.", name="a.txt")
    assert found == [
        Response("line 2", 2, "One.\nStill one."),
        Response("line 6", 6, "Two."),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "has neither"),
        ('{"text": 5}', "has neither"),
        ('{"text": "x", "timestamp": "soon"}', "timestamp"),
        ('{"text": "x", "timestamp": 1e300}', "timestamp"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_line_without_an_answer_says_why(tmp_path: Path, line: str, reason: str) -> None:
    rejected, kept = read(tmp_path, line, '{"text": "kept"}')
    assert isinstance(rejected, Reject)
    assert reason in rejected.reason
    assert isinstance(kept, Response)
    assert kept.line == 2


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        list(read_responses(tmp_path / "none.jsonl"))


@given(st.binary(max_size=200))
def test_any_bytes_are_survived(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "a.jsonl"
    path.write_bytes(content)
    lines = [one.line for one in read_responses(path)]
    assert lines == sorted(set(lines))


@given(st.text(max_size=50))
def test_any_text_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("text") / "a.jsonl"
    path.write_text(json.dumps({"text": text}), encoding="utf-8")
    (one,) = read_responses(path)
    assert isinstance(one, Response)
    assert one.text == text.encode("utf-8", "replace").decode()
