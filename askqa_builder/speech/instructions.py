"""An emotion in the words of a director, for models that heed instructions."""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from pathlib import Path
from typing import Any

from askqa_builder.voices.emotion import DIMENSIONS, Affect
from askqa_builder.voices.plain_yaml import read_yaml


def instructions_for(emotion: Affect) -> str:
    """Return the sentences of `instructions.yaml` for an emotion with one of its categories."""
    wording = _wording()
    sentences = [wording["categories"][emotion.category]]
    for name in DIMENSIONS:
        value = getattr(emotion, name)
        if value is not None:
            sentences.append(wording["dimensions"][name][bisect_right(wording["levels"], value)])
    return " ".join(sentence for sentence in sentences if sentence is not None)


@cache
def _wording() -> Any:
    return read_yaml(Path(__file__).with_name("instructions.yaml"), "speech/instructions.yaml")
