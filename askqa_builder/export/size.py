"""What an export will weigh, told and held against the disk before anything is written."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from askqa_builder.errors import StorageError
from askqa_builder.export.format import Format
from askqa_builder.export.options import SoundChoice
from askqa_builder.export.source import Survey
from askqa_builder.files import size_told

_LOG = logging.getLogger(__name__)

_BASE64 = 4 / 3

_REPEATED = 1.5
"""Sound that is heard so many times as often as it is long is worth a word where each time takes space."""

_SURELY = 0.8
"""Of an estimate: speech may be easier to compress than most."""


def check_size(chosen: Format[Any], sound: SoundChoice, surveys: Sequence[Survey], out: Path) -> None:
    """Tell where clips come to stand in the export again and again, and raise StorageError where the disk is too small.

    What is in the folder `out` is there from an earlier run, and will be gone on with.
    """
    once = sum(survey.distinct_samples for survey in surveys) * sound.audio.bytes_per_sample
    size = once
    if chosen.sound.embedded is not None:
        weight = _BASE64 if chosen.sound.embedded == "line" else 1.0
        size = sum(survey.samples for survey in surveys) * sound.audio.bytes_per_sample * weight
        if size > _REPEATED * once:
            _tell(chosen, size, once)
    whole = 2 * size if chosen.sound.embedded == "line" else size  # lines are kept by shard until they are joined
    there = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    free = shutil.disk_usage(out).free
    if _SURELY * whole - there > free:
        raise StorageError(
            f"cannot write {out}: about {size_told(whole - there)} are needed there while it is made, and "
            f"{size_told(free)} are free; free some space, or choose a folder on another disk"
        )


def _tell(chosen: Format[Any], size: float, once: float) -> None:
    _LOG.warning(
        "askqa: %s has each clip in every example that hears it: about %s, of %s of sound; the formats with sounds in "
        "files, as qwen2-audio and audiofolder, have each clip once",
        chosen.name,
        size_told(size),
        size_told(once),
    )
