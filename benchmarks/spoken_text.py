"""How well source text is turned into what a reader says: read against a gold standard, and how fast.

Run: ASKQA_ABG_COQA=FOLDER python benchmarks/spoken_text.py [--errors tuning|"held out"]

The gold standard, `spoken_text_gold.tsv`, names places of Abg-CoQA's test split: the text by the first 16 digits of
its SHA-256, the characters, and how an annotator who had not seen the rules reads them ("|" parts alternatives, "," and
"." are pauses). A quarter of the places, drawn by hash, was held out while the rules were written. Letter case and
quotation marks do not count; words and pauses do.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.speech.reading import read_aloud
from askqa_builder.speech.spoken_text import SpokenText

from common import ROOT, corpus_name, table

GOLD = ROOT / "benchmarks/spoken_text_gold.tsv"
ROUNDS = 3


@dataclass(frozen=True)
class Place:
    """Characters of a text and how they are read; readings: what counts as right, normalised."""

    part: str
    category: str
    text: str
    start: int
    end: int
    readings: tuple[str, ...]

    def is_right(self, spoken: SpokenText) -> bool:
        """Tell whether a text was read as it should be at this place."""
        return normalised(self.said(spoken)) in self.readings

    def said(self, spoken: SpokenText) -> str:
        """Return what is said for these characters."""
        kept = []
        for character, start, end in zip(spoken.text, spoken.starts, spoken.ends, strict=True):
            inserted_inside = start == end and self.start < start < self.end
            if inserted_inside or (start < end and start < self.end and end > self.start):
                kept.append(character)
        return "".join(kept)


def normalised(reading: str) -> str:
    """Return words and pauses: lower case, commas and full stops apart, none at the ends, one at a time."""
    text = re.sub(r"[,;:()]", " , ", reading.lower().replace('"', "").replace("-", " "))
    text = re.sub(r"(?<!\w)'|'(?!\w)", "", re.sub(r"[.!?]+", " . ", text))
    text = re.sub(r"[,.](?:\s+[,.])+", lambda match: "." if "." in match.group() else ",", text)
    return " ".join(re.sub(r"^[\s,.]+|[\s,.]+$", "", text).split())


def read_gold() -> list[Place]:
    """Return the gold standard's places."""
    with GOLD.open(encoding="utf-8", newline="") as file:
        return [
            Place(
                row["set"],
                row["category"],
                row["text"],
                int(row["start"]),
                int(row["end"]),
                tuple(normalised(one) for one in row["reading"].split("|")),
            )
            for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        ]


def texts_by_hash(folder: Path) -> dict[str, str]:
    """Return all texts of Abg-CoQA's test split by the beginning of their hash."""
    items = json.loads((folder / "coqa_abg_test.json").read_text("utf-8"))["data"]
    return {hashlib.sha256(text.encode()).hexdigest()[:16]: text for text in _strings(items)}


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _strings(inner)


def score(texts: dict[str, str]) -> dict[str, list[tuple[Place, SpokenText]]]:
    """Return, by part of the gold standard, each place with how its text is read."""
    read: dict[str, SpokenText] = {}
    result: dict[str, list[tuple[Place, SpokenText]]] = {}
    for place in read_gold():
        spoken = read.setdefault(place.text, read_aloud(texts[place.text]))
        result.setdefault(place.part, []).append((place, spoken))
    return result


def main() -> None:
    """Print scores and speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--errors", choices=("tuning", "held out"), help="show what is read wrongly")
    arguments = parser.parse_args()
    folder = os.environ.get("ASKQA_ABG_COQA")
    if folder:
        texts = texts_by_hash(Path(folder))
        _scores(score(texts), texts, arguments.errors)
    else:
        print("The gold standard needs Abg-CoQA's test split: set ASKQA_ABG_COQA to its folder.\n")
    source = Path(folder) / "coqa_abg_test.json" if folder else ROOT / "tests/data/demo_test.json"
    stories = sorted({item["story"] for item in json.loads(source.read_text("utf-8"))["data"]})
    _speed(stories)


def _scores(scored: dict[str, list[tuple[Place, SpokenText]]], texts: dict[str, str], shown: str | None) -> None:
    rows = []
    for part, places in scored.items():
        right = sum(place.is_right(spoken) for place, spoken in places)
        rows.append([part, f"{len(places)}", f"{right}", f"{right / len(places):.1%}"])
    table(["places", "number", "read as in the gold standard", "share"], rows)
    wrong = Counter(
        (part, place.category)
        for part, places in scored.items()
        for place, spoken in places
        if not place.is_right(spoken)
    )
    named = "; ".join(f"{part}, {category}: {count}" for (part, category), count in sorted(wrong.items()))
    print(f"Read otherwise: {named or 'none'}.\n")
    for place, spoken in scored[shown] if shown else ():
        if not place.is_right(spoken):
            source = texts[place.text][place.start : place.end]
            print(
                f"{source!r}: {normalised(place.said(spoken))!r}, not {' | '.join(place.readings)!r}", file=sys.stderr
            )


def _speed(stories: list[str]) -> None:
    read_aloud(stories[0])
    best = min(_round(stories) for _ in range(ROUNDS))
    characters = sum(map(len, stories)) / len(stories)
    print(f"{len(stories)} stories of {corpus_name()}, {characters:.0f} characters on average: ", end="")
    print(f"{1e3 * best / len(stories):.2f} ms a story, spans included.")


def _round(stories: list[str]) -> float:
    begun = time.perf_counter()
    for story in stories:
        assert read_aloud(story).starts
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
