"""Coqui's VITS with random weights: what is said is noise; lengths, times, batches and errors are the real thing."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from askqa_builder.errors import EngineError, SpeechError, UsageError
from askqa_builder.speech.engine import Speech, Utterance, checked, load_engine
from askqa_builder.speech.reading import read_aloud

torch = pytest.importorskip("torch", reason="the coqui extra is not installed")
pytest.importorskip("coqpit", reason="the coqui extra is not installed")

TEXTS = [
    "Yes.",
    "I don't think so.",
    "Could you tell me where the station is?",
    "It took me quite a long time to find a voice, and now that I have it I am not going to be silent.",
    "Well, we could leave at nine, or maybe a little later if the weather is bad. Then we walk.",
    "Okay!",
    "Prior to November twenty second, nineteen sixty three.",
    "This cake is great, it is so delicious and moist, would you like another piece of it?",
]
UTTERANCES = [
    Utterance(text, f"p{225 + 3 * i}", rate, 0.0, 1000 + i)
    for i, (text, rate) in enumerate(zip(TEXTS, (1.0, 0.8, 1.2, 1.0, 1.4, 1.0, 0.7, 1.0), strict=True))
]


def engine_of(checkpoint: Path, **options: Any) -> Any:
    return load_engine("coqui", {"model_path": str(checkpoint), "precision": "float32", **options}, device="cpu")


@pytest.fixture(scope="module")
def one_by_one(random_vits: Path) -> Any:
    """The engine as it is on a CPU: item by item, decoded in windows."""
    return engine_of(random_vits)


@pytest.fixture(scope="module")
def batched(random_vits: Path) -> Any:
    """The engine as it is on a GPU, but for the device: padded batches."""
    return engine_of(random_vits, batch_seconds=30.0)


def spoken(engine: Any, utterances: Sequence[Utterance]) -> list[Speech]:
    answers = engine.speak(utterances)
    for answer, asked in zip(answers, utterances, strict=True):
        assert isinstance(checked(answer, asked, "coqui"), Speech), answer
    return answers


def assert_same(one: Speech, other: Speech) -> None:
    assert len(one.samples) == len(other.samples)
    assert np.abs(one.samples - other.samples).max() <= 1e-5
    assert one.words == other.words


def test_alone_in_a_batch_and_in_another_order_is_the_same(one_by_one: Any, batched: Any) -> None:
    together = spoken(batched, UTTERANCES)
    assert batched.model.counts.decoder_calls < len(TEXTS)
    for utterance, speech in zip(UTTERANCES, together, strict=True):
        assert_same(spoken(batched, [utterance])[0], speech)
        assert_same(spoken(one_by_one, [utterance])[0], speech)
    for place, speech in zip((5, 3, 0, 7), spoken(batched, [UTTERANCES[i] for i in (5, 3, 0, 7)]), strict=True):
        assert_same(speech, together[place])
    assert np.sqrt(np.mean(np.concatenate([speech.samples for speech in together]) ** 2)) > 0.01


def test_without_noise_it_is_coquis_own_inference(random_vits: Path) -> None:
    """The parts put together again are the whole: same frames for each token, same samples."""
    from TTS.config import load_config
    from TTS.tts.models.vits import Vits

    engine = engine_of(random_vits, batch_seconds=30.0)
    config = load_config(random_vits.with_name("config.json"))
    config.phonemizer = engine._config.phonemizer
    as_it_is = Vits(config)
    as_it_is.load_checkpoint(config, random_vits, eval=True)
    for model in (as_it_is, engine.model.model):
        model.inference_noise_scale = model.inference_noise_scale_dp = 0.0
    texts = [text for text in TEXTS if text.count(".") < 2]
    speeches = spoken(engine, [Utterance(text, "p240") for text in texts])
    for text, speech in zip(texts, speeches, strict=True):
        tokens = engine._tokenizer.tokens(text)
        given = {"x_lengths": torch.tensor([len(tokens.ids)]), "speaker_ids": torch.tensor([15])}
        stock = as_it_is.inference(torch.tensor([tokens.ids]), given)
        expected = stock["model_outputs"][0, 0].numpy()
        assert len(expected) == len(speech.samples)
        assert np.abs(expected - speech.samples).max() <= 1e-5
        ends = 256 * np.concatenate(([0], np.cumsum(stock["durations"][0, 0].numpy())))
        for word, time in zip(tokens.words, speech.words, strict=True):
            assert (time.start, time.end) == (ends[word.first], ends[word.last])
            assert text[time.char_start : time.char_end] == text[word.char_start : word.char_end]


def test_the_deterministic_duration_predictor_works_alike(tmp_path: Path) -> None:
    from random_vits import write_random_vits

    checkpoint = write_random_vits(tmp_path, stochastic=False)
    engine = engine_of(checkpoint, batch_seconds=30.0)
    for utterance, speech in zip(UTTERANCES[:3], spoken(engine, UTTERANCES[:3]), strict=True):
        assert_same(spoken(engine_of(checkpoint), [utterance])[0], speech)


def test_batches_are_few_and_hold_little_padding(random_vits: Path, demo_file: Path) -> None:
    items = json.loads(demo_file.read_text("utf-8"))["data"]
    texts = [item["story"] for item in items] + [turn["question"] for item in items for turn in item["history_turns"]]
    engine = engine_of(random_vits, batch_seconds=30.0)
    speeches = spoken(engine, [Utterance(read_aloud(text).text, "p230", seed=i) for i, text in enumerate(texts)])
    counts = engine.model.counts
    seconds = sum(len(speech.samples) for speech in speeches) / 22050
    assert counts.padded <= 1.15 * counts.frames
    assert counts.decoder_calls <= 1.5 * seconds / 30 + 5
    assert counts.encoder_calls <= 5


@pytest.mark.parametrize("rate", [0.5, 0.8, 1.25, 2.0])
def test_the_rate_is_exact(one_by_one: Any, rate: float) -> None:
    """Each sentence has the frames of the normal rate divided by the rate, unless its tokens are too many for it."""
    for text in TEXTS[1:4]:
        normal, changed = spoken(one_by_one, [Utterance(text, "p250", r, seed=5) for r in (1.0, rate)])
        frames = len(normal.samples) // 256
        fewest = len(one_by_one._tokenizer.tokens(text).ids)
        assert len(changed.samples) // 256 == max(round(frames / rate), fewest)


def test_seed_and_speaker_change_the_speech_and_nothing_else_does(one_by_one: Any) -> None:
    asked = UTTERANCES[3]
    first, again, seeded, other = spoken(
        one_by_one, [asked, asked, replace(asked, seed=7), replace(asked, voice="p300")]
    )
    assert np.array_equal(first.samples, again.samples)
    for different in (seeded, other):
        length = min(len(first.samples), len(different.samples))
        assert np.abs(first.samples[:length] - different.samples[:length]).max() > 1e-3


def test_sentences_are_joined_with_the_pause_due(one_by_one: Any) -> None:
    text = "We walked home. It rained."
    (speech,) = spoken(one_by_one, [Utterance(text, "p260", 0.8, seed=3)])
    heard = {text[word.char_start : word.char_end]: word for word in speech.words}
    assert list(heard) == ["We", "walked", "home", "It", "rained"]
    gap = heard["It"].start - heard["home"].end
    assert gap >= round(0.45 / 0.8 * 22050) - 256
    first = spoken(one_by_one, [Utterance("We walked home.", "p260", 0.8, seed=3)])[0]
    silence = speech.samples[len(first.samples) : len(first.samples) + 1000]
    assert not silence.any()


def test_long_sentences_are_cut_where_one_breathes(one_by_one: Any) -> None:
    text = "and then we saw a house with a garden, " * 12 + "which was the last."
    pieces = one_by_one.prepare(text)
    assert len(pieces) > 1
    assert [text[: piece.start].rstrip()[-1] for piece in pieces[1:]] == [","] * (len(pieces) - 1)
    assert [piece.pause for piece in pieces] == [0.20] * (len(pieces) - 1) + [0.45]
    (speech,) = spoken(one_by_one, [Utterance(text, "p260")])
    assert len(speech.words) == len(text.split())


def test_prepared_texts_are_taken_as_they_are(one_by_one: Any) -> None:
    import pickle

    prepared = pickle.loads(pickle.dumps(one_by_one.prepare(TEXTS[4])))
    plain = UTTERANCES[4]
    assert_same(*spoken(one_by_one, [plain, replace(plain, prepared=prepared)]))


def test_a_text_without_sounds_costs_only_itself(one_by_one: Any) -> None:
    answers = one_by_one.speak([UTTERANCES[0], Utterance("...", "p225"), UTTERANCES[1]])
    assert [type(answer) for answer in answers] == [Speech, SpeechError, Speech]


def test_too_little_memory_halves_the_batches_and_changes_nothing(random_vits: Path, batched: Any) -> None:
    engine = engine_of(random_vits, batch_seconds=30.0)
    decoder = engine.model._decoder
    decode, refused = decoder.decode, []

    def decode_little(latent: Any, speakers: Any, frames: Sequence[int], *rest: Any) -> Any:
        if len(frames) * max(frames) > 700:
            refused.append(len(frames) * max(frames) * 256 / 22050)
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")
        return decode(latent, speakers, frames, *rest)

    decoder.decode = decode_little
    many = [replace(one, seed=i) for i, one in enumerate(UTTERANCES * 2)]
    for one, other in zip(spoken(engine, many), spoken(batched, many), strict=True):
        assert_same(one, other)
    # each size is tried once, and never one that has failed
    assert 1 <= len(refused) == engine.model.counts.halved <= 4
    assert engine.model.batch_seconds == min(refused) / 2
    decoder.decode = lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(EngineError, match=r"not enough free memory to speak \d"):
        engine.speak(UTTERANCES)


def test_a_failing_device_names_what_it_had_in_hand(random_vits: Path) -> None:
    engine = engine_of(random_vits)
    decoder = engine.model._decoder
    decode, calls = decoder.decode, iter(range(100))

    def fail_later(*given: Any) -> Any:
        if next(calls) == 4:
            raise RuntimeError("CUDA error: an illegal access\nmore")
        return decode(*given)

    decoder.decode = fail_later
    engine._device = torch.device("cuda", 1)
    with pytest.raises(EngineError) as caught:
        engine.speak(UTTERANCES)
    message = str(caught.value)
    assert message.startswith("coqui on cuda:1 failed (CUDA error: an illegal access) while it spoke ")
    assert message.endswith("; run the same command to go on")
    shortest_first = sorted(UTTERANCES, key=lambda one: len(spoken(engine_of(random_vits), [one])[0].samples))
    named = {one.text for one in UTTERANCES if one.text[:37] in message}
    # the fifth sentence, and the two before it whose samples were still on their way
    assert named == {one.text for one in shortest_first[2:5]}
    assert "more;" not in message


def test_a_device_that_fails_at_once_says_so(random_vits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(random_vits)
    engine._device = torch.device("cuda", 1)
    broken = RuntimeError("CUDA error: out of memory")
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (_ for _ in ()).throw(broken))
    with pytest.raises(EngineError, match=r"^coqui on cuda:1 failed \(CUDA error: out of memory\) while it loaded"):
        engine.speak(UTTERANCES)


def test_what_is_no_fault_of_the_device_is_not_blamed_on_it(random_vits: Path) -> None:
    engine = engine_of(random_vits)
    engine.model.speak = lambda _: (_ for _ in ()).throw(ValueError("cannot convert float NaN to integer"))
    engine._device = torch.device("cuda", 1)
    with pytest.raises(ValueError, match="NaN"):
        engine.speak(UTTERANCES)


@pytest.mark.parametrize("logarithm", [float("nan"), float("inf"), 20.0])
def test_a_length_out_of_all_bounds_costs_its_text_only(random_vits: Path, logarithm: float) -> None:
    engine = engine_of(random_vits, batch_seconds=30.0)
    predict = engine.model._log_durations

    def predict_nonsense(hidden: Any, mask: Any, speakers: Any, noise: Any) -> Any:
        result = predict(hidden, mask, speakers, noise)
        result[-1, 0, 3] = logarithm  # of the longest text
        return result

    engine.model._log_durations = predict_nonsense
    answers = engine.speak(UTTERANCES)
    longest = max(range(len(TEXTS)), key=lambda i: max(len(piece.tokens.ids) for piece in engine.prepare(TEXTS[i])))
    wrong = [i for i, answer in enumerate(answers) if isinstance(answer, SpeechError)]
    assert wrong == [longest]
    assert str(answers[longest]) == "the model gives this text no sensible length"


def test_more_names_than_speakers_are_refused(random_vits: Path, tmp_path: Path) -> None:
    shutil.copytree(random_vits.parent, tmp_path / "copy")
    names = json.loads((tmp_path / "copy/speaker_ids.json").read_text("utf-8"))
    (tmp_path / "copy/speaker_ids.json").write_text(json.dumps({**names, "p999": 109}), "utf-8")
    config = json.loads((tmp_path / "copy/config.json").read_text("utf-8"))
    config["speakers_file"] = config["model_args"]["speakers_file"] = "gone/speaker_ids.json"
    config["model_args"]["num_speakers"] = config["num_speakers"] = 109
    (tmp_path / "copy/config.json").write_text(json.dumps(config), "utf-8")
    with pytest.raises(UsageError):
        engine_of(tmp_path / "copy" / random_vits.name).speak([Utterance("Hello.", "p225")])


def test_closing_lets_go_of_the_model(random_vits: Path) -> None:
    import gc
    import weakref

    engine = engine_of(random_vits)
    spoken(engine, UTTERANCES[:1])
    gc.collect()
    gc.disable()
    try:
        weights = weakref.ref(engine.model.model.waveform_decoder.conv_post.weight)
        engine.close()
        assert weights() is None
    finally:
        gc.enable()
    assert len(spoken(engine, UTTERANCES[:1])) == 1


def test_bfloat16_keeps_lengths_and_sound(random_vits: Path, one_by_one: Any) -> None:
    engine = engine_of(random_vits, precision="bfloat16")
    assert engine.info.numeric_mode == "cpu-bfloat16"
    for one, other in zip(spoken(engine, UTTERANCES), spoken(one_by_one, UTTERANCES), strict=True):
        assert one.words == other.words
        error = one.samples - other.samples
        assert 10 * np.log10(np.sum(other.samples**2) / np.sum(error**2)) > 30


def test_speakers_are_all_there_and_nobody_vouches_for_them(one_by_one: Any) -> None:
    assert len(one_by_one.voices) == 109
    assert {(voice.gender, voice.accent, voice.metadata_source) for voice in one_by_one.voices.values()} == {
        (None, None, "unknown")
    }
    controls = one_by_one.voices["p225"].controls
    assert (controls.rate, controls.pitch, controls.word_times) == ((0.5, 2.0), None, True)


def test_a_speakers_name_is_a_line_without_its_end(random_vits: Path, tmp_path: Path) -> None:
    """The released VCTK model calls its first speaker "ED", newline included."""
    shutil.copytree(random_vits.parent, tmp_path / "copy")
    names = json.loads((tmp_path / "copy/speaker_ids.json").read_text("utf-8"))
    names = {"ED\n" if name == "p225" else name: row for name, row in names.items()}
    (tmp_path / "copy/speaker_ids.json").write_text(json.dumps(names), "utf-8")
    config = json.loads((tmp_path / "copy/config.json").read_text("utf-8"))
    # where it lay when it was trained
    config["speakers_file"] = config["model_args"]["speakers_file"] = "/home/somebody/speaker_ids.json"
    (tmp_path / "copy/config.json").write_text(json.dumps(config), "utf-8")
    engine = engine_of(tmp_path / "copy" / random_vits.name)
    assert "ED" in engine.voices
    assert len(spoken(engine, [Utterance("Hello there.", "ED")])) == 1


def test_the_revision_is_of_the_model_and_not_of_its_place(random_vits: Path, one_by_one: Any, tmp_path: Path) -> None:
    shutil.copytree(random_vits.parent, tmp_path / "copy")
    moved = tmp_path / "copy" / random_vits.name
    assert engine_of(moved).info.revision == one_by_one.info.revision
    config = json.loads((tmp_path / "copy/config.json").read_text("utf-8"))
    config["model_args"]["inference_noise_scale"] = 0.5
    (tmp_path / "copy/config.json").write_text(json.dumps(config), "utf-8")
    assert engine_of(moved).info.revision != one_by_one.info.revision
    assert one_by_one.info.model == random_vits.name


@pytest.mark.parametrize(
    ("options", "device", "message"),
    [
        ({"precision": "float64"}, "cpu", "precision: 'float64' is not allowed; give one of auto, float32"),
        ({"precision": "tf32"}, "cpu", "precision: tf32 is for CUDA devices"),
        ({"batch_seconds": 0}, "cpu", "batch_seconds: 0 is not allowed"),
        ({"batch_seconds": "60"}, "cpu", "batch_seconds: '60' is not allowed"),
        ({"model_path": "/no/such/model.pth"}, "cpu", "model_path: there is no file /no/such/model.pth"),
        ({}, "cuda:99", "device: cuda:99 is not there; torch sees"),
        ({"model_path": 5}, "cpu", "model_path: 5 is not text"),
        ({"model_path": "/usr"}, "cpu", "model_path: /usr holds none of model_file.pth"),
        ({"license": "MIT"}, "cpu", "unknown option 'license' (close: licence); allowed: model,"),
        ({"model": "tts_models/en/vctk/vits"}, "cpu", "model: leave it out beside model_path"),
        ({"model_path": None, "model": 5}, "cpu", "model: 5 is not the name of a model"),
        ({"model_path": None, "licence": "MIT"}, "cpu", "licence: give model_path too"),
        ({"speed": 2}, "cpu", "unknown option 'speed'; allowed: model, model_path"),
        ({"device": "cuda"}, None, "'device' is not one of its options"),
    ],
)
def test_wrong_options_are_one_line(random_vits: Path, options: dict[str, Any], device: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_engine("coqui", {"model_path": str(random_vits), **options}, device=device)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("damage", ["text", "truncated", "another model", "no speakers", "multilingual"])
def test_a_broken_model_is_one_line(random_vits: Path, tmp_path: Path, damage: str) -> None:
    shutil.copytree(random_vits.parent, tmp_path / "copy")
    checkpoint, config_file = tmp_path / "copy" / random_vits.name, tmp_path / "copy/config.json"
    config = json.loads(config_file.read_text("utf-8"))
    if damage == "text":
        checkpoint.write_text("not weights", "utf-8")
    elif damage == "truncated":
        checkpoint.write_bytes(checkpoint.read_bytes()[:100_000])
    elif damage == "another model":
        config["model"] = "tacotron2"
    elif damage == "no speakers":
        (tmp_path / "copy/speaker_ids.json").unlink()
        config["speakers_file"] = config["model_args"]["speakers_file"] = "speaker_ids.json"
    else:
        config["model_args"]["use_language_embedding"] = True
    config_file.write_text(json.dumps(config), "utf-8")
    with pytest.raises(UsageError) as caught:
        engine_of(checkpoint).speak([Utterance("Hello.", "p225")])
    assert random_vits.name in str(caught.value)
    assert "\n" not in str(caught.value)


def run_python(program: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    env = {**os.environ, "TTS_HOME": str(tmp_path), **environment}
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=env, check=False)


BUILD_VCTK = (
    "from askqa_builder.cli.app import run\n"
    "raise SystemExit(run(['build', {corpus!r}, {out!r}, '--profiles', 'vctk']))\n"
)


@pytest.mark.parametrize(
    ("before", "message"),
    [
        # without a network: a proxy that nobody serves
        ("", "model tts_models/en/vctk/vits is not on this machine and cannot be downloaded"),
        ("import sys; sys.modules['TTS'] = None\n", 'pip install "askqa-builder[coqui]"'),
        (
            "import sys; sys.modules['espeakng_loader'] = None\n"
            "from askqa_builder.speech.engines.espeak import phonemes as espeak_phonemes\n"
            "espeak_phonemes._SYSTEM_LIBRARIES = ()\n",
            "espeak-ng's library is missing: pip install espeakng-loader",
        ),
    ],
    ids=["without network", "without the extra", "without espeak-ng"],
)
def test_what_is_missing_is_told_in_one_line_before_the_corpus_is_read(
    tmp_path: Path, before: str, message: str
) -> None:
    nowhere = "http://127.0.0.1:9"
    corpus = tmp_path / "corpus_test.json"
    corpus.write_text("nothing that can be read", "utf-8")
    program = before + BUILD_VCTK.format(corpus=str(corpus), out=str(tmp_path / "out"))
    done = run_python(program, tmp_path, HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, NO_PROXY="", no_proxy="")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert message in done.stderr
    assert "corpus" not in done.stderr


def test_an_unknown_model_is_told() -> None:
    with pytest.raises(UsageError, match="coqui has no model 'tts_models/en/nobody/vits'"):
        load_engine("coqui", {"model": "tts_models/en/nobody/vits"}, device="cpu")
