"""Every row of real builds, held to the contract: what it says must be true of its samples."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pyloudnorm
import pytest
import soundfile
from numpy.typing import NDArray

from askqa_builder.seeds import derive_seed

Row = dict[str, Any]
VOICES = {"slt", "rms", "awb", "kal16"}


class Build(NamedTuple):
    items: dict[str, dict[str, Any]]
    """The corpus's items by id."""
    rows: list[Row]
    samples: dict[str, NDArray[np.int16]]
    """Recordings by row id."""
    distinct: bool
    seed: int


def read(dataset: Path, source: Path, *, distinct: bool, seed: int) -> Build:
    rows = [row for config in ("initial", "clarified") for row in read_config(dataset, config)]
    items = {item["id"]: item for item in json.loads(source.read_text("utf-8"))["data"]}
    samples = {row["id"]: decode(row) for row in rows}
    return Build(items, rows, samples, distinct, seed)


def read_config(dataset: Path, config: str) -> list[Row]:
    files = sorted((dataset / "data" / config).glob("*.parquet"))
    return [row for file in files for row in pq.read_table(file).to_pylist()]


def decode(row: Row) -> NDArray[np.int16]:
    samples, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")
    assert rate == row["sampling_rate"]
    return samples


@pytest.fixture(scope="module")
def four_voices(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Three conversations with flite's four voices, in two renditions, as the shipped profile set has them."""
    from askqa_builder import build

    folder = tmp_path_factory.mktemp("rows")
    document = json.loads(demo_file.read_text("utf-8"))
    wanted = ("demo-kites|3|2", "demo-pumpkins|6|2", "demo-train-trip|3|1")
    document["data"] = [item for item in document["data"] if item["id"] in wanted]
    source = folder / "three_test.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    build(source, folder / "out", profiles="flite", seed=11, renditions=2, workers=2, sample_rate=22050)
    return read(folder / "out", source, distinct=True, seed=11)


@pytest.fixture(scope="module")
def one_voice(demo_dataset: Path, demo_file: Path) -> Build:
    return read(demo_dataset, demo_file, distinct=False, seed=7)


@pytest.fixture(scope="module", params=["one_voice", "four_voices"])
def made(request: pytest.FixtureRequest) -> Build:
    built: Build = request.getfixturevalue(request.param)
    assert built.rows
    return built


def span(thing: dict[str, Any], rate: int) -> tuple[int, int]:
    """Return a turn's or word's samples; its times must be whole samples."""
    start, end = round(thing["start"] * rate), round(thing["end"] * rate)
    assert (start / rate, end / rate) == (thing["start"], thing["end"])
    return start, end


def turn_samples(made: Build, row: Row, turn: dict[str, Any]) -> NDArray[np.int16]:
    start, end = span(turn, row["sampling_rate"])
    return made.samples[row["id"]][start:end]


def conversations(made: Build) -> list[list[Row]]:
    def key(row: Row) -> tuple[str, int]:
        return row["conversation_id"], row["rendition"]

    return [list(rows) for _, rows in itertools.groupby(sorted(made.rows, key=key), key)]


# --- identity ---


def test_every_conversation_has_its_rows(made: Build) -> None:
    renditions = {row["rendition"] for row in made.rows}
    expected = set()
    for name, item in made.items.items():
        branches = item["clarification_turn"].get("answers", [])
        for rendition in renditions:
            suffix = f"~{rendition}" if rendition else ""
            expected.add(f"{name}#initial{suffix}")
            expected |= {f"{name}#clarified-{branch}{suffix}" for branch in range(len(branches))}
    ids = [row["id"] for row in made.rows]
    assert len(set(ids)) == len(ids)
    assert set(ids) == expected


def test_ids_say_what_the_columns_say(made: Build) -> None:
    for row in made.rows:
        item = made.items[row["conversation_id"]]
        rendition = f"~{row['rendition']}" if row["rendition"] else ""
        branch = "" if row["branch"] is None else f"-{row['branch']}"
        assert row["id"] == f"{row['conversation_id']}#{row['stage']}{branch}{rendition}"
        assert (row["stage"] == "initial") == (row["branch"] is None)
        assert row["source"] == item["source"]
        assert row["target_turn_id"] == item["target_turn"]["turn_id"]
        assert row["ambiguous"] == (item["ambiguity"] == "ambiguous")
        assert row["story"] == item["story"]
        assert (row["language"], row["license"]) == ("en", "Apache-2.0")
        assert row["seed"] == made.seed


def test_one_story_one_id(made: Build) -> None:
    by_story = {(row["story"], row["story_id"]) for row in made.rows}
    assert len(by_story) == len({row["story"] for row in made.rows}) == len({row["story_id"] for row in made.rows})


def test_names_of_files_are_no_ids(made: Build) -> None:
    names = {row["audio"]["path"] for row in made.rows}
    assert len(names) == len(made.rows)
    for name in names:
        stem, _, extension = name.partition(".")
        assert extension == "flac"
        assert 8 <= len(stem) <= 32
        assert set(stem) <= set("0123456789abcdef")


# --- the recording ---


def test_lengths_and_digests_are_the_samples(made: Build) -> None:
    for row in made.rows:
        samples = made.samples[row["id"]]
        assert samples.ndim == 1
        assert row["num_samples"] == len(samples)
        assert row["duration"] == len(samples) / row["sampling_rate"]
        assert row["pcm_sha256"] == hashlib.sha256(samples.astype("<i2").tobytes()).hexdigest()


def test_between_turns_there_is_digital_silence(made: Build) -> None:
    for row in made.rows:
        rate, samples = row["sampling_rate"], made.samples[row["id"]]
        borders = [0, *itertools.chain(*(span(turn, rate) for turn in row["turns"])), len(samples)]
        assert borders == sorted(borders)
        gaps = list(zip(borders[::2], borders[1::2], strict=True))
        for start, end in gaps:
            assert not samples[start:end].any()
        seconds = [(end - start) / rate for start, end in gaps]
        assert 0.1 <= seconds[0] <= 0.3
        assert 0.8 <= seconds[1] <= 1.5
        assert all(0.15 <= pause <= 1.5 for pause in seconds[1:-1])
        assert 0.3 <= seconds[-1] <= 0.5


def test_turns_begin_and_end_with_speech(made: Build) -> None:
    for row in made.rows:
        rate = row["sampling_rate"]
        for turn in row["turns"]:
            samples = turn_samples(made, row, turn).astype(float)
            frame = rate // 200
            power = np.square(samples[: len(samples) // frame * frame]).reshape(-1, frame).mean(axis=1)
            last = np.square(samples[-4 * frame :]).reshape(4, frame).mean(axis=1)
            audible = np.percentile(power, 95) * 10**-4.5
            assert power[:4].max() > audible, (row["id"], turn["text"])
            assert last.max() > audible, (row["id"], turn["text"])


def test_rows_of_one_conversation_share_their_common_prefix(made: Build) -> None:
    for rows in conversations(made):
        initial = next(row for row in rows if row["stage"] == "initial")
        for one, other in itertools.combinations(rows, 2):
            shared = list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one["turns"], other["turns"])))  # noqa: B905
            assert len(shared) == len(initial["turns"]) + (one["stage"] == other["stage"] == "clarified")
            end = span(shared[-1][0], one["sampling_rate"])[1]
            assert np.array_equal(made.samples[one["id"]][:end], made.samples[other["id"]][:end])


def test_renditions_differ(four_voices: Build) -> None:
    by_item: dict[str, set[str]] = {}
    for row in four_voices.rows:
        by_item.setdefault(row["id"].partition("~")[0], set()).add(row["pcm_sha256"])
    assert all(len(digests) == 2 for digests in by_item.values())


# --- turns and words ---


def test_turns_are_what_the_corpus_says(made: Build) -> None:
    for row in made.rows:
        item = made.items[row["conversation_id"]]
        expected = [("narrator", "story", item["story"])]
        for turn in item["history_turns"]:
            expected += [("user", "question", turn["question"]), ("assistant", "answer", turn["answer"])]
        expected.append(("user", "question", item["target_turn"]["question"]))
        if row["branch"] is not None:
            asked = item["clarification_turn"]
            expected.append(("assistant", "clarifying_question", asked["question"]))
            expected.append(("user", "clarification", asked["answers"][row["branch"]]["clr_ans"]))
        assert [(turn["role"], turn["act"], turn["text"]) for turn in row["turns"]] == expected


def test_words_a_minute_and_seeds(made: Build) -> None:
    for row in made.rows:
        for i, turn in enumerate(row["turns"]):
            words = len(turn["spoken_text"].split())
            assert words > 0
            assert turn["words_per_minute"] == pytest.approx(words * 60 / (turn["end"] - turn["start"]), rel=1e-12)
            assert turn["seed"] == derive_seed(made.seed, row["conversation_id"], row["rendition"], i, turn["text"])
            assert 0 <= turn["seed"] < 2**53
        assert 0 <= row["seed"] < 2**53


def test_words_lie_inside_their_turns_in_order(made: Build) -> None:
    for row in made.rows:
        rate = row["sampling_rate"]
        assert [word["turn"] for word in row["words"]] == sorted(word["turn"] for word in row["words"])
        for i, turn in enumerate(row["turns"]):
            words = [word for word in row["words"] if word["turn"] == i]
            assert words
            cursor, end_of_turn = span(turn, rate)
            characters = 0
            for word in words:
                start, end = span(word, rate)
                assert cursor <= start < end <= end_of_turn
                assert characters <= word["char_start"] < word["char_end"] <= len(turn["text"])
                assert word["word"] in turn["spoken_text"]
                cursor, characters = end, word["char_start"]


def test_words_are_heard(made: Build) -> None:
    for row in made.rows:
        for i, turn in enumerate(row["turns"]):
            loud = np.mean(np.square(turn_samples(made, row, turn), dtype=float))
            words = [word for word in row["words"] if word["turn"] == i]
            levels = [np.mean(np.square(turn_samples(made, row, word), dtype=float)) for word in words]
            assert min(levels) > 1e-3 * loud, (row["id"], turn["text"])


def test_words_cover_the_text(made: Build) -> None:
    for row in made.rows:
        for i, turn in enumerate(row["turns"]):
            covered = set()
            for word in row["words"]:
                if word["turn"] == i:
                    covered.update(range(word["char_start"], word["char_end"]))
            spoken = [at for at, character in enumerate(turn["text"]) if character.isalnum()]
            missing = [turn["text"][at] for at in spoken if at not in covered]
            assert len(missing) <= 0.02 * len(spoken), (row["id"], turn["text"], missing)


def test_plain_words_point_at_themselves(made: Build) -> None:
    plain = same = 0
    for row in made.rows:
        for word in row["words"]:
            text = row["turns"][word["turn"]]["text"][word["char_start"] : word["char_end"]]
            if text.isascii() and text.isalpha():
                plain += 1
                same += word["word"] == text
    assert plain > 1000
    assert same == plain


# --- speakers ---


def test_each_role_has_a_speaker(made: Build) -> None:
    for row in made.rows:
        assert [speaker["role"] for speaker in row["speakers"]] == ["narrator", "user", "assistant"]
        voices = [speaker["voice"] for speaker in row["speakers"]]
        assert set(voices) <= VOICES
        assert len(set(voices)) == (3 if made.distinct else 1)
        for speaker in row["speakers"]:
            assert (speaker["engine"], speaker["metadata_source"]) == ("flite", "catalogue")
            assert speaker["gender"] in ("female", "male")
            assert 0.7 <= speaker["requested"]["rate"] <= 1.4


def test_all_four_voices_are_used(four_voices: Build) -> None:
    assert {speaker["voice"] for row in four_voices.rows for speaker in row["speakers"]} == VOICES


def test_a_speaker_stays_the_same_through_a_conversation(made: Build) -> None:
    for rows in conversations(made):
        assert len({json.dumps([speaker["requested"] for speaker in row["speakers"]]) for row in rows}) == 1
        assert len({tuple(speaker["voice"] for speaker in row["speakers"]) for row in rows}) == 1


def test_speakers_are_as_loud_as_asked(made: Build) -> None:
    for row in made.rows:
        rate = row["sampling_rate"]
        for speaker in row["speakers"]:
            heard = [
                turn_samples(made, row, turn).astype(float) / 32767
                for turn in row["turns"]
                if turn["role"] == speaker["role"]
            ]
            if not heard:
                assert set(speaker["measured"].values()) == {None}
                continue
            peak = max(np.abs(samples).max() for samples in heard)
            assert 20 * np.log10(peak) <= -1 + 1e-3
            asked, measured = speaker["requested"]["loudness"], speaker["measured"]["loudness"]
            limited = 20 * np.log10(peak) > -1.2
            assert abs(measured - asked) < 0.5 or (limited and measured < asked)
            for samples in heard:
                if len(samples) > rate and not limited:
                    assert pyloudnorm.Meter(rate).integrated_loudness(samples) == pytest.approx(asked, abs=0.5)


def test_speakers_are_measured(made: Build) -> None:
    for row in made.rows:
        for speaker in row["speakers"]:
            turns = [turn for turn in row["turns"] if turn["role"] == speaker["role"]]
            if not turns:
                continue
            words = sum(len(turn["spoken_text"].split()) for turn in turns)
            seconds = sum(turn["end"] - turn["start"] for turn in turns)
            assert speaker["measured"]["words_per_minute"] == pytest.approx(words * 60 / seconds, rel=1e-9)
            f0 = speaker["measured"]["f0"]
            assert f0 is None or 60 < f0 < 400
            if speaker["role"] == "narrator":
                assert (f0 > 140) == (speaker["gender"] == "female")


def test_quality_is_measured(made: Build) -> None:
    for row in made.rows:
        peak = np.abs(made.samples[row["id"]].astype(int)).max()
        assert row["quality"]["peak_dbfs"] == pytest.approx(20 * np.log10(peak / 32767), abs=1e-9)
        assert row["quality"]["clipped_samples"] == 0
        silences = [b["start"] - a["end"] for a, b in pairwise(row["turns"])]
        assert max(silences) - 0.02 <= row["quality"]["longest_silence"] < 2.0
        spoken = sum(turn["end"] - turn["start"] for turn in row["turns"])
        assert 0.7 * spoken < row["quality"]["speech_share"] * row["duration"] <= spoken + 0.02
        assert row["quality"]["snr_db"] > 30
        channel = row["channel"]
        assert channel.pop("kinds") == []
        assert set(channel.pop("distances").values()) | set(channel.values()) == {None}


# --- what the assistant should say ---


def unique(texts: list[str | None]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))


def test_responses_follow_the_contract(made: Build) -> None:
    for row in made.rows:
        item, response = made.items[row["conversation_id"]], row["response"]
        asked = item["clarification_turn"]
        if row["branch"] is not None:
            branch = asked["answers"][row["branch"]]
            expected = ("answer", unique([branch.get(key) for key in ("org_ans", "org_ans_2", "org_ans_3")]))
        elif row["ambiguous"]:
            questions = [asked["question"], item.get("clarification_turn_2", {}).get("question")]
            expected = ("clarify", unique(questions))
        else:
            expected = ("answer", [item["target_turn"]["answer"]])
        assert (response["action"], response["references"]) == expected
        assert response["text"] == response["references"][0]
        answerable = None if response["action"] == "clarify" else response["text"] != "unknown"
        assert response["answerable"] is answerable


def test_an_unanswerable_question_is_among_them(one_voice: Build) -> None:
    assert {row["response"]["answerable"] for row in one_voice.rows} == {True, False, None}


def test_clarifications_are_all_a_simulator_needs(made: Build) -> None:
    for row in made.rows:
        item = made.items[row["conversation_id"]]
        expected = []
        for turn in (item["clarification_turn"], item.get("clarification_turn_2") or {}):
            if row["ambiguous"] and turn.get("question"):
                branches = [
                    {
                        "reply": answer["clr_ans"],
                        "answers": unique([answer.get(key) for key in ("org_ans", "org_ans_2", "org_ans_3")]),
                    }
                    for answer in turn["answers"]
                ]
                expected.append({"question": turn["question"], "branches": branches})
        assert row["clarifications"] == expected


def test_evidence_is_what_is_narrated(made: Build) -> None:
    for row in made.rows:
        evidence, target = row["evidence"], made.items[row["conversation_id"]]["target_turn"]
        if row["ambiguous"] or target["rationale"] == "unknown":
            assert set(evidence.values()) == {None}
            continue
        start, end = evidence["char_start"], evidence["char_end"]
        assert evidence["text"] == target["rationale"] == row["story"][start:end]
        inside = [
            word
            for word in row["words"]
            if word["turn"] == 0 and word["char_start"] >= start and word["char_end"] <= end
        ]
        assert len(inside) >= len(evidence["text"].split())
        assert evidence["start"] == min(word["start"] for word in inside)
        assert evidence["end"] == max(word["end"] for word in inside)
        assert row["turns"][0]["start"] <= evidence["start"] < evidence["end"] <= row["turns"][0]["end"]


def test_missing_numbers_are_null_never_nan(made: Build) -> None:
    def numbers(value: Any) -> list[float]:
        if isinstance(value, dict):
            return [number for part in value.values() for number in numbers(part)]
        if isinstance(value, list):
            return [number for part in value for number in numbers(part)]
        return [value] if isinstance(value, float) else []

    for row in made.rows:
        assert np.isfinite(numbers(row)).all()
        for column in ("turns", "words", "speakers", "clarifications"):
            assert row[column] is not None
