"""Recordings as browsers play them exactly."""

from __future__ import annotations

import io
from typing import Any

import soundfile

from askqa_builder.errors import AskqaError
from askqa_builder.recording.encode import FORMATS, encode


def playable(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row whose recording a browser can jump in: as it is, or where it is MP3, what that decodes to as FLAC.

    In MP3 browsers jump by a guess that is up to a second off; in the other formats by 35 ms at most.
    Raises AskqaError where its recording cannot be read.
    """
    audio = row["audio"]
    if audio is None or audio["bytes"] is None or audio["path"] is None:
        raise AskqaError(f"row {row['id']} has no recording; see askqa verify")
    if not audio["path"].lower().endswith(".mp3"):
        return row
    try:
        samples, rate = soundfile.read(io.BytesIO(audio["bytes"]), dtype="int16")
    except soundfile.LibsndfileError as error:
        raise AskqaError(f"row {row['id']}: its recording cannot be read ({error}); see askqa verify") from error
    data = encode(samples, rate, FORMATS["flac"])
    return {**row, "audio": {"bytes": data, "path": f"{audio['path']}.flac"}}
