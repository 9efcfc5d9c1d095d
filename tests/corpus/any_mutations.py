"""Damaged files of any format, made from its demo file: the same ones for the same seed."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from corpus.mutations import (
    RAW,
    huge_text,
    leaves,
    removed_key,
    replace_anywhere,
    strange_text,
    strange_text_within,
    wrong_value,
)

Content = list[Any]
"""The values of the lines, or the one value of the file."""


def mutated_files(demo: Path, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` damaged files, (label, content): each kind of damage in turn."""
    lines = demo.suffix == ".jsonl"
    text = demo.read_text("utf-8")
    values = [json.loads(line) for line in text.splitlines()] if lines else [json.loads(text)]
    for number in range(count):
        damage = DAMAGES[number % len(DAMAGES)]
        rng = random.Random(f"{demo.name}/{seed}/{number}")
        content = copy.deepcopy(values)
        replaced = damage(content, rng)
        yield f"{number:03d}-{damage.__name__}", encode(content, lines) if replaced is None else replaced(lines)


def encode(content: Content, lines: bool) -> bytes:
    return b"".join(json.dumps(value).encode("ascii") + b"\n" for value in (content if lines else content[:1]))


Damage = Callable[[Content, random.Random], "Callable[[bool], bytes] | None"]
"""Changes the content in place, or says how it is to be written."""


def truncated(content: Content, rng: random.Random) -> Callable[[bool], bytes]:
    share = rng.random()
    return lambda lines: (whole := encode(content, lines))[: int(share * len(whole))]


def flipped_bytes(content: Content, rng: random.Random) -> Callable[[bool], bytes]:
    places, values = [rng.random() for _ in range(3)], rng.randbytes(3)

    def flip(lines: bool) -> bytes:
        written = bytearray(encode(content, lines))
        for place, value in zip(places, values, strict=True):
            written[int(place * len(written))] = value
        return bytes(written)

    return flip


def raw_value(content: Content, rng: random.Random) -> Callable[[bool], bytes]:
    """Put what no Python value writes in some place: numbers out of any range, nesting of any depth."""
    replace_anywhere(content, rng, RAW)
    numbers = ["1e400", "-1e400", "7" * 5000, "7" * 4000, "Infinity", "NaN", "-0", "9223372036854775808"]
    depth = rng.choice([50, 300, 100_000])
    nests = ["[" * depth + "]" * depth, '{"a":' * depth + "1" + "}" * depth]
    raw = rng.choice([*numbers, *nests * 4])
    return lambda lines: encode(content, lines).replace(f'"{RAW}"'.encode(), raw.encode())


def shuffled_list(content: Content, rng: random.Random) -> None:
    """Repeat, drop or empty an element of some list: turns without answers, doubled ids, lists of nothing."""
    boxes = [box[key] for box, key in leaves(content) if isinstance(box[key], list) and box[key]]
    chosen = rng.choice(boxes)
    place = rng.randrange(len(chosen))
    change = rng.randrange(4)
    if change == 0:
        chosen.insert(0, copy.deepcopy(chosen[place]))
    elif change == 1:
        del chosen[place]
    elif change == 2:
        chosen[place] = rng.choice([[], {}, None, 1, "item", [[{}]], True])
    else:
        chosen.clear()


def odd_number(content: Content, rng: random.Random) -> None:
    places = [(box, key) for box, key in leaves(content) if type(box[key]) is int]
    if places:
        box, key = rng.choice(places)
        box[key] += rng.choice([-(10**4), -3, -1, 1, 7, 10**6, 2**63])


def other_encoding(content: Content, rng: random.Random) -> Callable[[bool], bytes]:
    encoding = rng.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp500"])
    return lambda lines: (encode(content, lines).decode() + " \u00e9").encode(encoding)


DAMAGES: tuple[Damage, ...] = (
    truncated,
    flipped_bytes,
    wrong_value,
    removed_key,
    strange_text,
    strange_text_within,
    huge_text,
    raw_value,
    raw_value,
    shuffled_list,
    shuffled_list,
    odd_number,
    other_encoding,
)
