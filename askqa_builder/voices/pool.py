"""The voices a role may take in one split: how they are ranked, shared out and divided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from askqa_builder.corpus.conversation import Role
from askqa_builder.corpus.sources import SPLITS
from askqa_builder.errors import UsageError
from askqa_builder.seeds import digest
from askqa_builder.voices.voice import Voice

MINIMUM_PER_SPLIT = 3
"""Voices of a role in each split, so that three roles always find three voices."""

_HELD_OUT_SHARE = 0.2
"""Share of a role's voices for validation, and again for test; train has the rest."""

Attribute = Literal["gender", "accent"]
ATTRIBUTES: tuple[Attribute, ...] = ("gender", "accent")
"""What voices can be balanced by."""

VoiceIdentity = tuple[str, str]
"""Name of the engine and of the voice. An engine's options do not make one voice two."""

_Words = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class VoicePool:
    """Voices that are ranked anew for every casting key.

    hashes: one array per criterion with one 64-bit hash per voice; the voices' own, then those of their
    groups from the innermost to the outermost, as `numpy.lexsort` takes them.
    """

    voices: tuple[Voice, ...]
    identities: frozenset[VoiceIdentity]
    hashes: tuple[_Words, ...]

    @classmethod
    def of(cls, engine: str, voices: Iterable[Voice], balance: Sequence[Attribute]) -> VoicePool:
        """Make a pool of an engine's voices; equal groups of the attributes in `balance` are ranked first."""
        ordered = tuple(sorted(voices, key=lambda voice: voice.name))
        names = [digest("voice", voice.name) for voice in ordered]
        groups = [
            [digest("group", *_path(voice, balance[: depth + 1])) for voice in ordered]
            for depth in reversed(range(len(balance)))
        ]
        return cls(
            voices=ordered,
            identities=frozenset((engine, voice.name) for voice in ordered),
            hashes=tuple(_words(column) for column in (names, *groups)),
        )

    def ranked(self, *key: str | int) -> Iterator[Voice]:
        """Yield all voices by hash(key, voice); where groups are balanced, by hash(key, group) first.

        A voice's place against another depends on the key and the two, so adding a voice changes no order
        among the others. The hash is BLAKE2b of the key and BLAKE2b of the voice (computed once), joined by
        exclusive or and mixed by the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
        pseudorandom number generators", with the constants of Stafford's Mix13): 900 voices take 0.1 ms.
        """
        of_key = np.frombuffer(digest(*key)[:8], dtype=">u8").astype(np.uint64)
        order = np.lexsort([_mixed(column ^ of_key) for column in self.hashes])
        return (self.voices[place] for place in order)


def satisfiable(candidates: Sequence[Set[VoiceIdentity]], taken: Set[VoiceIdentity] = frozenset()) -> bool:
    """Tell whether each role can have a voice of its own that is not taken (Hall's marriage theorem)."""
    # A role with a voice for everybody is served last, whatever the others took; the scarce ones decide.
    scarce = [voices - taken for voices in candidates if len(voices) < len(candidates) + len(taken)]
    return all(
        len(frozenset().union(*group)) >= len(group)
        for size in range(1, len(scarce) + 1)
        for group in combinations(scarce, size)
    )


def divide(voices: Mapping[Role, Collection[VoiceIdentity]], where: str) -> dict[VoiceIdentity, str]:
    """Assign every voice to one split, for all roles together, by hash: 6 : 2 : 2, at least three each.

    Nothing but the roles' lists is asked, so every build divides alike. Roles go in the order of `Role`; a
    voice that an earlier role has brought to a split stays there. where: file, with which errors begin.
    Raises UsageError where a role has fewer than three voices in a split.
    """
    assigned: dict[VoiceIdentity, str] = {}
    for role in (role for role in Role if role in voices):
        wanted = _quotas(len(voices[role]))
        counts = dict.fromkeys(SPLITS, 0)
        for identity in voices[role]:
            if identity in assigned:
                counts[assigned[identity]] += 1
        for identity in sorted(set(voices[role]) - assigned.keys(), key=lambda one: digest("split", *one)):
            split = max(SPLITS, key=lambda one: (counts[one] < MINIMUM_PER_SPLIT, wanted[one] - counts[one]))
            assigned[identity] = split
            counts[split] += 1
        if min(counts.values()) < MINIMUM_PER_SPLIT:
            found = ", ".join(f"{split} {count}" for split, count in counts.items())
            raise UsageError(
                f"{where}: roles.{role.value}.voices: voice_split disjoint needs {MINIMUM_PER_SPLIT} voices "
                f"or more in each split, these {len(voices[role])} give {found}; "
                "list more, or the same for every role"
            )
    return assigned


def _quotas(count: int) -> dict[str, int]:
    held_out = max(MINIMUM_PER_SPLIT, round(count * _HELD_OUT_SHARE))
    return {"train": count - 2 * held_out, "validation": held_out, "test": held_out}


def _path(voice: Voice, attributes: Sequence[Attribute]) -> list[str]:
    values = [(name, getattr(voice, name)) for name in attributes]
    # Voices of which nothing is known are a group too, and not the group of a value called "unknown".
    return [part for name, value in values for part in ((name, "unknown") if value is None else (name, "is", value))]


def _words(digests: Sequence[bytes]) -> _Words:
    return np.frombuffer(b"".join(one[:8] for one in digests), dtype=">u8").astype(np.uint64)


def _mixed(words: _Words) -> _Words:
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))
