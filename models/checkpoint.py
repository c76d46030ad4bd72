"""Checkpoints of a long fit: safetensors with what else there is to say, replaced whole."""

import json
import os
from collections.abc import Iterator, MutableMapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor


class Checkpoints:
    """One run's checkpoint, named by what it is a run of; without a folder nothing is kept."""

    def __init__(self, folder: Path | None, key: object) -> None:
        name = blake2b(json.dumps(key, default=str).encode(), digest_size=8).hexdigest()
        self._path = None if folder is None else folder / f"{name}.safetensors"

    def save(self, tensors: dict[str, Tensor], told: dict[str, Any]) -> None:
        """Replace the checkpoint; a kill in the middle leaves the one before."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        beside = self._path.with_suffix(f".{os.getpid()}")
        plain = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        save_file(plain, beside, {"told": json.dumps(told)})
        beside.replace(self._path)

    def load(self, device: torch.device) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Tensors and what was told beside them; None when there is no whole checkpoint."""
        if self._path is None or not self._path.is_file():
            return None
        try:
            with safe_open(self._path, "pt") as file:
                told = json.loads(file.metadata()["told"])
                return {name: file.get_tensor(name).to(device) for name in file.keys()}, told  # noqa: SIM118
        except (SafetensorError, KeyError, ValueError):
            return None

    def ledger(self) -> MutableMapping[str, float]:
        """Values by name that outlive a kill, beside the checkpoint."""
        return _Ledger(None if self._path is None else self._path.with_suffix(".json"))


class _Ledger(MutableMapping[str, float]):
    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._values: dict[str, float] = {}
        if path is not None and path.is_file():
            self._values = json.loads(path.read_text(encoding="utf-8"))

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def __setitem__(self, name: str, value: float) -> None:
        self._values[name] = value
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            beside = self._path.with_suffix(f".{os.getpid()}")
            beside.write_text(json.dumps(self._values), encoding="utf-8")
            beside.replace(self._path)

    def __delitem__(self, name: str) -> None:
        del self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)
