"""Distributions that a profile set declares: checked when it is read, drawn when a cast is made."""

from __future__ import annotations

import math
import reprlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

from askqa_builder.errors import UsageError
from askqa_builder.seeds import Stream
from askqa_builder.voices.voice import Limits

Json: TypeAlias = float | list[str | float]
"""A distribution as it is written in YAML and in the manifest."""

FORMS = "a number, [uniform, low, high], [normal, mean, sd], [lognormal, median, sigma] or [choice, value, …]"

MINIMUM_SHARE = 1e-3
"""A distribution that falls inside its limits more rarely than this is refused."""

_TRIES = 100_000
"""Enough that MINIMUM_SHARE fails once in 10**43 draws."""

_DECIMALS = 9
"""Draws are rounded, because `log` and `exp` differ in the last bit between C libraries."""


class Distribution(ABC):
    """A distribution of real numbers. Its unit is that of the key it was read from."""

    @abstractmethod
    def sample(self, stream: Stream) -> float:
        """Draw one value, whatever the limits; takes at most one number from the stream."""

    @abstractmethod
    def share_inside(self, limits: Limits) -> float:
        """Probability (0–1) that a value falls inside the limits, both included."""

    @abstractmethod
    def to_json(self) -> Json:
        """Return the form that `parse_distribution` reads back as the same distribution."""

    def draw(self, stream: Stream, limits: Limits) -> float:
        """Draw a value inside the limits; one outside is drawn again from the same stream.

        Raises ValueError where hardly any value is inside, which `require_inside` finds out beforehand.
        """
        low, high = limits
        return _rounded(stream.until(lambda: self.sample(stream), lambda value: low <= value <= high, _TRIES), limits)

    def draw_clipped(self, stream: Stream, limits: Limits) -> float:
        """Draw a value once; one outside the limits becomes the nearer of them."""
        return _rounded(self.sample(stream), limits)


@dataclass(frozen=True)
class Constant(Distribution):
    """Always the same value."""

    value: float

    def sample(self, stream: Stream) -> float:
        """Return the value; nothing is taken from the stream."""
        return self.value

    def share_inside(self, limits: Limits) -> float:
        """Return 1 or 0."""
        return float(limits[0] <= self.value <= limits[1])

    def to_json(self) -> Json:
        """Return the number."""
        return self.value


@dataclass(frozen=True)
class Uniform(Distribution):
    """Every value from low to high alike; low ≤ high."""

    low: float
    high: float

    def sample(self, stream: Stream) -> float:
        """Draw one value."""
        return self.low + (self.high - self.low) * stream.uniform()

    def share_inside(self, limits: Limits) -> float:
        """Length of what is inside over the whole length."""
        low, high = max(self.low, limits[0]), min(self.high, limits[1])
        if low > high:
            return 0.0
        return 1.0 if self.low == self.high else (high - low) / (self.high - self.low)

    def to_json(self) -> Json:
        """Return [uniform, low, high]."""
        return ["uniform", self.low, self.high]


@dataclass(frozen=True)
class Normal(Distribution):
    """Gaussian; sd ≥ 0."""

    mean: float
    sd: float

    def sample(self, stream: Stream) -> float:
        """Draw one value."""
        return self.mean + self.sd * stream.normal()

    def share_inside(self, limits: Limits) -> float:
        """Difference of the distribution function at the limits."""
        return _normal_share(self.mean, self.sd, limits)

    def to_json(self) -> Json:
        """Return [normal, mean, sd]."""
        return ["normal", self.mean, self.sd]


@dataclass(frozen=True)
class Lognormal(Distribution):
    """exp of a Gaussian with mean ln(median) and standard deviation sigma; median > 0, sigma ≥ 0."""

    median: float
    sigma: float

    def sample(self, stream: Stream) -> float:
        """Draw one value; one too large for a float is infinite, and so outside every limit."""
        try:
            return self.median * math.exp(self.sigma * stream.normal())
        except OverflowError:
            return math.inf

    def share_inside(self, limits: Limits) -> float:
        """Difference of the distribution function at the limits."""
        low, high = (limit / self.median for limit in limits)
        if high <= 0.0:
            return 0.0
        return _normal_share(0.0, self.sigma, (math.log(low) if low > 0.0 else -math.inf, math.log(high)))

    def to_json(self) -> Json:
        """Return [lognormal, median, sigma]."""
        return ["lognormal", self.median, self.sigma]


@dataclass(frozen=True)
class Choice(Distribution):
    """One of the listed values; one listed twice is drawn twice as often."""

    values: tuple[float, ...]

    def sample(self, stream: Stream) -> float:
        """Draw one of the values."""
        return self.values[int(stream.uniform() * len(self.values))]

    def share_inside(self, limits: Limits) -> float:
        """Share of the values that are inside."""
        return sum(limits[0] <= value <= limits[1] for value in self.values) / len(self.values)

    def to_json(self) -> Json:
        """Return [choice, value, …]."""
        return ["choice", *self.values]


def parse_distribution(value: object, where: str) -> Distribution:
    """Read a distribution as YAML gives it.

    where: file and key, with which every error begins. Raises UsageError where it is none of FORMS.
    """
    if not isinstance(value, list):
        return Constant(_number(value, where))
    if not value or not isinstance(value[0], str):
        raise UsageError(f"{where}: {reprlib.repr(value)} does not begin with a kind; allowed: {FORMS}")
    kind, numbers = value[0], [_number(item, where) for item in value[1:]]
    if kind == "choice":
        if not numbers:
            raise UsageError(f"{where}: [choice] needs at least one number")
        return Choice(tuple(numbers))
    if kind not in ("uniform", "normal", "lognormal"):
        raise UsageError(f"{where}: unknown distribution {reprlib.repr(kind)}; allowed: {FORMS}")
    if len(numbers) != 2:
        raise UsageError(f"{where}: {kind} takes two numbers, not {len(numbers)}; allowed: {FORMS}")
    return _two_parameters(kind, numbers, where)


def require_inside(distribution: Distribution, limits: Limits, where: str, what: str) -> None:
    """Raise UsageError where (nearly) no value of the distribution is inside the limits.

    where: file and key. what: whose limits they are, with the unit, as in "seconds of a pause".
    """
    if distribution.share_inside(limits) < MINIMUM_SHARE:
        low, high = limits
        raise UsageError(f"{where}: {_as_yaml(distribution)} (almost) never falls inside {low:g} to {high:g}, {what}")


def _two_parameters(kind: str, numbers: Sequence[float], where: str) -> Distribution:
    first, second = numbers
    if kind == "uniform":
        if first > second:
            raise UsageError(f"{where}: [uniform, low, high] has low {first:g} above high {second:g}")
        return Uniform(first, second)
    if second < 0.0:
        spread = "sd" if kind == "normal" else "sigma"
        raise UsageError(f"{where}: {spread} of {kind} is {second:g}; allowed: 0 or more")
    if kind == "normal":
        return Normal(first, second)
    if first <= 0.0:
        raise UsageError(f"{where}: median of lognormal is {first:g}; allowed: more than 0")
    return Lognormal(first, second)


def _number(value: object, where: str) -> float:
    # bool is an int in Python, and YAML reads `yes` and `on` as one.
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise UsageError(f"{where}: {reprlib.repr(value)} is not a number; allowed: {FORMS}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise UsageError(f"{where}: {number} is not a finite number; allowed: {FORMS}")
    return number


def _rounded(value: float, limits: Limits) -> float:
    clipped = min(max(value, limits[0]), limits[1])
    rounded = round(clipped, _DECIMALS) + 0.0  # + 0.0 makes -0.0 a plain zero
    # Rounding may lead out of limits that are no round numbers themselves.
    return min(max(rounded, limits[0]), limits[1])


def _normal_share(mean: float, sd: float, limits: Limits) -> float:
    low, high = limits
    if sd == 0.0:
        return float(low <= mean <= high)
    standard = NormalDist()
    return standard.cdf((high - mean) / sd) - standard.cdf((low - mean) / sd)


def _as_yaml(distribution: Distribution) -> str:
    form = distribution.to_json()
    if not isinstance(form, list):
        return f"{form:g}"
    return "[" + ", ".join(item if isinstance(item, str) else f"{item:g}" for item in form) + "]"
