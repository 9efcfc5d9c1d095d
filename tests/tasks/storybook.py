"""A corpus in Abg-CoQA's format out of a few lists: two dozen stories, with label pairs as the real one has them."""

from __future__ import annotations

from itertools import islice, product
from pathlib import Path
from typing import Any

from harness import write_corpus

Item = dict[str, Any]

_WORKERS = {
    "Mara": ("a baker", "a warm loaf"),
    "Tobias": ("a carpenter", "a wooden stool"),
    "Ines": ("a gardener", "a basket of plums"),
    "Olaf": ("a potter", "a blue bowl"),
    "Petra": ("a tailor", "a woollen coat"),
    "Samir": ("a fisherman", "a silver trout"),
    "Greta": ("a watchmaker", "a golden clock"),
    "Bruno": ("a painter", "a small portrait"),
}
_PLACES = {
    "Elmford": ("by the river", "the flood"),
    "Granton": ("near the old mill", "the drought"),
    "Whitby": ("above the harbour", "the storm"),
    "Larkhill": ("beside the chapel", "the fair"),
    "Dunmore": ("under the castle", "the harvest"),
    "Ashfield": ("behind the market", "the parade"),
    "Kirkwall": ("across the bridge", "the eclipse"),
    "Redmoor": ("along the railway", "the wedding"),
}
_FRIENDS = ("Anton", "Bella", "Carlos", "Doris", "Emil", "Fiona", "Henrik", "Julia", "Karim", "Lotte", "Milo", "Nadia")
_ANIMALS = ("donkey", "parrot", "tortoise", "rabbit", "spaniel", "goat", "raven", "hedgehog", "kitten", "pony", "goose")
_NUMBERS = ("three", "seven", "eleven", "twelve", "fourteen", "twenty", "thirty", "forty", "sixty")
_FEELINGS = ("proud", "tired", "cheerful", "puzzled", "grateful")

SPLITS = {"train": 14, "val": 5, "test": 5}
"""Stories of each split, by the name in its file's."""


def write_storybook(folder: Path) -> Path:
    """Write a file for each split."""
    stories = enumerate(islice(product(_PLACES, _WORKERS), sum(SPLITS.values())))
    for split, count in SPLITS.items():
        items = [item for number, (place, name) in islice(stories, count) for item in _items(number, place, name)]
        write_corpus(folder / f"storybook_{split}.json", items)
    return folder


def _items(number: int, place: str, name: str) -> list[Item]:
    """The conversations of a story; every third has a pair of contrast, every fifth one of conflict."""
    trade, gift = _WORKERS[name]
    where, event = _PLACES[place]
    friend, animal = _FRIENDS[number % len(_FRIENDS)], _ANIMALS[number % len(_ANIMALS)]
    years, feeling = _NUMBERS[number % len(_NUMBERS)], _FEELINGS[number % len(_FEELINGS)]
    story = (
        f"{name} was {trade} in {place}, {where}. For {years} years {name} had worked there with {friend}, who fed the "
        f"{animal} every morning.\n\nAfter {event} there was nothing left to sell. {friend} gave {name} {gift}, and "
        f"{name} wept. \n\n On the last day of the year they were both {feeling}: the {animal} had come back to "
        f"{place}."
    )
    before = [
        _exchange(1, f"Where did {name} work?", f"in {place}"),
        _exchange(2, f"What was {name}?", trade),
    ]
    asked = {
        "who": (f"Who fed the {animal}?", friend, f"{friend}, who fed the {animal}"),
        "many": (f"How many years had {name} worked there?", years, f"For {years} years"),
        "where": (f"Where was the workshop of {name}?", where, where),
        "what": (f"What did {friend} give to {name}?", gift, f"gave {name} {gift}"),
        "yes": (
            f"Did {name} {'laugh' if number % 2 else 'weep'} after {event}?",
            "no" if number % 2 else "yes",
            "wept",
        ),
        "feel": (f"How did {name} feel on the last day?", feeling, f"they were both {feeling}"),
    }
    kinds = [kind for n, kind in enumerate(asked) if (n + number) % 3 == 0]
    items = [
        _item(f"{number}|{kind}|2", story, _clear(3 + n, *asked[kind]), before, number)
        for n, kind in enumerate(asked)
        if kind in kinds
    ]
    meant = _ambiguous(9, (name, f"{name} wept"), (friend, f"fed the {animal}"))
    clear = _clear(9, "What did they do?", "wept", f"{name} wept")
    if number % 3 == 0:
        items += _pair(f"{number}|contrast", story, {1: meant, 2: clear}, before, number)
    elif number % 5 == 0:
        items += _pair(f"{number}|conflict", story, {1: clear, 2: meant}, before, number)
    else:
        items.append(_item(f"{number}|ambiguous|2", story, meant, before, number))
    return items


def _pair(name: str, story: str, targets: dict[int, Item], before: list[Item], number: int) -> list[Item]:
    """The same request after one and after two turns."""
    return [_item(f"{name}|{length}", story, target, before[-length:], number) for length, target in targets.items()]


def _item(name: str, story: str, target: Item, before: list[Item], number: int) -> Item:
    source = "storybook-a" if number % 2 else "storybook-b"
    return {"id": name, "story": story, "source": source, "history_turns": before, **target}


def _exchange(turn: int, question: str, answer: str) -> Item:
    return {"turn_id": turn, "question": question, "answer": answer}


def _clear(turn: int, question: str, answer: str, rationale: str) -> Item:
    target = {**_exchange(turn, question, answer), "rationale": rationale, "span_start": -1, "span_end": -1}
    return {"target_turn": target, "ambiguity": "non_ambiguous"}


def _ambiguous(turn: int, *readings: tuple[str, str]) -> Item:
    target = {**_exchange(turn, "What did they do?", ""), "rationale": "", "span_start": -1, "span_end": -1}
    asked = f"Do you mean {' or '.join(who for who, _ in readings)}?"
    answers = [{"clr_ans": f"I mean {who}.", "org_ans": what, "org_ans_2": f"{who} {what}"} for who, what in readings]
    return {
        "target_turn": target,
        "ambiguity": "ambiguous",
        "clarification_turn": {"question": asked, "answers": answers},
    }
