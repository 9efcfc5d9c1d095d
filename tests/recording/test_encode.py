from __future__ import annotations

import hashlib
import io
import shutil
import struct
import subprocess
import sys

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from askqa_builder.errors import UsageError
from askqa_builder.recording.encode import FORMATS, audio_format, encode
from askqa_builder.recording.timeline import Timeline, join
from askqa_builder.recording.turn_audio import prepare_turn
from askqa_builder.speech.engine import Pcm, Speech, Utterance
from askqa_builder.speech.engines.flite import FliteEngine

RATE = 16000
LOSSLESS = ("flac", "wav")
LOSSY = ("mp3", "ogg")


def recording() -> tuple[Pcm, Timeline]:
    """Speak a short dialogue."""
    texts = ("A grey cat moved into the library.", "Where did it move?", "Into the library.")
    answers = FliteEngine().speak([Utterance(text, "kal16", seed=1) for text in texts])
    turns = [prepare_turn(speech, RATE, -23.0).pcm for speech in answers if isinstance(speech, Speech)]
    assert len(turns) == len(texts)
    timeline = Timeline.of([len(turn) for turn in turns], [0.2, 1.0, 0.5], 0.4, RATE)
    return join(turns, timeline), timeline


@pytest.fixture(scope="module")
def dialogue() -> tuple[Pcm, Timeline]:
    return recording()


def decode(data: bytes) -> NDArray[np.int16]:
    samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    assert rate == RATE
    return samples


def encoded(pcm: Pcm, name: str, rate: int = RATE) -> bytes:
    return encode(pcm, rate, audio_format(name, rate))


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_formats_give_every_sample_back(dialogue: tuple[Pcm, Timeline], name: str) -> None:
    extreme = np.array([-32768, 32767, 0, -1, 1] * 50, np.int16)
    for pcm in (dialogue[0], extreme, extreme[:1]):
        assert np.array_equal(decode(encoded(pcm, name)).reshape(-1), pcm)


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_formats_keep_times_and_silence(dialogue: tuple[Pcm, Timeline], name: str) -> None:
    pcm, timeline = dialogue
    decoded = decode(encoded(pcm, name)).astype(float)
    assert len(decoded) == len(pcm)
    spectrum = np.fft.rfft(decoded, 2 * len(pcm)) * np.conj(np.fft.rfft(pcm.astype(float), 2 * len(pcm)))
    assert np.argmax(np.fft.irfft(spectrum)) == 0
    borders = [0, *(time for turn in zip(timeline.starts, timeline.ends, strict=True) for time in turn), len(pcm)]
    for start, end in zip(borders[::2], borders[1::2], strict=True):
        rms = np.sqrt(np.mean(np.square(decoded[start:end] / 32768)))
        assert 20 * np.log10(rms + 1e-9) < -50
    error = decoded - pcm
    assert np.mean(error**2) < 0.05 * np.mean(np.square(pcm, dtype=float))


@pytest.mark.parametrize("name", FORMATS)
def test_same_samples_same_bytes_in_any_process(dialogue: tuple[Pcm, Timeline], name: str) -> None:
    pcm, _ = dialogue
    data = encoded(pcm, name)
    encoded(pcm[::-1].copy(), name)
    assert encoded(pcm, name) == data
    script = (
        "import hashlib, sys\n"
        "import numpy as np\n"
        "from askqa_builder.recording.encode import audio_format, encode\n"
        "pcm = np.frombuffer(sys.stdin.buffer.read(), np.int16)\n"
        f"print(hashlib.sha256(encode(pcm, {RATE}, audio_format({name!r}, {RATE}))).hexdigest())\n"
    )
    there = subprocess.run([sys.executable, "-c", script], input=pcm.tobytes(), check=True, capture_output=True)
    assert there.stdout.decode().strip() == hashlib.sha256(data).hexdigest()


def ogg_pages(data: bytes) -> list[bytes]:
    pages = []
    while data:
        assert data[:4] == b"OggS"
        size = 27 + data[26] + sum(data[27 : 27 + data[26]])
        pages.append(data[:size])
        data = data[size:]
    return pages


def ogg_checksum(page: bytes) -> int:
    """Compute the checksum bit by bit (RFC 3533, section 6), the field itself taken as zero."""
    value = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        value ^= byte << 24
        for _ in range(8):
            value = (value << 1) ^ (0x104C11DB7 if value & 0x80000000 else 0)
    return value


def test_ogg_pages_carry_valid_checksums(dialogue: tuple[Pcm, Timeline]) -> None:
    pages = ogg_pages(encoded(dialogue[0][: 2 * RATE], "ogg"))
    assert len(pages) > 2
    for page in pages:
        assert struct.unpack_from("<I", page, 22)[0] == ogg_checksum(page)
        assert struct.unpack_from("<I", page, 14)[0] == 1
    assert [struct.unpack_from("<I", page, 18)[0] for page in pages] == list(range(len(pages)))


@pytest.mark.parametrize("name", FORMATS)
def test_more_than_100_seconds_are_written_whole(dialogue: tuple[Pcm, Timeline], name: str) -> None:
    pcm = np.tile(dialogue[0], 1 + 105 * RATE // len(dialogue[0]))
    assert len(pcm) > 100 * RATE
    decoded = decode(encoded(pcm, name)).astype(float)
    assert len(decoded) == len(pcm)
    last = slice(-len(dialogue[0]), None)
    assert np.corrcoef(decoded[last], pcm[last])[0, 1] > 0.97


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
@pytest.mark.parametrize("name", FORMATS)
def test_ffmpeg_reads_it_without_complaint(dialogue: tuple[Pcm, Timeline], name: str) -> None:
    command = ["ffmpeg", "-v", "error", "-xerror", "-i", "pipe:0", "-f", "s16le", "-ac", "1", "pipe:1"]
    result = subprocess.run(command, input=encoded(dialogue[0], name), capture_output=True, check=True)
    assert result.stderr == b""
    samples = np.frombuffer(result.stdout, np.int16)
    # ffmpeg keeps up to a frame of an MP3's or a packet of a Vorbis stream's padding
    assert len(samples) == pytest.approx(len(dialogue[0]), abs=0 if name in LOSSLESS else 2400)


@pytest.mark.parametrize("rate", [8000, 11025, 12000, 22050, 24000, 32000, 44100, 48000])
@pytest.mark.parametrize("name", FORMATS)
def test_rates_of_the_wild(name: str, rate: int) -> None:
    pcm = (3000 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)).astype(np.int16)
    decoded, found = soundfile.read(io.BytesIO(encoded(pcm, name, rate)), dtype="int16")
    assert found == rate
    assert len(decoded) == len(pcm)


@pytest.mark.parametrize("rate", [8001, 15999, 44099])
@pytest.mark.parametrize("name", ["flac", "wav", "ogg"])
def test_odd_rates(name: str, rate: int) -> None:
    pcm = (3000 * np.sin(np.arange(rate) * 2 * np.pi * 440 / rate)).astype(np.int16)
    decoded, found = soundfile.read(io.BytesIO(encoded(pcm, name, rate)), dtype="int16")
    assert (found, len(decoded)) == (rate, len(pcm))


def test_a_rate_that_the_codec_lacks_is_refused_in_time() -> None:
    with pytest.raises(UsageError, match=r"mp3 has no 9000 Hz; allowed: 8000, .*48000"):
        audio_format("mp3", 9000)
    with pytest.raises(UsageError, match="unknown audio format 'opus'; allowed: flac, wav, mp3, ogg"):
        audio_format("opus", 16000)


@pytest.mark.parametrize("name", FORMATS)
def test_estimated_sizes_are_near(dialogue: tuple[Pcm, Timeline], name: str) -> None:
    pcm = np.tile(dialogue[0], 5)
    assert len(encoded(pcm, name)) / len(pcm) == pytest.approx(FORMATS[name].bytes_per_sample, rel=0.35)
