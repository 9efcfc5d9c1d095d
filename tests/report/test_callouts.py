"""What splits and labels share is called out, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from askqa_builder.report.callouts import callouts
from askqa_builder.report.frames import Frames, read_frames


def with_rows(frames: Frames, lines: list[dict[str, object]]) -> Frames:
    """Return frames whose rows are the first one of others with some values changed."""
    base = frames.rows.iloc[0].to_dict()
    none = [frame.iloc[:0] for frame in (frames.turns, frames.speakers)]
    return Frames(pd.DataFrame([{**base, **line} for line in lines]), *none)


@pytest.fixture(scope="session")
def frames(voiced: Path) -> Frames:
    return read_frames(voiced)


def found(frames: Frames) -> dict[str, tuple[int, list[str]]]:
    return {callout.kind: (callout.count, callout.items) for callout in callouts(frames)}


def test_one_split_has_nothing_in_two(frames: Frames) -> None:
    """The demo holds one request that becomes clear with more history."""
    assert found(frames) == {"contrast_pairs": (1, ["demo-cafe|4|1"])}


def test_voices_and_stories_in_two_splits(frames: Frames) -> None:
    half = frames.rows.copy()
    half.loc[half.index % 2 == 1, "split"] = "train"
    both = found(Frames(half, frames.turns, frames.speakers))
    heard = [set(half.loc[half["split"] == split, "story_id"]) for split in ("test", "train")]
    assert both.get("stories_in_two_splits", (0, []))[1] == sorted(heard[0] & heard[1])
    of = frames.speakers.assign(split=half["split"].loc[frames.speakers["row"]].to_numpy())
    voices = [set(of.loc[of["split"] == split, "voice"]) for split in ("test", "train")]
    assert both["voices_in_two_splits"] == (len(voices[0] & voices[1]), sorted(voices[0] & voices[1]))


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ((False, True), "label_conflicts"),
        ((True, False), "contrast_pairs"),
        ((True, True), None),
        ((True, None), None),
        ((True, False, True), "label_conflicts"),
    ],
)
def test_labels_that_change_with_the_history(labels: tuple[bool | None, ...], kind: str | None, frames: Frames) -> None:
    """labels: in the order of more and more history."""
    lines = [
        {"ambiguous": label, "history": 2 * place, "conversation_id": f"c{place}", "id": f"c{place}#initial"}
        for place, label in enumerate(labels)
    ]
    for order in (lines, lines[::-1]):
        assert set(found(with_rows(frames, order))) == ({kind} if kind else set())


def test_other_targets_of_a_story_are_no_conflict(frames: Frames) -> None:
    lines = [
        {"ambiguous": label, "history": 2 * place, "target_turn_id": place} for place, label in enumerate((False, True))
    ]
    assert found(with_rows(frames, lines)) == {}
