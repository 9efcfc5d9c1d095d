"""A row's recording: what was decoded against what the row says of it, and what is measured of each turn."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import soundfile

from askqa_builder.recording.edges import speech_bounds
from askqa_builder.recording.encode import AudioFormat
from askqa_builder.recording.speaker import speaker_f0
from askqa_builder.recording.timeline import FULL_SCALE, to_samples
from askqa_builder.recording.turn_measures import measure_turn
from askqa_builder.speech.engine import Pcm, Samples
from askqa_builder.speech.loudness import PEAK_CEILING_DBFS, integrated_loudness
from askqa_builder.speech.syllables import count_syllables
from askqa_builder.verify.findings import Fault
from askqa_builder.voices.turn_prosody import level

EDGE_SECONDS = 0.020
LOSSY_EDGE_SECONDS = 0.060
"""Speech must be found so near to both ends of a turn. Codecs smear it over their blocks; on 80 rows of mp3 and ogg
the latest began 40 ms late."""

BELOW_SPEECH_DB = -55.0
"""What counts as speech there. Lower than where turns are trimmed (-40 dB): the faded edges are soft, and the loud
frames that it is relative to were fewer before trimming."""

LOSSY_SILENCE_DBFS = -50.0
LOSSY_SMEAR_SECONDS = 0.050
"""What of a gap next to a turn may hold the codec's echo of it."""

SILENT_LUFS = -60.0
"""Quieter is no speech; turns are levelled to -20 LUFS or so."""

LOUDNESS_TOLERANCE_LU = 1.5
"""Clean flac builds of flite and espeak (3,700 turns) deviate by 0.033 LU at most, codecs by half a unit; noise with
clicks at a turn's edges, which the fades take off, by 1.0. Less than 1 LU is hardly heard."""

_LIMITED_DB = 0.2
"""A peak so near to the ceiling has limited the level."""

_LEVEL_TOLERANCE_DB = 0.01
"""Half a quantisation step at -1 dBFS is a thousandth of it."""

_F0_TOLERANCE = 0.005
"""Relative; the same samples give the same F0 but for the last bits of another processor's FFT."""

LONGEST_SILENCE_SECONDS = 3.0
"""Inside a turn. The longest in clean builds is 0.74 s; slower readers pause 2 s between paragraphs."""

_SILENCE_DBFS = -60.0
_FRAME_SECONDS = 0.02


@dataclass(frozen=True, eq=False)
class Heard:
    """A decoded recording with its turns cut out of it, as 16-bit samples and as floats at full scale ±1."""

    pcm: Pcm
    sample_rate: int
    spans: tuple[tuple[int, int], ...]
    turns: tuple[Samples, ...]

    @classmethod
    def of(cls, pcm: Pcm, sample_rate: int, turns: Sequence[Mapping[str, Any]]) -> Heard:
        """Cut the turns of a row, whose times are in order and inside the recording."""
        spans = tuple((to_samples(turn["start"], sample_rate), to_samples(turn["end"], sample_rate)) for turn in turns)
        scale = np.float32(1 / FULL_SCALE)
        return cls(pcm, sample_rate, spans, tuple(pcm[a:b].astype(np.float32) * scale for a, b in spans))


def decode(row: Mapping[str, Any], wanted: AudioFormat) -> Pcm | Fault:
    """Decode a row's recording, or say why it is not what the row promises."""
    try:
        with soundfile.SoundFile(io.BytesIO(row["audio"]["bytes"])) as file:
            if (file.format, file.channels, file.samplerate) != (wanted.container, 1, row["sampling_rate"]):
                found = f"{file.format}, {file.channels} channels, {file.samplerate} Hz"
                return Fault("audio", None, found, f"{wanted.container}, 1 channel, {row['sampling_rate']} Hz")
            pcm: Pcm = file.read(dtype="int16")
    except (soundfile.SoundFileError, RuntimeError, ValueError) as error:
        return Fault("audio", None, f"cannot be decoded ({error})", wanted.container)
    if len(pcm) != row["num_samples"]:
        return Fault("length", None, f"{len(pcm)} samples", f"num_samples {row['num_samples']}")
    return pcm


def sample_digests(pcm: Pcm, ends: Sequence[int]) -> tuple[list[bytes], str]:
    """Digests of the samples up to each of `ends`, which are in order, and the hexadecimal SHA-256 of all."""
    data = memoryview(pcm.astype("<i2", copy=False).tobytes())
    hasher, done = hashlib.sha256(), 0
    prefixes = []
    for end in ends:
        hasher.update(data[2 * done : 2 * end])
        prefixes.append(hasher.copy().digest()[:16])
        done = end
    hasher.update(data[2 * done :])
    return prefixes, hasher.hexdigest()


def check_sound(row: Mapping[str, Any], heard: Heard, lossless: bool) -> Iterator[Fault]:
    """Yield what is wrong with gaps, edges, levels and loudness; recordings sent through a channel have no silence."""
    clean = not (row["channel"] or {}).get("kinds")
    if clean:
        yield from _gaps(heard, lossless)
    yield from _levels(row, heard, lossless and clean)
    speakers = {speaker["role"]: speaker for speaker in row["speakers"]}
    powers: dict[str, list[tuple[int, float]]] = {}
    for i, (turn, samples) in enumerate(zip(row["turns"], heard.turns, strict=True)):
        loudness = integrated_loudness(samples, heard.sample_rate)
        bounds = speech_bounds(samples, heard.sample_rate, BELOW_SPEECH_DB)
        if bounds is None or loudness is None or loudness < SILENT_LUFS:
            measured = "digital silence" if loudness is None else f"{loudness:.1f} LUFS"
            yield Fault("silent_turn", i, measured, f"speech: {turn['spoken_text']!r}")
            continue
        if turn["role"] not in speakers:
            continue
        powers.setdefault(turn["role"], []).append((len(samples), loudness))
        if clean:
            yield from _edges(i, bounds, len(samples), heard.sample_rate, lossless)
            asked = level(speakers[turn["role"]]["requested"]["loudness"], turn["style"]["loudness"] or 0.0)
            yield from _loudness(i, samples, loudness, asked)
            yield from _silence(i, samples, heard.sample_rate)
    if clean and lossless:
        for role, turns in powers.items():
            yield from _measured(row, heard, speakers[role], turns)


def check_measures(row: Mapping[str, Any], heard: Heard) -> Iterator[Fault]:
    """Measure each turn of a lossless recording without a channel as its build did; one never measured is no fault."""
    for i, (turn, (start, end)) in enumerate(zip(row["turns"], heard.spans, strict=True)):
        told = turn["measured"]
        if told["energy"] is None:
            continue
        syllables = count_syllables(turn["spoken_text"])
        found = measure_turn(heard.pcm[start:end], heard.sample_rate, syllables).to_json()
        for name, value in found.items():
            said = told[name]
            if (value is None) != (said is None) or (value and said and abs(value / said - 1) > _F0_TOLERANCE):
                yield Fault("style", i, f"measured {name} {said}", f"{value}, as is heard")


def _gaps(heard: Heard, lossless: bool) -> Iterator[Fault]:
    smear = 0 if lossless else to_samples(LOSSY_SMEAR_SECONDS, heard.sample_rate)
    allowed = 0 if lossless else round(FULL_SCALE * 10 ** (LOSSY_SILENCE_DBFS / 20))
    wanted = "digital silence" if lossless else f"below {LOSSY_SILENCE_DBFS:.0f} dBFS"
    starts = [start for start, _ in heard.spans] + [len(heard.pcm)]
    ends = [0] + [end for _, end in heard.spans]
    for i, (first, last) in enumerate(zip(ends, starts, strict=True)):
        gap = heard.pcm[first + (smear if i else 0) : last - (smear if i < len(heard.spans) else 0)]
        peak = _peak(gap)
        if peak > allowed:
            where = "after the last turn" if i == len(heard.spans) else "before the turn"
            yield Fault("gap", min(i, len(heard.spans) - 1), f"{_dbfs(peak):.1f} dBFS {where}", wanted)


def _levels(row: Mapping[str, Any], heard: Heard, exact: bool) -> Iterator[Fault]:
    peak = max(map(_peak, (heard.pcm[a:b] for a, b in heard.spans)), default=0)
    clipped = int(np.count_nonzero(np.abs(heard.pcm.astype(np.int32)) >= FULL_SCALE)) if peak >= FULL_SCALE else 0
    said = (row["quality"] or {}).get("peak_dbfs")
    if clipped and exact:
        yield Fault("clipping", None, f"{clipped} samples at full scale", "none")
    elif exact and peak and _dbfs(peak) > PEAK_CEILING_DBFS + _LEVEL_TOLERANCE_DB:
        yield Fault("level", None, f"peak {_dbfs(peak):.2f} dBFS", f"at most {PEAK_CEILING_DBFS} dBFS")
    if exact and peak and said is not None and abs(_dbfs(peak) - said) > _LEVEL_TOLERANCE_DB:
        yield Fault("level", None, f"peak {_dbfs(peak):.2f} dBFS", f"quality.peak_dbfs {said:.2f}")


def _edges(i: int, bounds: tuple[int, int], length: int, sample_rate: int, lossless: bool) -> Iterator[Fault]:
    allowed = to_samples(EDGE_SECONDS if lossless else LOSSY_EDGE_SECONDS, sample_rate)
    start, end = bounds
    if start > allowed or length - end > allowed:
        found = f"speech from {start / sample_rate * 1000:.0f} ms to {(length - end) / sample_rate * 1000:.0f} ms"
        yield Fault("edges", i, f"{found} before the end", f"within {allowed / sample_rate * 1000:.0f} ms of both")


def _loudness(i: int, samples: Samples, loudness: float, asked: float) -> Iterator[Fault]:
    peak = 20 * math.log10(max(float(samples.max()), -float(samples.min()), 1e-9))
    limited = peak > PEAK_CEILING_DBFS - _LIMITED_DB
    if loudness > asked + LOUDNESS_TOLERANCE_LU or (loudness < asked - LOUDNESS_TOLERANCE_LU and not limited):
        yield Fault("loudness", i, f"{loudness:.2f} LUFS", f"{asked:.2f} LUFS")


def _silence(i: int, samples: Samples, sample_rate: int) -> Iterator[Fault]:
    """Find the longest run of quiet frames."""
    frame = to_samples(_FRAME_SECONDS, sample_rate)
    frames = len(samples) // frame
    if frames * _FRAME_SECONDS < LONGEST_SILENCE_SECONDS:
        return
    blocks = samples[: frames * frame].reshape(frames, frame)
    power = np.einsum("ij,ij->i", blocks, blocks)
    loud = np.flatnonzero(power > frame * 10 ** (_SILENCE_DBFS / 10))
    longest = float(np.diff(loud, prepend=-1, append=frames).max() - 1) * _FRAME_SECONDS
    if longest > LONGEST_SILENCE_SECONDS:
        yield Fault("silence", i, f"{longest:.1f} s of silence", f"at most {LONGEST_SILENCE_SECONDS:.0f} s")


def _measured(
    row: Mapping[str, Any], heard: Heard, speaker: Mapping[str, Any], turns: Sequence[tuple[int, float]]
) -> Iterator[Fault]:
    """Measure a role as its build did."""
    role, said = speaker["role"], speaker["measured"]
    power = sum(length * 10 ** (loudness / 10) for length, loudness in turns) / sum(length for length, _ in turns)
    loudness = 10 * math.log10(power)
    if said["loudness"] is None or abs(said["loudness"] - loudness) > LOUDNESS_TOLERANCE_LU:
        yield Fault("measured", None, f"{role}: loudness {loudness:.2f} LUFS", f"{said['loudness']} as in the row")
    pcm = [heard.pcm[a:b] for (a, b), turn in zip(heard.spans, row["turns"], strict=True) if turn["role"] == role]
    f0 = speaker_f0(pcm, heard.sample_rate)
    if (f0 is None) != (said["f0"] is None) or (f0 and said["f0"] and abs(f0 / said["f0"] - 1) > _F0_TOLERANCE):
        shown = "none" if f0 is None else f"{f0:.1f} Hz"
        yield Fault("measured", None, f"{role}: F0 {shown}", f"{said['f0']} as in the row")


def _peak(samples: Pcm) -> int:
    return max(int(samples.max()), -int(samples.min())) if len(samples) else 0


def _dbfs(peak: int) -> float:
    return 20 * math.log10(peak / FULL_SCALE)
