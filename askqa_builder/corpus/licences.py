"""The licence of a story's text, per source. It binds whoever publishes the audio."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml


@dataclass(frozen=True)
class Licence:
    """A licence of text. note: what it covers and where we know it from."""

    name: str
    redistributable: bool
    note: str


UNKNOWN = Licence("unknown", False, "The licence of this source is not known, so its text is not redistributed.")


def licence_of(source: str) -> Licence:
    """Return the licence of a source's stories; `UNKNOWN` for a source that the table does not name."""
    return _table().get(source, UNKNOWN)


@cache
def _table() -> dict[str, Licence]:
    text = files(__package__).joinpath("licences.yaml").read_text(encoding="utf-8")
    return {source: Licence(**entry) for source, entry in yaml.safe_load(text).items()}
