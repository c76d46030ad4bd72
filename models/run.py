"""`Run`: how a fit is carried out, apart from what is fitted."""

import os
from dataclasses import dataclass
from pathlib import Path

from graph.types import Encode


@dataclass(frozen=True, slots=True)
class Run:
    """Where a long fit keeps checkpoints (None: nowhere), and on what it runs.

    `encode` makes vectors of texts, for rankers that read them; without it words are compared.

    `device` is torch's word for it; "" takes a GPU when there is one. Neither changes what is
    learned, up to rounding.
    """

    checkpoints: Path | None = None
    device: str = ""
    encode: Encode | None = None


def speaks() -> bool:
    """Whether this process is the one that writes and reports; `torchrun` starts several."""
    return os.environ.get("RANK", "0") == "0"
