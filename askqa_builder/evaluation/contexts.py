"""Recordings as they were at each response, kept to be listened to."""

from __future__ import annotations

from pathlib import Path

from askqa_builder.evaluation.dialogue import Moment, Recording
from askqa_builder.evaluation.folder import AUDIO_FOLDER
from askqa_builder.files import write_file
from askqa_builder.seeds import short_hash


class Contexts:
    """Writes recordings into a run's folder."""

    def __init__(self, out: Path) -> None:
        self._out = out

    def keep(self, recording: Recording, moment: Moment) -> str:
        """Write a recording where it is missing; return its path, relative to the run's folder. Raises StorageError."""
        said = [text for turn in moment.said for text in (turn.role, turn.text)]
        branch = "" if moment.intent is None else str(moment.intent.branch)
        name = short_hash("context", moment.item.row_id, moment.item.pcm_sha256, branch, *said)
        suffix = moment.row["audio"]["path"].rpartition(".")[2] if not said else "flac"
        path = f"{AUDIO_FOLDER}/{name[:2]}/{name}.{suffix}"
        target = self._out / path
        if not target.exists():
            write_file(target, recording.row["audio"]["bytes"])
        return path
