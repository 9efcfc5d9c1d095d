"""Whose work a format's files are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True)
class Citation:
    """What a card says of a format: a sentence on its licence, and an entry for a bibliography where there is one."""

    licence: str
    bibtex: str | None


def citation_of(format: str) -> Citation | None:
    """Return what to say of a format; None for one that this version does not know."""
    return _table().get(format)


@cache
def _table() -> dict[str, Citation]:
    text = files(__package__).joinpath("citations.yaml").read_text(encoding="utf-8")
    return {name: Citation(**entry) for name, entry in yaml.safe_load(text).items()}
