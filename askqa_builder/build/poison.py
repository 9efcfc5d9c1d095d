"""Which of a block's conversations ends or hangs whoever works on it: found by trying each alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from pebble import ProcessPool

from askqa_builder.build.plan import Block, Take
from askqa_builder.pools import ended_by

MOST_TRIES = 6
"""How often a block is run before its failures are taken for the machine's fault."""


def no_cause(what: str, happened: str, block: Block) -> str:
    """Say that a block fails again and again, though none of its conversations alone does it."""
    return (
        f"{what} ({happened}) near {block.takes[0].conversation.id!r}, though none of its conversations alone "
        "does it; look at the machine's memory and run again"
    )


def healthy(block: Block, poison: Mapping[int, str]) -> Block:
    """Return a block without its poison: takes by place that end their engine, and what happened."""
    return replace(block, takes=tuple(take for i, take in enumerate(block.takes) if i not in poison))


def find_poison(
    pool: ProcessPool,
    try_take: Callable[..., None],
    block: Block,
    known: Mapping[int, str],
    seconds: Callable[[Take], float],
) -> dict[int, str]:
    """Try each take of a block alone, twice if need be, and return those that fail both times, with what happened.

    try_take: runs in the pool with the block, `known` and the take's place. known: poison found before, left out.
    seconds: after which a take counts as hung.
    """
    found = {}
    for place, take in enumerate(block.takes):
        if place not in known:
            happened = ended_by(pool, try_take, (block, known, place), seconds(take))
            if happened:
                found[place] = happened
    return found
