"""Splitting by story: every story goes whole to one split, so that none is heard in two."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from askqa_builder.corpus.rejects import quote
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.errors import UsageError
from askqa_builder.seeds import Stream

_SHARE = re.compile(r"[0-9]{0,9}\.?[0-9]{1,15}")
_TOLERANCE = 1e-6
"""By how much shares may miss 1, as thirds in decimals do."""


@dataclass(frozen=True)
class GroupSplit:
    """How stories are divided among the splits, whatever their files say.

    shares: of train, validation and test, from 0 to 1, which together are 1. only: the one split to keep; None keeps
    all. Raises UsageError where it is none, or has no share.

    A story's split is drawn from its id and the seed and from nothing else, so it is the same whatever else is built.
    The draws are independent, hence shares are met in the mean and not exactly: of n stories, a split with share p has
    n·p, give or take √(n·p·(1 − p)) (one standard deviation; at 500 stories and a tenth, 50 ± 7). They are shares of
    stories: how many conversations and rows a story has is not asked. With the same seed, a larger share of train
    takes stories from validation and test and gives them none.
    """

    shares: tuple[float, float, float]
    seed: int
    only: str | None = None

    def __post_init__(self) -> None:
        if self.only is not None and self.only not in SPLITS:
            raise UsageError(f"unknown split {quote(self.only)}; the splits are {', '.join(SPLITS)}")
        if self.only is not None and self.only not in self._filled:
            raise UsageError(f"group split: {self.only} has no share, so there is nothing of it to build")

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits to build, in their order: those with a share, or the one to keep."""
        return self._filled if self.only is None else (self.only,)

    def split_of(self, story_id: str) -> str:
        """Return the split of a story, one of those with a share, also where it is none to build."""
        drawn = Stream("group split", self.seed, story_id).uniform()
        below = 0.0
        for split, share in zip(SPLITS, self.shares, strict=True):
            below += share
            if drawn < below:
                return split
        return self._filled[-1]  # where the shares miss 1 by a rounding

    def to_json(self) -> dict[str, Any]:
        """Return what a manifest keeps of it."""
        return {"shares": list(self.shares), "seed": self.seed, "only": self.only}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> GroupSplit:
        """Read what `to_json` wrote. Raises UsageError where the numbers are no shares."""
        return cls(parse_shares(found["shares"]), found["seed"], found["only"])

    @property
    def _filled(self) -> tuple[str, ...]:
        return tuple(split for split, share in zip(SPLITS, self.shares, strict=True) if share > 0)


def parse_shares(value: str | Iterable[float]) -> tuple[float, float, float]:
    """Read the shares of train, validation and test, as "0.8,0.1,0.1" or as numbers; of two, test has none.

    Raises UsageError where they are not two or three numbers from 0 that sum to 1.
    """
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else list(value)
    shown = value if isinstance(value, str) else ",".join(map(str, parts))
    shares = [_share(part) for part in parts]
    known = [share for share in shares if share is not None]
    if len(known) < len(shares) or len(shares) not in (2, 3) or abs(math.fsum(known) - 1) > _TOLERANCE:
        raise UsageError(
            f"group split: {quote(shown)} is not allowed; give the shares of train,validation,test, "
            "as 0.8,0.1,0.1, or of train,validation, which sum to 1"
        )
    train, validation, test = (*known, 0.0)[:3]
    return train, validation, test


def _share(part: object) -> float | None:
    """Read one number from 0; None where it is none."""
    if isinstance(part, str):
        return float(part) if _SHARE.fullmatch(part) else None
    if isinstance(part, bool) or not isinstance(part, (int, float)) or not 0 <= part <= 1:
        return None
    return float(part)
