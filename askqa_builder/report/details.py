"""Rows as the page takes them: as JSON, without their sound."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import pandas as pd

from askqa_builder.dataset.sound import decoded
from askqa_builder.report.catalogue import Catalogue
from askqa_builder.report.peaks import PER_SECOND, peaks
from askqa_builder.report.plain import plain

_SHOWN = (
    "id",
    "source",
    "license",
    "stage",
    "ambiguous",
    "duration",
    "sampling_rate",
    "speakers",
    "response",
    "evidence",
    "clarifications",
    "quality",
    "channel",
)
_DELIVERY = ("style", "emotion", "measured")
_SHOWN_OF_TURN = ("role", "act", "text", "start", "end", "words_per_minute", "asr_text", "wer", "mos", *_DELIVERY)
_TYPES = {".flac": "audio/flac", ".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg"}
_NOTHING: Mapping[str, Any] = {}


def line(catalogue: Catalogue, number: int) -> dict[str, Any]:
    """Return what the list of rows shows, filters and sorts by. Unknown figures are None."""
    row = catalogue.line(number)
    shown: dict[str, Any] = plain(
        {
            "number": number,
            "id": row["id"],
            "config": row["config"],
            "split": row["split"],
            "source": row["source"],
            "ambiguous": None if pd.isna(row["ambiguous"]) else bool(row["ambiguous"]),
            "voices": catalogue.voices[number],
            "styles": catalogue.styles[number],
            "emotions": catalogue.emotions[number],
            "request": catalogue.requests[number],
            **{name: row[name] for name in ("duration", "wer", "mos", "snr_db")},
        }
    )
    return shown


def detail(row: Mapping[str, Any], config: str, split: str) -> dict[str, Any]:
    """Return a row as the page shows it when it is open.

    words: [turn, start, end, char_start, char_end] each. affect: the windows in which recognisers found an emotion, but
    those that filters dropped. peaks: base64 of the outline of its waveform, see `peaks`.
    Raises AskqaError where its sound cannot be read.
    """
    shown: dict[str, Any] = plain(
        {
            **{name: row[name] for name in _SHOWN},
            "quality": row["quality"] or _NOTHING,
            "channel": row["channel"] or _NOTHING,
            "config": config,
            "split": split,
            "type": media_type(row["audio"]),
            "turns": [{name: turn[name] for name in _SHOWN_OF_TURN} for turn in row["turns"]],
            "words": [
                [word[name] for name in ("turn", "start", "end", "char_start", "char_end")] for word in row["words"]
            ],
            "affect": [_window(window) for window in row["affect"] or [] if window["kept"] is not False],
            "peaks": base64.b64encode(peaks(*decoded(row)).tobytes()).decode("ascii"),
            "peaks_per_second": PER_SECOND,
        }
    )
    return shown


def _window(window: Mapping[str, Any]) -> dict[str, Any]:
    return {name: window[name] for name in ("start", "end", "category", "valence", "arousal", "dominance")}


def media_type(audio: Mapping[str, Any]) -> str:
    """Return the MIME type of a row's recording."""
    return _TYPES.get(PurePath(audio["path"] or "").suffix.lower(), "application/octet-stream")
