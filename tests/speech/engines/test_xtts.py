from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from askqa_builder import build
from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech.engine import Speech, Utterance, load_engine
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.pieces import SENTENCE_PAUSE, split_text
from askqa_builder.speech.reading import read_aloud
from askqa_builder.voices.profile_files import read_profile_set
from askqa_builder.voices.reference import Reference, read_reference
from askqa_builder.voices.resolution import resolve
from askqa_builder.voices.voice import Controls, Voice

pytest.importorskip("TTS", reason="the extra [coqui] is not installed")

from tiny_xtts import SAMPLE_RATE, SPEAKERS, change_config, change_weights, write_tiny_xtts

from askqa_builder.speech.engines.coqui.xtts_engine import TRIES, XTTS_V2, XttsEngine
from askqa_builder.speech.plausible import plausible_seconds

ANA, CAMILLA, *_ = SPEAKERS
SHORT = "We saw a boat."
# 236 characters and 11 letters: long for the tokenizer, and soon spoken
SPARSE = f"We saw {'- ' * 110}a boat."


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_xtts(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="module")
def engine(folder: Path) -> XttsEngine:
    return XttsEngine(model_path=str(folder))


@pytest.fixture(scope="module")
def endless(tmp_path_factory: pytest.TempPathFactory) -> XttsEngine:
    """An engine whose model never ends by itself."""
    return XttsEngine(model_path=str(write_tiny_xtts(tmp_path_factory.mktemp("models") / "endless", stop=0.0)))


def say(engine: XttsEngine, *batch: Utterance) -> list[Speech]:
    answers = engine.speak(batch)
    for answer in answers:
        assert isinstance(answer, Speech), answer
    return answers


def fails(engine: XttsEngine, text: str, seed: int = 0) -> str:
    (answer,) = engine.speak([Utterance(text, ANA, seed=seed)])
    assert isinstance(answer, SpeechError), answer
    return str(answer)


def same(one: Speech, other: Speech) -> bool:
    return np.array_equal(one.samples, other.samples)


@contextmanager
def counted(engine: XttsEngine, part: str) -> Iterator[list[int]]:
    """Yield the lengths of what goes through one of the model's own parts, call by call."""
    module = engine.model._model.get_submodule(part)
    calls: list[int] = []
    hook = module.register_forward_hook(lambda *hooked: calls.append(hooked[2].shape[-1]))
    try:
        yield calls
    finally:
        hook.remove()


DECODER = "hifigan_decoder"
SPEAKER_ENCODER = "hifigan_decoder.speaker_encoder.fc"  # its own `forward` is called past the hooks


# --- what it says of itself ---


def test_it_is_the_engine_registered_as_xtts(folder: Path) -> None:
    engine = load_engine("xtts", {"model_path": str(folder), "licence": "CPML"}, device="cpu")
    assert isinstance(engine, XttsEngine)
    info = engine.info
    assert (info.name, info.library, info.model) == ("xtts", "coqui-tts", "tiny")
    assert info.licence == "CPML: non-commercial use only, its speech included (model); MPL-2.0 (library)"
    assert "transformers" in info.version
    assert (info.sample_rate, info.numeric_mode, info.pace.apart) == (SAMPLE_RATE, "cpu-float32", False)
    engine.close()


def test_nobody_vouches_for_its_speakers(engine: XttsEngine) -> None:
    assert tuple(engine.voices) == SPEAKERS
    for voice in engine.voices.values():
        assert (voice.gender, voice.accent, voice.metadata_source) == (None, None, "unknown")
        assert voice.controls == Controls(rate=None, pitch=None, word_times=False)


def test_a_model_without_a_stated_licence_says_what_it_may_be(engine: XttsEngine) -> None:
    assert engine.info.licence.startswith("unknown, or if it comes from XTTS v2 CPML: non-commercial")


def test_whatever_changes_samples_changes_the_revision(folder: Path, engine: XttsEngine, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in folder.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    assert XttsEngine(model_path=str(copy / "model.pth")).info.revision == engine.info.revision
    vocabulary = json.loads((copy / "vocab.json").read_text("utf-8"))
    (copy / "vocab.json").write_text(json.dumps({**vocabulary, "truncation": None}, indent=1), "utf-8")
    assert XttsEngine(model_path=str(copy)).info.revision != engine.info.revision


def test_nothing_is_loaded_before_it_speaks(folder: Path) -> None:
    engine = XttsEngine(model_path=str(folder))
    assert engine.voices
    assert engine.info
    assert engine._model is None
    (speech,) = say(engine, Utterance(SHORT, ANA, seed=1))
    engine.close()
    assert engine._model is None
    assert same(say(engine, Utterance(SHORT, ANA, seed=1))[0], speech)


# --- the same utterance gives the same samples ---


def test_alone_in_a_batch_and_after_others(engine: XttsEngine, folder: Path) -> None:
    wanted = Utterance(SHORT, CAMILLA, seed=2**52 + 5)
    others = [Utterance("Yes, of course.", voice, seed=9) for voice in SPEAKERS[:2]]
    (alone,) = say(engine, wanted)
    assert alone.samples.dtype == np.float32
    assert alone.sample_rate == SAMPLE_RATE
    assert same(say(engine, *others, wanted)[-1], alone)
    assert same(say(engine, wanted, *reversed(others))[0], alone)
    assert same(say(XttsEngine(model_path=str(folder)), wanted)[0], alone)


def test_seed_text_and_voice_change_the_samples(engine: XttsEngine) -> None:
    one, *others = say(
        engine,
        Utterance(SHORT, ANA, seed=1),
        Utterance(SHORT, ANA, seed=2),
        Utterance(SHORT, CAMILLA, seed=1),
        Utterance("We met a bear.", ANA, seed=1),
    )
    assert not any(same(one, other) for other in others)


def test_the_callers_random_numbers_are_neither_used_nor_changed(folder: Path) -> None:
    import torch

    spoken = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        spoken += say(XttsEngine(model_path=str(folder)), Utterance(SHORT, ANA, seed=4))
        assert torch.equal(torch.get_rng_state(), before)
    assert same(*spoken)


def test_rate_and_pitch_are_left_to_others(engine: XttsEngine) -> None:
    plain, other = say(engine, Utterance(SHORT, ANA, seed=1), Utterance(SHORT, ANA, rate=1.3, pitch=2.0, seed=1))
    assert same(plain, other)


def test_sampling_can_be_changed(engine: XttsEngine, folder: Path) -> None:
    cooler = XttsEngine(model_path=str(folder), sampling={"temperature": 0.9, "top_k": 20})
    wanted = Utterance(SHORT, ANA, seed=1)
    assert not same(say(engine, wanted)[0], say(cooler, wanted)[0])


# --- hallucination ---


def test_what_is_too_short_or_too_long_is_spoken_again(engine: XttsEngine) -> None:
    """Lengths are geometrically distributed: half of the tries for 18 letters are under 0.6 s."""
    text = "What did the old man do?"
    shortest, longest = plausible_seconds(sum(map(str.isalnum, text)))
    tries = []
    for seed in range(8):
        with counted(engine, DECODER) as calls:
            (answer,) = engine.speak([Utterance(text, ANA, seed=seed)])
        tries.append(len(calls))
        plausible = [shortest * SAMPLE_RATE <= samples < longest * SAMPLE_RATE for samples in calls]
        assert not any(plausible[:-1])
        if isinstance(answer, Speech):
            assert plausible[-1]
            assert len(answer.samples) == calls[-1]
        else:
            assert not plausible[-1]
            assert len(calls) == TRIES
    assert set(tries) > {1, 2}


def test_speech_that_does_not_end_is_cut_off_and_given_up(endless: XttsEngine) -> None:
    with counted(endless, DECODER) as calls:
        message = fails(endless, "Yes.")
    assert "'Yes.' is not spoken in 0.1 to 1.9 s after 4 tries (no end within 1.9 s, " in message
    assert len(calls) == TRIES
    assert max(calls) < 2.0 * SAMPLE_RATE


def test_the_models_own_limit_is_no_end_of_speech(tmp_path: Path) -> None:
    """By the rule "Yes." may last longer than this model's tokens, beyond which it has no positions."""
    folder = write_tiny_xtts(tmp_path / "tiny", stop=0.0, audio_tokens_at_once=15)
    assert "no end within 0.6 s" in fails(XttsEngine(model_path=str(folder)), "Yes.")


def test_speech_that_ends_at_once_is_given_up(tmp_path: Path) -> None:
    engine = XttsEngine(model_path=str(write_tiny_xtts(tmp_path / "tiny", stop=1.0)))
    assert "after 4 tries (only 0.0 s, " in fails(engine, SHORT)


@pytest.mark.parametrize("value", [float("nan"), 0.0])
def test_what_is_no_sound_is_given_up(tmp_path: Path, value: float) -> None:
    folder = write_tiny_xtts(tmp_path / "tiny", stop=1 / 10)
    change_weights(folder, "hifigan_decoder.waveform_decoder.conv_post.weight", value)
    assert "no sound" in fails(XttsEngine(model_path=str(folder)), "Yes.", seed=3)


def test_a_failure_costs_itself_only(engine: XttsEngine) -> None:
    good = Utterance(SHORT, ANA, seed=4)
    before, refused, after = engine.speak([good, Utterance("...", ANA), good])
    assert isinstance(refused, SpeechError)
    assert isinstance(before, Speech)
    assert isinstance(after, Speech)
    assert same(before, after)


@pytest.mark.parametrize("text", ["...", "- - -", '""', "", "  "])
def test_nothing_is_made_of_nothing(engine: XttsEngine, text: str) -> None:
    with counted(engine, DECODER) as calls:
        assert "nothing in the text" in fails(engine, text)
    assert not calls


@pytest.mark.parametrize("text", ["9" * 240, "1234567 " * 30])
def test_numbers_beyond_the_models_tokens_are_refused(engine: XttsEngine, text: str) -> None:
    assert "tokens, and the model takes 401 at once" in fails(engine, text)


def test_the_rule_of_lengths_holds_for_real_speech(demo_items: list[dict[str, Any]]) -> None:
    texts = {item["story"] for item in demo_items}
    texts |= {turn[key] for item in demo_items for turn in item["history_turns"] for key in ("question", "answer")}
    flite = FliteEngine()
    for text in sorted(texts):
        spoken = read_aloud(text).text
        for start, end in split_text(spoken, 250):
            piece = spoken[start:end]
            for rate in (0.8, 1.2):
                (speech,) = flite.speak([Utterance(piece, "kal16", rate=rate)])
                assert isinstance(speech, Speech)
                shortest, longest = plausible_seconds(sum(map(str.isalnum, piece)))
                assert shortest < len(speech.samples) / speech.sample_rate < longest, piece


# --- long texts ---


def test_a_long_text_is_spoken_in_pieces(engine: XttsEngine) -> None:
    assert 200 < len(SPARSE) <= 250
    text = f"{SPARSE} {SPARSE}"
    with counted(engine, DECODER) as calls:
        (speech,) = say(engine, Utterance(text, ANA, seed=3))
    (first,) = say(engine, Utterance(SPARSE, ANA, seed=3))
    length = len(first.samples)
    assert np.array_equal(speech.samples[:length], first.samples)
    # the pause between two sentences, with what the model itself is silent
    gap = len(speech.samples) - length - calls[-1]
    assert 0 < gap <= SENTENCE_PAUSE * SAMPLE_RATE
    assert not speech.samples[length : length + gap].any()
    assert speech.samples[length + gap :].any()


def test_a_text_within_the_limit_is_spoken_at_once(engine: XttsEngine) -> None:
    with counted(engine, DECODER) as calls:
        (speech,) = say(engine, Utterance("Yes. No. We did.", ANA, seed=5))
    assert calls[-1] == len(speech.samples)


# --- cloned voices ---


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Reference]:
    """Clips of two voices of flite; one is stereo."""
    flite = FliteEngine()
    folder = tmp_path_factory.mktemp("clips")
    found = {}
    for name in ("slt", "rms"):
        text = "The old man walked down to the harbour, where three boats were waiting."
        (speech,) = flite.speak([Utterance(text, name)])
        assert isinstance(speech, Speech)
        samples = speech.samples if name == "slt" else np.stack([speech.samples] * 2, axis=1)
        soundfile.write(folder / f"{name}.wav", samples, speech.sample_rate)
        found[name] = read_reference(folder / f"{name}.wav", "here", name, None, None)
    return found


def test_voices_are_cloned_from_recordings(folder: Path, clips: dict[str, Reference]) -> None:
    engine = load_engine("xtts", {"model_path": str(folder)}, references=clips)
    assert isinstance(engine, XttsEngine)
    assert set(engine.voices) == {*SPEAKERS, "slt", "rms"}
    with counted(engine, SPEAKER_ENCODER) as calls:
        slt, again, rms, ana = say(engine, *(Utterance(SHORT, name, seed=1) for name in ("slt", "slt", "rms", ANA)))
    assert len(calls) == 2  # once for each clip
    assert same(slt, again)
    assert not same(slt, rms)
    assert not same(slt, ana)
    other = XttsEngine(model_path=str(folder), references={"rms": clips["rms"]})
    assert same(say(other, Utterance(SHORT, "rms", seed=1))[0], rms)


def test_a_model_may_have_no_speakers_of_its_own(tmp_path: Path, clips: dict[str, Reference]) -> None:
    folder = write_tiny_xtts(tmp_path / "tiny")
    (folder / "speakers_xtts.pth").unlink()
    with pytest.raises(UsageError, match="give recordings to clone"):
        XttsEngine(model_path=str(folder))
    engine = XttsEngine(model_path=str(folder), references=clips)
    assert list(engine.voices) == ["rms", "slt"]
    say(engine, Utterance(SHORT, "slt", seed=1))


def test_a_recording_must_be_one(folder: Path, clips: dict[str, Reference], tmp_path: Path) -> None:
    noise, click = tmp_path / "noise.wav", tmp_path / "click.wav"
    noise.write_bytes(b"no sound at all")
    soundfile.write(click, np.ones(800, dtype=np.float32), 16000)
    for path, why in ((noise, r"noise\.wav cannot be read"), (click, r"click\.wav lasts 0\.05 s")):
        reference = read_reference(path, "here", "someone", None, None)
        with pytest.raises(UsageError, match=why):
            XttsEngine(model_path=str(folder), references={"someone": reference})
    with pytest.raises(UsageError, match="would hide the model's speaker 'Ana Florence'"):
        XttsEngine(model_path=str(folder), references={ANA: clips["slt"]})


# --- the checkpoint ---


def test_a_released_checkpoint_is_read_and_never_written(tmp_path: Path, engine: XttsEngine) -> None:
    """Coqui's own loader saves a checkpoint that holds its configuration as an object anew over the old one."""
    folder = write_tiny_xtts(tmp_path / "tiny", legacy=True)
    before = (folder / "model.pth").read_bytes()
    legacy = XttsEngine(model_path=str(folder))
    wanted = Utterance(SHORT, ANA, seed=1)
    assert same(say(legacy, wanted)[0], say(engine, wanted)[0])
    assert (folder / "model.pth").read_bytes() == before


def test_a_released_model_needs_the_users_own_agreement(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COQUI_TOS_AGREED", raising=False)
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("the terms are not ours to be asked about"))
    with pytest.raises(UsageError, match=r"xtts_v2 is under the CPML .*COQUI_TOS_AGREED=1 yourself"):
        XttsEngine()
    assert "COQUI_TOS_AGREED" not in os.environ
    assert XTTS_V2.endswith("xtts_v2")


# --- one line each ---


def refused(**options: Any) -> str:
    with pytest.raises(UsageError) as error:
        XttsEngine(**options)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_missing_library_names_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("askqa_builder.speech.engines.coqui.library.find_spec", lambda _: None)
    assert 'pip install "askqa-builder[coqui]"' in refused()


def test_options_are_checked(folder: Path, tmp_path: Path) -> None:
    own = {"model_path": str(folder)}
    assert "'tlh'; it speaks en, es" in refused(**own, language="tlh")
    assert "xtts_v9" in refused(model="tts_models/multilingual/multi-dataset/xtts_v9")
    assert "give model_path too" in refused(config_path=str(folder / "config.json"))
    assert "give model_path too" in refused(licence="MIT")
    assert "there is no file" in refused(model_path=str(tmp_path / "nothing"))
    assert "'speed' is not known" in refused(**own, sampling={"speed": 1.2})
    assert "from 0.01 to 2" in refused(**own, sampling={"temperature": 0})
    assert "top_k: 2.5" in refused(**own, sampling={"top_k": 2.5})
    assert "not a mapping" in refused(**own, sampling=[1])
    if find_spec("cutlet") is None:
        assert "language: 'ja' needs a package" in refused(**own, language="ja")
    assert XttsEngine(**own, language="de").voices[ANA].language == "de"


def test_a_broken_model_is_told_in_one_line(tmp_path: Path) -> None:
    folder = write_tiny_xtts(tmp_path / "tiny")
    options = {"model_path": str(folder)}
    whole = (folder / "model.pth").read_bytes()
    (folder / "model.pth").write_bytes(whole[: len(whole) // 2])
    assert "model tiny: model.pth is damaged" in refused(**options)
    (folder / "model.pth").write_bytes(whole)

    speakers = (folder / "speakers_xtts.pth").read_bytes()
    (folder / "speakers_xtts.pth").write_bytes(speakers[:500])
    assert "model tiny cannot be read" in refused(**options)
    (folder / "speakers_xtts.pth").write_bytes(speakers)

    (folder / "vocab.json").rename(folder / "elsewhere.json")
    assert "model tiny: its vocab.json is missing" in refused(**options)
    change_config(folder, model_args={"tokenizer_file": str(folder / "elsewhere.json")})
    engine = XttsEngine(**options)  # and now weights of other dimensions than the configuration says
    with pytest.raises(UsageError, match=r"model tiny cannot be read .RuntimeError: ") as error:
        engine.speak([Utterance(SHORT, ANA)])
    assert "\n" not in str(error.value)

    change_config(folder, model="vits")
    assert "is a vits model" in refused(**options)
    (folder / "config.json").write_text("{", "utf-8")
    assert "model.pth cannot be read" in refused(**options)


# --- the shipped profile set ---


def test_the_shipped_set_divides_the_studio_speakers() -> None:
    profiles = read_profile_set("xtts")
    controls = Controls(rate=None, pitch=None, word_times=False)
    catalogue = {
        name: Voice(name, "en", None, None, "unknown", controls) for name in (f"Speaker {i}" for i in range(58))
    }
    resolved = resolve(profiles, dict.fromkeys(profiles.engines, catalogue))
    for pools in resolved.pools.values():
        assert {split: len(pool.voices) for split, pool in pools.items()} == {"train": 34, "validation": 12, "test": 12}


# --- in a build ---


def test_a_build_speaks_with_it_and_rejects_what_does_not_end(folder: Path, tmp_path: Path) -> None:
    story = "We saw a boat on the river."
    item = {
        "story": story,
        "target_turn": {"turn_id": 1, "question": "What did we see?", "answer": "a boat", "rationale": "a boat"},
        "history_turns": [],
        "ambiguity": "non_ambiguous",
        "source": "askqa-demo",
    }
    corpus = tmp_path / "river_test.json"
    corpus.write_text(json.dumps({"data": [{**item, "id": f"river|1|{i}"} for i in range(3)]}), "utf-8")
    endless = write_tiny_xtts(tmp_path / "models" / "endless", stop=0.0)
    rows, rejects = {}, {}
    for name, model, limit in (("good", folder, 3), ("endless", endless, 1)):
        profiles, out = tmp_path / f"{name}.yaml", tmp_path / name
        role = "{voices: ['*'], rate: [uniform, 0.9, 1.1]}"
        profiles.write_text(
            f"engine: xtts\noptions: {{model_path: {model}}}\n"
            f"roles: {{narrator: {role}, user: {role}, assistant: {role}}}\n",
            "utf-8",
        )
        build(corpus, out, profiles=str(profiles), seed=7, limit=limit, workers=1)
        rows[name] = sum(pq.read_metadata(path).num_rows for path in (out / "data").rglob("*.parquet"))
        listed = out / "rejected.jsonl"
        lines = listed.read_text("utf-8").splitlines() if listed.exists() else []
        rejects[name] = [json.loads(line)["detail"] for line in lines]
        assert "CPML: non-commercial use only" in (out / "README.md").read_text("utf-8")
    assert rows["good"] > 0
    assert rows["good"] + len(rejects["good"]) == 3
    assert rows["endless"] == 0
    assert len(rejects["endless"]) == 1
    assert all("after 4 tries" in detail for details in rejects.values() for detail in details)
