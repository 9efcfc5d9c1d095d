"""Options of an engine as a command line gives them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.voices.engine_choice import EngineChoice, options_json
from askqa_builder.voices.section import Place, shown

_WHERE = "--options"


def engine_choice(name: str, options: Sequence[str]) -> EngineChoice:
    """Read options, each a JSON object or KEY=VALUE, where VALUE is JSON or else plain text.

    What ends in `_path` is found from the current folder. Raises UsageError where one is neither, or a key is given
    twice.
    """
    pairs = [pair for text in options for pair in _pairs(text)]
    return EngineChoice(name, options_json(_unique(pairs), Place(_WHERE, Path.cwd())))


def _pairs(text: str) -> list[tuple[str, Any]]:
    if text.lstrip().startswith("{"):
        try:
            found = json.loads(text, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{_WHERE}: {shown(text)} is not valid JSON: {error}") from error
        return list(found.items())
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(f"{_WHERE}: {shown(text)} is neither KEY=VALUE nor a JSON object such as '{{\"key\": 1}}'")
    return [(key.strip(), _value(value))]


def _value(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return text


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise UsageError(f"{_WHERE}: {shown(key)} is given twice")
        found[key] = value
    return found
