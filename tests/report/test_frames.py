"""Frames hold what the rows hold, and count what rows share once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from datasets import load_dataset
from mutations import edit_manifest, in_format_1_0, remade, shard_files

from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.report.frames import Frames, read_frames
from askqa_builder.report.summary import pauses, spread


@pytest.fixture(scope="session")
def frames(voiced: Path) -> Frames:
    return read_frames(voiced)


def test_each_row_and_turn_is_there_once(frames: Frames, voiced: Path, tmp_path: Path) -> None:
    initial, clarified = (
        load_dataset(str(voiced), config, split="test", cache_dir=str(tmp_path)).remove_columns("audio").to_list()
        for config in ("initial", "clarified")
    )
    rows = initial + clarified
    assert frames.rows["id"].tolist() == [row["id"] for row in rows]
    assert frames.rows["duration"].tolist() == [row["duration"] for row in rows]
    assert frames.rows["ambiguous"].tolist() == [row["ambiguous"] for row in rows]
    turns = [(number, turn) for number, row in enumerate(rows) for turn in row["turns"]]
    assert frames.turns["row"].tolist() == [number for number, _ in turns]
    assert frames.turns["start"].tolist() == [turn["start"] for _, turn in turns]
    assert frames.turns["words"].tolist() == [len(turn["spoken_text"].split()) for _, turn in turns]
    voices = [{speaker["role"]: speaker["voice"] for speaker in row["speakers"]} for row in rows]
    assert frames.turns["voice"].tolist() == [voices[number][turn["role"]] for number, turn in turns]
    assert frames.speakers["measured_f0"].tolist() == [
        speaker["measured"]["f0"] for row in rows for speaker in row["speakers"]
    ]


def test_turns_that_rows_share_count_once(frames: Frames) -> None:
    initial = frames.rows[frames.rows["config"] == "initial"]
    clarified = frames.rows[frames.rows["config"] == "clarified"]
    in_initial = frames.turns["row"].isin(initial.index).sum()
    asked_back = clarified["conversation_id"].nunique()
    assert len(frames.spoken) == in_initial + asked_back + len(clarified)  # a reply for each branch
    assert len(frames.cast) == 3 * len(initial)


def test_history_is_counted_in_turns_before_the_request(frames: Frames) -> None:
    expected = {row.id: int(row.id.split("|")[2][0]) * 2 for row in frames.rows.itertuples()}
    assert {row.id: row.history for row in frames.rows.itertuples()} == expected


def test_pauses_are_the_silence_between_turns(frames: Frames) -> None:
    found = pauses(frames)
    assert set(found.index) == {"lead_in", "after_story", "before_user", "before_assistant"}
    assert (found.groupby(level=0).min() >= 0.09).all()
    assert (found.groupby(level=0).max() <= 1.51).all()
    assert found["after_story"].min() >= 0.8
    assert len(found["lead_in"]) == frames.rows["conversation_id"].nunique()


def test_spread_is_that_of_the_rows(frames: Frames) -> None:
    table = spread(frames).set_index(["quantity", "group"])
    durations = frames.rows.loc[frames.rows["config"] == "initial", "duration"]
    assert table.loc[("recording", "initial"), "count"] == len(durations)
    assert table.loc[("recording", "initial"), "median"] == pytest.approx(np.median(durations))
    assert "WER" not in table.index.get_level_values(0)  # nobody scored it


def test_the_first_format_lacks_some_figures(voiced: Path, tmp_path: Path) -> None:
    old = read_frames(in_format_1_0(voiced, tmp_path / "old"))
    new = read_frames(voiced)
    assert old.rows["id"].tolist() == new.rows["id"].tolist()
    assert old.turns["rate"].isna().all()
    assert old.turns["seconds"].tolist() == new.turns["seconds"].tolist()


def test_a_dataset_without_rows(voiced: Path, tmp_path: Path) -> None:
    empty = remade(voiced, tmp_path / "empty", lambda rows: rows.clear())
    frames = read_frames(empty)
    assert not (frames.rows["config"] == "initial").any()
    assert len(spread(frames))


def test_no_dataset_and_damage_are_told(changeable: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no finished dataset"):
        read_frames(tmp_path)
    shard_files(changeable)[0].write_bytes(b"PAR1 nothing PAR1")
    with pytest.raises(AskqaError, match="is damaged"):
        read_frames(changeable)
    edit_manifest(changeable, lambda manifest: manifest.pop("shards"))
    with pytest.raises(UsageError, match="not a manifest"):
        read_frames(changeable)
