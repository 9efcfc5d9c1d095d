"""A speaker of whom there are recordings in several emotions, cloned by Coqui's own classes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import soundfile
import yaml
from documented_sets import documented

from askqa_builder import build
from askqa_builder.errors import UsageError
from askqa_builder.speech.engine import Speech, Utterance, load_engine
from askqa_builder.speech.engines.flite import FliteEngine
from askqa_builder.speech.prosody import speak_native
from askqa_builder.voices.emotion import Affect
from askqa_builder.voices.reference import Reference, read_reference

pytest.importorskip("TTS", reason="the extra [coqui] is not installed")

from tiny_xtts import SPEAKERS
from xtts_speech import ANA, SHORT, SPEAKER_ENCODER, counted, same, say

from askqa_builder.speech.engines.coqui.xtts_engine import XttsEngine

HAPPY, SAD, NEUTRAL = (Affect(category) for category in ("happy", "sad", "neutral"))


@pytest.fixture(scope="module")
def anna(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """One voice of flite at three pitches."""
    folder, flite = tmp_path_factory.mktemp("anna"), FliteEngine()
    clips = {}
    for name, pitch in (("plain", 0.0), ("happy", 4.0), ("sad", -4.0)):
        text = "The old man walked down to the harbour, where three boats were waiting."
        (speech,) = flite.speak([Utterance(text, "slt", pitch=pitch)])
        assert isinstance(speech, Speech)
        soundfile.write(folder / f"{name}.wav", speech.samples, speech.sample_rate)
        clips[name] = read_reference(folder / f"{name}.wav", "here", "anna", None, None)
    return replace(clips.pop("plain"), emotions=clips)


def test_a_voice_speaks_the_emotions_of_its_clips(folder: Path, anna: Reference) -> None:
    engine = load_engine("xtts", {"model_path": str(folder)}, references={"anna": anna})
    emotions = {name: voice.controls.emotions for name, voice in engine.voices.items()}
    assert emotions == {"anna": {"happy", "neutral", "sad"}, **dict.fromkeys(SPEAKERS, frozenset())}


def test_each_emotion_is_cloned_from_its_own_clip(folder: Path, anna: Reference) -> None:
    engine = XttsEngine(model_path=str(folder), references={"anna": anna})
    with counted(engine, SPEAKER_ENCODER) as calls:
        plain, neutral, happy, again, sad = say(
            engine,
            *(Utterance(SHORT, "anna", seed=1, emotion=emotion) for emotion in (None, NEUTRAL, HAPPY, HAPPY, SAD)),
        )
    assert len(calls) == 3  # once for each clip
    assert same(plain, neutral)
    assert same(happy, again)
    assert not same(plain, happy)
    assert not same(plain, sad)
    assert not same(happy, sad)
    alone = {
        name: XttsEngine(model_path=str(folder), references={"anna": clip})
        for name, clip in (("plain", replace(anna, emotions={})), *anna.emotions.items())
    }
    for name, speech in (("plain", plain), ("happy", happy), ("sad", sad)):
        assert same(say(alone[name], Utterance(SHORT, "anna", seed=1))[0], speech)


def test_what_it_has_no_clip_of_is_not_spoken(folder: Path, anna: Reference) -> None:
    engine = XttsEngine(model_path=str(folder), references={"anna": anna})
    for voice, emotion in (("anna", Affect("angry")), (ANA, HAPPY)):
        with pytest.raises(UsageError, match=f"voice '{voice}' cannot speak '{emotion.category}'"):
            speak_native(engine, [Utterance(SHORT, voice, emotion=emotion)])


def test_every_clip_is_looked_at(folder: Path, anna: Reference, tmp_path: Path) -> None:
    (tmp_path / "noise.wav").write_bytes(b"no sound at all")
    noise = read_reference(tmp_path / "noise.wav", "here", "anna", None, None)
    with pytest.raises(UsageError, match=r"noise\.wav cannot be read"):
        XttsEngine(model_path=str(folder), references={"anna": replace(anna, emotions={"angry": noise})})


# --- in a build ---


def test_the_documented_set_builds(folder: Path, anna: Reference, tmp_path: Path) -> None:
    """The speaker of docs/styles.md, with clips of these tests and a small model."""
    example = documented("engine: xtts")
    content = {**yaml.safe_load(example), "options": {"model_path": str(folder)}}
    (tmp_path / "mine.yaml").write_text(json.dumps(content), "utf-8")
    (tmp_path / "clips").mkdir()
    for name, clip in (("anna", anna), *((f"anna-{name}", clip) for name, clip in anna.emotions.items())):
        shutil.copy(clip.path, tmp_path / "clips" / f"{name}.wav")
    turns = [{"turn_id": i, "question": f"What was on day {i}?", "answer": "a boat"} for i in (1, 2, 3)]
    item = {
        "story": SHORT,
        "target_turn": {**turns[-1], "rationale": "a boat"},
        "history_turns": [{**turn, "rationale": "a boat"} for turn in turns[:-1]],
        "ambiguity": "non_ambiguous",
        "source": "askqa-demo",
    }
    items = [{**item, "id": f"river|3|{i}"} for i in (2, 3)]  # where this model does not end, one may be left out
    (tmp_path / "river_test.json").write_text(json.dumps({"data": items}), "utf-8")

    build(tmp_path / "river_test.json", tmp_path / "out", profiles=str(tmp_path / "mine.yaml"), seed=4, workers=1)
    rows = [row for path in (tmp_path / "out" / "data").rglob("*.parquet") for row in pq.read_table(path).to_pylist()]
    users = [turn for row in rows for turn in row["turns"] if turn["role"] == "user"]
    assert {turn["style"]["name"] for turn in users} & anna.speakable - {"neutral"}
    for turn in users:
        native = turn["style"]["name"] != "neutral"
        assert turn["style"]["native"] is native
        assert turn["emotion"]["intended"]["category"] == (turn["style"]["name"] if native else None)
    told = json.loads((tmp_path / "out" / "askqa.json").read_text("utf-8"))["profiles"]["roles"]["user"]["voices"]
    assert told[0]["emotions"]["happy"]["sha256"] == anna.emotions["happy"].sha256
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    assert f"| anna, happy | CC0-1.0 | {anna.emotions['happy'].sha256} |" in card
    assert f"| anna, sad | CC-BY-4.0 | {anna.emotions['sad'].sha256} |" in card
