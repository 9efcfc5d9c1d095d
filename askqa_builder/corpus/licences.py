"""The licence of a story's text, per source. It binds whoever publishes the audio."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

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


def licence_by_name(name: str) -> str:
    """Return a licence's name as the table of open licences writes it; another name as it stands."""
    return next((known for known in _open_licences() if known.casefold() == name.strip().casefold()), name)


def is_redistributable(source: str, licence: str) -> bool:
    """Tell whether text of a source under a licence may be passed on, as far as the tables know.

    A source's own licence is judged in the table of sources, any other one, such as a user's own text has, in that of
    open licences.
    """
    own = licence_of(source)
    return own.redistributable if own is not UNKNOWN and own.name == licence else licence in _open_licences()


@cache
def _table() -> dict[str, Licence]:
    return {source: Licence(**entry) for source, entry in _read("licences.yaml").items()}


@cache
def _open_licences() -> tuple[str, ...]:
    return tuple(_read("open_licences.yaml"))


def _read(name: str) -> Any:
    return yaml.safe_load(files(__package__).joinpath(name).read_text(encoding="utf-8"))
