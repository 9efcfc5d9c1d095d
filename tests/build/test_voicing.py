"""New text in the voices of a finished dataset's rows."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from harness import changed_manifest
from numpy.typing import NDArray

from askqa_builder import build, regenerate
from askqa_builder.build.voicing.line import Line, SpokenLine
from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.corpus.conversation import Act, Role
from askqa_builder.errors import EngineError, SpeechError, UsageError
from askqa_builder.filtering.filter import filter_dataset
from askqa_builder.recording.speaker import speaker_f0
from askqa_builder.recording.timeline import FULL_SCALE
from askqa_builder.speech.loudness import integrated_loudness

Row = dict[str, Any]
Samples = NDArray[np.int16]

NEW = "The ferry to the northern islands leaves at half past nine, from the pier behind the old market hall."
EVERYBODY = {"narrator": "kal16", "user": "rms", "assistant": "slt"}
MARKED = Path(__file__).parent / "marked_engine.py"


def whole_rows(dataset: Path) -> dict[str, Row]:
    """All rows of a dataset with their audio, by id."""
    files = sorted(dataset.glob("data/*/*.parquet"))
    return {row["id"]: row for file in files for row in pq.read_table(file).to_pylist()}


def recorded_turns(row: Row) -> list[Samples]:
    """The samples of each turn."""
    pcm, rate = soundfile.read(io.BytesIO(row["audio"]["bytes"]), dtype="int16")
    return [pcm[round(turn["start"] * rate) : round(turn["end"] * rate)] for turn in row["turns"]]


def own_turns(row: Row, roles: Sequence[Role] = tuple(Role)) -> list[Line]:
    """Lines that say again what a row's speakers have said."""
    return [
        Line(row, Role(turn["role"]), Act(turn["act"]), turn["text"], i)
        for i, turn in enumerate(row["turns"])
        if Role(turn["role"]) in roles
    ]


def spoken(answers: Sequence[SpokenLine | SpeechError]) -> list[SpokenLine]:
    """The answers, of which none is an error."""
    assert not [answer for answer in answers if isinstance(answer, SpeechError)]
    return [answer for answer in answers if isinstance(answer, SpokenLine)]


def assert_said_again(dataset: Path, roles: Sequence[Role] = tuple(Role), **options: Any) -> None:
    """Every turn of these roles comes out as it is in the recordings, to the last sample, words and pauses too."""
    with RowVoices(dataset, roles, **options) as voices:
        for row in whole_rows(dataset).values():
            lines = own_turns(row, roles)
            for line, again in zip(lines, spoken(voices.speak(lines)), strict=True):
                turn = row["turns"][line.index]
                assert np.array_equal(again.pcm, recorded_turns(row)[line.index])
                assert (again.seed, again.spoken_text) == (turn["seed"], turn["spoken_text"])
                words = [word for word in row["words"] if word["turn"] == line.index]
                start, rate = round(turn["start"] * row["sampling_rate"]), row["sampling_rate"]
                assert [(one.word, one.char_start, one.char_end) for one in again.words] == [
                    (word["word"], word["char_start"], word["char_end"]) for word in words
                ]
                assert [one.start for one in again.words] == [round(word["start"] * rate) - start for word in words]


@pytest.fixture(scope="module")
def various(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three voices and a prosody of its own for each turn."""
    folder = tmp_path_factory.mktemp("various")
    role = "rate: [lognormal, 1.0, 0.1], pitch: [normal, 0, 1.5], turn_rate: [lognormal, 1, 0.05], turn_pitch: 0.2"
    roles = ", ".join(f"{name}: {{voices: [{voice}], {role}}}" for name, voice in EVERYBODY.items())
    (folder / "various.yaml").write_text(f"engine: flite\ndemo: true\nroles: {{{roles}}}\n", "utf-8")
    build(demo_file, folder / "out", profiles=str(folder / "various.yaml"), seed=5, workers=1, limit=4)
    return folder / "out"


@pytest.fixture(scope="module")
def voices(various: Path) -> Iterator[RowVoices]:
    with RowVoices(various) as opened:
        yield opened


def test_what_was_said_is_said_again_to_the_last_sample(various: Path) -> None:
    assert_said_again(various)


def test_the_next_turn_is_the_one_that_the_longer_row_has(various: Path, voices: RowVoices) -> None:
    """The clarifying question and a reply, asked for with the row that ends before them."""
    rows = whole_rows(various)
    compared = 0
    for row in rows.values():
        longer = rows.get(f"{row['conversation_id']}#clarified-0")
        if row["stage"] != "initial" or longer is None:
            continue
        place = len(row["turns"])
        reply = Line(row, Role.USER, Act.CLARIFICATION, longer["turns"][place + 1]["text"], place + 1)
        lines = spoken(voices.speak([Line.response(row), reply]))
        for i, line in enumerate(lines, place):
            assert np.array_equal(line.pcm, recorded_turns(longer)[i])
            silence = longer["turns"][i]["start"] - longer["turns"][i - 1]["end"]
            assert round(line.pause * 16000) == round(silence * 16000)
        whole = voices.go_on(row, lines)
        assert np.array_equal(whole.pcm, soundfile.read(io.BytesIO(longer["audio"]["bytes"]), dtype="int16")[0])
        assert whole.timeline.starts == tuple(round(turn["start"] * 16000) for turn in longer["turns"])
        assert whole.timeline.ends == tuple(round(turn["end"] * 16000) for turn in longer["turns"])
        compared += 1
    assert compared > 1


@pytest.mark.parametrize("role", Role)
def test_a_new_text_sounds_like_the_row_s_speaker(various: Path, voices: RowVoices, role: Role) -> None:
    """What others say in other rows, in this speaker's voice: as loud, and as high as intonation allows."""
    rows = [row for row in whole_rows(various).values() if row["stage"] == "initial"]
    semitones = []
    for row in rows:
        told = next(one for one in row["speakers"] if one["role"] == role.value)
        others = [turn for other in rows if other is not row for turn in other["turns"] if turn["role"] == role.value]
        lines = spoken(voices.speak([Line(row, role, Act(turn["act"]), turn["text"][:300]) for turn in others]))
        for line in lines:
            assert line.sampling_rate == row["sampling_rate"]
            assert line.pitch == pytest.approx(told["requested"]["pitch"] + 0.2)
            loudness = integrated_loudness(line.pcm.astype(np.float32) / FULL_SCALE, line.sampling_rate)
            assert loudness == pytest.approx(told["requested"]["loudness"], abs=0.5)
            assert loudness == pytest.approx(line.loudness, abs=0.1)
        if told["measured"]["f0"] is not None:
            f0 = [speaker_f0([line.pcm], row["sampling_rate"]) for line in lines]
            middle = float(np.median([one for one in f0 if one is not None]))
            semitones.append(12 * np.log2(middle / told["measured"]["f0"]))
    assert len(semitones) > 2
    assert abs(np.mean(semitones)) < 0.5
    assert np.abs(semitones).max() < 1.25


def test_words_are_those_of_the_text(various: Path, voices: RowVoices) -> None:
    row = next(iter(whole_rows(various).values()))
    text = "Dr. Ames paid $5.20 in 1986 -- nobody knows why."
    (line,) = spoken(voices.speak([Line(row, Role.ASSISTANT, Act.ANSWER, text)]))
    assert "five dollars" in line.spoken_text
    assert line.words[0].start >= 0
    assert line.words[-1].end <= len(line.pcm)
    assert all(0 <= word.char_start < word.char_end <= len(text) for word in line.words)
    assert text[line.words[-1].char_start : line.words[-1].char_end] == "why"
    assert {text[word.char_start : word.char_end] for word in line.words} >= {"Ames", "paid", "1986", "nobody"}


def test_only_row_role_and_text_count(various: Path, voices: RowVoices) -> None:
    rows = [row for row in whole_rows(various).values() if row["stage"] == "initial"]
    lines = [Line(row, role, Act.ANSWER, text) for row in rows for role in Role for text in (NEW, "Yes.")]
    first = spoken(voices.speak(lines))
    with RowVoices(various, workers=2) as others:
        turned = spoken(others.speak(lines[::-1]))[::-1]
    alone = spoken(voices.speak(lines[7:8]))
    for one, other in zip([*first, first[7]], [*turned, *alone], strict=True):
        assert np.array_equal(one.pcm, other.pcm)
        assert (one.seed, one.words, one.pause) == (other.seed, other.words, other.pause)
    assert len({line.pcm.tobytes() for line in first}) == len(lines)


def test_a_bad_text_costs_itself_only(various: Path, voices: RowVoices) -> None:
    row = next(iter(whole_rows(various).values()))
    texts = ["Yes.", "...", "No.", "\x00 --", "Perhaps."]
    answers = voices.speak([Line(row, Role.USER, Act.QUESTION, text) for text in texts])
    assert [isinstance(answer, SpeechError) for answer in answers] == [False, True, False, True, False]
    assert str(answers[1]) == "nothing in the text can be pronounced"


def test_nothing_to_say(voices: RowVoices) -> None:
    assert voices.speak([]) == []


def test_each_role_has_its_engine(demo_file: Path, tmp_path: Path) -> None:
    pytest.importorskip("espeakng_loader", reason="the espeak extra is not installed")
    profile = tmp_path / "mixed.yaml"
    profile.write_text(
        "engine: flite\ndemo: true\nroles:\n  narrator: {voices: [kal16]}\n  assistant: {voices: [slt], pitch: 2}\n"
        "  user: {engine: espeak, voices: [en-gb], pitch: 1, rate: 1.2}\n",
        "utf-8",
    )
    build(demo_file, tmp_path / "out", profiles=str(profile), workers=1, limit=2)
    assert_said_again(tmp_path / "out")
    rows = list(whole_rows(tmp_path / "out").values())
    two = [Role.USER, Role.ASSISTANT]
    with RowVoices(tmp_path / "out", two) as voices:
        user, assistant = spoken(voices.speak([Line(rows[0], role, Act.ANSWER, NEW) for role in two]))
        assert len(user.pcm) < len(assistant.pcm)
        with pytest.raises(UsageError, match="narrator: only these roles were asked for: user, assistant"):
            voices.speak([Line(rows[0], Role.NARRATOR, Act.STORY, NEW)])


def test_a_regenerated_dataset_has_its_new_and_old_voices(various: Path, tmp_path: Path) -> None:
    regenerate(various, tmp_path / "out", roles="user", profiles="flite", workers=1)
    assert_said_again(tmp_path / "out")
    rows, before = whole_rows(tmp_path / "out"), whole_rows(various)
    with RowVoices(tmp_path / "out") as voices:
        for role, same in ((Role.ASSISTANT, True), (Role.USER, False)):
            row_id = next(iter(rows))
            (line,) = spoken(voices.speak([Line(rows[row_id], role, Act.ANSWER, NEW)]))
            f0 = [
                next(one["measured"]["f0"] for one in found[row_id]["speakers"] if one["role"] == role.value)
                for found in (rows, before)
            ]
            assert abs(12 * np.log2((speaker_f0([line.pcm], 16000) or 0) / f0[0])) < 1
            assert (f0[0] == f0[1]) is same


def test_a_filtered_dataset(various: Path, tmp_path: Path) -> None:
    filter_dataset(various, tmp_path / "out", where="ambiguous")
    assert 0 < len(whole_rows(tmp_path / "out")) < len(whole_rows(various))
    assert_said_again(tmp_path / "out")


def test_a_shared_narration(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    build(demo_file, tmp_path / "out", profiles=str(quick_profile), share_narration=True, workers=1, limit=5)
    assert_said_again(tmp_path / "out")


def test_another_sampling_rate_and_further_renditions(demo_file: Path, quick_profile: Path, tmp_path: Path) -> None:
    options = {"workers": 1, "limit": 1, "sample_rate": 24000, "renditions": 2}
    build(demo_file, tmp_path / "out", profiles=str(quick_profile), **options)
    assert_said_again(tmp_path / "out")


def test_an_utterance_is_found_in_the_cache(various: Path, tmp_path: Path) -> None:
    row = next(iter(whole_rows(various).values()))
    heard = []
    for _ in range(2):
        with RowVoices(various, [Role.USER], cache=str(tmp_path / "cache")) as voices:
            heard += spoken(voices.speak([Line(row, Role.USER, Act.QUESTION, NEW)]))
        assert len(list((tmp_path / "cache").glob("*/*.utterance"))) == 1
    assert np.array_equal(heard[0].pcm, heard[1].pcm)


def test_a_text_that_ends_its_engine_costs_itself_only(
    demo_file: Path, engine_profile: Callable[[Path, str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = engine_profile(MARKED, "MarkedEngine")
    build(demo_file, tmp_path / "out", profiles=str(profile), workers=1, limit=1)
    row = next(iter(whole_rows(tmp_path / "out").values()))
    texts = ["One boat.", "A markerkill.", "Two boats.", "A markerhang.", "A markerraise.", "Three boats."]
    lines = [Line(row, Role.ASSISTANT, Act.ANSWER, text) for text in texts]
    with RowVoices(tmp_path / "out", [Role.ASSISTANT]) as voices:
        answers = voices.speak(lines)
        alone = spoken(voices.speak(lines[::2][:2]))
        monkeypatch.setattr("askqa_builder.build.voicing.pool._HARMLESS", "A markerkill.")
        with pytest.raises(EngineError, match=r"speaking fails whatever the text .*exit code -9"):
            voices.speak(lines[:2])
    assert [isinstance(answer, SpeechError) for answer in answers] == [False, True, False, True, True, False]
    assert "ends its engine, twice alone: the worker ended with exit code -9" in str(answers[1])
    assert "gave no answer in time" in str(answers[3])
    assert "lost its voice" in str(answers[4])
    for one, other in zip(spoken([answers[0], answers[2]]), alone, strict=True):
        assert np.array_equal(one.pcm, other.pcm)


def test_another_version_is_refused_unless_it_is_wanted(various: Path, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["engines"][0]["version"] = "1.4"

    older = changed_manifest(various, tmp_path / "changed", change)
    message = r"it was spoken by flite, .*1\.4.*, here is flite, .*--other-version"
    with pytest.raises(UsageError, match=message) as caught:
        RowVoices(older)
    assert "\n" not in str(caught.value)
    assert_said_again(older, [Role.USER], other_version=True)


def test_a_missing_engine_is_one_line(various: Path, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["profiles"]["roles"]["assistant"]["engine"] = "gone"

    copy = changed_manifest(various, tmp_path / "changed", change)
    with pytest.raises(UsageError, match=r"unknown engine 'gone'; installed: .*flite") as caught:
        RowVoices(copy)
    assert "\n" not in str(caught.value)
    assert_said_again(copy, [Role.USER])  # nobody asks for the others


def test_a_folder_without_a_dataset(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no finished dataset"):
        RowVoices(tmp_path)


def test_a_row_of_another_dataset(demo_dataset: Path, voices: RowVoices) -> None:
    row = next(iter(whole_rows(demo_dataset).values()))
    with pytest.raises(UsageError, match="has flite kal16 for assistant, who is none of the dataset's speakers"):
        voices.speak([Line(row, Role.ASSISTANT, Act.ANSWER, NEW)])


def test_a_cloned_voice_needs_its_clip(various: Path, tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["profiles"]["roles"]["user"]["voices"] = [{"ref": "anna.wav", "sha256": "0" * 64, "speaker": "anna"}]

    copy = changed_manifest(various, tmp_path / "changed", change)
    with pytest.raises(UsageError, match=r"user was cloned from anna.wav, which the dataset does not hold; give a pro"):
        RowVoices(copy)
    assert_said_again(copy, [Role.ASSISTANT])


def test_the_profile_set_must_be_the_dataset_s_own(various: Path) -> None:
    with pytest.raises(UsageError, match=r"espeak.yaml: roles.user has another engine or other options than the data"):
        RowVoices(various, [Role.USER], profiles="espeak")
    with pytest.raises(UsageError, match="'cuda:0,1' is several"):
        RowVoices(various, [Role.USER], device="cuda:0,1")
