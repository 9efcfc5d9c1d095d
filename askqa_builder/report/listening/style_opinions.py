"""What listeners said of styles: how often each is told apart from the others, and how natural it sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from askqa_builder.corpus.rejects import quote
from askqa_builder.dataset.reading import finished_manifest
from askqa_builder.errors import UsageError
from askqa_builder.report.frames import Frames
from askqa_builder.report.listening.agreement import krippendorff_alpha, nominal_alpha
from askqa_builder.report.listening.bootstrap import Interval, Numbers
from askqa_builder.report.listening.contrasts import bounded, of_means, share
from askqa_builder.report.listening.deliveries import CANNOT_TELL, choices, delivery_of
from askqa_builder.report.listening.keys import clip_key, config_digest
from askqa_builder.report.listening.opinions import check_known
from askqa_builder.report.listening.ratings_file import read_style_ratings
from askqa_builder.report.listening.scales import BEST, NATURALNESS, WORST
from askqa_builder.report.listening.style_question import HEARD_AS
from askqa_builder.voices.style import NEUTRAL


@dataclass(frozen=True)
class StyleScore:
    """What listeners said of one way of speaking; 95 % intervals.

    style: its name, or the emotion that the engine was asked for (then `intended`). recognised: share of the answers
    that name it; `ratings` of them. naturalness: mean, 1 to 5; naturalness_change: less that of neutral clips. None
    where nobody said so.
    """

    style: str
    intended: bool
    clips: int
    ratings: int
    recognised: Interval | None
    naturalness: Interval | None
    naturalness_change: Interval | None


@dataclass(frozen=True)
class StyleOpinions:
    """What listeners said of a dataset's styles.

    ratings: clips that a rater judged, `replaced` ones left out. choices: ways of speaking to choose from, beside
    "cannot tell", which counts as not recognised; chance: what choosing one of them blindly gives. recognised: mean
    over the ways of speaking, so that one answer to everything does no better than chance. confusion: answers by what
    was played, then by what was heard. agreement: Krippendorff's alpha, nominal of the way of speaking, interval of
    naturalness; None where nothing was rated twice, or all said the same.
    """

    raters: int
    clips: int
    ratings: int
    replaced: int
    choices: list[str]
    chance: float
    recognised: Interval | None
    cannot_tell: float | None
    styles: list[StyleScore]
    confusion: dict[str, dict[str, int]]
    agreement: dict[str, float | None]

    def to_json(self) -> dict[str, Any]:
        """Return everything as JSON holds it, once `plain` has taken out what JSON lacks."""
        return asdict(self)


def style_opinions(dataset: Path, frames: Frames, files: Sequence[Path]) -> StyleOpinions:
    """Sum up the ratings of clips of a dataset that tell their way of speaking.

    Raises UsageError where a file cannot be read, or is of other clips or ways of speaking.
    """
    ratings, replaced = read_style_ratings(files)
    clips = _clips(frames, config_digest(finished_manifest(dataset)))
    check_known(ratings, clips.index, [dataset])
    heard = ratings.join(clips, on="clip")
    names = choices(frames.turns)
    _check_answers(heard, names)
    heard["who"] = pd.factorize(heard["rater"])[0]
    heard["what"] = pd.factorize(heard["clip"])[0]
    told = heard.dropna(subset=[HEARD_AS])
    confusion = pd.crosstab(told["delivery"], told[HEARD_AS])
    return StyleOpinions(
        raters=heard["rater"].nunique(),
        clips=heard["clip"].nunique(),
        ratings=len(heard),
        replaced=replaced,
        choices=names,
        chance=1 / len(names),
        recognised=_recognised(told),
        cannot_tell=float((told[HEARD_AS] == CANNOT_TELL).mean()) if len(told) else None,
        styles=[_score(heard, name) for name in names if (heard["delivery"] == name).any()],
        confusion={str(name): {str(of): int(n) for of, n in row.items() if n} for name, row in confusion.iterrows()},
        agreement={
            HEARD_AS: nominal_alpha(_by_rater(told.assign(code=pd.factorize(told[HEARD_AS])[0].astype(float)), "code")),
            NATURALNESS.name: krippendorff_alpha(_by_rater(heard, NATURALNESS.name)),
        },
    )


def _clips(frames: Frames, digest: str) -> pd.DataFrame:
    """Return what each possible clip is: index is its key, columns delivery and intended."""
    turns = frames.turns
    ids = frames.rows["id"].loc[turns["row"]]
    keys = [clip_key(digest, row_id, place) for place, row_id in zip(turns["place"], ids, strict=True)]
    of = {"delivery": delivery_of(turns).to_numpy(), "intended": turns["intended"].notna().to_numpy()}
    return pd.DataFrame(of, index=keys)


def _check_answers(heard: pd.DataFrame, names: Sequence[str]) -> None:
    wrong = heard[~heard[HEARD_AS].isin([*names, CANNOT_TELL]) & heard[HEARD_AS].notna()]
    if len(wrong):
        raise UsageError(
            f"{wrong['file'].iloc[0]}: {HEARD_AS} is {quote(wrong[HEARD_AS].iloc[0])}; the dataset has "
            f"{', '.join(names)}; give the ratings of its own sheet"
        )
    unspoken = heard[~heard["delivery"].isin(names)]
    if len(unspoken):
        raise UsageError(f"{unspoken['file'].iloc[0]}: clip {unspoken['clip'].iloc[0]} has no style; see its dataset")


def _recognised(told: pd.DataFrame) -> Interval | None:
    if not len(told):
        return None
    hits = _numbers(told["delivery"] == told[HEARD_AS])
    groups, names = pd.factorize(told["delivery"])
    weights = dict.fromkeys(range(len(names)), 1 / len(names))
    found = of_means(hits, groups, weights, told["who"].to_numpy(), told["what"].to_numpy(), "recognised")
    return bounded(found, 0.0, 1.0)


def _score(heard: pd.DataFrame, name: str) -> StyleScore:
    of = heard[heard["delivery"] == name]
    told = of.dropna(subset=[HEARD_AS])
    recognised = None
    if len(told):
        hits = _numbers(told[HEARD_AS] == name)
        recognised = share(hits, told["who"].to_numpy(), told["what"].to_numpy(), f"recognised {name}")
    return StyleScore(
        name,
        intended=bool(of["intended"].any()),
        clips=of["what"].nunique(),
        ratings=len(told),
        recognised=recognised,
        naturalness=_naturalness(heard, {name: 1.0}),
        naturalness_change=None if name == NEUTRAL else _naturalness(heard, {name: 1.0, NEUTRAL: -1.0}),
    )


def _naturalness(heard: pd.DataFrame, weights: dict[str, float]) -> Interval | None:
    """Return the mean of one way of speaking, or the difference of two; None where one of them was not rated."""
    rated = heard.dropna(subset=[NATURALNESS.name])
    rated = rated[rated["delivery"].isin(weights)]
    if rated["delivery"].nunique() < len(weights):
        return None
    codes = {name: code for code, name in enumerate(weights)}
    found = of_means(
        rated[NATURALNESS.name].to_numpy(np.float64),
        _numbers(rated["delivery"].map(codes)).astype(np.int64),
        {codes[name]: weight for name, weight in weights.items()},
        rated["who"].to_numpy(),
        rated["what"].to_numpy(),
        f"naturalness {' '.join(weights)}",
    )
    most = BEST - WORST
    return bounded(found, WORST, BEST) if len(weights) == 1 else bounded(found, -most, most)


def _numbers(column: pd.Series) -> Numbers:
    return column.to_numpy(np.float64)


def _by_rater(rated: pd.DataFrame, column: str) -> Numbers:
    return rated.pivot_table(index="who", columns="what", values=column).to_numpy(np.float64)
