"""The distributions of a dataset as plots and tables, chapter by chapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from markupsafe import Markup

from askqa_builder.report.frames import Frames
from askqa_builder.report.overview import Overview
from askqa_builder.report.plots import Values, axis, bar, histogram, points
from askqa_builder.report.summary import PAUSES, ROLES, by_voice, pauses


@dataclass(frozen=True)
class Plot:
    """A picture with its title, and its numbers in words."""

    title: str
    summary: str
    picture: Markup


@dataclass(frozen=True)
class Table:
    """names: how many of the first columns hold no numbers."""

    caption: str
    heads: Sequence[str]
    names: int
    lines: list[list[str | Markup]]


@dataclass(frozen=True)
class Chapter:
    """A few plots of one kind of figure, and what to see in them."""

    title: str
    text: str
    plots: list[Plot] = field(default_factory=list)
    table: Table | None = None


def chapters(frames: Frames, overview: Overview) -> list[Chapter]:
    """Return what there is to show; chapters without any figures are left out."""
    cast, spoken = frames.cast, frames.spoken
    found = [
        Chapter(
            "Length",
            "Recordings, and the turns in them. Rows of one conversation share turns; each is counted once.",
            [
                *_histograms(
                    ((str(c), "", of["duration"]) for c, of in frames.rows.groupby("config", sort=False)), "s"
                ),
                *_histograms(
                    ((act.replace("_", " "), of["role"].iloc[0], of["seconds"]) for act, of in _by(spoken, "act")),
                    "s",
                    ratio=True,
                ),
            ],
        ),
        Chapter(
            "Pace",
            "Words a minute against the rate that was asked of the voice, one point a conversation. Voices differ, and "
            "short turns more than long ones; along one voice, points should rise in proportion.",
            _asked_and_measured(
                cast, "requested_rate", "measured_words_per_minute", "rate asked (factor)", "words/min"
            ),
        ),
        Chapter(
            "Pitch",
            "Median F0 against the pitch that was asked for, in semitones from the voice's own. Each voice is a line "
            "of points that rises by a factor of 2 in 12 semitones.",
            _asked_and_measured(
                cast, "requested_pitch", "measured_f0", "pitch asked (semitones)", "F0 (Hz)", ratio=True
            ),
        ),
        Chapter(
            "Loudness",
            "Integrated loudness against what was asked for, in LUFS. Points below the dashed line were kept lower so "
            "that peaks do not clip.",
            _asked_and_measured(
                cast, "requested_loudness", "measured_loudness", "asked (LUFS)", "measured (LUFS)", identity=True
            ),
        ),
        Chapter("Pauses", "Silence before each turn, in seconds.", _pauses(frames)),
        Chapter("Voices", "Who is heard how often.", [], _voice_usage(overview)),
        _words(frames),
    ]
    return [chapter for chapter in found if chapter.plots or (chapter.table and chapter.table.lines)]


def _by(frame: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.DataFrame]]:
    for name, of in frame.groupby(column, sort=False):
        yield str(name), of


def _histograms(groups: Iterator[tuple[str, str, pd.Series]], unit: str, *, ratio: bool = False) -> list[Plot]:
    return [
        _histogram(title, kind, known, unit, ratio=ratio and float(known.min()) > 0)
        for title, kind, values in groups
        if len(known := values.dropna().to_numpy(np.float64))
    ]


def _histogram(title: str, kind: str, values: Values, unit: str, *, ratio: bool = False) -> Plot:
    along = axis(values, unit, ratio=ratio, from_zero=not ratio)
    summary = _spread(values, unit)
    return Plot(title, summary, histogram(values, along, kind, f"Histogram, {title}: {summary}"))


def _spread(values: Values, unit: str) -> str:
    low, median, high = np.percentile(values, (5, 50, 95))
    return f"median {median:.3g} {unit}, 90 % from {low:.3g} to {high:.3g} (n = {len(values):,})"


def _asked_and_measured(
    cast: pd.DataFrame, asked: str, measured: str, across: str, up: str, *, ratio: bool = False, identity: bool = False
) -> list[Plot]:
    plots = []
    for role in ROLES:
        both = cast.loc[cast["role"] == role, [asked, measured]].dropna()
        if ratio:
            both = both[both[measured] > 0]
        if both.empty:
            continue
        x, y = (both[name].to_numpy(np.float64) for name in (asked, measured))
        unit = up if identity or "(" not in up else up.split("(")[1].rstrip(")")
        summary = _spread(y, "LUFS" if identity else unit)
        picture = points(
            x,
            y,
            axis(x, across),
            axis(y, up, ratio=ratio),
            role,
            f"{role}, {up} against {across}: {summary}",
            identity=identity,
        )
        plots.append(Plot(role, summary, picture))
    return plots


def _pauses(frames: Frames) -> list[Plot]:
    found = pauses(frames)
    kinds = [kind for kind in PAUSES if kind in found.index]
    role = {"before_user": "user", "before_assistant": "assistant", "before_narrator": "narrator"}
    return _histograms(((PAUSES[kind], role.get(kind, ""), found.loc[[kind]]) for kind in kinds), "s")


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


def _words(frames: Frames) -> Chapter:
    """Show what a recogniser understood and how natural it sounds, where that was scored."""
    table = by_voice(frames)
    scored = table.dropna(subset=["wer", "mos"], how="all").sort_values(["wer", "mos"], ascending=[False, True])
    most = max(float(scored["wer"].max()), 1e-9) if scored["wer"].notna().any() else 1.0
    lines: list[list[str | Markup]] = []
    for use in scored.itertuples():
        wer = (
            ""
            if np.isnan(use.wer)
            else Markup("{}&nbsp;{}").format(f"{100 * use.wer:.1f} %", bar(use.wer / most, use.role))
        )
        lines.append([use.role, use.voice, wer, "" if np.isnan(use.mos) else f"{use.mos:.2f}"])
    return Chapter(
        "Intelligibility by voice",
        "Word error rate of what a recogniser heard, over all words, and the predicted mean opinion score. The highest "
        "error rate comes first; only a voice's own baseline says whether it is high.",
        [],
        Table(
            f"Word error rate and MOS by role and voice ({len(lines)} lines)", ["Role", "Voice", "WER", "MOS"], 2, lines
        ),
    )
