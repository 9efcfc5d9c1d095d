"""Encode a recording; the same samples always give the same bytes."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass

import soundfile

from askqa_builder.errors import UsageError
from askqa_builder.speech.engine import Pcm

_BLOCK_SECONDS = 5
"""libsndfile crashes on long Vorbis writes in one call."""


@dataclass(frozen=True)
class AudioFormat:
    """A container with its codec, and what it weighs.

    bytes_per_sample: mean over levelled 16 kHz speech with its pauses, for estimates of size.
    rates: sampling rates that the codec takes, None for any.
    """

    name: str
    container: str
    subtype: str
    bytes_per_sample: float
    lossless: bool
    rates: tuple[int, ...] | None = None


_MPEG_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)

FORMATS = {
    "flac": AudioFormat("flac", "FLAC", "PCM_16", 1.02, lossless=True),
    "wav": AudioFormat("wav", "WAV", "PCM_16", 2.0, lossless=True),
    "mp3": AudioFormat("mp3", "MP3", "MPEG_LAYER_III", 0.36, lossless=False, rates=_MPEG_RATES),
    "ogg": AudioFormat("ogg", "OGG", "VORBIS", 0.29, lossless=False),
}


def audio_format(name: str, sample_rate: int) -> AudioFormat:
    """Look up a format; UsageError where it is unknown or does not take the rate."""
    if name not in FORMATS:
        raise UsageError(f"unknown audio format {name!r}; allowed: {', '.join(FORMATS)}")
    chosen = FORMATS[name]
    if chosen.rates and sample_rate not in chosen.rates:
        raise UsageError(f"{name} has no {sample_rate} Hz; allowed: {', '.join(map(str, chosen.rates))}")
    return chosen


def encode(pcm: Pcm, sample_rate: int, chosen: AudioFormat) -> bytes:
    """Return the recording as a file's bytes."""
    buffer = io.BytesIO()
    if chosen.lossless:
        soundfile.write(buffer, pcm, sample_rate, format=chosen.container, subtype=chosen.subtype)
    else:
        block = _BLOCK_SECONDS * sample_rate
        with soundfile.SoundFile(buffer, "w", sample_rate, 1, format=chosen.container, subtype=chosen.subtype) as file:
            for start in range(0, len(pcm), block):
                file.write(pcm[start : start + block])
    data = buffer.getvalue()
    return _with_fixed_ogg_serial(data) if chosen.container == "OGG" else data


def _with_fixed_ogg_serial(data: bytes) -> bytes:
    """Set the stream's serial number, drawn at random by the encoder, to 1 in each page (RFC 3533, section 6)."""
    pages = bytearray(data)
    position = 0
    while position < len(pages):
        segments = pages[position + 26]
        header = 27 + segments
        end = position + header + sum(pages[position + 27 : position + header])
        pages[position + 14 : position + 18] = (1).to_bytes(4, "little")
        pages[position + 22 : position + 26] = bytes(4)
        pages[position + 22 : position + 26] = _ogg_crc(pages[position:end]).to_bytes(4, "little")
        position = end
    return bytes(pages)


_REVERSED_BITS = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _ogg_crc(page: bytearray) -> int:
    """Ogg's checksum is zlib's polynomial with unreflected bits, zero start and no final inversion."""
    reflected = zlib.crc32(page.translate(_REVERSED_BITS), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
