"""How the measured quantities of a dataset are spread: the numbers behind its plots and its table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from askqa_builder.report.frames import Frames

ROLES = ("narrator", "user", "assistant")

PAUSES = {
    "lead_in": "before anything is said",
    "before_narrator": "before the narrator",
    "before_user": "before the user",
    "before_assistant": "before the assistant",
    "after_story": "after the story",
}

COLUMNS = ["quantity", "unit", "group", "count", "mean", "p5", "median", "p95"]


def spread(frames: Frames) -> pd.DataFrame:
    """Return count, mean, 5th, 50th and 95th percentile of each quantity and group, a line each; see `COLUMNS`."""
    lines = []
    for quantity, unit, group, values in _quantities(frames):
        known = values.dropna()
        if len(known):
            low, median, high = np.percentile(known, (5, 50, 95))
            lines.append((quantity, unit, group, len(known), float(known.mean()), low, median, high))
    return pd.DataFrame(lines, columns=COLUMNS)


def pauses(frames: Frames) -> pd.Series:
    """Return the silence before each turn in seconds; index: its kind, one of `PAUSES`."""
    spoken = frames.spoken
    before = "before_" + spoken["role"]
    after_story = (spoken["row"] == spoken["row"].shift()) & (spoken["act"].shift() == "story")
    kind = before.mask(after_story, "after_story").mask(spoken["start"] == spoken["pause"], "lead_in")
    return pd.Series(spoken["pause"].to_numpy(), index=pd.Index(kind), name="pause")


def by_voice(frames: Frames) -> pd.DataFrame:
    """Return a line a role and voice: conversations; medians of what was asked and measured; WER and MOS where known.

    Columns role, voice, gender, accent, conversations, requested_rate, words_per_minute, requested_pitch, f0,
    loudness, wer (of all its words), mos (mean).
    """
    cast, spoken = frames.cast, frames.spoken
    groups = cast.groupby(["role", "voice"], sort=True)
    table = groups.agg(
        gender=("gender", "first"),
        accent=("accent", "first"),
        conversations=("row", "size"),
        requested_rate=("requested_rate", "median"),
        words_per_minute=("measured_words_per_minute", "median"),
        requested_pitch=("requested_pitch", "median"),
        f0=("measured_f0", "median"),
        loudness=("measured_loudness", "median"),
    )
    scored = spoken.dropna(subset=["wer"])
    words = scored["words"].clip(lower=1)
    keys = [scored["role"], scored["voice"]]
    table["wer"] = (scored["wer"] * words).groupby(keys).sum() / words.groupby(keys).sum()
    table["mos"] = spoken.groupby(["role", "voice"])["mos"].mean()
    return table.reset_index()


def _quantities(frames: Frames) -> Iterator[tuple[str, str, str, pd.Series]]:
    for config, rows in frames.rows.groupby("config", sort=False):
        yield "recording", "s", str(config), rows["duration"]
    spoken, cast = frames.spoken, frames.cast
    for act, turns in spoken.groupby("act", sort=False):
        yield "turn", "s", str(act), turns["seconds"]
    for kind, values in pauses(frames).groupby(level=0, sort=False):
        yield "pause", "s", str(kind), values
    for quantity, unit, column in (
        ("rate asked", "×", "requested_rate"),
        ("pace", "words/min", "measured_words_per_minute"),
        ("pitch asked", "semitones", "requested_pitch"),
        ("F0", "Hz", "measured_f0"),
        ("loudness", "LUFS", "measured_loudness"),
    ):
        for role in ROLES:
            yield quantity, unit, role, cast.loc[cast["role"] == role, column]
    for quantity, unit, column in (("WER", "", "wer"), ("MOS", "", "mos")):
        for role in ROLES:
            yield quantity, unit, role, spoken.loc[spoken["role"] == role, column]
    for quantity, unit, column in (("SNR", "dB", "snr_db"), ("peak", "dBFS", "peak_dbfs")):
        for config, rows in frames.rows.groupby("config", sort=False):
            yield quantity, unit, str(config), rows[column]
