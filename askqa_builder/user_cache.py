"""Where the package keeps what it can get or make again."""

from __future__ import annotations

import os
from pathlib import Path

CACHE_VARIABLE = "ASKQA_CACHE_DIR"
"""Environment variable that names the folder to use instead of the system's."""


def cache_folder(name: str) -> Path:
    """Return the folder for one kind of thing, which may not exist yet.

    It lies in the folder that ASKQA_CACHE_DIR names, else in `askqa-builder` where the system keeps a user's caches:
    `~/.cache` (or XDG_CACHE_HOME) on Linux, `~/Library/Caches` on macOS.
    """
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen) / name
    from platformdirs import user_cache_path

    return user_cache_path("askqa-builder", appauthor=False) / name
