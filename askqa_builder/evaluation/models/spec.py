"""Which model is meant: a file, or a word on the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.options import is_text, require
from askqa_builder.voices.plain_yaml import read_yaml

SHORT = {"endpoint": "model", "transformers": "model", "python": "target"}
"""Kinds that a word can name with one option, as `endpoint:NAME`."""


@dataclass(frozen=True)
class ModelSpec:
    """kind: of the registry's. options: of that kind. name: as results tell the model; None for a name of its own."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None


def read_spec(given: str) -> ModelSpec:
    """Read a YAML file (`kind`, perhaps `name`, and the kind's options), `KIND:VALUE` of SHORT, or a kind alone.

    Raises UsageError where a file cannot be read, or names no kind.
    """
    if given.endswith((".yaml", ".yml")):
        return _read_file(Path(given))
    kind, colon, value = given.partition(":")
    if not colon:
        return ModelSpec(given)
    if kind not in SHORT:
        raise UsageError(f"--model: {given!r} is none of {', '.join(f'{one}:…' for one in SHORT)}; or give a YAML file")
    require(is_text(value), "--model", given, f"{kind}:{SHORT[kind].upper()}")
    return ModelSpec(kind, {SHORT[kind]: value})


def _read_file(file: Path) -> ModelSpec:
    content = read_yaml(file, str(file))
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise UsageError(f"{file}: a model is a mapping of options, as kind: and model:; see docs/models-under-test.md")
    kind, name = content.pop("kind", None), content.pop("name", None)
    if not is_text(kind):
        raise UsageError(f"{file}: kind: {kind!r} is not allowed; give endpoint, cascade, transformers or python")
    if not (name is None or is_text(name)):
        raise UsageError(f"{file}: name: {name!r} is not allowed; give text")
    return ModelSpec(kind, content, name)
