"""The card of a set of task examples: `README.md`, with the front matter that the Hub and `datasets` read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from askqa_builder.dataset.card_page import escape
from askqa_builder.dataset.manifest import CARD_NAME, DATA_FOLDER, SHARED_STORIES_KEY
from askqa_builder.files import atomic_write
from askqa_builder.hearing.options import CONTEXTS, LAYOUTS
from askqa_builder.tasks.example import Example
from askqa_builder.tasks.folder import CONFIG


@dataclass
class Figures:
    """What is in a set. counts: examples by split, task and kind; licences: by licence. rows: that have examples."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, str]] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    contrasts: int = 0

    def add(self, example: Example, split: str) -> None:
        """Take note of an example."""
        self.counts[split, example.task, example.kind] += 1
        self.licences[example.license] += 1
        if example.action is not None:
            self.actions[split, example.action] += 1
            self.contrasts += example.contrast_id is not None

    def to_json(self) -> dict[str, Any]:
        """Return it as the manifest holds it."""
        nested: dict[str, dict[str, dict[str, int]]] = {}
        for (split, task, kind), count in sorted(self.counts.items()):
            nested.setdefault(split, {}).setdefault(task, {})[kind] = count
        return {"examples": nested, "licences": dict(sorted(self.licences.items()))}


def write_card(out: Path, manifest: Mapping[str, Any], figures: Figures) -> None:
    """Write the card; the same set gives the same."""
    with atomic_write(out / CARD_NAME) as file:
        file.write(render_card(manifest, figures).encode("utf-8"))


def render_card(manifest: Mapping[str, Any], figures: Figures) -> str:
    """Return the card's text."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    template = environment.from_string(files(__package__).joinpath("card.md.j2").read_text("utf-8"))
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
        "counts": [(*map(escape, key), count) for key, count in sorted(figures.counts.items())],
        "licences": [(escape(licence), count) for licence, count in sorted(figures.licences.items())],
        "first_split": splits[0] if splits else "train",
        "context": CONTEXTS[hearing["context"]],
        "layout": LAYOUTS[hearing["layout"]],
        "segments": hearing["segments"],
        "window": hearing["window"],
        "options": selected,
        "mix": None if selected["mix"] is None else ", ".join(f"{escape(k)} {v:g}" for k, v in selected["mix"].items()),
        "train": escape(selected["train"]),
        "contrasts": figures.contrasts,
        "shared_stories": manifest[SHARED_STORIES_KEY],
        "leakage": manifest["leakage"],
        "made_from": manifest["made_from"],
        "version": manifest["libraries"]["askqa-builder"],
        "config": CONFIG,
    }
    return f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n{template.render(body)}"
