"""A page on which people listen to clips and rate them, without knowing of what dataset or voice they are."""

from __future__ import annotations

import base64
from dataclasses import asdict, dataclass
from pathlib import Path

from askqa_builder.errors import UsageError
from askqa_builder.recording.encode import FORMATS, encode
from askqa_builder.report.document import as_data, render
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.listening.clips import Clip, Heard, draw_clips
from askqa_builder.report.listening.scales import SCALES
from askqa_builder.report.page_file import page_path, write_page
from askqa_builder.seeds import short_hash

MOST_CLIPS = 500
"""Some 60 megabytes of page; no rater hears so many."""


@dataclass(frozen=True)
class Sheet:
    """A sheet that was written. id: as in the ratings that it saves. clips: how many it has, fewer than were asked for
    where the dataset holds no more."""

    path: Path
    id: str
    clips: int


def listening_sheet(
    dataset: str | Path,
    out: str | Path | None = None,
    clips: int = 30,
    *,
    seed: int = 0,
    against: str | Path | None = None,
) -> Sheet:
    """Write one HTML file with up to `clips` clips to rate; the same clips for the same arguments.

    The file needs nothing else, and gives away neither dataset, voice, engine nor which clip is of which dataset.
    out: the file; None for `<dataset>-listening-<id>.html` in the current folder. seed: of the draw of clips.
    against: a second dataset; then half of the clips are of each, of the same turns as far as both have them. What
    raters save is summed up by `stats(dataset, ratings=[…], against=…)`.

    Raises UsageError where a dataset is none, or has nothing to hear; AskqaError where it is damaged; StorageError
    where the disk refuses.
    """
    least = 1 if against is None else 2
    if not least <= clips <= MOST_CLIPS:
        raise UsageError(f"a listening sheet has {least} to {MOST_CLIPS} clips, not {clips}")
    folders = [Path(folder) for folder in (dataset, against) if folder is not None]
    page_path(out, folders, "listening")  # before the work
    with foreign_errors(*folders):
        sides = [Heard(folder) for folder in folders]
        drawn = draw_clips(sides, clips, seed)
        sounds = _sounds(sides, drawn)
    name = short_hash("sheet", *(clip.key for clip in drawn), length=12)
    page = render(
        "sheet.html.j2",
        styles=["base.css", "sheet.css"],
        scripts=["dom.js", "sheet_csv.js", "sheet_store.js", "sheet_player.js", "sheet_form.js", "sheet.js"],
        count=len(drawn),
        sheet=as_data(
            {
                "sheet": name,
                "scales": [asdict(scale) for scale in SCALES],
                "clips": [{"key": clip.key, "sound": sounds[clip.key]} for clip in drawn],
            }
        ),
    )
    path = page_path(out, folders, f"listening-{name}")
    write_page(path, page)
    return Sheet(path, name, len(drawn))


def _sounds(sides: list[Heard], clips: list[Clip]) -> dict[str, str]:
    """Return each clip as a FLAC file in base64, the samples as they are in the dataset."""
    sounds = {}
    for clip in sorted(clips, key=lambda clip: (clip.side, clip.row)):
        samples, rate = sides[clip.side].cut(clip)
        sounds[clip.key] = base64.b64encode(encode(samples, rate, FORMATS["flac"])).decode("ascii")
    return sounds
