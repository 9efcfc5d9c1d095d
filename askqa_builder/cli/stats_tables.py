"""The figures of a dataset as tables for a terminal."""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from askqa_builder.cli.style_tables import told_styles
from askqa_builder.cli.tables import Cell, counted, paragraph, section, table

if TYPE_CHECKING:
    from askqa_builder.report.callouts import Callout
    from askqa_builder.report.listening.opinions import Opinions, Score
    from askqa_builder.report.overview import Overview
    from askqa_builder.report.stats import DatasetStatistics

_MOST_VOICES = 24
"""Lines of voices that are printed without being asked for."""

_NAMED = 3
_SHORT_UNITS = {"semitones": "st"}
_LEAST_WIDTH, _MOST_WIDTH = 60, 120


def terminal_width() -> int:
    """Return the width to print in; 80 where there is no terminal."""
    return min(max(shutil.get_terminal_size((80, 24)).columns, _LEAST_WIDTH), _MOST_WIDTH)


def told(found: DatasetStatistics, width: int, *, all_voices: bool) -> Iterator[str]:
    """Yield what is printed of a dataset, ratings apart."""
    overview = found.overview
    yield from paragraph(" ".join(found.sentences), width)
    for title, lines in (
        ("rows", _parts(overview, width)),
        ("texts", _domains(overview, width)),
        ("engines", _engines(overview, width)),
        ("voices by role", _roles(overview, width)),
        ("speech", _spread(found, width)),
        ("voices", _voices(found, width, all_voices)),
        ("how it is said", told_styles(found.styles, width)),
        ("what stands out", _callouts(found.callouts, width)),
        ("left out", _rejects(overview, width)),
    ):
        yield from section(title, list(lines))


def told_ratings(opinions: Opinions, width: int, *, all_voices: bool) -> Iterator[str]:
    """Yield what is printed of listeners' ratings."""
    yield from section("ratings", list(_ratings(opinions, width, all_voices)))


def _parts(overview: Overview, width: int) -> Iterator[str]:
    lines: list[list[Cell]] = [
        [part.config, part.split, part.rows, part.hours, _share(part.ambiguous, part.labelled)]
        for part in overview.parts
    ]
    yield from table(["configuration", "split", "rows", "hours", "ambiguous"], lines, width)


def _share(count: int, of: int) -> str:
    return f"{count:,} ({100 * count / of:.0f} %)" if of else "-"


def _domains(overview: Overview, width: int) -> Iterator[str]:
    if overview.domains:
        lines: list[list[Cell]] = [
            [of.source, of.license, "yes" if of.redistributable else "no", of.rows, of.hours] for of in overview.domains
        ]
        yield from table(["domain", "licence", "redistributable", "rows", "hours"], lines, width)


def _engines(overview: Overview, width: int) -> Iterator[str]:
    lines: list[list[Cell]] = [[of.name, f"{of.library} {of.version}", of.model, of.licence] for of in overview.engines]
    for score, of in overview.listeners.items():
        lines.append([f"{of.name} (gave {score})", f"{of.library} {of.version}", of.model, of.licence])
    for of in overview.recognisers:
        lines.append([f"{of.name} (recognised emotions)", f"{of.library} {of.version}", of.model, of.licence])
    if lines:
        yield from table(["engine", "library", "model", "licence"], lines, width)
    seed = "" if overview.seed is None else f", seed {overview.seed}"
    renditions = f", {overview.renditions} renditions" if overview.renditions > 1 else ""
    yield from paragraph(
        f"profile set {overview.profile_set}{' (demo voices)' if overview.demo else ''}{seed}{renditions}; "
        f"{overview.sampling_rate:,} Hz {overview.audio_format}; format {overview.format_version}"
        f"{'; made anew from another dataset' if overview.from_dataset else ''}",
        width,
    )


def _roles(overview: Overview, width: int) -> Iterator[str]:
    """Yield how many voices each role has, and how evenly they are used."""
    lines: list[list[Cell]] = []
    for role in dict.fromkeys(use.role for use in overview.voices):
        for split in overview.splits:
            uses = [use for use in overview.voices if use.role == role and use.conversations.get(split)]
            counts = sorted(use.conversations[split] for use in uses)
            if counts:
                genders = [use.gender for use in uses]
                known = [f"{genders.count(gender)} {gender}" for gender in sorted({g for g in genders if g})]
                unknown = [f"{genders.count(None)} unknown"] if None in genders else []
                spread = f"{counts[0]:,} – {counts[len(counts) // 2]:,} – {counts[-1]:,}"
                lines.append([role, split, len(counts), ", ".join(known + unknown), spread])
    if lines:
        yield from table(["role", "split", "voices", "gender", "conversations (min–median–max)"], lines, width)


def _spread(found: DatasetStatistics, width: int) -> Iterator[str]:
    lines: list[list[Cell]] = []
    before = ""
    for line in found.spread.to_dict("records"):
        unit = _SHORT_UNITS.get(line["unit"], line["unit"])
        name = f"{line['quantity']} ({unit})" if unit else line["quantity"]
        figures = [float(line[column]) for column in ("p5", "median", "p95", "mean")]
        lines.append(["" if name == before else name, line["group"].replace("_", " "), line["count"], *figures])
        before = name
    if lines:
        yield from table(["quantity", "of", "count", "p5", "median", "p95", "mean"], lines, width)
    if (found.spread["quantity"] == "WER").any():
        yield from paragraph(
            "WER: of each turn, and of characters in turns of up to three words; by voice below, over all words", width
        )


def _voices(found: DatasetStatistics, width: int, everything: bool) -> Iterator[str]:
    voices = found.voices
    if len(voices) > _MOST_VOICES and not everything:
        yield f"{len(voices)} lines, a role and voice each: askqa stats … --voices prints them"
        return
    columns = {
        "role": "role", "voice": "voice", "conversations": "heard", "requested_rate": "rate",
        "words_per_minute": "words/min", "requested_pitch": "pitch st", "f0": "F0 Hz", "loudness": "LUFS",
        "wer": "WER", "mos": "MOS",
    }  # fmt: skip
    shown = [name for name in columns if not voices[name].isna().all()]
    lines = [[line[name] for name in shown] for line in voices.to_dict("records")]
    if lines:
        yield from table([columns[name] for name in shown], lines, width)
        yield from paragraph("medians over conversations; rate (×) and pitch (semitones) as asked", width)


def _callouts(callouts: Sequence[Callout], width: int) -> Iterator[str]:
    for callout in callouts:
        named = ", ".join(callout.items[:_NAMED])
        more = ", …" if callout.count > _NAMED else ""
        yield from paragraph(f"{callout.count:,} {callout.title}. {callout.explanation} ({named}{more})", width)


def _rejects(overview: Overview, width: int) -> Iterator[str]:
    if overview.rejected:
        lines: list[list[Cell]] = [[reason, count] for reason, count in overview.rejected.items()]
        yield from table(["reason", "items"], lines, width)


def _ratings(opinions: Opinions, width: int, all_voices: bool) -> Iterator[str]:
    replaced = f"; {opinions.replaced:,} rated twice: the later rating counts" if opinions.replaced else ""
    yield from paragraph(
        f"{counted(opinions.raters, 'rater')}, {counted(opinions.clips, 'clip')}, "
        f"{counted(opinions.ratings, 'rating')}{replaced}.",
        width,
    )
    told = {
        "raters and clips": " with 95 % intervals over raters and clips",
        "clips": " with 95 % intervals over clips only, since there is one rater",
        "nothing": "; one clip is too few for an interval",
    }
    yield from paragraph(f"Mean opinion scores, 1 to 5{told[opinions.over]}:", width)
    yield from _scores(opinions, width, all_voices)
    for of in opinions.differences:
        interval = _interval(of.low, of.high, sign=True)
        yield from paragraph(
            f"{of.scale}, {opinions.datasets[1]} less {opinions.datasets[0]}: {of.mean:+.2f} {interval} "
            f"over {counted(of.pairs, 'turn')} heard in both by {counted(of.raters, 'rater')}",
            width,
        )
    agreement = [f"{scale} {alpha:.2f}" for scale, alpha in opinions.agreement.items() if alpha is not None]
    if agreement:
        yield from paragraph(f"Agreement of raters (Krippendorff's alpha, interval): {', '.join(agreement)}", width)


def _scores(opinions: Opinions, width: int, all_voices: bool) -> Iterator[str]:
    by_group: dict[tuple[str, str, str | None], list[Score]] = {}
    for score in opinions.scores:
        by_group.setdefault((score.by, score.group, score.dataset), []).append(score)
    voices = [key for key in by_group if key[0] == "voice"]
    left_out = len(voices) > _MOST_VOICES and not all_voices
    scales = list(dict.fromkeys(score.scale for score in opinions.scores))
    lines: list[list[Cell]] = []
    for (by, group, dataset), scores in by_group.items():
        if by == "voice" and left_out:
            continue
        of = {score.scale: score for score in scores}
        named = f"{group}, {dataset}" if by in ("role", "voice", "engine") and len(opinions.datasets) > 1 else group
        told = [f"{of[s].mean:.2f} {_interval(of[s].low, of[s].high)}" if s in of else "-" for s in scales]
        lines.append([by if by != "overall" else "", named, max(s.clips for s in scores), *told])
    yield from table(["", "of", "clips", *scales], lines, width)
    if left_out:
        yield f"{len(voices)} voices: askqa stats … --voices prints them"


def _interval(low: float, high: float, *, sign: bool = False) -> str:
    if math.isnan(low):
        return "–"
    return f"({low:+.2f} to {high:+.2f})" if sign else f"{low:.1f}–{high:.1f}"
