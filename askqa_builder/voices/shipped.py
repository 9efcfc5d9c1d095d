"""Where the files lie that come with the package."""

from __future__ import annotations

from pathlib import Path


def shipped_folder() -> Path:
    """Return the folder of shipped sets: inside an installed package, beside the package in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "profiles"
    return inside if inside.is_dir() else package.parent / "profiles"
