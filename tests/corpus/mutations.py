"""Damaged Abg-CoQA files, made from the demo conversations: the same ones for the same seed.

Each file holds few items, so that an end-to-end test may go on to speak what is left of them.
"""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

DEMO = Path(__file__).parents[1] / "data" / "demo_test.json"

Item = dict[str, Any]
Damage = Callable[[list[Any], random.Random], "bytes | None"]
"""Changes a file's items in place, or returns the content of the file itself."""

WRONG_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    3.5,
    2**63,
    float("nan"),
    float("inf"),
    [],
    {},
    [[]],
    ["a"],
    {"a": 1},
    "",
)
STRANGE_IDS: tuple[Any, ...] = (
    *(
        "../../etc/passwd",
        "/tmp/x",
        "con",
        "a/b",
        "..",
        ".",
        "-rf",
        "a\nb",
        "a\tb",
        "a\0b",
        "a" * 5000,
        "id#initial",
    ),
    *(
        "",
        " ",
        "\u202egnp",
        "🦆",
        "é",
        "e\u0301",
        "%s{}$HOME`id`",
        "<b>&amp;</b>",
        "\ud800",
        None,
        7,
        True,
        [],
        {},
    ),
)
STRANGE_TEXTS = (
    *(
        "",
        " \t\n",
        "?!",
        "...",
        "_",
        "\0",
        "yes\0no",
        "\x07 bell \x1b[31m red",
        "\u200e\u200f\u2060",
        "\\",
        '"',
        "'",
    ),
    *(
        "🦆🦆🦆",
        "🦆 quack 👩‍👩‍👧",
        "مرحبا بالعالم",
        "שלום",
        "\u202eright to left",
        "日本語",
        "Ωμέγα",
        "naïve café",
        "ﬁ ½ ²",
    ),
    *(
        "a\u0301\u0302\u0303\u0304",
        "1,000,000,000,000",
        "$-5.00%%",
        "line one\r\nline two\u2028three",
        "<speak>hi</speak>",
    ),
    *("\ud800", "cut \udfff off", "1e400", "NaN", "unknown", "{{ x }}", "=cmd()", "x" * 1500),
)
RAW = "__raw__"
"""A text that stands where JSON has to hold what no Python value writes."""


def mutated_inputs(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield `count` damaged files, (label, content): each kind of damage in turn."""
    items = json.loads(DEMO.read_text(encoding="utf-8"))["data"]
    for number in range(count):
        damage = DAMAGES[number % len(DAMAGES)]
        rng = random.Random(f"{seed}/{number}")
        chosen = copy.deepcopy(rng.sample(items, rng.randint(1, 3)))
        content = damage(chosen, rng)
        yield f"{number:03d}-{damage.__name__}", encode(chosen) if content is None else content


def encode(items: list[Any]) -> bytes:
    return json.dumps({"version": "1.0", "data": items}).encode("ascii")


def leaves(value: Any) -> list[tuple[Any, Any]]:
    """List every place (container, key) inside a value."""
    pairs = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    below = [place for _, inner in pairs if isinstance(inner, (dict, list)) for place in leaves(inner)]
    return [(value, key) for key, _ in pairs] + below


def replace_anywhere(items: list[Any], rng: random.Random, new: Any, only_texts: bool = False) -> None:
    places = [(box, key) for box, key in leaves(items) if not only_texts or isinstance(box[key], str)]
    box, key = rng.choice(places)
    box[key] = new


def with_raw(items: list[Any], rng: random.Random, raw: str) -> bytes:
    replace_anywhere(items, rng, RAW)
    return encode(items).replace(f'"{RAW}"'.encode(), raw.encode())


def truncated(items: list[Any], rng: random.Random) -> bytes:
    content = encode(items)
    return content[: rng.randrange(len(content))]


def flipped_bytes(items: list[Any], rng: random.Random) -> bytes:
    content = bytearray(encode(items))
    for _ in range(rng.randint(1, 4)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content)


def wrong_value(items: list[Any], rng: random.Random) -> None:
    for _ in range(rng.randint(1, 3)):
        replace_anywhere(items, rng, copy.deepcopy(rng.choice(WRONG_VALUES)))


def removed_key(items: list[Any], rng: random.Random) -> None:
    box, key = rng.choice([place for place in leaves(items) if isinstance(place[0], dict)])
    del box[key]


def strange_text(items: list[Any], rng: random.Random) -> None:
    replace_anywhere(items, rng, rng.choice(STRANGE_TEXTS), only_texts=True)


def strange_text_everywhere(items: list[Any], rng: random.Random) -> None:
    key = rng.choice(["story", "question", "answer", "clr_ans", "org_ans", "org_ans_2", "rationale", "source"])
    text = rng.choice(STRANGE_TEXTS)
    for box, name in leaves(items):
        if name == key:
            box[name] = text


def strange_text_within(items: list[Any], rng: random.Random) -> None:
    box, key = rng.choice([(box, key) for box, key in leaves(items) if isinstance(box[key], str) and key != "id"])
    cut = rng.randrange(len(box[key]) + 1)
    box[key] = f"{box[key][:cut]} {rng.choice(STRANGE_TEXTS)} {box[key][cut:]}"


def huge_text(items: list[Any], rng: random.Random) -> None:
    huge = rng.choice(["a" * 100_000, "word " * 20_000, " " * 100_000, "\0" * 100_000, "é" * 20_001])
    replace_anywhere(items, rng, huge, only_texts=True)


def strange_id(items: list[Any], rng: random.Random) -> None:
    rng.choice(items)["id"] = copy.deepcopy(rng.choice(STRANGE_IDS))


def duplicate_ids(items: list[Any], rng: random.Random) -> None:
    items.insert(rng.randrange(len(items) + 1), copy.deepcopy(items[0]))
    del items[3:]


def strange_number(items: list[Any], rng: random.Random) -> bytes:
    key = rng.choice(["turn_id", "span_start", "span_end"])
    rng.choice(items)["target_turn"][key] = RAW
    numbers = [
        "NaN",
        "-Infinity",
        "1e400",
        "-1",
        "-0",
        "1.0",
        "9223372036854775808",
        "true",
        '"3"',
        "1" * 5000,
        "9" * 400,
    ]
    return encode(items).replace(f'"{RAW}"'.encode(), rng.choice(numbers).encode())


def huge_number(items: list[Any], rng: random.Random) -> bytes:
    return with_raw(items, rng, rng.choice(["1e400", "-1e400", "7" * 5000, "7" * 4000, "Infinity", "NaN"]))


def deep_nesting(items: list[Any], rng: random.Random) -> bytes:
    depth = rng.choice([50, 300, 100_000])
    opening, closing = rng.choice([("[", "]"), ('{"a":', "}")])
    return with_raw(items, rng, opening * depth + "1" + closing * depth)


def not_objects(items: list[Any], rng: random.Random) -> None:
    items[rng.randrange(len(items))] = rng.choice([[], ["id", "story"], None, 1, "item", {}, [[{}]], True])


def odd_clarifications(items: list[Any], rng: random.Random) -> None:
    """Damage the branches: some blank, of a wrong type or without an answer, with others left whole."""
    for turn in (item.get("clarification_turn") for item in items):
        for branch in turn.get("answers", []):
            if rng.random() < 0.5:
                branch[rng.choice(["clr_ans", "org_ans", "org_ans_2"])] = rng.choice(["", "!", None, 3, "\ud800", []])


def flipped_label(items: list[Any], rng: random.Random) -> None:
    labels = ["ambiguous", "non_ambiguous", "AMBIGUOUS", "maybe", "", None, True, 1, ["ambiguous"]]
    rng.choice(items)["ambiguity"] = rng.choice(labels)


def odd_spans(items: list[Any], rng: random.Random) -> None:
    target = rng.choice(items)["target_turn"]
    target["span_start"] += rng.choice([-1000, -3, 1, 10**6])
    target["span_end"] += rng.choice([-1000, 0, 5, 10**6])


def odd_history(items: list[Any], rng: random.Random) -> None:
    item = rng.choice(items)
    turns = item["history_turns"]
    item["history_turns"] = rng.choice([[], turns * 3, turns[:1], [turns], [{}], [None], turns[0], "none"])


def other_encoding(items: list[Any], rng: random.Random) -> bytes:
    items[0]["story"] += " Olé."
    text = json.dumps({"version": "1.0", "data": items}, ensure_ascii=False)
    encoding = rng.choice(["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "cp500"])
    return text.encode(encoding, errors="replace")


def other_shape(items: list[Any], rng: random.Random) -> bytes:
    squad = {"data": [{"title": "t", "paragraphs": [{"context": "c", "qas": []}]}]}
    coqa = {"data": [{"id": "x", "source": "s", "story": "t", "questions": [], "answers": []}]}
    values: list[Any] = [None, {}, "items", 3, {"0": items[0]}, [], [[]]]
    wrong_data = [{"version": "1.0", "data": value} for value in values]
    shapes: list[Any] = [
        items,
        items[0],
        squad,
        coqa,
        {},
        [],
        {"version": "1.0"},
        None,
        5,
        "text",
        *wrong_data,
    ]
    return json.dumps(rng.choice(shapes)).encode()


def not_json(items: list[Any], rng: random.Random) -> bytes:
    others = [
        b"",
        b" \n\t ",
        b"\xef\xbb\xbf",
        b"\0" * 64,
        b"<html>404</html>",
        b"[" * 100_000,
        b"{'id': 1}",
        b"id,story\n",
    ]
    return rng.choice(
        [*others, rng.randbytes(200), encode(items) + b"}", b"\n".join(encode([item]) for item in items) * 2]
    )


DAMAGES: tuple[Damage, ...] = (
    truncated,
    flipped_bytes,
    wrong_value,
    removed_key,
    strange_text,
    strange_text_everywhere,
    strange_text_within,
    huge_text,
    strange_id,
    duplicate_ids,
    strange_number,
    huge_number,
    deep_nesting,
    not_objects,
    odd_clarifications,
    flipped_label,
    odd_spans,
    odd_history,
    other_encoding,
    other_shape,
    not_json,
)
