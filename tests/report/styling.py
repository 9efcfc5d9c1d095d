"""Datasets whose turns have styles and emotions that nobody spoke: sound as it was, columns filled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from changing import rewrite
from harness import manifest

from askqa_builder.voices.emotion import Affect

STYLES = ("neutral", "lively", "subdued")
NUMBERS: dict[str, dict[str, float]] = {
    "neutral": {"pitch": 0.0, "pitch_range": 1.0, "rate": 1.0, "loudness": 0.0, "pauses": 1.0},
    "lively": {"pitch": 1.5, "pitch_range": 1.5, "rate": 1.08, "loudness": 2.0, "pauses": 0.85},
    "subdued": {"pitch": -1.0, "pitch_range": 0.65, "rate": 0.9, "loudness": -3.0, "pauses": 1.3},
    "happy": {"pitch": 0.0, "pitch_range": 1.0, "rate": 1.0, "loudness": 0.0, "pauses": 1.0},
}


STYLED = """
engine: flite
demo: true
roles:
  narrator: {voices: [slt, rms, awb, kal16]}
  user: {voices: [slt, rms, awb, kal16], styles: [neutral, lively, subdued]}
  assistant: {voices: [slt, rms, awb, kal16], styles: [neutral, lively, subdued]}
"""
"""A profile set with styles that flite's processor speaks."""


def style_of(conversation: int, place: int) -> str:
    """The style of a turn after the story; all of a speaker's turns but one in three are not neutral."""
    return (*STYLES, "happy")[(conversation + place // 2) % 4] if (conversation + place) % 3 else "neutral"


def _style(row: dict[str, Any], conversation: int) -> None:
    row["affect"] = []
    for place, turn in enumerate(row["turns"]):
        name = "neutral" if place == 0 else style_of(conversation, place)
        happy = Affect("happy", 0.91, 0.76, 0.73) if name == "happy" else Affect()
        found = {"category": "happy", "valence": 0.7, "arousal": 0.6, "dominance": None, "agreement": 0.75}
        drawn = {"name": name, "draw": "independent", "text_label": None, "native": not happy.is_empty}
        turn["style"] = {**drawn, **NUMBERS[name]}
        recognised = found if place % 2 else dict.fromkeys(found)
        turn["emotion"] = {"intended": happy.to_json(), "recognised": recognised, "congruent": None}
        turn["measured"] = {
            "f0_mean": 120.0 * 2 ** (NUMBERS[name]["pitch"] / 12),
            "f0_range": 8.0 * NUMBERS[name]["pitch_range"],
            "articulation_rate": 4.5 * NUMBERS[name]["rate"],
            "energy": -25.0 + NUMBERS[name]["loudness"],
        }
        vote = {"recogniser": "a", "probability": 0.9, **Affect("happy", 0.7, 0.6).to_json()}
        window = {"start": turn["start"], "end": min(turn["start"] + 2.0, turn["end"]), "turn": place}
        said = Affect("happy" if place % 2 else "sad", 0.7, 0.6).to_json()
        row["affect"].append({**window, **said, "kept": place % 3 != 2, "votes": [vote]})


def add_styles(dataset: Path) -> Path:
    """Fill the columns of a dataset that say how turns are said."""
    numbers: dict[str, int] = {}

    def change(row: dict[str, Any]) -> None:
        _style(row, numbers.setdefault(row["conversation_id"], len(numbers)))

    for place in range(len(manifest(dataset)["shards"])):
        rewrite(dataset, place, change)
    return dataset
