"""Seeds and draws that are the same on every machine, Python and numpy version.

`random` and numpy promise the same stream only within limits (Gaussian samplers have changed), so draws
are made by inverting the distribution function on uniform numbers taken from BLAKE2b.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from statistics import NormalDist

SEED_BITS = 53
"""Seeds stay below 2**53, so that JSON readers and float64 columns keep them exact."""

_STANDARD_NORMAL = NormalDist()


def digest(*parts: str | int) -> bytes:
    """32-byte BLAKE2b over length-prefixed UTF-8: no two different tuples of parts share an input."""
    hasher = hashlib.blake2b(digest_size=32)
    for part in parts:
        data = str(part).encode("utf-8")
        hasher.update(len(data).to_bytes(8, "big"))
        hasher.update(data)
    return hasher.digest()


def derive_seed(*parts: str | int) -> int:
    """Derive a seed (0 ≤ seed < 2**53) from a key; engines fold it to what they take."""
    return int.from_bytes(digest(*parts)[:8], "big") >> (64 - SEED_BITS)


def short_hash(*parts: str | int, length: int = 16) -> str:
    """Return the first `length` hexadecimal digits of the parts' digest."""
    return digest(*parts).hex()[:length]


class Stream:
    """A deterministic stream of random numbers that depends on its key alone."""

    def __init__(self, *key: str | int) -> None:
        self._key = key
        self._drawn = 0

    def uniform(self) -> float:
        """Draw from the open interval (0, 1)."""
        seed = derive_seed(*self._key, self._drawn)
        self._drawn += 1
        return (seed + 0.5) / (1 << SEED_BITS)

    def normal(self) -> float:
        """Draw from the standard normal distribution."""
        return _STANDARD_NORMAL.inv_cdf(self.uniform())

    def until(self, draw: Callable[[], float], accept: Callable[[float], bool], tries: int = 1000) -> float:
        """Repeat `draw` on this stream until `accept`; ValueError after `tries` draws."""
        for _ in range(tries):
            value = draw()
            if accept(value):
                return value
        raise ValueError(f"no acceptable value in {tries} draws")
