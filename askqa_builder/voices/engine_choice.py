"""An engine by name with its options."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.voices.section import Place, file_name, shown

PATH_SUFFIX = "_path"
_RUNNING_OPTIONS = frozenset({"api_key_variable", "base_url", "batch_seconds", "concurrency", "patience", "timeout"})


@dataclass(frozen=True)
class EngineChoice:
    """An engine by name with its options, the latter as canonical JSON so that they can be compared.

    An option whose name ends in `_path` is a file or folder on this machine, here absolute. Those in
    `_RUNNING_OPTIONS` say how a server is reached, or how much is computed at once.
    """

    name: str
    options_json: str = "{}"

    @property
    def options(self) -> dict[str, Any]:
        """The engine's keyword options."""
        options: dict[str, Any] = json.loads(self.options_json)
        return options

    @property
    def key(self) -> str:
        """What roles that share one engine have in common: its name, and its options where there are any."""
        return self.name if self.options_json == "{}" else f"{self.name} {self.options_json}"

    @property
    def portable_options(self) -> dict[str, Any]:
        """The options as a dataset may show them, and as they count for its digest.

        Of files only the name; what is in them, the engine's info says. Nothing of the way to a server: it changes
        no sample, so a build may go on over another one, and it is nobody's business.
        """
        return {
            key: Path(value).name if key.endswith(PATH_SUFFIX) and isinstance(value, str) else value
            for key, value in self.options.items()
            if key not in _RUNNING_OPTIONS
        }


def options_json(options: object, place: Place) -> str:
    """Return an engine's options as canonical JSON, files named from the folder of `place`. Raises UsageError."""
    if not isinstance(options, dict):
        raise UsageError(f"{place}: {shown(options)} is not a mapping of the engine's options")
    if place.folder is not None:
        located = {
            key: str((place.folder / file_name(value, place)).resolve())
            for key, value in options.items()
            if key.endswith(PATH_SUFFIX) and isinstance(value, str)
        }
        options = {**options, **located}
    try:
        return json.dumps(options, sort_keys=True, allow_nan=False)
    except ValueError as error:
        raise UsageError(f"{place}: numbers must be finite") from error
