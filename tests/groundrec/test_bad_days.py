"""What a user stumbles over: readers that go away, slips of the hand, damaged and missing files."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graph.errors import DamagedArtefactError
from graph.snapshot import open_snapshot
from groundrec import output
from tests.groundrec.calling import Call


def in_a_process(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "groundrec", "--home", str(home), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def current(home: Path) -> Path:
    """The folder of the snapshot in use."""
    return home / "snapshots" / (home / "snapshots" / "current").read_text().strip()


# -- streams ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("place", "code"), [("Korea", 0), ("Italy", 1)])
def test_a_reader_that_has_gone_changes_no_exit_code(
    shop: Call, own_home: Path, place: str, code: int
) -> None:
    with in_a_process(own_home, "check", "--text", f"Bibimbap comes from {place}.") as process:
        assert process.stdout and process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_a_full_disk_is_one_line(shop: Call, own_home: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "groundrec", "--home", str(own_home), "stats"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 6
    assert done.stderr.decode().splitlines() == [
        "error: cannot write the result: No space left on device"
    ]


def test_an_interrupt_has_its_exit_code_and_its_word(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("groundrec.cli_data.workspace", interrupted)
    result = call("stats")
    assert result.code == output.INTERRUPTED
    assert "run it again to go on" in result.err


def test_an_error_of_the_system_is_one_line(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied", "some/file")

    monkeypatch.setattr("groundrec.cli_data.workspace", broken)
    result = call("stats")
    assert (result.code, result.err) == (6, "error: some/file: Permission denied\n")


# -- slips -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["feedback", "cook-1", "Guacamole", "--rating", "nan"], "a rating is a number"),
        (["feedback", "cook-1", "Guacamole", "--rating", "45"], "they go from 1 to 5"),
        (["feedback", " ", "Guacamole", "--like"], "a user needs a key"),
        (["recommend", "cook-1", "--all", "--out", "x.jsonl"], "--all is for every user"),
        (["recommend", "cook-1", "--out", "no/such/folder.jsonl"], "there is no folder"),
        (["recommend", "--all", "--out", "no/such/folder.parquet"], "there is no folder"),
        (["recommend", "cook-1", "--out", "x.pdf"], "unknown form"),
        (["evaluate", "--out", "no/such/folder.json"], "there is no folder"),
    ],
    ids=lambda value: " ".join(value[:1] + value[-1:]) if isinstance(value, list) else "",
)
def test_a_slip_is_told_before_anything_is_done(
    shop: Call, arguments: list[str], told: str
) -> None:
    before = shop("stats", "--json").json
    result = shop(*arguments)
    assert result.code == 2
    assert told in result.err
    assert shop("stats", "--json").json == before


def test_feedback_says_what_it_noted(shop: Call) -> None:
    assert (
        "noted: cook-1 cooked Guacamole, 4 "
        in shop("feedback", "cook-1", "Guacamole", "--rating", "4").out
    )


def test_a_setting_that_is_not_there_is_told(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "groundrec.toml").write_text('lang = "ko"\n')
    result = call("doctor")
    assert result.code == 2
    assert "no setting is called 'lang'" in result.err
    assert "language" in result.err


def test_a_file_of_answers_is_announced(shop: Call, tmp_path: Path) -> None:
    out = tmp_path / "two.jsonl"
    assert shop("recommend", "cook-1", "cook-2", "--out", str(out)).out == (
        f"wrote recommendations for 2 users to {out}\n"
    )


# -- what is shown ---------------------------------------------------------------------------


def test_a_verdict_stands_beside_the_words_it_is_about(shop: Call) -> None:
    shown = shop("check", "--text", "Bibimbap comes from Italy and contains spinach.").out
    assert "[contradicted] Bibimbap comes from Italy\n" in shown
    assert "[supported] Bibimbap … contains spinach\n" in shown


def test_an_unknown_edge_is_named(shop: Call) -> None:
    shown = shop("check", "--text", "Bibimbap needs a rolling pin.").out
    assert "no such edge: Bibimbap needs rolling pin" in shown


def test_an_explanation_names_things_as_people_do(shop: Call) -> None:
    shown = shop("explain", "cook-1", "Guacamole").out
    assert "made_with: Pho Bo - lime" in shown
    assert "recipe:" not in shown


# -- damage ----------------------------------------------------------------------------------


def test_a_snapshot_that_lost_a_file_is_told_and_built_anew(shop: Call, own_home: Path) -> None:
    for name in ("numbers.npy", "nodes.arrow", "schema.json"):
        (current(own_home) / name).unlink()
        result = shop("search", "bibimbap")
        assert result.code == 4
        assert "is damaged" in result.err
        assert shop("snapshot").code == 0
        assert shop("search", "bibimbap").code == 0


@pytest.mark.parametrize("name", ["cooked/forward/weight.npy", "cooked/reverse/edge.npy"])
def test_a_changed_byte_is_found_and_mended(shop: Call, own_home: Path, name: str) -> None:
    path = current(own_home) / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    result = shop("doctor", "--json")
    assert result.code == 4
    assert [f["state"] for f in result.json["findings"] if f["name"] == "snapshot"] == ["wrong"]
    assert shop("snapshot").code == 0
    assert shop("doctor").code == 0


def test_a_cut_column_is_told(shop: Call, own_home: Path) -> None:
    path = current(own_home) / "cooked" / "forward" / "edge.npy"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DamagedArtefactError):
        open_snapshot(current(own_home)).links("cooked")


def test_prune_removes_what_nobody_can_read(shop: Call, own_home: Path) -> None:
    (own_home / "models" / "walk" / "manifest.json").write_text("{")
    (removed,) = shop("prune", "--json").json["removed"]
    assert removed["path"] == str(own_home / "models" / "walk")


def test_feedback_needs_the_store_of_its_snapshot(shop: Call, own_home: Path) -> None:
    store = own_home / "graph.db"
    kept = own_home / "kept.db"
    shutil.move(store, kept)
    assert shop("feedback", "cook-1", "Guacamole", "--like").code == 4
    assert not store.exists()
    store.touch()  # an empty file is an empty store
    assert shop("feedback", "cook-1", "Guacamole", "--like").code == 4
