"""Words with times that lie beside a recording: NIST's CTM, or JSON lines."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

from askqa_builder.styles.recordings.files import RecordingError

_CTM_FIELDS = 5
_CTM_COMMENT = ";;"


@dataclass(frozen=True)
class TimedWord:
    """A word of a recording. start, end: seconds."""

    word: str
    start: float
    end: float


def words_file(recording: Path) -> Path | None:
    """Return the file with a recording's words: its name with .words.jsonl or .ctm in the place of its suffix."""
    candidates = (recording.with_suffix(".words.jsonl"), recording.with_suffix(".ctm"))
    return next((path for path in candidates if path.is_file()), None)


def read_words(path: Path) -> list[TimedWord]:
    """Read words: lines {"word", "start", "end"}, or lines of CTM (file, channel, start, duration, word).

    Raises RecordingError where a line is none, or a word ends before it starts.
    """
    read = _json_word if path.suffix == ".jsonl" else _ctm_word
    try:
        lines = path.read_text("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise RecordingError("words", f"{path.name} is not UTF-8 text; write it anew") from error
    except OSError as error:
        raise RecordingError("words", f"{path.name} cannot be read ({error.strerror})") from error
    words = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith(_CTM_COMMENT):
            try:
                words.append(_checked(read(line)))
            except (ValueError, KeyError, TypeError, RecursionError) as error:
                raise RecordingError("words", f"{path.name}, line {number}: no word with times ({error})") from error
    return words


def _checked(word: TimedWord) -> TimedWord:
    if not (math.isfinite(word.end) and 0.0 <= word.start <= word.end):
        raise ValueError(f"{word.start} to {word.end} s")
    return word


def _json_word(line: str) -> TimedWord:
    told = json.loads(line)
    return TimedWord(str(told["word"]), float(told["start"]), float(told["end"]))


def _ctm_word(line: str) -> TimedWord:
    fields = line.split()
    if len(fields) < _CTM_FIELDS:
        raise ValueError(f"{len(fields)} fields, not {_CTM_FIELDS} or more")
    start, duration = float(fields[2]), float(fields[3])
    return TimedWord(fields[4], start, start + duration)
