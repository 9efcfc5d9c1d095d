"""A page on which people listen to clips and rate them, without knowing of what dataset or voice they are."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from askqa_builder.errors import UsageError
from askqa_builder.recording.encode import FORMATS, encode
from askqa_builder.recording.timeline import to_samples
from askqa_builder.report.document import as_data, render
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.listening.clips import Heard, draw_clips
from askqa_builder.report.listening.draw import Clip
from askqa_builder.report.listening.scales import BEST, NATURALNESS, SCALES
from askqa_builder.report.listening.style_clips import draw_styles
from askqa_builder.report.listening.style_question import style_question
from askqa_builder.report.page_file import page_path, write_page
from askqa_builder.seeds import short_hash

MOST_CLIPS = 500
"""Some 60 megabytes of page; no rater hears so many."""


_PAUSE = 0.8
"""Seconds between an anchor and its clip."""


@dataclass(frozen=True)
class Sheet:
    """A sheet that was written. id: as in the ratings that it saves. clips: how many it has, fewer than were asked for
    where the dataset holds no more. styles: ways of speaking to choose from with the clips of each, empty where it asks
    for none; anchored: whether each clip then comes after the speaker's usual way."""

    path: Path
    id: str
    clips: int
    styles: Mapping[str, int] = field(default_factory=dict)
    anchored: bool = False


@dataclass(frozen=True)
class _Asked:
    """What a sheet asks of which clips."""

    sides: list[Heard]
    clips: list[Clip]
    scales: list[dict[str, Any]]
    styles: Mapping[str, int] = field(default_factory=dict)
    anchored: bool = False


def listening_sheet(
    dataset: str | Path,
    out: str | Path | None = None,
    clips: int = 30,
    *,
    seed: int = 0,
    against: str | Path | None = None,
    styles: bool = False,
) -> Sheet:
    """Write one HTML file with up to `clips` clips to rate; the same clips for the same arguments.

    The file needs nothing else, and gives away neither dataset, voice, engine nor which clip is of which dataset.
    out: the file; None for `<dataset>-listening-<id>.html` in the current folder. seed: of the draw of clips.
    against: a second dataset; then half of the clips are of each, of the same turns as far as both have them. What
    raters save is summed up by `stats(dataset, ratings=[…], against=…)`. styles: ask how it is said, of the ways in
    which the dataset's turns are spoken; see `listening.style_clips`.

    Raises UsageError where a dataset is none, or has nothing to hear; AskqaError where it is damaged; StorageError
    where the disk refuses.
    """
    if styles and against is not None:
        raise UsageError("a listening test of styles is of one dataset; leave the second one out")
    least = 1 if against is None else 2
    if not least <= clips <= MOST_CLIPS:
        raise UsageError(f"a listening sheet has {least} to {MOST_CLIPS} clips, not {clips}")
    folders = [Path(folder) for folder in (dataset, against) if folder is not None]
    page_path(out, folders, "listening")  # before the work
    with foreign_errors(*folders):
        sides = [Heard(folder) for folder in folders]
        asked = _styles(sides[0], clips, seed) if styles else _opinions(sides, clips, seed)
        sounds = _sounds(asked)
    keys = [clip.key for clip in asked.clips]
    name = short_hash("styles" if styles else "sheet", *keys, length=12)
    page = render(
        "sheet.html.j2",
        styles=["base.css", "sheet.css"],
        scripts=["dom.js", "sheet_csv.js", "sheet_store.js", "sheet_player.js", "sheet_form.js", "sheet.js"],
        count=len(keys),
        of_styles=styles,
        anchored=asked.anchored,
        last_answer=0 if styles else BEST,
        sheet=as_data({"sheet": name, "scales": asked.scales, "clips": [{"key": key, **sounds[key]} for key in keys]}),
    )
    path = page_path(out, folders, f"listening-{name}")
    write_page(path, page)
    return Sheet(path, name, len(keys), asked.styles, asked.anchored)


def _opinions(sides: list[Heard], count: int, seed: int) -> _Asked:
    return _Asked(sides, draw_clips(sides, count, seed), [asdict(scale) for scale in SCALES])


def _styles(heard: Heard, count: int, seed: int) -> _Asked:
    drawn = draw_styles(heard, count, seed)
    question = style_question(drawn.choices, anchored=drawn.anchored)
    groups = Counter(clip.group for clip in drawn.clips)
    styles = {name: groups[name] for name in drawn.choices}
    return _Asked([heard], drawn.clips, [question, asdict(NATURALNESS)], styles, drawn.anchored)


def _sounds(asked: _Asked) -> dict[str, dict[str, Any]]:
    """Return each clip as a FLAC file in base64, the samples as they are in the dataset.

    After an anchor and a pause, where it has one; from: the seconds at which the clip then begins.
    """
    sounds = {}
    for clip in sorted(asked.clips, key=lambda clip: (clip.side, clip.row)):
        heard = asked.sides[clip.side]
        samples, rate = heard.cut(clip)
        told: dict[str, Any] = {}
        if clip.anchor is not None:
            before, _ = heard.cut(clip.anchor)
            pause = np.zeros(to_samples(_PAUSE, rate), np.int16)
            told["from"] = (len(before) + len(pause)) / rate
            samples = np.concatenate([before, pause, samples])
        sounds[clip.key] = {"sound": base64.b64encode(encode(samples, rate, FORMATS["flac"])).decode("ascii"), **told}
    return sounds
