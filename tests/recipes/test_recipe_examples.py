from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from exported_mix import write_manifest
from hypothesis import given
from hypothesis import strategies as st

from askqa_builder.errors import UsageError

from qwen2_audio.batches import plan_steps
from qwen2_audio.examples import Example, read_examples, select
from qwen2_audio.settings import TrainingSettings

CLIP = "audio/clip.wav"
FRACTIONS = st.sampled_from([0.01, 0.1, 0.25, 1 / 3, 0.5, 0.9, 1.0])


def line(number: int = 0, clips: tuple[str, ...] = (CLIP,), **changes: Any) -> dict[str, Any]:
    contents = [*({"type": "audio", "audio_url": clip} for clip in clips), {"type": "text", "text": "Who asks?"}]
    whole = {
        "id": f"example-{number}",
        "task": "response",
        "kind": "response",
        "row_id": f"row-{number}",
        "conversation_id": f"conversation-{number}",
        "story_id": f"story-{number}",
        "action": "answer",
        "references": ["the cook"],
        "conversation": [
            {"role": "user", "content": contents},
            {"role": "assistant", "content": [{"type": "text", "text": "The cook."}]},
        ],
    }
    return {**whole, **changes}


def write(folder: Path, *lines: Any) -> None:
    (folder / "train.jsonl").write_text("".join(json.dumps(one) + "\n" for one in lines), "utf-8")
    write_manifest(folder)


def write_clip(folder: Path, samples: int, name: str = CLIP, rate: int = 16000, channels: int = 1) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(folder / name, np.zeros((samples, channels), np.int16), rate)


def example(number: int, story: int, task: str = "response", seconds: float = 1.0) -> Example:
    messages = ({"role": "user", "content": [{"type": "text", "text": "?"}]},)
    return Example(f"e{number}", task, f"s{story}", None, (), messages, "no", (), seconds)


def test_an_exported_mix_is_read(mix: Path) -> None:
    found = {name: read_examples(mix, name) for name in ("train", "validation", "test")}
    stories = [{one.story_id for one in examples} for examples in found.values()]
    assert all(stories)
    assert len(set.union(*stories)) == sum(map(len, stories))
    for one in found["train"]:
        assert one.seconds == pytest.approx(sum(soundfile.info(clip).duration for clip in one.clips))
        assert one.task in ("listening", "reasoning", "response")
        assert (one.action is not None) == (one.task == "response")


def test_a_clip_that_fills_the_window_is_heard_and_a_longer_one_is_an_error(tmp_path: Path) -> None:
    write_clip(tmp_path, 480_000)
    write(tmp_path, line())
    assert read_examples(tmp_path, "train")[0].seconds == 30

    write_clip(tmp_path, 480_001, "audio/long.wav")
    write(tmp_path, line(0), line(1, (CLIP, "audio/long.wav")), line(2, ("audio/long.wav",)))
    with pytest.raises(UsageError) as error:
        read_examples(tmp_path, "train")
    assert "2 of 3 examples cannot be used (2 clip_too_long); first: train.jsonl line 2" in str(error.value)
    assert "--segments 30" in str(error.value)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(clips=("audio/none.wav",)), "clip_unreadable"),
        (line(clips=("audio/text.wav",)), "clip_unreadable"),
        (line(clips=("audio/8k.wav",)), "clip_format"),
        (line(clips=("audio/stereo.wav",)), "clip_format"),
        (line(clips=("audio/click.wav",)), "clip_too_short"),
        (line(clips=("../clip.wav",)), "clip_outside"),
        (line(clips=("/etc/passwd",)), "clip_outside"),
        (line(action="ask"), "bad_action"),
        (line(conversation=[]), "bad_conversation"),
        (line(conversation=line()["conversation"][:1]), "bad_conversation"),
        (line(conversation=line()["conversation"][::-1]), "bad_conversation"),
        (line(story_id=None), "missing_field"),
        (line(references="the cook"), "wrong_type"),
        ([], "wrong_type"),
    ],
)
def test_what_cannot_be_used_is_counted_and_named(tmp_path: Path, bad: Any, reason: str) -> None:
    write_clip(tmp_path, 16000)
    write_clip(tmp_path, 8000, "audio/8k.wav", rate=8000)
    write_clip(tmp_path, 16000, "audio/stereo.wav", channels=2)
    write_clip(tmp_path, 1000, "audio/click.wav")
    (tmp_path / "audio/text.wav").write_text("no sound", "utf-8")
    write(tmp_path, line(), bad)
    with pytest.raises(UsageError, match=rf"1 of 2 examples cannot be used \(1 {reason}\); first: train.jsonl line 2"):
        read_examples(tmp_path, "train")


def test_lines_that_are_no_json_are_told(tmp_path: Path) -> None:
    write_manifest(tmp_path)
    (tmp_path / "train.jsonl").write_text('{"id": \n', "utf-8")
    with pytest.raises(UsageError, match=r"1 of 1 examples cannot be used .*line 1: not JSON"):
        read_examples(tmp_path, "train")


@given(
    st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["a", "b"])), min_size=1, max_size=60),
    FRACTIONS,
    FRACTIONS,
    st.integers(0, 3),
)
def test_a_fraction_is_of_the_stories_and_within_a_larger_one(
    drawn: list[tuple[int, str]], one: float, other: float, seed: int
) -> None:
    examples = [example(i, story, task) for i, (story, task) in enumerate(drawn)]
    tasks = sorted({task for _, task in drawn})
    stories = {story for story, _ in drawn}
    small, large = (
        {each.story_id for each in select(examples, tasks, fraction, seed)} for fraction in sorted((one, other))
    )
    assert small <= large
    assert 0 <= len(large) - max(one, other) * len(stories) < 1
    chosen = select(examples, tasks, one, seed)
    assert chosen == [each for each in examples if each.story_id in {some.story_id for some in chosen}]


def test_single_and_multi_task_runs_have_the_same_stories() -> None:
    examples = [example(i, i // 2, task) for i, task in enumerate(["a", "b"] * 50)]
    alone, both = (select(examples, tasks, 0.2, 1) for tasks in (["a"], ["a", "b"]))
    assert {one.task for one in alone} == {"a"}
    assert len(alone) == 10
    assert len(both) == 20
    assert {one.story_id for one in alone} == {one.story_id for one in both}
    assert {one.story_id for one in select(examples, ["a"], 0.2, 2)} != {one.story_id for one in alone}
    with pytest.raises(UsageError, match='no example is of the task "c"; there are a, b'):
        select(examples, ["a", "c"], 1.0, 1)


@given(st.integers(1, 120), st.integers(1, 5), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2))
def test_each_epoch_sees_each_example_once(
    number: int, batch_size: int, accumulate: int, epochs: int, seed: int
) -> None:
    examples = [example(i, i, seconds=(i * 7919) % 31 / 10) for i in range(number)]
    settings = TrainingSettings(batch_size=batch_size, accumulate=accumulate, epochs=epochs, seed=seed)
    steps = plan_steps(examples, settings)
    assert steps == plan_steps(examples, settings)
    assert len(steps) % epochs == 0
    each = len(steps) // epochs
    for epoch in range(epochs):
        batches = [batch for step in steps[epoch * each : (epoch + 1) * each] for batch in step]
        assert sorted(i for batch in batches for i in batch) == list(range(number))
        assert all(len(batch) <= batch_size for batch in batches)
    assert all(1 <= len(step) <= accumulate for step in steps)
    limited = TrainingSettings(batch_size=batch_size, accumulate=accumulate, steps=each + 1, seed=seed)
    assert plan_steps(examples, limited)[:each] == steps[:each]
    assert len(plan_steps(examples, limited)) == each + 1


def test_batches_hold_what_is_of_similar_length() -> None:
    examples = [example(i, i, seconds=(i * 7919) % 1000 / 10) for i in range(256)]
    steps = plan_steps(examples, TrainingSettings(batch_size=8, accumulate=1, epochs=2))
    padded = sum(8 * max(examples[i].length for i in batch) for (batch,) in steps)
    assert sum(examples[i].length for (batch,) in steps for i in batch) / padded > 0.9
    assert steps[:32] != steps[32:]
    lengths = [examples[batch[0]].length for (batch,) in steps[:32]]
    assert lengths != sorted(lengths)
