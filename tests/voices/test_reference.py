"""Recordings as voices: entries `{ref: clip.wav, …}` of a profile set."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from askqa_builder.errors import UsageError
from askqa_builder.voices.profile_files import parse_profile_set, read_profile_set
from askqa_builder.voices.reference import LARGEST_BYTES


def written(folder: Path, narrator: str, others: str = "{ref: other.wav}") -> str:
    (folder / "clip.wav").write_bytes(b"RIFF one")
    (folder / "other.wav").write_bytes(b"RIFF two")
    path = folder / "mine.yaml"
    path.write_text(
        f"engine: xtts\nroles:\n  narrator: {{voices: [{narrator}]}}\n"
        f"  user: {{voices: [{others}]}}\n  assistant: {{voices: [c]}}\n",
        "utf-8",
    )
    return str(path)


def test_an_entry_is_a_voice_with_its_clip(tmp_path: Path) -> None:
    path = written(tmp_path, "{ref: clip.wav, text: Hello., licence: CC0-1.0, speaker: mara}, b")
    found = read_profile_set(path)
    (key,) = found.engines
    reference = found.references(key)["mara"]
    assert reference.path == tmp_path / "clip.wav"
    assert reference.sha256 == hashlib.sha256(b"RIFF one").hexdigest()
    assert (reference.text, reference.licence) == ("Hello.", "CC0-1.0")
    assert set(found.references(key)) == {"mara", "other"}
    form = found.to_json()
    assert str(tmp_path) not in str(form)
    assert form["roles"]["narrator"]["voices"] == [reference.to_json(), "b"]
    assert parse_profile_set(form, "again", "askqa.json").to_json() == form


@pytest.mark.parametrize(
    ("narrator", "others", "message"),
    [
        ("{ref: gone.wav}", "a", "gone.wav cannot be read: No such file"),
        ("{ref: .}", "a", "is not a file"),
        ('{ref: "a\\0b.wav"}', "a", "is not the name of a file"),
        ("{ref: clip.wav, sha256: abc}", "a", "clip.wav is another recording: its SHA-256 is"),
        ("{ref: clip.wav, licence: 3}", "a", "licence: 3 is not text"),
        ("{ref: clip.wav, gender: female}", "a", "unknown key 'gender'"),
        ("{ref: clip.wav, speaker: x}", "{ref: clip.wav, speaker: y}", "'y' and 'x' are one recording, clip.wav"),
        ("{ref: clip.wav, speaker: x}", "{ref: other.wav, speaker: x}", "'x' is two recordings"),
        ("{ref: clip.wav}, clip", "a", "'clip' is listed twice"),
    ],
)
def test_a_wrong_entry_is_one_line(tmp_path: Path, narrator: str, others: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_profile_set(written(tmp_path, narrator, others))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_film_is_no_clip(tmp_path: Path) -> None:
    path = written(tmp_path, "{ref: film.wav}")
    with (tmp_path / "film.wav").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(UsageError, match=r"film\.wav is larger than 50 MB"):
        read_profile_set(path)
