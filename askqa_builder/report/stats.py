"""The figures of a dataset: what `askqa stats` prints, as data frames and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from askqa_builder.errors import UsageError
from askqa_builder.report.callouts import Callout, callouts
from askqa_builder.report.delivery import by_delivery
from askqa_builder.report.figures import read_figures
from askqa_builder.report.foreign import foreign_errors
from askqa_builder.report.frames import Frames
from askqa_builder.report.listening.opinions import Opinions, opinions
from askqa_builder.report.listening.ratings_file import is_of_styles
from askqa_builder.report.listening.style_opinions import StyleOpinions, style_opinions
from askqa_builder.report.overview import Overview, sentences
from askqa_builder.report.plain import plain
from askqa_builder.report.summary import by_voice, spread


@dataclass(frozen=True)
class DatasetStatistics:
    """Figures of a dataset.

    overview: counts, licences, voices, rejects. callouts: what stands out. spread: a line each quantity and group, see
    `summary.COLUMNS`. voices: a line each role and voice, see `summary.by_voice`. styles: a line each style and emotion
    that turns have, see `delivery.by_delivery`. frames: rows, turns and speakers as they are. ratings, style_ratings:
    what listeners said of its speech, and of its styles, where their ratings were given.
    """

    overview: Overview
    callouts: list[Callout]
    spread: pd.DataFrame
    voices: pd.DataFrame
    styles: pd.DataFrame
    frames: Frames
    ratings: Opinions | None = None
    style_ratings: StyleOpinions | None = None

    @property
    def sentences(self) -> list[str]:
        """What is in the dataset, said in a few sentences."""
        return sentences(self.overview)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the frames as JSON holds it; a number that is not known is null.

        Keys: overview (fields of `Overview`), sentences, callouts (fields of `Callout`), spread, voices and styles (an
        object each line, keys are the frames' columns), ratings (see `Opinions.to_json`, or null), style_ratings (see
        `StyleOpinions.to_json`, or null).
        """
        content = {
            "overview": self.overview.to_json(),
            "sentences": self.sentences,
            "callouts": [callout.to_json() for callout in self.callouts],
            "spread": self.spread.to_dict("records"),
            "voices": self.voices.to_dict("records"),
            "styles": self.styles.to_dict("records"),
            "ratings": None if self.ratings is None else self.ratings.to_json(),
            "style_ratings": None if self.style_ratings is None else self.style_ratings.to_json(),
        }
        told: dict[str, Any] = plain(content)
        return told


def stats(
    dataset: str | Path, *, ratings: Sequence[str | Path] = (), against: str | Path | None = None
) -> DatasetStatistics:
    """Return the figures of a finished dataset; its sound is not read.

    ratings: files that listening sheets saved, of either kind. against: the second dataset of those sheets. Raises
    UsageError where there is no finished dataset or ratings cannot be read or are of other clips, AskqaError where it
    is damaged.
    """
    if against is not None and not ratings:
        raise UsageError("a second dataset is only of use with the ratings of a listening test: add --ratings FILE")
    dataset = Path(dataset)
    frames, overview = read_figures(dataset)
    files = [Path(file) for file in ratings]
    of_styles = [file for file in files if is_of_styles(file)]
    others = [file for file in files if file not in of_styles]
    if against is not None and not others:
        raise UsageError("ratings of styles are of one dataset; leave the second one out")
    heard = None
    if others:
        sides = [(dataset, frames)]
        if against is not None:
            sides.append((Path(against), read_figures(Path(against))[0]))
        heard = opinions(sides, others)
    styles_heard = style_opinions(dataset, frames, of_styles) if of_styles else None
    with foreign_errors(dataset):
        return DatasetStatistics(
            overview,
            callouts(frames),
            spread(frames),
            by_voice(frames),
            by_delivery(frames),
            frames,
            heard,
            styles_heard,
        )
