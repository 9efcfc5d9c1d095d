"""Where things are kept between runs, for this user."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_cache_path

CACHE_VARIABLE = "ASKQA_CACHE_DIR"
"""Environment variable that names another folder than the system's own for all of it."""


def cache_folder(name: str) -> Path:
    """Return the folder for one kind of thing; it need not exist yet."""
    chosen = os.environ.get(CACHE_VARIABLE)
    base = Path(chosen) if chosen else user_cache_path("askqa-builder", appauthor=False)
    return base / name
