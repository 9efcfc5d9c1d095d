"""What a value read from JSON must look like to be worked with, and where in it something else stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from askqa_builder.corpus.rejects import describe, escape

_LARGEST = 2**53
"""Every reader of JSON takes whole numbers up to here for the same; larger ones are no counts of anything."""


@dataclass(frozen=True)
class Leaf:
    """A value that is looked at as a whole. wanted: what it must be, in words."""

    wanted: str
    fits: Callable[[Any], bool]


@dataclass(frozen=True)
class ListOf:
    """A list of values of one shape; least: how many there must be."""

    shape: Shape
    least: int = 0


@dataclass(frozen=True)
class Each:
    """An object with any keys, whose values are of one shape."""

    shape: Shape


@dataclass(frozen=True)
class Either:
    """A value of one of two shapes."""

    one: Shape
    other: Shape


Shape: TypeAlias = Leaf | ListOf | Each | Either | Mapping[str, "Shape"]
"""A mapping is an object with these keys, others beside them; one whose name here ends in "?" may be missing."""


def number(least: float = -math.inf, *, most: float = _LARGEST, whole: bool = False) -> Leaf:
    """Return the shape of a finite number in these limits; whole: without fraction."""

    def fits(value: Any) -> bool:
        kinds = int if whole else (int, float)
        return isinstance(value, kinds) and not isinstance(value, bool) and max(least, -_LARGEST) <= value <= most

    return Leaf(("a whole number" if whole else "a number") + (f" from {least:g}" if least > -math.inf else ""), fits)


def one_of(*texts: str) -> Leaf:
    """Return the shape of a text that is one of these."""
    return Leaf(" or ".join(texts), lambda value: isinstance(value, str) and value in texts)


TEXT = Leaf("a text", lambda value: isinstance(value, str))
TRUTH = Leaf("true or false", lambda value: isinstance(value, bool))
NULL = Leaf("null", lambda value: value is None)


def misfit(value: Any, shape: Shape, path: str = "") -> str | None:
    """Say in words where in a value something is not of its shape, and what it must be; None where all is."""
    if isinstance(shape, Leaf):
        return None if shape.fits(value) else _wrong(path, value, shape.wanted)
    if isinstance(shape, Either):
        one, other = misfit(value, shape.one, path), misfit(value, shape.other, path)
        if one is None or other is None:
            return None
        return one if isinstance(value, dict) == isinstance(shape.one, Mapping) else other
    inner: Iterator[tuple[Any, Shape, str]]
    if isinstance(shape, ListOf):
        if not isinstance(value, list):
            return _wrong(path, value, "a list")
        if len(value) < shape.least:
            return f"{path} has {len(value)} entries, not {shape.least} at least"
        inner = ((item, shape.shape, f"{path}[{i}]") for i, item in enumerate(value))
    elif not isinstance(value, dict):
        return _wrong(path, value, "an object")
    elif isinstance(shape, Each):
        inner = ((item, shape.shape, _at(path, key)) for key, item in value.items())
    else:
        missing = [key for key in shape if not key.endswith("?") and key not in value]
        if missing:
            return f"{_at(path, missing[0])} is missing"
        inner = _of_keys(value, shape, path)
    return next((found for part in inner if (found := misfit(*part)) is not None), None)


def _of_keys(value: Mapping[str, Any], shape: Mapping[str, Shape], path: str) -> Iterator[tuple[Any, Shape, str]]:
    for key, inner in shape.items():
        name = key.removesuffix("?")
        if name in value:
            yield value[name], inner, _at(path, name)


def _wrong(path: str, value: Any, wanted: str) -> str:
    return f"{path} is {describe(value)}, not {wanted}"


def _at(path: str, key: str) -> str:
    return f"{path}.{escape(key)}" if path else escape(key)
