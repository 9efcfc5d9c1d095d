"""The card of a set of task examples: `README.md`, with the front matter that the Hub and `datasets` read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.dataset.card_page import card_page, escape
from askqa_builder.dataset.manifest import CARD_NAME, DATA_FOLDER, SHARED_STORIES_KEY
from askqa_builder.files import atomic_write
from askqa_builder.hearing.options import CONTEXTS, LAYOUTS
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.folder import CONFIG
from askqa_builder.tasks.options import OURS, PARALINGUISTICS
from askqa_builder.tasks.paralinguistics.grounds import ground_of, told_grounds


@dataclass
class Figures:
    """What is in a set. counts: examples by split, task and kind; licences: by licence; grounds: of questions about how
    it is said, by kind and by what the answer rests on. contrasts: responses of pairs of contrast; readable: examples
    that labels of how it is said answer without any sound.
    """

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    contrasts: int = 0
    readable: int = 0
    grounds: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, example: Example, split: str) -> None:
        """Take note of an example."""
        self.counts[split, example.task, example.kind] += 1
        self.licences[example.license] += 1
        self.readable += example.metadata_readable is True
        if example.task == PARALINGUISTICS:
            self.grounds[example.kind, ground_of(example)] += 1
        if example.action is not None:
            self.actions[split, example.action] += 1
            self.contrasts += example.contrast_id is not None

    def to_json(self) -> dict[str, Any]:
        """Return it as the manifest holds it."""
        nested: dict[str, dict[str, dict[str, int]]] = {}
        for (split, task, kind), count in sorted(self.counts.items()):
            nested.setdefault(split, {}).setdefault(task, {})[kind] = count
        return {
            "examples": nested,
            "licences": dict(sorted(self.licences.items())),
            "metadata_readable": self.readable,
        }


def write_card(out: Path, manifest: Mapping[str, Any], figures: Figures) -> None:
    """Write the card; the same set gives the same."""
    with atomic_write(out / CARD_NAME) as file:
        file.write(render_card(manifest, figures).encode("utf-8"))


def render_card(manifest: Mapping[str, Any], figures: Figures) -> str:
    """Return the card's text."""
    splits = list(dict.fromkeys(split for split, _, _ in sorted(figures.counts)))
    front = {
        "pretty_name": "Spoken instruction examples",
        "language": ["en"],
        "license": "other",
        "task_categories": ["question-answering", "automatic-speech-recognition"],
        "tags": ["audio", "speech", "spoken-dialogue", "instruction", "synthetic"],
        "configs": [
            {
                "config_name": CONFIG,
                "default": True,
                "data_files": [
                    {"split": split, "path": f"{DATA_FOLDER}/{CONFIG}/{split}-*.parquet"} for split in splits
                ],
            }
        ],
    }
    hearing, selected = manifest["options"]["hearing"], manifest["options"]
    body = {
        "tasks": list(manifest["tasks"]),
        "others": _others(manifest, figures),
        "grounds": [(kind, told_grounds(ground), count) for (kind, ground), count in sorted(figures.grounds.items())],
        "readable": figures.readable,
        "counts": [(*map(escape, key), count) for key, count in sorted(figures.counts.items())],
        "licences": [(escape(licence), count) for licence, count in sorted(figures.licences.items())],
        "first_split": splits[0] if splits else "train",
        "context": CONTEXTS[hearing["context"]],
        "layout": LAYOUTS[hearing["layout"]],
        "segments": hearing["segments"],
        "window": hearing["window"],
        "metadata": hearing.get("metadata", False),
        "options": selected,
        "without": ", ".join(map(escape, selected["without"])),
        "rejected": [(escape(reason), count) for reason, count in manifest["rejected"].items()],
        "mix": None if selected["mix"] is None else ", ".join(f"{escape(k)} {v:g}" for k, v in selected["mix"].items()),
        "train": escape(selected["train"]),
        "contrasts": figures.contrasts,
        "shared_stories": manifest[SHARED_STORIES_KEY],
        "leakage": manifest["leakage"],
        "made_from": manifest["made_from"],
        "version": manifest["libraries"]["askqa-builder"],
        "config": CONFIG,
    }
    return card_page(__package__, front, **body)


def _others(manifest: Mapping[str, Any], figures: Figures) -> list[tuple[str, str, int]]:
    """Return name, description and number of examples of each task that is none of ours."""
    totals: Counter[str] = Counter()
    for (_, task, _), count in figures.counts.items():
        totals[task] += count
    described = manifest.get("descriptions", {})
    names = [name for name in manifest["tasks"] if name not in OURS]
    return [(escape(name), escape(described.get(name, "")), totals[name]) for name in names]
