"""Items written to a file and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from askqa_builder.corpus.conversation import Conversation, Stage
from askqa_builder.corpus.formats import FORMATS
from askqa_builder.corpus.reading import AS_IT_IS, Reading
from askqa_builder.corpus.rejects import Reject
from askqa_builder.corpus.sources import find_sources

BOTH_STAGES = (Stage.INITIAL, Stage.CLARIFIED)
Item = dict[str, Any]


def read(path: Path, seen: set[str] | None = None, reading: Reading = AS_IT_IS) -> list[Conversation | Reject]:
    [file] = find_sources(path, None)
    return list(FORMATS[file.format].read(file, set() if seen is None else seen, reading))


class Reader:
    """Writes items to a file and reads them back."""

    def __init__(self, folder: Path):
        self.path = folder / "demo_test.json"

    def __call__(self, *items: Any) -> list[Conversation | Reject]:
        self.path.write_text(json.dumps({"version": "1.0", "data": items}), encoding="utf-8")
        return read(self.path)

    def conversation(self, item: Item) -> Conversation:
        [outcome] = self(item)
        assert isinstance(outcome, Conversation), outcome
        return outcome

    def reject(self, item: Any, *others: Any) -> Reject:
        outcome = self(item, *others)[0]
        assert isinstance(outcome, Reject)
        assert outcome.detail.isprintable()
        assert len(outcome.detail) < 300
        assert (outcome.file, outcome.index, outcome.stage) == ("demo_test.json", 0, "read")
        return outcome


def set_at(item: Item, path: str, value: Any) -> None:
    """Set `target_turn.question` or `history_turns.0.answer`."""
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    box: Any = item
    for key in parents:
        box = box[key]
    box[last] = value
