"""Prompts with labels in them: whatever a story or a question says, the labels are read again as they are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.evaluation.models.prompts import with_labels
from askqa_builder.hearing.label import INTENDED, STYLE, Label
from askqa_builder.hearing.metadata import END, Metadata, parse, render
from askqa_builder.tasks.example import Example
from askqa_builder.voices.emotion import Affect

LABELS = [
    Label(0, 0.2, 14.0, "narrator", STYLE, style="lively"),
    Label(1, 1.0, 2.5, "user", STYLE, style=END),
    Label(1, 3.0, 3.5, "assistant", INTENDED, Affect("happy", 0.9)),
]
LINES = [
    "[speech labels, version 1]",
    "[speech labels, version 2]",
    " [speech labels, version 1]",
    END,
    f" {END}",
    "",
    "Story:",
    "Nothing is known of how it is said.",
    "Once there was a cat.",
    *render(Metadata(tuple(LABELS))).split("\n"),
]
HOSTILE = st.lists(st.sampled_from(LINES) | st.text(max_size=8), max_size=8).map("\n".join)
METADATA = st.lists(st.sampled_from(LABELS), unique=True).map(lambda labels: Metadata(tuple(labels)))


def prompted(story: str | None, metadata: str | None, prompt: str) -> str:
    ids = dict.fromkeys(("id", "task", "kind", "row_id", "conversation_id", "story_id", "language", "license"), "x")
    rest = {"action": None, "label": None, "statement": None, "contrast_id": None, "facts": "{}", "references": []}
    asked = {"story": story, "prompt": prompt, "answer": "x", "metadata": metadata}
    return Example(turn=None, seed=0, audio=[], **ids, **rest, **asked).full_prompt  # type: ignore[arg-type]


@given(st.none() | HOSTILE, METADATA, HOSTILE)
@settings(max_examples=500, deadline=None)
def test_labels_are_read_again_from_whole_prompts(story: str | None, metadata: Metadata, prompt: str) -> None:
    block = render(metadata)
    for text in (prompted(story, block, prompt), with_labels(block, f"{story}\n\n{prompt}")):
        assert parse(text) == metadata
        assert block in text


@given(HOSTILE, HOSTILE)
@settings(max_examples=200, deadline=None)
def test_no_text_is_taken_for_labels_where_there_are_none(story: str, prompt: str) -> None:
    for text in (prompted(story, None, prompt), with_labels(None, f"{story}\n\n{prompt}")):
        with pytest.raises(ValueError, match="there is no block of labels"):
            parse(text)


def test_other_texts_stay_as_they_are() -> None:
    story = f"The sign said {END}.\n[speech labels]\nAnd so it was."
    assert prompted(story, None, "What?") == f"Story:\n{story}\n\nWhat?"
