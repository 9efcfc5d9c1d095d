"""What listeners said: mean opinion scores with intervals, differences of two datasets, agreement of raters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.errors import UsageError
from askqa_builder.report.frames import Frames
from askqa_builder.report.listening.agreement import krippendorff_alpha
from askqa_builder.report.listening.bootstrap import interval
from askqa_builder.report.listening.keys import clip_key, config_digest
from askqa_builder.report.listening.ratings_file import read_ratings
from askqa_builder.report.listening.scales import BEST, SCALE_NAMES, WORST
from askqa_builder.report.overview import dataset_names


@dataclass(frozen=True)
class Score:
    """Mean opinion of some clips on a scale of 1 to 5, with its 95 % interval (NaN where it is of one clip).

    by: overall, dataset, role, voice or engine; group: which one. dataset: whose clips, None where of both.
    """

    scale: str
    by: str
    group: str
    dataset: str | None
    raters: int
    clips: int
    ratings: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """Mean of the second dataset less that of the first, over `pairs` of turns that the same raters heard in both."""

    scale: str
    raters: int
    pairs: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Opinions:
    """What listeners said. datasets: names, the first one first. ratings: clips that a rater judged, `replaced` ones
    left out. agreement: Krippendorff's alpha of each scale, None where no clip has two raters or all said the same."""

    datasets: list[str]
    raters: int
    clips: int
    ratings: int
    replaced: int
    scores: list[Score]
    differences: list[Difference]
    agreement: dict[str, float | None]

    @property
    def over(self) -> str:
        """What the intervals are over: `raters and clips`, `clips` where one rater is all, `nothing` with one clip."""
        if self.clips == 1:
            return "nothing"
        return "clips" if self.raters == 1 else "raters and clips"

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON holds it, `over` included; intervals that do not exist are NaN still."""
        return {**asdict(self), "over": self.over}


Side = tuple[Path, Frames]


def opinions(sides: Sequence[Side], files: Sequence[Path]) -> Opinions:
    """Sum up the ratings of clips of one dataset or two.

    Raises UsageError where a file cannot be read, or clips are of neither dataset.
    """
    digests = [config_digest(finished_manifest(dataset)) for dataset, _ in sides]
    if len(set(digests)) < len(sides):
        raise UsageError(f"{sides[0][0]} and {sides[1][0]} are the same build: their clips cannot be told apart")
    names = dataset_names([dataset for dataset, _ in sides])
    ratings, replaced = read_ratings(files)
    clips = pd.concat(
        [_clips(frames, digest, name) for (_, frames), digest, name in zip(sides, digests, names, strict=True)]
    )
    check_known(ratings, clips.index, [dataset for dataset, _ in sides])
    heard = ratings.join(clips, on="clip")
    heard["who"] = pd.factorize(heard["rater"])[0]
    heard["what"] = pd.factorize(heard["clip"])[0]
    return Opinions(
        datasets=names,
        raters=heard["rater"].nunique(),
        clips=heard["clip"].nunique(),
        ratings=len(heard),
        replaced=replaced,
        scores=list(_scores(heard, names)),
        differences=list(_differences(heard, names)) if len(names) > 1 else [],
        agreement={
            scale: krippendorff_alpha(heard.pivot_table(index="who", columns="what", values=scale).to_numpy(np.float64))
            for scale in SCALE_NAMES
        },
    )


def _clips(frames: Frames, digest: str, name: str) -> pd.DataFrame:
    """Return what each possible clip of a dataset is: index is its key, columns dataset, turn, role, voice, engine."""
    turns = frames.turns
    ids = frames.rows["id"].loc[turns["row"]].to_numpy()
    engines = frames.speakers.drop_duplicates(["row", "role"]).set_index(["row", "role"])["engine"]
    return pd.DataFrame(
        {
            "dataset": name,
            "turn": [f"{place} {row_id}" for place, row_id in zip(turns["place"], ids, strict=True)],
            "role": turns["role"].to_numpy(),
            "voice": turns["voice"].to_numpy(),
            "engine": engines.reindex(pd.MultiIndex.from_frame(turns[["row", "role"]])).to_numpy(),
        },
        index=[clip_key(digest, row_id, place) for place, row_id in zip(turns["place"], ids, strict=True)],
    )


def check_known(ratings: pd.DataFrame, keys: pd.Index, datasets: Sequence[Path]) -> None:
    """Raise UsageError where a rated clip is none of these keys."""
    unknown = ratings[~ratings["clip"].isin(keys)]
    if len(unknown):
        of = " and ".join(map(str, datasets))
        remedy = (
            "give the datasets that the sheet was made of"
            if len(datasets) > 1
            else "give the dataset that the sheet was made of, and the second one of a sheet of two with --against"
        )
        raise UsageError(
            f"{unknown['file'].iloc[0]}: {unknown['clip'].nunique()} of {ratings['clip'].nunique()} rated clips are "
            f"not of {of}; {remedy}"
        )


def _scores(heard: pd.DataFrame, names: Sequence[str]) -> Iterator[Score]:
    yield from _group_scores(heard, "overall", "all", None if len(names) > 1 else names[0])
    if len(names) > 1:
        for name in names:
            yield from _group_scores(heard[heard["dataset"] == name], "dataset", name, name)
    for by in ("role", "voice", "engine"):
        for name in names:
            for group, of in heard[heard["dataset"] == name].groupby(by, sort=True):
                yield from _group_scores(of, by, str(group), name)


def _group_scores(heard: pd.DataFrame, by: str, group: str, dataset: str | None) -> Iterator[Score]:
    for scale in SCALE_NAMES:
        rated = heard.dropna(subset=[scale])
        if len(rated):
            yield Score(
                scale,
                by,
                group,
                dataset,
                raters=rated["who"].nunique(),
                clips=rated["what"].nunique(),
                ratings=len(rated),
                **_bounded(rated[scale], rated["who"], rated["what"], f"{scale} {by} {group} {dataset}", WORST, BEST),
            )


def _differences(heard: pd.DataFrame, names: Sequence[str]) -> Iterator[Difference]:
    for scale in SCALE_NAMES:
        both = heard.pivot_table(index=["who", "turn"], columns="dataset", values=scale)
        if not set(names) <= set(both.columns):
            continue
        both = both.dropna(subset=list(names)).reset_index()
        if len(both):
            turns = pd.Series(pd.factorize(both["turn"])[0])
            most = BEST - WORST
            of = _bounded(both[names[1]] - both[names[0]], both["who"], turns, f"{scale} difference", -most, most)
            yield Difference(scale, raters=both["who"].nunique(), pairs=turns.nunique(), **of)


def _bounded(
    values: pd.Series, who: pd.Series, what: pd.Series, key: str, lowest: float, highest: float
) -> dict[str, float]:
    """Return mean and interval, which no mean of such values can leave."""
    found = interval(values.to_numpy(np.float64), who.to_numpy(np.int64), what.to_numpy(np.int64), key)
    return {
        "mean": found.mean,
        "low": float(np.clip(found.low, lowest, highest)),
        "high": float(np.clip(found.high, lowest, highest)),
    }
