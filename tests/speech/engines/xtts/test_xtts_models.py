"""Voices, checkpoints and options of XTTS, and builds with it."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from askqa_builder import build
from askqa_builder.build.options import BuildOptions
from askqa_builder.build.run import prepare
from askqa_builder.build.worker import open_worker
from askqa_builder.errors import UsageError
from askqa_builder.speech.engine import Speech, Utterance, load_engine
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.voices.profile_files import read_profile_set
from askqa_builder.voices.reference import Reference, read_reference
from askqa_builder.voices.resolution import resolve
from askqa_builder.voices.voice import Controls, Voice

pytest.importorskip("TTS", reason="the extra [coqui] is not installed")

from tiny_xtts import SPEAKERS, change_config, write_tiny_xtts
from xtts_speech import ANA, SHORT, SPEAKER_ENCODER, counted, same, say

from askqa_builder.speech.engines.coqui.xtts_engine import XTTS_V2, XttsEngine

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


def corpus(path: Path, count: int) -> Path:
    """Write short conversations in Abg-CoQA's format."""
    item = {
        "story": SHORT,
        "target_turn": {"turn_id": 1, "question": "What did we see?", "answer": "a boat", "rationale": "a boat"},
        "history_turns": [],
        "ambiguity": "non_ambiguous",
        "source": "askqa-demo",
    }
    path.write_text(json.dumps({"data": [{**item, "id": f"river|1|{i}"} for i in range(count)]}), "utf-8")
    return path


def profile_of(path: Path, model: Path) -> str:
    role = "{voices: ['*'], rate: [uniform, 0.9, 1.1]}"
    path.write_text(
        f"engine: xtts\noptions: {{model_path: {model}}}\n"
        f"roles: {{narrator: {role}, user: {role}, assistant: {role}}}\n",
        "utf-8",
    )
    return str(path)


def test_a_build_speaks_with_it(folder: Path, tmp_path: Path) -> None:
    source, profiles = corpus(tmp_path / "river_test.json", 2), profile_of(tmp_path / "tiny.yaml", folder)
    build(source, tmp_path / "out", profiles=profiles, seed=7, workers=1)
    rows = sum(pq.read_metadata(path).num_rows for path in (tmp_path / "out" / "data").rglob("*.parquet"))
    listed = tmp_path / "out" / "rejected.jsonl"
    rejects = listed.read_text("utf-8").splitlines() if listed.exists() else []
    assert rows > 0
    assert rows + len(rejects) == 2
    assert all("after 4 tries" in json.loads(line)["detail"] for line in rejects)
    assert "CPML: non-commercial use only" in (tmp_path / "out" / "README.md").read_text("utf-8")


def test_a_worker_rejects_what_does_not_end(tmp_path: Path) -> None:
    endless = write_tiny_xtts(tmp_path / "endless", stop=0.0)
    source, profiles = corpus(tmp_path / "river_test.json", 1), profile_of(tmp_path / "endless.yaml", endless)
    job = prepare(source, BuildOptions(profiles=profiles, seed=7))
    (block,) = job.plan.blocks
    with open_worker(job.recipe, None, speaking=True) as worker:
        made = worker.make(block, {})
    assert not any(made.rows.values())
    (reject,) = made.rejects
    assert (reject.reason, reject.stage) == ("unspeakable", "speak")
    assert "after 4 tries" in reject.detail
