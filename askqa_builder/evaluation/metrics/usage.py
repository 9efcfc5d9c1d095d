"""What a run took: rounds, time, tokens, audio and money."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Protocol

import numpy as np

from askqa_builder.evaluation.metrics.numbers import weighted_mean
from askqa_builder.evaluation.metrics.outcomes import Held, Outcomes
from askqa_builder.options import is_number, require


@dataclass(frozen=True)
class Prices:
    """What a model's provider asks for, in any one currency; None for what it does not charge.

    prompt, completion: a million tokens. audio: an hour given to hear. UsageError where one is no price.
    """

    prompt: float | None = None
    completion: float | None = None
    audio: float | None = None

    @classmethod
    def read(cls, given: Mapping[str, float]) -> Prices:
        """Make them of names and numbers. Raises UsageError."""
        names = [field.name for field in fields(cls)]
        for name in given:
            require(name in names, "price", name, ", ".join(names))
        return cls(**given)

    def __post_init__(self) -> None:
        for name, price in vars(self).items():
            require(price is None or is_number(price, 0, 1e9), f"price of {name}", price, "0 or more")


class Took(Protocol):
    """A response, as far as it says what it took; None where nobody tells."""

    @property
    def unfit(self) -> str | None: ...  # noqa: D102
    @property
    def seconds(self) -> float: ...  # noqa: D102
    @property
    def prompt_tokens(self) -> int | None: ...  # noqa: D102
    @property
    def completion_tokens(self) -> int | None: ...  # noqa: D102
    @property
    def audio_seconds(self) -> float | None: ...  # noqa: D102


@dataclass(frozen=True)
class Usage:
    """Sums over all that the model was asked, failed trajectories included.

    prompt_tokens, completion_tokens, audio_seconds: None where no response tells. untold: responses that do not tell
    their tokens, and audio, so that the sums are too small. seconds_median, seconds_p90: until a response was there.
    cost: None without prices, and where nothing is told of what is charged.
    """

    responses: int
    unfit: Mapping[str, int]
    prompt_tokens: int | None
    completion_tokens: int | None
    audio_seconds: float | None
    untold_tokens: int
    untold_audio: int
    seconds_median: float | None
    seconds_p90: float | None
    cost: float | None

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return asdict(self)


@dataclass(frozen=True)
class Rounds:
    """Responses a trajectory has, those without a failure, weighted as scores are. distribution: trajectories."""

    mean: float | None
    distribution: Mapping[int, int]

    def to_json(self) -> dict[str, Any]:
        """Return it as results hold it."""
        return {"mean": self.mean, "distribution": {str(number): count for number, count in self.distribution.items()}}


def usage_of(outcomes: Outcomes, prices: Prices | None = None) -> Usage:
    """Sum up a run."""
    return usage_of_responses([response for _, response in outcomes.responses], prices)


def usage_of_responses(responses: Sequence[Took], prices: Prices | None = None) -> Usage:
    """Sum up what responses took."""
    seconds = [response.seconds for response in responses]
    prompt = _sum(response.prompt_tokens for response in responses)
    completion = _sum(response.completion_tokens for response in responses)
    audio = _sum(response.audio_seconds for response in responses)
    return Usage(
        responses=len(responses),
        unfit=dict(sorted(Counter(one.unfit for one in responses if one.unfit is not None).items())),
        prompt_tokens=None if prompt is None else int(prompt),
        completion_tokens=None if completion is None else int(completion),
        audio_seconds=audio,
        untold_tokens=sum(one.prompt_tokens is None or one.completion_tokens is None for one in responses),
        untold_audio=sum(one.audio_seconds is None for one in responses),
        seconds_median=_quantile(seconds, 50),
        seconds_p90=_quantile(seconds, 90),
        cost=None if prices is None else _cost(prices, prompt, completion, audio),
    )


def rounds_of(held: Iterable[Held]) -> Rounds:
    """Count the responses of trajectories; an item's count as one."""
    by_item: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for one in held:
        by_item[one.item.row_id].append((one.intent.weight, len(one.trajectory.rounds)))
    means = [weighted_mean(numbers)[0] for numbers in by_item.values()]
    distribution = Counter(number for numbers in by_item.values() for _, number in numbers)
    return Rounds(math.fsum(means) / len(means) if means else None, dict(sorted(distribution.items())))


def _sum(values: Iterable[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return math.fsum(told) if told else None


def _quantile(values: Sequence[float], per_cent: int) -> float | None:
    return float(np.percentile(values, per_cent)) if values else None


def _cost(prices: Prices, prompt: float | None, completion: float | None, audio: float | None) -> float | None:
    charged = [
        (prices.prompt, prompt, 1e6),
        (prices.completion, completion, 1e6),
        (prices.audio, audio, 3600.0),
    ]
    asked = [(price, used, unit) for price, used, unit in charged if price is not None]
    parts = [price * used / unit for price, used, unit in asked if used is not None]
    return sum(parts) if parts and len(parts) == len(asked) else None
