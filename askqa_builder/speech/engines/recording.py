"""People's recordings in place of synthesis: an engine that plays what was recorded for a turn.

Its folder holds a WAV file for each turn, named as `askqa script` prints it, and may hold `recordings.yaml`:

    licence: CC-BY-4.0        # of the recordings; without it they may not be passed on
    speakers:
      user: {name: anna, gender: female, accent: Irish}
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import soundfile

from askqa_builder.digests import sha256_of
from askqa_builder.errors import SpeechError, UsageError
from askqa_builder.speech.engine import EngineInfo, Pace, Samples, Speech, Utterance
from askqa_builder.speech.gate import MOST_CLIPPED, clipped_share
from askqa_builder.undecodable import what_is_wrong
from askqa_builder.voices.plain_yaml import read_yaml
from askqa_builder.voices.section import Place, Section, shown
from askqa_builder.voices.voice import Controls, Voice

SPEAKERS_FILE = "recordings.yaml"
_ROLES = ("narrator", "user", "assistant")
_NO_CONTROLS = Controls(rate=None, pitch=None, word_times=False)
_NOMINAL_RATE = 16000
_UNKNOWN_LICENCE = "unknown (recordings of people)"
_FRAME_SECONDS = 0.02
_SILENCE_DB = -40.0
"""Below the loudest frame: what is softer is room and breath."""

_MARGIN_SECONDS = 0.15


class RecordingEngine:
    """Plays the recordings of a folder. Its voices are the people who were recorded, one a role."""

    def __init__(self, folder_path: str) -> None:
        """Look at a folder. Raises UsageError where it cannot be read or `recordings.yaml` is wrong."""
        self._folder = Path(folder_path)
        self._files = _wav_files(self._folder)
        self.licence, speakers = _read_speakers(self._folder)
        self.speakers = {role: voice.name for role, voice in speakers.items()}
        self._voices = {voice.name: voice for voice in speakers.values()}

    @property
    def info(self) -> EngineInfo:
        """Name and licence; `revision` is a digest of all recordings."""
        if not hasattr(self, "_info"):
            self._info = EngineInfo(
                name="recording",
                library="recordings of people",
                version="1",
                model=None,
                revision=_digest(self._files),
                licence=self.licence or _UNKNOWN_LICENCE,
                sample_rate=_NOMINAL_RATE,
                pace=Pace(words_per_minute=150.0),
            )
        return self._info

    @property
    def voices(self) -> Mapping[str, Voice]:
        """Who was recorded, by name."""
        return self._voices

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Play the recordings of a batch."""
        return [self._play(utterance) for utterance in batch]

    def close(self) -> None:
        """Nothing is open."""

    def _play(self, utterance: Utterance) -> Speech | SpeechError:
        path = next((self._files[name] for name in utterance.recordings if name in self._files), None)
        if path is None:
            wanted = " or ".join(f"{name}.wav" for name in utterance.recordings) or "a name for it"
            return SpeechError(f"there is no recording {wanted} in {self._folder.name}")
        try:
            channels, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:  # its own text names the folder
            return SpeechError(f"the recording {path.name} cannot be read: {what_is_wrong(error)}")
        except OSError as error:
            return SpeechError(f"the recording {path.name} cannot be read: {error.strerror}")
        if not len(channels):
            return SpeechError(f"the recording {path.name} is empty")
        clipped = max(map(clipped_share, channels.T))  # before they are averaged, which hides it
        if clipped > MOST_CLIPPED:
            return SpeechError(f"{clipped:.1%} of the samples of the recording {path.name} are clipped")
        samples = _without_silence(channels.mean(axis=1), int(rate))
        return Speech(np.ascontiguousarray(samples, np.float32), int(rate))


def _without_silence(samples: Samples, rate: int) -> Samples:
    """Cut the silence before and after the speech, but for _MARGIN_SECONDS: people pause before they stop recording."""
    step = max(int(rate * _FRAME_SECONDS), 1)
    frames = samples[: len(samples) // step * step].reshape(-1, step)
    if not len(frames):
        return samples
    power = np.square(frames, dtype=np.float64).mean(axis=1)
    loud = np.flatnonzero(power > max(power.max() * 10 ** (_SILENCE_DB / 10), 1e-12))
    if not len(loud):
        return samples
    margin = int(rate * _MARGIN_SECONDS)
    return samples[max(loud[0] * step - margin, 0) : (loud[-1] + 1) * step + margin]


def is_unknown(licence: str) -> bool:
    """Tell whether nobody has said under which licence the recordings are."""
    return licence == _UNKNOWN_LICENCE


def _wav_files(folder: Path) -> dict[str, Path]:
    try:
        return {path.stem: path for path in sorted(folder.iterdir()) if path.suffix.lower() == ".wav"}
    except OSError as error:
        raise UsageError(f"recordings: {folder} cannot be read ({error.strerror}); give the folder of WAVs") from error


def _digest(files: Mapping[str, Path]) -> str:
    hasher = hashlib.sha256()
    for name, path in files.items():
        try:
            hasher.update(f"{name} {sha256_of(path)}\n".encode("utf-8", "surrogateescape"))
        except OSError as error:
            raise UsageError(f"recordings: {path} cannot be read ({error.strerror}); look at it") from error
    return hasher.hexdigest()[:16]


def _read_speakers(folder: Path) -> tuple[str | None, dict[str, Voice]]:
    """Return the licence, and each role's speaker; who is not told of goes by the role's name."""
    path = folder / SPEAKERS_FILE
    where = f"{folder.name}/{SPEAKERS_FILE}"
    top = Section(read_yaml(path, where) if path.exists() else {}, Place(where, folder), ("licence", "speakers"))
    told = Section(top.get("speakers", {}), top.at("speakers"), _ROLES)
    licence = top.get("licence")
    if licence is not None and not isinstance(licence, str):
        raise UsageError(f"{top.at('licence')}: {shown(licence)} is not a licence's name, such as CC-BY-4.0")
    return licence, {role: _speaker(role, told) for role in _ROLES}


def _speaker(role: str, told: Section) -> Voice:
    section = Section(told.get(role, {}), told.at(role), ("name", "gender", "accent"))
    for key in ("name", "gender", "accent"):
        value = section.get(key)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise UsageError(f"{section.at(key)}: {shown(value)} is not a text")
    gender, accent = section.get("gender"), section.get("accent")
    source = "catalogue" if gender or accent else "unknown"
    return Voice(section.get("name", role), "en", gender, accent, source, _NO_CONTROLS)
