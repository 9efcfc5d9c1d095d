"""The distributions of a dataset as plots and tables, chapter by chapter."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from askqa_builder.report.frames import Frames
from askqa_builder.report.overview import Overview
from askqa_builder.report.pictures import Chapter, Plot, Table
from askqa_builder.report.plots import Values, axis, bar, histogram, points
from askqa_builder.report.style_chapters import style_chapters
from askqa_builder.report.summary import PAUSES, ROLES, by_voice, pauses

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class _Control:
    """Something that is asked of a voice and measured of its speech: columns of the cast, and names of the axes.

    unit: of what is measured. ratio: it is heard by ratio. same: both are the same quantity.
    """

    asked: str
    measured: str
    across: str
    up: str
    unit: str
    ratio: bool = False
    same: bool = False


_PACE = _Control("requested_rate", "measured_words_per_minute", "rate asked (factor)", "words/min", "words/min")
_PITCH = _Control("requested_pitch", "measured_f0", "pitch asked (semitones)", "F0 (Hz)", "Hz", ratio=True)
_LOUDNESS = _Control("requested_loudness", "measured_loudness", "asked (LUFS)", "measured (LUFS)", "LUFS", same=True)


def chapters(frames: Frames, overview: Overview) -> list[Chapter]:
    """Return what there is to show; chapters without any figures are left out."""
    cast, spoken, voices = frames.cast, frames.spoken, by_voice(frames)
    recordings = ((config, "", of["duration"]) for config, of in _by(frames.rows, "config"))
    turns = ((act.replace("_", " "), of["role"].iloc[0], of["seconds"]) for act, of in _by(spoken, "act"))
    found = [
        Chapter(
            "Length",
            "Recordings, and the turns in them. Rows of one conversation share turns; each is counted once.",
            [*_histograms(recordings), *_histograms(turns, ratio=True)],
        ),
        Chapter(
            "Pace",
            "Words a minute against the rate that was asked of the voice, one point a conversation. Voices differ, and "
            "short turns more than long ones; along one voice, points should rise in proportion.",
            _asked_and_measured(cast, _PACE),
        ),
        Chapter(
            "Pitch",
            "Median F0 against the pitch that was asked for, in semitones from the voice's own. The points of "
            "one voice lie along a line that rises by a factor of 2 in 12 semitones; a point tells its voice.",
            _asked_and_measured(cast, _PITCH),
        ),
        Chapter(
            "Loudness",
            "Integrated loudness against what was asked for, in LUFS. Points below the dashed line were kept lower so "
            "that peaks do not clip.",
            _asked_and_measured(cast, _LOUDNESS),
        ),
        Chapter("Pauses", "Silence before each turn, in seconds.", _pauses(frames)),
        Chapter("Voices", "Who is heard how often.", [], _voice_usage(overview)),
        Chapter(
            "By voice",
            "Medians over the conversations of a voice in a role: what was asked, and what was measured.",
            [],
            _measured_by_voice(voices),
        ),
        *style_chapters(frames),
        _intelligibility(voices),
    ]
    return [chapter for chapter in found if chapter.plots or (chapter.table and chapter.table.lines)]


def _by(frame: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, of in frame.groupby(column, sort=False):
        yield str(name), of


def _histograms(groups: Iterator[tuple[str, str, pd.Series]], *, ratio: bool = False) -> list[Plot]:
    """Draw how long things last. groups: title, role for the colour or nothing, and seconds."""
    return [
        _histogram(title, kind, known, ratio=ratio and float(known.min()) > 0)
        for title, kind, values in groups
        if len(known := values.dropna().to_numpy(np.float64))
    ]


def _histogram(title: str, kind: str, seconds: Values, *, ratio: bool) -> Plot:
    along = axis(seconds, "seconds, by ratio" if ratio else "seconds", ratio=ratio, from_zero=not ratio)
    summary = _spread(seconds, "s")
    return Plot(title, summary, histogram(seconds, along, kind, f"Histogram, {title}: {summary}"))


def _spread(values: Values, unit: str) -> str:
    low, median, high = np.percentile(values, (5, 50, 95))
    return f"median {median:.3g} {unit}, 90 % from {low:.3g} to {high:.3g} (n = {len(values):,})"


def _asked_and_measured(cast: pd.DataFrame, control: _Control) -> list[Plot]:
    plots = []
    for role in ROLES:
        both = cast.loc[cast["role"] == role, [control.asked, control.measured, "voice"]].dropna()
        if control.ratio:
            both = both[both[control.measured] > 0]
        if both.empty:
            continue
        x, y = (both[name].to_numpy(np.float64) for name in (control.asked, control.measured))
        summary = _spread(y, control.unit)
        picture = points(
            (x, axis(np.concatenate([x, y]) if control.same else x, control.across)),
            (y, axis(np.concatenate([x, y]) if control.same else y, control.up, ratio=control.ratio)),
            (role, both["voice"].to_numpy(object)),
            f"{role}, {control.up} against {control.across}: {summary}",
            identity=control.same,
        )
        plots.append(Plot(role, summary, picture))
    return plots


def _pauses(frames: Frames) -> list[Plot]:
    found = pauses(frames)
    kinds = [kind for kind in PAUSES if kind in found.index]
    role = {"before_user": "user", "before_assistant": "assistant", "before_narrator": "narrator"}
    return _histograms((PAUSES[kind], role.get(kind, ""), found.loc[[kind]]) for kind in kinds)


def _voice_usage(overview: Overview) -> Table:
    most = max((count for use in overview.voices for count in use.conversations.values()), default=1)
    lines = []
    for use in overview.voices:
        counts = [
            Markup("{}&nbsp;{}").format(f"{use.conversations[split]:,}", bar(use.conversations[split] / most, use.role))
            for split in overview.splits
        ]
        lines.append([use.role, use.voice, use.gender or "unknown", use.accent or "unknown", *counts])
    return Table(
        f"Conversations by role, voice and split ({len(lines)} lines)",
        ["Role", "Voice", "Gender", "Accent", *overview.splits],
        4,
        lines,
    )


def _measured_by_voice(voices: pd.DataFrame) -> Table:
    heads = ["Role", "Voice", "Conversations", "Rate asked", "Words/min", "Pitch asked", "F0", "Loudness"]
    units = ("{:,.0f}", "{:.2f} ×", "{:.0f}", "{:+.1f} st", "{:.0f} Hz", "{:.1f} LUFS")
    columns = ("conversations", "requested_rate", "words_per_minute", "requested_pitch", "f0", "loudness")
    lines: list[list[str | Markup]] = [
        [use["role"], use["voice"], *(_figure(use[name], unit) for name, unit in zip(columns, units, strict=True))]
        for use in voices.to_dict("records")
    ]
    return Table(f"Asked and measured by role and voice ({len(lines)} lines)", heads, 2, lines)


def _intelligibility(voices: pd.DataFrame) -> Chapter:
    """Show what a recogniser understood and how natural it sounds, where that was scored."""
    scored = voices.dropna(subset=["wer", "mos"], how="all")
    scored = scored.sort_values(["wer", "mos"], ascending=[False, True])
    most = max(float(np.nan_to_num(scored["wer"].to_numpy(np.float64)).max(initial=0)), 1e-9)
    lines: list[list[str | Markup]] = []
    for use in scored.to_dict("records"):
        wer = _figure(100 * use["wer"], "{:.1f} %")
        if wer != _UNKNOWN:
            wer = Markup("{}&nbsp;{}").format(wer, bar(use["wer"] / most, use["role"]))
        lines.append([use["role"], use["voice"], wer, _figure(use["mos"], "{:.2f}")])
    return Chapter(
        "Intelligibility by voice",
        "Word error rate of what a recogniser heard, over all words (of characters in turns of up to three words), and "
        "the predicted mean opinion score. The highest error rate comes first; only a voice's own baseline says "
        "whether it is high.",
        [],
        Table(
            f"Word error rate and MOS by role and voice ({len(lines)} lines)", ["Role", "Voice", "WER", "MOS"], 2, lines
        ),
    )


def _figure(value: float, unit: str) -> str:
    return _UNKNOWN if math.isnan(value) else unit.format(value)
