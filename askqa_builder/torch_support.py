"""What torch and its companions need on the machines that there are."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError

_WHOLE_FILE = 1 << 26
_BLOCK, _BLOCKS = 1 << 20, 16


def torch_device(asked: str | None) -> Any:
    """Return the torch device, with its index on CUDA; None is a GPU where there is one. Raises UsageError."""
    import torch

    if asked is None:
        asked = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(asked)
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            seen = f"{count} CUDA device{'s' * (count != 1)}" if count else "no CUDA device"
            raise UsageError(f"device: {asked} is not there; torch sees {seen}")
        device = torch.device("cuda", device.index or 0)
    return device


def choose_device(asked: str | None) -> Any:
    """Return the torch device; None is a GPU where there is one. Raises UsageError."""
    try:
        return torch_device(asked)
    except RuntimeError as error:
        raise UsageError(f"device: {asked!r} is none that torch knows; give cpu, cuda or cuda:1") from error


def import_torchaudio() -> None:
    """Import torchaudio, if need be without its compiled extension.

    Coqui's library and transformers import it where it is there, and use nothing of it that is compiled. PyPI's wheel
    of it is built for CUDA: beside a torch without it, the extension does not load, and with it fails the package.
    """
    try:
        importlib.import_module("torchaudio")
    except OSError:
        # left behind by the failed import, and asked for the extension's folder by the next one
        loader = sys.modules.get("torchaudio._extension.utils")
        if loader is None or not hasattr(loader, "_LIB_DIR"):
            raise
        loader._LIB_DIR = Path(os.devnull)  # type: ignore[attr-defined]
        importlib.import_module("torchaudio")


@contextmanager
def loading(what: str, folder: str = "a folder that save_pretrained wrote, with its processor") -> Iterator[None]:
    """Turn what transformers and other libraries raise for what they cannot load into one line.

    folder: what a user could give in place of a name on the Hub.
    """
    try:
        yield
    except UsageError:
        raise
    except Exception as error:  # they raise whatever they like
        why = " ".join(str(error).split()).partition(". ")[0] or type(error).__name__
        raise UsageError(
            f"{what} cannot be loaded ({why}); give {folder}, or a name on the Hub that can be reached or was "
            "downloaded before"
        ) from error


def folder_digest(folder: Path) -> str:
    """Return a digest of a folder's files; of a large one, of its size and of 16 places in it: training changes all."""
    hasher = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        size = path.stat().st_size
        hasher.update(json.dumps([path.name, size]).encode())
        with path.open("rb") as file:
            if size <= _WHOLE_FILE:
                hasher.update(file.read())
                continue
            for number in range(_BLOCKS):
                file.seek((size - _BLOCK) * number // (_BLOCKS - 1))
                hasher.update(file.read(_BLOCK))
    return hasher.hexdigest()[:32]
