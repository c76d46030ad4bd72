"""Documents are executed: what a page says that a command prints is what it prints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.transcripts import PAGES, ROOT, alike, printed, transcripts


@pytest.mark.parametrize("page", PAGES)
def test_every_transcript_is_what_the_command_prints(page: str, demo_home: Path) -> None:
    told = transcripts(page)
    assert told, f"{page} shows no command"
    for command, output in told:
        shown = printed(command, demo_home)
        assert alike(output, shown), f"{command}\n{shown}"


def test_only_scores_and_shares_may_differ_a_little() -> None:
    told = " 1. Heat   score 9.847\n    its score is 47% embedding, from 1995"
    assert alike(told, told.replace("9.847", "9.659").replace("47%", "48%"))
    assert not alike(told, told.replace("9.847", "8.0"))
    assert not alike(told, told.replace("47%", "40%"))
    assert not alike(told, told.replace("1995", "1996"))
    assert not alike(told, told.replace("Heat", "Fargo"))


def test_the_command_line_reference_is_up_to_date() -> None:
    """`make reference` writes it anew."""
    done = subprocess.run(
        [sys.executable, "-m", "typer", "groundrec.cli", "utils", "docs", "--name", "groundrec",
         "--title", "Command line"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )  # fmt: skip
    assert (ROOT / "docs" / "cli.md").read_text(encoding="utf-8").strip() == done.stdout.strip()


def test_every_link_leads_somewhere() -> None:
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("groundrec/**/*.md")]:
        for link in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page}: {link}"
