"""Recordings of one speaker in several emotions: `{ref: clip.wav, emotions: {happy: clip.wav, …}}`."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from askqa_builder.dataset.card_sounds import cloned_clips
from askqa_builder.errors import UsageError
from askqa_builder.voices.emotion import Affect
from askqa_builder.voices.profile_files import parse_profile_set, read_profile_set
from askqa_builder.voices.reference import Reference

ANNA = "{ref: anna.wav, speaker: anna, licence: CC0-1.0, emotions: {happy: up.wav, sad: {ref: down.wav, text: Alas.}}}"


def written(folder: Path, user: str, assistant: str = "c") -> str:
    for name in ("anna", "up", "down", "other"):
        (folder / f"{name}.wav").write_bytes(f"RIFF {name}".encode())
    path = folder / "mine.yaml"
    path.write_text(
        f"engine: xtts\nroles:\n  narrator: {{voices: [a]}}\n  user: {{voices: [{user}]}}\n"
        f"  assistant: {{voices: [{assistant}]}}\n",
        "utf-8",
    )
    return str(path)


def anna_of(path: str) -> Reference:
    found = read_profile_set(path)
    (key,) = found.engines
    return found.references(key)["anna"]


def test_a_speaker_may_have_clips_of_emotions(tmp_path: Path) -> None:
    anna = anna_of(written(tmp_path, ANNA))
    assert [clip.path for clip in anna.clips] == [tmp_path / name for name in ("anna.wav", "up.wav", "down.wav")]
    assert {clip.name for clip in anna.clips} == {"anna"}
    assert {clip.licence for clip in anna.clips} == {"CC0-1.0"}
    assert anna.emotions["happy"].sha256 == hashlib.sha256(b"RIFF up").hexdigest()
    assert anna.emotions["sad"].text == "Alas."
    assert anna.speakable == {"happy", "neutral", "sad"}
    assert anna.spoken_from(None) is anna.spoken_from(Affect("neutral")) is anna
    assert anna.spoken_from(Affect("sad")) is anna.emotions["sad"]
    assert hash(anna) == hash(anna_of(written(tmp_path, ANNA)))


def test_without_any_there_are_none(tmp_path: Path) -> None:
    anna = anna_of(written(tmp_path, "{ref: anna.wav}"))
    assert (anna.speakable, anna.clips) == (frozenset(), (anna,))
    assert "emotions" not in anna.to_json()


def test_the_manifest_tells_of_every_clip_and_nothing_of_the_machine(tmp_path: Path) -> None:
    path = written(tmp_path, ANNA)
    form = read_profile_set(path).to_json()
    assert str(tmp_path) not in str(form)
    (entry,) = form["roles"]["user"]["voices"]
    assert entry["emotions"] == {
        "happy": {"ref": "up.wav", "sha256": hashlib.sha256(b"RIFF up").hexdigest(), "licence": "CC0-1.0"},
        "sad": {
            "ref": "down.wav",
            "sha256": hashlib.sha256(b"RIFF down").hexdigest(),
            "text": "Alas.",
            "licence": "CC0-1.0",
        },
    }
    again = parse_profile_set(form, "again", "askqa.json")
    assert again.to_json() == form
    (key,) = again.engines
    assert again.references(key)["anna"] == anna_of(path)
    (tmp_path / "up.wav").write_bytes(b"RIFF another")
    assert read_profile_set(path).to_json() != form
    assert anna_of(path) != again.references(key)["anna"]


def test_the_card_lists_every_clip(tmp_path: Path) -> None:
    form = read_profile_set(written(tmp_path, ANNA)).to_json()
    assert [(clip["voice"], clip["licence"]) for clip in cloned_clips(form["roles"])] == [
        ("anna", "CC0-1.0"),
        ("anna, happy", "CC0-1.0"),
        ("anna, sad", "CC0-1.0"),
    ]


@pytest.mark.parametrize(
    ("user", "assistant", "message"),
    [
        ("{ref: anna.wav, emotions: up.wav}", "c", "emotions: 'up.wav' is not a mapping of clips"),
        ("{ref: anna.wav, emotions: {}}", "c", "emotions: {} is not a mapping of clips"),
        ("{ref: anna.wav, emotions: {hapy: up.wav}}", "c", "emotions: 'hapy' is unknown (close: happy"),
        ("{ref: anna.wav, emotions: {neutral: up.wav}}", "c", "emotions: 'neutral' is unknown"),
        ("{ref: anna.wav, emotions: {happy: gone.wav}}", "c", "emotions.happy.ref: the recording"),
        ("{ref: anna.wav, emotions: {happy: 3}}", "c", "emotions.happy: 3 is not a mapping"),
        ("{ref: anna.wav, emotions: {happy: {text: Hi.}}}", "c", "emotions.happy: the key 'ref' is missing"),
        ("{ref: anna.wav, emotions: {happy: {ref: ''}}}", "c", "emotions.happy.ref: '' is not text"),
        ("{ref: anna.wav, emotions: {happy: {ref: up.wav, sha256: abc}}}", "c", "up.wav is another recording"),
        ("{ref: anna.wav, emotions: {happy: {ref: up.wav, speaker: x}}}", "c", "unknown key 'speaker'"),
        ("{ref: anna.wav, emotions: {happy: anna.wav}}", "c", "'anna' (happy) and 'anna' are one recording, anna.wav"),
        ("{ref: anna.wav, emotions: {happy: up.wav, sad: up.wav}}", "c", "'anna' (sad) and 'anna' (happy) are one"),
        ("{ref: anna.wav, emotions: {happy: up.wav}}", "{ref: up.wav}", "'up' and 'anna' (happy) are one recording"),
        ("{ref: anna.wav, emotions: {happy: up.wav}}", "{ref: anna.wav}", "'anna' is told in two ways"),
        ("{ref: null}", "c", "ref: nothing is given"),
    ],
)
def test_a_wrong_entry_is_one_line(tmp_path: Path, user: str, assistant: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_profile_set(written(tmp_path, user, assistant))
    assert message in str(caught.value)
    assert "mine.yaml: roles" in str(caught.value)
    assert "\n" not in str(caught.value)
