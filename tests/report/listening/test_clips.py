"""What raters hear: which turns, and which samples of them."""

from __future__ import annotations

import io
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from changing import rewrite
from harness import manifest, rows

from askqa_builder.dataset.manifest import write_manifest
from askqa_builder.dataset.reading import find_row
from askqa_builder.errors import UsageError
from askqa_builder.report.listening.clips import Heard, draw_clips
from askqa_builder.report.listening.excerpts import LONGEST, SHORTEST, excerpt


def test_clips_are_the_datasets_samples(voiced: Path) -> None:
    heard = Heard(voiced)
    for clip in draw_clips([heard], 15, seed=1):
        row = find_row(voiced, clip.row_id)
        recording, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")
        samples, own_rate = heard.cut(clip)
        assert own_rate == rate
        assert np.array_equal(samples, recording[clip.excerpt.start : clip.excerpt.end])
        turn = row["turns"][clip.turn]
        assert turn["start"] * rate - 1 < clip.excerpt.start < clip.excerpt.end < turn["end"] * rate + 1
        assert clip.role == turn["role"]
        assert clip.voice == next(s["voice"] for s in row["speakers"] if s["role"] == turn["role"])


def test_stories_are_cut_at_ends_of_sentences(voiced: Path) -> None:
    stories = [clip for clip in draw_clips([Heard(voiced)], 15, seed=1) if clip.role == "narrator"]
    assert len(stories) == 5
    for clip in stories:
        row = find_row(voiced, clip.row_id)
        seconds = (clip.excerpt.end - clip.excerpt.start) / row["sampling_rate"]
        assert SHORTEST <= seconds <= LONGEST
        text = clip.excerpt.text
        assert text in row["story"]
        assert text.rstrip("\"'”)")[-1] in ".!?"
        assert text.lstrip("\"'“(")[0].isupper()
        inside = [
            word
            for word in row["words"]
            if word["turn"] == clip.turn
            and clip.excerpt.start <= word["start"] * row["sampling_rate"]
            and word["end"] * row["sampling_rate"] <= clip.excerpt.end
        ]
        cut = [
            word
            for word in row["words"]
            if word["turn"] == clip.turn
            and word["start"] * row["sampling_rate"] < clip.excerpt.end - 1
            and word["end"] * row["sampling_rate"] > clip.excerpt.start + 1
        ]
        assert cut == inside
        heard = row["story"][inside[0]["char_start"] : inside[-1]["char_end"]]
        assert text.startswith(heard[:20])
        assert text.rstrip(".!?\"'”)").endswith(heard.rstrip(".!?\"'”)")[-20:])


def test_a_story_without_word_times_is_not_cut(voiced: Path) -> None:
    row = rows(voiced, "initial")[0]
    assert excerpt(row, 0) is not None
    assert excerpt({**row, "words": []}, 0) is None


def test_roles_and_voices_are_heard_evenly(voiced: Path) -> None:
    drawn = draw_clips([Heard(voiced)], 12, seed=0)
    assert Counter(clip.role for clip in drawn) == {"narrator": 4, "user": 4, "assistant": 4}
    for role in ("user", "assistant"):
        there = {s["voice"] for row in rows(voiced, "initial") for s in row["speakers"] if s["role"] == role}
        heard = Counter(clip.voice for clip in drawn if clip.role == role)
        assert len(heard) == min(len(there), 4)


def test_longer_turns_come_first(voiced: Path) -> None:
    every = Heard(voiced)
    lengths = [clip.excerpt.end - clip.excerpt.start for clip in draw_clips([every], 6, seed=0)]
    assert min(lengths) >= SHORTEST * 16000


def test_no_more_than_there_is_and_nothing_twice(voiced: Path) -> None:
    drawn = draw_clips([Heard(voiced)], 500, seed=0)
    assert 15 < len(drawn) < 60
    assert len({clip.key for clip in drawn}) == len(drawn)
    assert len({(clip.voice, clip.excerpt.text.casefold()) for clip in drawn}) == len(drawn)


def test_what_sounds_the_same_is_heard_once(changeable: Path) -> None:
    def repeat(row: dict[str, Any]) -> None:
        for turn in row["turns"]:
            if turn["role"] == "user":
                turn["text"] = "What is it?"

    for place in range(len(manifest(changeable)["shards"])):
        rewrite(changeable, place, repeat)
    users = [clip for clip in draw_clips([Heard(changeable)], 500, seed=0) if clip.role == "user"]
    assert len(users) == len({clip.voice for clip in users})


def test_the_seed_decides(voiced: Path) -> None:
    first, again, other = (draw_clips([Heard(voiced)], 8, seed) for seed in (1, 1, 2))
    assert first == again
    assert {clip.key for clip in first} != {clip.key for clip in other}


def test_the_same_turns_of_two_datasets(voiced: Path, recast: Path) -> None:
    drawn = draw_clips([Heard(voiced), Heard(recast)], 12, seed=0)
    sides = [{(c.row_id, c.turn, c.excerpt.text) for c in drawn if c.side == side} for side in (0, 1)]
    assert sides[0] == sides[1]
    assert len(sides[0]) == 6


def test_datasets_that_share_too_little_are_filled_up(voiced: Path, recast: Path) -> None:
    drawn = draw_clips([Heard(voiced), Heard(recast)], 80, seed=0)
    sides = [{(c.row_id, c.turn) for c in drawn if c.side == side} for side in (0, 1)]
    assert sides[0] & sides[1] == sides[1]
    assert len(sides[0]) > len(sides[1])


def test_the_same_build_twice(voiced: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(voiced, tmp_path / "copy"))
    with pytest.raises(UsageError, match="same build"):
        draw_clips([Heard(voiced), Heard(copy)], 4, seed=0)


def test_keys_differ_by_dataset(voiced: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(voiced, tmp_path / "copy"))
    write_manifest(copy, {**manifest(copy), "config_digest": "0" * 64})
    keys = [{clip.key for clip in draw_clips([Heard(dataset)], 6, seed=0)} for dataset in (voiced, copy)]
    assert not keys[0] & keys[1]
