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

_LOG = logging.getLogger(__name__)

_BASE64 = 4 / 3

_REPEATED = 1.5
"""Sound that is heard so many times as often as it is long is worth a word where each time takes space."""

_SURELY = 0.8
"""Of an estimate: speech may be easier to compress than most."""


def check_size(
    chosen: Format[Any], sound: SoundChoice, whole: Sequence[Survey], missing: Sequence[Survey], out: Path
) -> None:
    """Tell where clips come to stand in the export again and again, and raise StorageError where the disk is too small.

    whole: all of the export; missing: what is not there from an earlier run.
    """
    once = sum(survey.distinct_samples for survey in whole) * sound.audio.bytes_per_sample
    size = _size(chosen, sound, whole)
    if chosen.sound.embedded is not None and size > _REPEATED * once:
        _LOG.warning(
            "askqa: %s has each clip in every example that hears it: about %s, of %s of sound; the formats with "
            "sounds in files, as qwen2-audio and audiofolder, have each clip once",
            chosen.name,
            told(size),
            told(once),
        )
    needed = _size(chosen, sound, missing)
    if chosen.sound.embedded == "line":
        needed += size  # lines are kept by shard until they are joined
    free = shutil.disk_usage(next(path for path in (out, *out.absolute().parents) if path.exists())).free
    if _SURELY * needed > free:
        raise StorageError(
            f"cannot write {out}: about {told(needed)} are needed there while it is made, and {told(free)} are free; "
            "free some space, or choose a folder on another disk"
        )


def told(size: float) -> str:
    """Return bytes for people, as "9.0 GB"."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


def _size(chosen: Format[Any], sound: SoundChoice, surveys: Sequence[Survey]) -> float:
    """Estimate the bytes of an export's sound; that of texts is little beside it."""
    if chosen.sound.embedded is None:
        return sum(survey.distinct_samples for survey in surveys) * sound.audio.bytes_per_sample
    weight = _BASE64 if chosen.sound.embedded == "line" else 1.0
    return sum(survey.samples for survey in surveys) * sound.audio.bytes_per_sample * weight
