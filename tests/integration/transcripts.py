"""Transcripts in documents: read them, run them, and write them anew (`make reference`).

A network that is trained on another processor adds in another order, so scores and shares there
differ a little from those of a page; all else is compared letter by letter.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ("README.md", "docs/quickstart.md", "docs/concepts.md")
SCORE = re.compile(r"(?<=score )\d+\.\d+")
SHARE = re.compile(r"\d+(?:\.\d+)?(?=%)")
SCORES_DIFFER = 0.1  # of the score
SHARES_DIFFER = 5  # of a hundred
BLOCK = re.compile(r"^```console\n(.*?)^```", flags=re.DOTALL | re.MULTILINE)


def commands(block: str) -> list[tuple[str, str]]:
    """(command, output) of each `$` line."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [(part.partition("\n")[0], part.partition("\n")[2]) for part in parts]


def transcripts(page: str) -> list[tuple[str, str]]:
    """(command, output) of each `$` line in the page's console blocks."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return [told for block in BLOCK.findall(text) for told in commands(block)]


def printed(command: str, home: Path) -> str:
    """What a command of a page prints, when it runs in a home where the demo has run."""
    name, *arguments = shlex.split(command.replace("--home .demo", f"--home {home}"))
    if name != "groundrec":
        raise ValueError(f"not ours to run: {command}")
    done = subprocess.run(
        [sys.executable, "-m", "groundrec", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    if done.returncode not in (0, 1):  # 1: something in the page is contradicted
        raise RuntimeError(f"{command}: {done.stderr}")
    return done.stdout


def alike(told: str, output: str) -> bool:
    """Whether two outputs say the same, each score and share about as large."""
    return (
        _blank(told) == _blank(output)
        and _within(SCORE, told, output, lambda score: SCORES_DIFFER * score)
        and _within(SHARE, told, output, lambda share: SHARES_DIFFER)
    )


def _blank(text: str) -> str:
    return SHARE.sub("N", SCORE.sub("N", text))


def _within(kind: re.Pattern[str], told: str, output: str, most: Callable[[float], float]) -> bool:
    pairs = zip(map(float, kind.findall(told)), map(float, kind.findall(output)), strict=True)
    return all(abs(one - other) <= most(one) for one, other in pairs)


def refresh(page: str, home: Path) -> None:
    """Write what the commands of a page print now into the page."""

    def again(block: re.Match[str]) -> str:
        told = [f"$ {command}\n{printed(command, home)}" for command, _ in commands(block[1])]
        return "```console\n" + "".join(told) + "```"

    path = ROOT / page
    path.write_text(BLOCK.sub(again, path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    for each in PAGES:
        refresh(each, Path(sys.argv[1]))
