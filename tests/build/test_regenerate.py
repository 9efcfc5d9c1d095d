"""New voices for a finished dataset, from nothing but the dataset."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from harness import (
    askqa_here,
    assert_one_line,
    digests,
    finished_blocks,
    kill_group,
    manifest,
    rejects,
    run_askqa,
    started_askqa,
    wait_until,
)

from askqa_builder import build, filter, regenerate, verify
from askqa_builder.build.kept import cut_turn
from askqa_builder.build.planned import KeptTurn
from askqa_builder.build.regeneration import RegenerateOptions, prepare_regeneration
from askqa_builder.build.steps import plan_block
from askqa_builder.corpus.conversation import Role
from askqa_builder.errors import AskqaError, UsageError

Row = dict[str, Any]


def whole_rows(dataset: Path) -> dict[str, Row]:
    """All rows of a dataset with their audio, by id."""
    files = sorted(dataset.glob("data/*/*.parquet"))
    return {row["id"]: row for file in files for row in pq.read_table(file).to_pylist()}


def turn_samples(row: Row) -> list[bytes]:
    """The samples of each turn."""
    pcm = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")[0]
    rate = row["sampling_rate"]
    return [pcm[round(turn["start"] * rate) : round(turn["end"] * rate)].tobytes() for turn in row["turns"]]


def voices(row: Row) -> dict[str, str]:
    return {speaker["role"]: speaker["voice"] for speaker in row["speakers"]}


def pauses(row: Row) -> list[int]:
    ends = [0, *(turn["end"] for turn in row["turns"])]
    starts = [*(turn["start"] for turn in row["turns"]), row["duration"]]
    return [round((start - end) * row["sampling_rate"]) for start, end in zip(starts, ends, strict=True)]


@pytest.fixture(scope="module")
def original(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three voices a conversation, out of flite's four."""
    out = tmp_path_factory.mktemp("datasets") / "original"
    build(demo_file, out, seed=7, workers=1, limit=5)
    return out


@pytest.fixture(scope="module")
def new_user(original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("datasets") / "new-user"
    report = regenerate(original, out, roles="user", workers=2)
    assert report.exit_code == 0
    return out


def test_where_nothing_changes_nothing_is_spoken(original: Path, tmp_path: Path) -> None:
    """No engine is even loaded, and rows come out as they were, to the last byte of their audio."""
    assert prepare_regeneration(original, RegenerateOptions()).recipe.engines == {}
    regenerate(original, tmp_path / "out", workers=1)
    assert whole_rows(tmp_path / "out") == whole_rows(original)
    shards = {file for file in digests(original) if file.startswith("data/")}
    assert {file: digests(original)[file] for file in shards} == {
        file: digest for file, digest in digests(tmp_path / "out").items() if file in shards
    }


def test_other_roles_keep_their_samples(original: Path, new_user: Path) -> None:
    before, after = whole_rows(original), whole_rows(new_user)
    assert list(after) == list(before)
    for identifier, old in before.items():
        new = after[identifier]
        assert [turn["text"] for turn in new["turns"]] == [turn["text"] for turn in old["turns"]]
        for told, heard, told_before, heard_before, pause, pause_before in zip(
            new["turns"], turn_samples(new), old["turns"], turn_samples(old), pauses(new), pauses(old), strict=False
        ):
            if told["role"] == "user":
                assert heard != heard_before
                assert told["seed"] != told_before["seed"]
            else:
                assert heard == heard_before
                assert pause == pause_before
                moved = ("start", "end", "words_per_minute")  # the last from the others, to the last bit but one
                assert {**told, **dict.fromkeys(moved)} == {**told_before, **dict.fromkeys(moved)}
                assert told["words_per_minute"] == pytest.approx(told_before["words_per_minute"])
        kept = [s for s in new["speakers"] if s["role"] != "user"]
        assert kept == [s for s in old["speakers"] if s["role"] != "user"]
        assert voices(new)["user"] not in {*voices(old).values()}  # the fourth voice: the other three are taken
        for key in ("story", "response", "evidence", "clarifications", "ambiguous", "license", "conversation_id"):
            changes = {"start": 0, "end": 0} if key == "evidence" else {}
            assert {**_mapped(new[key]), **changes} == {**_mapped(old[key]), **changes}


def _mapped(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {"value": value}


def test_words_stand_where_they_are_heard(original: Path, new_user: Path) -> None:
    """Of kept turns, the words have the times they had, from the turn's start."""
    before, after = whole_rows(original), whole_rows(new_user)

    def words(row: Row, turn: int) -> list[tuple[Any, ...]]:
        start = row["turns"][turn]["start"]
        return [
            (word["word"], word["char_start"], round(word["start"] - start, 7), round(word["end"] - start, 7))
            for word in row["words"]
            if word["turn"] == turn
        ]

    for identifier, row in after.items():
        for i, turn in enumerate(row["turns"]):
            if turn["role"] != "user":
                assert words(row, i) == words(before[identifier], i)
        stories = [word for word in row["words"] if word["turn"] == 0]
        if row["evidence"]["text"]:
            heard = {word["start"] for word in stories}
            assert row["evidence"]["start"] in heard


def test_the_new_dataset_is_sound_and_says_what_it_is_paired_with(original: Path, new_user: Path) -> None:
    assert verify(new_user).findings == []
    told = manifest(new_user)
    assert told["regenerated"] == {
        "from": {key: manifest(original)[key] for key in ("config_digest", "plan_digest")},
        "redrawn": ["user"],
        "kept": ["narrator", "assistant"],
        "profile_sets": {"narrator": "flite", "user": "flite", "assistant": "flite"},
    }
    card = (new_user / "README.md").read_text("utf-8")
    assert "**Paired.**" in card
    assert manifest(original)["config_digest"][:16] in card
    assert "**Paired.**" not in (original / "README.md").read_text("utf-8")


def test_workers_change_nothing_and_a_finished_run_is_left_alone(
    original: Path, new_user: Path, tmp_path: Path
) -> None:
    regenerate(original, tmp_path / "out", roles=("user",), workers=1)
    assert digests(tmp_path / "out") == digests(new_user)
    assert regenerate(original, tmp_path / "out", roles="user").already_complete


def test_all_roles_by_another_engine(original: Path, tmp_path: Path) -> None:
    pytest.importorskip("espeakng_loader", reason="the espeak extra is not installed")
    regenerate(original, tmp_path / "out", profiles="espeak", seed=3, workers=1)
    before, after = whole_rows(original), whole_rows(tmp_path / "out")
    assert list(before) == list(after)
    assert {speaker["engine"] for row in after.values() for speaker in row["speakers"]} == {"espeak"}
    assert [engine["name"] for engine in manifest(tmp_path / "out")["engines"]] == ["espeak"]
    assert verify(tmp_path / "out").findings == []


def test_one_role_by_another_engine_names_both(original: Path, tmp_path: Path) -> None:
    pytest.importorskip("espeakng_loader", reason="the espeak extra is not installed")
    regenerate(original, tmp_path / "out", profiles="espeak", roles="assistant", workers=1)
    told = manifest(tmp_path / "out")
    assert {engine["name"] for engine in told["engines"]} == {"flite", "espeak"}
    assert {role: entry["engine"] for role, entry in told["profiles"]["roles"].items()} == {
        "narrator": "flite",
        "user": "flite",
        "assistant": "espeak",
    }
    assert verify(tmp_path / "out").findings == []


def test_a_set_need_not_name_kept_roles(original: Path, tmp_path: Path) -> None:
    profile = tmp_path / "user.yaml"
    profile.write_text("engine: flite\ndemo: true\nroles: {user: {voices: [kal16], rate: 1.3}}\n")
    regenerate(original, tmp_path / "out", roles="user", profiles=str(profile), workers=1)
    rows = whole_rows(tmp_path / "out").values()
    assert {voices(row)["user"] for row in rows} == {"kal16"}
    assert "user (user), flite (narrator, assistant)" not in (tmp_path / "out" / "README.md").read_text("utf-8")
    assert "flite (narrator, assistant), user (user)" in (tmp_path / "out" / "README.md").read_text("utf-8")
    with pytest.raises(UsageError, match="the key 'narrator' is missing"):
        regenerate(original, tmp_path / "all", profiles=str(profile))


def test_every_role_gets_another_voice_where_there_is_one(original: Path, tmp_path: Path) -> None:
    regenerate(original, tmp_path / "out", seed=99, workers=1)
    before, after = whole_rows(original), whole_rows(tmp_path / "out")
    changed = [voices(before[one])[role] != voices(after[one])[role] for one in before for role in voices(before[one])]
    assert sum(changed) / len(changed) > 0.9  # with four voices for three roles the last one may find no other


def test_a_role_without_another_voice_is_told(
    demo_dataset: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The set has one voice."""
    regenerate(demo_dataset, tmp_path / "out", roles="user", workers=1)
    (line,) = [record.getMessage() for record in caplog.records]
    assert line == "askqa: of 13 recordings some keep a voice, since no other is free: user in 13"
    before, after = whole_rows(demo_dataset), whole_rows(tmp_path / "out")
    assert all(row["pcm_sha256"] != before[identifier]["pcm_sha256"] for identifier, row in after.items())


def test_renditions_share_what_is_kept(original: Path, tmp_path: Path) -> None:
    regenerate(original, tmp_path / "out", roles="user", renditions=2, workers=1)
    after = whole_rows(tmp_path / "out")
    before = whole_rows(original)
    assert set(after) == set(before) | {f"{identifier}~1" for identifier in before}
    for identifier in before:
        one, other = turn_samples(after[identifier]), turn_samples(after[f"{identifier}~1"])
        roles = [turn["role"] for turn in after[identifier]["turns"]]
        assert [a == b for a, b in zip(one, other, strict=True)] == [role != "user" for role in roles]
    again = tmp_path / "again"
    regenerate(tmp_path / "out", again, workers=1)
    assert whole_rows(again) == after
    with pytest.raises(UsageError, match="all would be the same"):
        regenerate(original, tmp_path / "copies", renditions=3)


def test_a_filtered_dataset_keeps_its_rows(original: Path, demo_file: Path, tmp_path: Path) -> None:
    """Also where a conversation's first row, or one of its branches, is gone."""
    filter(original, tmp_path / "some", where="not (stage == 'initial' and ambiguous) and branch != 0")
    some = whole_rows(tmp_path / "some")
    assert some
    report = regenerate(tmp_path / "some", tmp_path / "out", roles="user,assistant", workers=1)
    assert report.exit_code == 3  # as the dataset, and for its reasons
    assert rejects(tmp_path / "out") == rejects(tmp_path / "some")
    assert verify(tmp_path / "out", source=demo_file).findings == []
    assert "filtered" in (tmp_path / "out" / "README.md").read_text("utf-8")
    after = whole_rows(tmp_path / "out")
    assert set(after) == set(some)
    for identifier, row in after.items():
        assert [turn["text"] for turn in row["turns"]] == [turn["text"] for turn in some[identifier]["turns"]]
        assert row["response"] == some[identifier]["response"]
        assert turn_samples(row)[0] == turn_samples(some[identifier])[0]


def test_shared_narrations_stay_shared(demo_file: Path, tmp_path: Path) -> None:
    build(demo_file, tmp_path / "original", share_narration=True, limit=5, workers=1)
    regenerate(tmp_path / "original", tmp_path / "out", seed=5, workers=1)
    told: dict[str, set[bytes]] = {}
    for row in whole_rows(tmp_path / "out").values():
        told.setdefault(row["story_id"], set()).add(turn_samples(row)[0])
    assert len(told) == 4
    assert all(len(narrations) == 1 for narrations in told.values())


def test_another_dataset_under_the_same_manifest_is_never_passed_on(original: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(original, damaged)
    (shard,) = damaged.glob("data/initial/*.parquet")
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    result = run_askqa("regenerate", damaged, tmp_path / "out", "--roles", "user")
    assert_one_line(result, 1)
    assert shard.name in result.stderr
    assert "askqa verify" in result.stderr


def test_a_recording_that_changes_meanwhile_is_noticed(original: Path, tmp_path: Path) -> None:
    """By the digest of its samples, when a turn is cut from it."""
    copy = tmp_path / "copy"
    shutil.copytree(original, copy)
    job = prepare_regeneration(copy, RegenerateOptions(roles=(Role.USER,)))
    (take, *_), _ = plan_block(job.plan.blocks[0], job.recipe)
    turn = next(turn for turn in take.turns if isinstance(turn, KeptTurn))
    shard = copy / turn.row.file
    table = pq.read_table(shard)
    rows = table.to_pylist()
    pcm, rate = soundfile.read(io.BytesIO(rows[turn.row.place]["audio"]["bytes"]), dtype="int16")
    buffer = io.BytesIO()
    soundfile.write(buffer, np.where(np.arange(len(pcm)) == 9000, pcm ^ 1, pcm), rate, format="flac")
    rows[turn.row.place]["audio"]["bytes"] = buffer.getvalue()
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), shard)
    with pytest.raises(AskqaError, match="has other samples than were written"):
        cut_turn(copy, turn)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--roles", "usher"], "roles: usher; allowed: narrator, user, assistant"),
        (["--roles", ""], "roles: none given"),
        (["--seed", "-1"], "seed: -1"),
        (["--renditions", "0"], "renditions: 0"),
        (["--profiles", "nowhere"], "no profile set 'nowhere'"),
    ],
)
def test_wrong_options_are_one_line(original: Path, tmp_path: Path, arguments: list[str], said: str) -> None:
    result = askqa_here("regenerate", original, tmp_path / "out", *arguments)
    assert_one_line(result, 2)
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_cut_is_refused(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    options = {"profiles": str(quick_profile), "limit": 1, "workers": 1}
    build(demo_file, tmp_path / "mp3", audio_format="mp3", **options)
    build(demo_file, tmp_path / "call", channel="telephone", **options)
    for name, said in (("mp3", "mp3 has lost them"), ("call", "went through a channel")):
        result = askqa_here("regenerate", tmp_path / name, tmp_path / "out", "--roles", "user")
        assert_one_line(result, 2)
        assert said in result.stderr
        regenerate(tmp_path / name, tmp_path / f"new-{name}", seed=9, workers=1)
        assert len(whole_rows(tmp_path / f"new-{name}")) == len(whole_rows(tmp_path / name))
    result = askqa_here("regenerate", tmp_path / "mp3", tmp_path / "mp3" / "inside")
    assert_one_line(result, 2)
    result = askqa_here("regenerate", demo_file.parent, tmp_path / "out")
    assert_one_line(result, 2)
    assert "finished dataset" in result.stderr


def test_a_killed_run_goes_on(original: Path, new_user: Path, tmp_path: Path) -> None:
    arguments = ("regenerate", original, tmp_path / "out", "--roles", "user", "--workers", "1")
    with started_askqa(*arguments) as run:
        assert wait_until(lambda: finished_blocks(tmp_path / "out") >= 1 or run.poll() is not None)
        assert run.poll() is None
        kill_group(run)
    result = run_askqa(*arguments)
    assert result.returncode == 0, result.stderr
    assert " done before" in result.stderr
    assert digests(tmp_path / "out") == digests(new_user)
    assert rejects(tmp_path / "out") == []
    assert str(original) not in json.dumps(manifest(tmp_path / "out"))
