"""Clips as models take them."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from askqa_builder.hearing.clip_files import AudioFile, resampled, resampled_length
from askqa_builder.recording.encode import FORMATS, encode
from askqa_builder.recording.timeline import FULL_SCALE

Sound = NDArray[np.int16]
"""16-bit samples: shape [samples], or [samples, 2] in stereo."""


def as_wav(sound: Sound, sampling_rate: int) -> bytes:
    """Return a file of exactly these samples."""
    return encode(sound, sampling_rate, FORMATS["wav"])


def as_mono(sound: Sound) -> NDArray[np.float32]:
    """Return samples at full scale ±1, shape [samples]; in stereo, who speaks is on one channel at a time."""
    together = sound if sound.ndim == 1 else sound.sum(axis=1, dtype=np.int32)
    return together.astype(np.float32) / np.float32(FULL_SCALE)


def at_rate(sound: Sound, rate: int, wanted: int) -> Sound:
    """Return a sound at another sampling rate, Hz."""
    return resampled(sound, rate, AudioFile("", resampled_length(len(sound), rate, wanted), wanted))


def sound_digest(sound: Sound, sampling_rate: int) -> str:
    """Return a name for a sound that no other one has."""
    about = f"{sampling_rate} {sound.shape} ".encode("ascii")
    return hashlib.blake2b(about + np.ascontiguousarray(sound, "<i2").tobytes(), digest_size=16).hexdigest()
