"""Responses that are spoken: files of their own, or the last turn of each recording."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from read_exports import importable_torchcodec
from speech_exports import assert_same_samples, exported, json_lines, resampled, rows_of, sound
from spoken_responses import own_responses

from askqa_builder import build
from askqa_builder.build.voicing.appending import Continued
from askqa_builder.build.voicing.line import SpokenLine

pytestmark = pytest.mark.usefixtures("kept_voices")

Responses = list[tuple[dict[str, Any], SpokenLine, Continued]]
ACTS = {"clarify": "clarifying_question", "answer": "answer"}


@pytest.fixture(scope="module")
def responses(demo_dataset: Path) -> Responses:
    return own_responses(demo_dataset)


@pytest.mark.parametrize("rate", [None, 8000])
def test_a_response_is_what_the_row_s_assistant_says(
    demo_dataset: Path, responses: Responses, tmp_path: Path, rate: int | None
) -> None:
    wds = pytest.importorskip("webdataset")
    options: dict[str, Any] = {"response_audio": True, "sample_rate": rate}
    for to in ("webdataset", "audiofolder", "nemo"):
        assert exported(demo_dataset, tmp_path / to, to, **options).exit_code == 0
    archives = [str(path) for path in sorted((tmp_path / "webdataset").glob("*.tar"))]
    folder = tmp_path / "audiofolder" / "audio" / "test"
    found = zip(
        responses,
        wds.WebDataset(archives, shardshuffle=False),
        json_lines(folder / "metadata.jsonl"),
        json_lines(tmp_path / "nemo" / "test_conversations.jsonl"),
        strict=True,
    )
    for (row, spoken, _), sample, line, conversation in found:
        wanted = resampled(spoken.pcm, 16000, rate or 16000)
        *_, text, answer = conversation["conversations"]
        assert (text["from"], text["type"], text["value"]) == ("Assistant", "text", row["response"]["text"])
        assert (answer["from"], answer["type"]) == ("Assistant", "audio")
        assert answer["duration"] == len(wanted) / (rate or 16000)
        for file in (
            io.BytesIO(sample["response.flac"]),
            folder / line["response_file_name"],
            tmp_path / "nemo" / answer["value"],
        ):
            samples, found_rate = soundfile.read(file, dtype="int16")
            assert found_rate == (rate or 16000)
            assert_same_samples(samples, wanted, exact=rate is None)


def test_nemo_has_a_line_for_each_response_and_nothing_of_it_in_what_is_heard(
    demo_dataset: Path, responses: Responses, tmp_path: Path
) -> None:
    exported(demo_dataset, tmp_path / "out", "nemo", response_audio=True)
    lines = json_lines(tmp_path / "out" / "test_manifest.json")
    conversations = json_lines(tmp_path / "out" / "test_conversations.jsonl")
    for (row, spoken, _), conversation in zip(responses, conversations, strict=True):
        clip, *_, answer = conversation["conversations"]
        assert sound(tmp_path / "out" / clip["value"])[0].shape == (row["num_samples"],)
        *_, line = [line for line in lines if line["row_id"] == row["id"]]
        assert (line["audio_filepath"], line["offset"]) == (answer["value"], 0.0)
        assert line["duration"] == len(spoken.pcm) / 16000
        assert (line["text"], line["role"], line["turn"]) == (row["response"]["text"], "assistant", len(row["turns"]))
        assert line["act"] == ACTS[row["response"]["action"]]


def test_datasets_reads_a_column_of_responses(demo_dataset: Path, responses: Responses, tmp_path: Path) -> None:
    from datasets import Audio, load_dataset

    exported(demo_dataset, tmp_path / "out", "audiofolder", response_audio=True)
    with importable_torchcodec():
        data = load_dataset(str(tmp_path / "out"), split="test", cache_dir=str(tmp_path / "cache"))
    data = data.select_columns(["answer", "response"]).cast_column("response", Audio(decode=False))
    for (row, spoken, _), line in zip(responses, data, strict=True):
        assert line["answer"] == row["response"]["text"]
        assert soundfile.info(line["response"]["path"]).frames == len(spoken.pcm)


@pytest.mark.parametrize("context", ["audio", "none"])
def test_moshi_answers_on_the_left(demo_dataset: Path, responses: Responses, tmp_path: Path, context: str) -> None:
    sphn = pytest.importorskip("sphn")
    exported(demo_dataset, tmp_path / "out", "moshi", context=context, response_audio=True)
    manifest = str(tmp_path / "out" / "test.jsonl")
    read = sphn.dataset_jsonl(manifest, duration_sec=200.0, num_threads=1, sample_rate=24000, pad_last_segment=True)
    for (row, spoken, whole), sample in zip(responses, read.seq(skip=0, step_by=1), strict=True):
        mine = np.zeros(len(whole.pcm), bool)
        roles = [*(turn["role"] for turn in row["turns"]), "assistant"]
        for role, start, end in zip(roles, whole.timeline.starts, whole.timeline.ends, strict=True):
            mine[start:end] = role == "assistant"
        left = np.where(mine, whole.pcm, 0).astype(np.int16)
        found = sample["data"][:, : sample["unpadded_len"]]
        offset = 0 if context == "audio" else len(whole.pcm) - round(sample["unpadded_len"] / 1.5)
        wanted = resampled(left[offset:], 16000, 24000)[: found.shape[1]]
        assert_same_samples(np.rint(found[0, : len(wanted)] * 32768), wanted, exact=False)
        response = slice(
            *(round((place - offset) * 1.5) for place in (whole.timeline.starts[-1], whole.timeline.ends[-1]))
        )
        assert np.abs(found[0, response]).max() > 0.05
        assert np.abs(found[1, response][50:-50]).max() < 1e-3

        words = json.loads(Path(sample["path"]).with_suffix(".json").read_bytes())["alignments"]
        texts = " ".join([*(turn["text"] for turn in row["turns"] if turn["role"] == "assistant"), spoken.line.text])
        assert " ".join(word for word, _, _ in words).split() == texts.split()
        last = [span for _, span, _ in words][-len(spoken.line.text.split()) :]
        start = whole.timeline.starts[-1] - offset
        assert abs(last[0][0] - (start + spoken.words[0].start) / 16000) <= 1 / 24000
        assert abs(last[-1][1] - (start + spoken.words[-1].end) / 16000) <= 1 / 24000


def test_lhotse_has_one_more_turn(demo_dataset: Path, responses: Responses, tmp_path: Path) -> None:
    lhotse = pytest.importorskip("lhotse")
    exported(demo_dataset, tmp_path / "out", "lhotse", response_audio=True)
    cuts = lhotse.CutSet.from_file(tmp_path / "out" / "cuts_test.jsonl")
    cuts = cuts.with_recording_path_prefix(tmp_path / "out").to_eager()
    lhotse.qa.validate(cuts, read_data=True)
    for (row, spoken, whole), cut in zip(responses, cuts, strict=True):
        assert_same_samples(np.rint(cut.load_audio()[0] * 32768), whole.pcm, exact=True)
        assert len(cut.supervisions) == len(row["turns"]) + 1
        last = cut.supervisions[-1]
        assert (last.role, last.act) == ("assistant", ACTS[row["response"]["action"]])
        assert last.text == row["response"]["text"]
        assert last.start == pytest.approx(whole.timeline.starts[-1] / 16000, abs=1e-8)
        assert last.duration == pytest.approx(len(spoken.pcm) / 16000, abs=2e-8)
        assert [word.symbol for word in last.alignment["word"]] == spoken.line.text.split()


def test_a_clarifying_question_is_the_one_that_the_clarified_row_has(demo_dataset: Path, tmp_path: Path) -> None:
    exported(demo_dataset, tmp_path / "out", "lhotse", response_audio=True)
    rows = {row["id"]: (row, recording) for row, recording in rows_of(demo_dataset)}
    compared = 0
    for line in json_lines(tmp_path / "out" / "cuts_test.jsonl"):
        row, _ = rows[line["custom"]["row_id"]]
        longer = rows.get(f"{row['conversation_id']}#clarified-0")
        if row["stage"] == "initial" and longer is not None:
            samples, _ = sound(tmp_path / "out" / line["recording"]["sources"][0]["source"])
            place = len(row["turns"])
            assert longer[0]["turns"][place]["text"] == row["response"]["text"]
            end = round(longer[0]["turns"][place]["end"] * 16000)
            assert_same_samples(samples[:end], longer[1][:end], exact=True)  # to its last sample, the pause before too
            compared += 1
    assert compared > 3


def test_who_speaks_and_which_words(demo_dataset: Path, responses: Responses, tmp_path: Path) -> None:
    for to in ("rttm", "ctm"):
        exported(demo_dataset, tmp_path / to, to, response_audio=True)
    turns = [line.split() for line in (tmp_path / "rttm" / "test.rttm").read_text().splitlines()]
    words = [line.split() for line in (tmp_path / "ctm" / "test.ctm").read_text().splitlines()]
    recordings = [json_lines(tmp_path / to / "test.recordings.jsonl") for to in ("rttm", "ctm")]
    for (_, spoken, whole), in_rttm, in_ctm in zip(responses, *recordings, strict=True):
        *_, (start, duration) = [(float(line[3]), float(line[4])) for line in turns if line[1] == in_rttm["recording"]]
        assert start == pytest.approx(whole.timeline.starts[-1] / 16000, abs=1e-6)
        assert duration == pytest.approx(len(spoken.pcm) / 16000, abs=2e-6)
        assert in_rttm["duration"] == len(whole.pcm) / 16000
        said = [line for line in words if line[0] == in_ctm["recording"]]
        last = float(said[-1][2]) + float(said[-1][3])
        assert last == pytest.approx((whole.timeline.starts[-1] + spoken.words[-1].end) / 16000, abs=2e-6)


@pytest.mark.parametrize(
    ("options", "exact"),
    [({"audio_format": "mp3"}, True), ({"channel": "telephone"}, False), ({"channel": "noisy-call"}, False)],
)
def test_datasets_of_other_sound(
    demo_file: Path, quick_profile: Path, tmp_path: Path, options: dict[str, Any], exact: bool
) -> None:
    build(demo_file, tmp_path / "data", profiles=str(quick_profile), workers=1, limit=3, seed=2, **options)
    exported(tmp_path / "data", tmp_path / "lhotse", "lhotse", response_audio=True)
    exported(tmp_path / "data", tmp_path / "files", "audiofolder", response_audio=True)
    cuts = json_lines(tmp_path / "lhotse" / "cuts_test.jsonl")
    folder = tmp_path / "files" / "audio" / "test"
    lines = json_lines(folder / "metadata.jsonl")
    for (row, spoken, whole), cut, line in zip(own_responses(tmp_path / "data"), cuts, lines, strict=True):
        alone, _ = sound(folder / line["response_file_name"])
        assert_same_samples(alone, spoken.pcm, exact=True)
        samples, _ = sound(tmp_path / "lhotse" / cut["recording"]["sources"][0]["source"])
        assert_same_samples(samples, whole.pcm, exact=True)
        last = round(row["turns"][-1]["end"] * 16000)
        before = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")[0]
        assert_same_samples(samples[:last], before[:last], exact=True)
        heard = samples[whole.timeline.starts[-1] : whole.timeline.ends[-1]].astype(float)
        if exact:
            assert_same_samples(heard.astype(np.int16), spoken.pcm, exact=True)
        else:
            assert np.corrcoef(heard, spoken.pcm.astype(float))[0, 1] > 0.95
            spectrum = np.abs(np.fft.rfft(heard)) ** 2
            assert spectrum[round(len(spectrum) * 4000 / 8000) :].sum() < 0.01 * spectrum.sum()


def test_engines_of_several_roles(demo_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("espeakng_loader", reason="the espeak extra is not installed")
    profile = tmp_path / "mixed.yaml"
    profile.write_text(
        "engine: flite\ndemo: true\nroles:\n  narrator: {voices: [kal16]}\n  user: {voices: [slt], pitch: 2}\n"
        "  assistant: {engine: espeak, voices: [en-gb], pitch: 1, rate: 1.2}\n",
        "utf-8",
    )
    build(demo_file, tmp_path / "data", profiles=str(profile), workers=1, limit=4)
    exported(tmp_path / "data", tmp_path / "out", "moshi", response_audio=True)
    lines = json_lines(tmp_path / "out" / "test.jsonl")
    for (_, spoken, whole), line in zip(own_responses(tmp_path / "data"), lines, strict=True):
        samples, _ = sound(tmp_path / "out" / line["path"])
        start, end = (round(place[-1] * 1.5) for place in (whole.timeline.starts, whole.timeline.ends))
        assert np.array_equal(whole.pcm[whole.timeline.starts[-1] : whole.timeline.ends[-1]], spoken.pcm)
        wanted = resampled(whole.pcm, 16000, 24000)[start:end].astype(float)
        assert np.corrcoef(samples[start:end, 0].astype(float), wanted)[0, 1] > 0.999
