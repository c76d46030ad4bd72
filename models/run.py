"""`Run`: how a fit is carried out, apart from what is fitted."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """Where a long fit keeps checkpoints (None: nowhere), and on what it runs.

    `device` is torch's word for it; "" takes a GPU when there is one. Neither changes what is
    learned, up to rounding.
    """

    checkpoints: Path | None = None
    device: str = ""


def speaks() -> bool:
    """Whether this process is the one that writes and reports; `torchrun` starts several."""
    return os.environ.get("RANK", "0") == "0"
