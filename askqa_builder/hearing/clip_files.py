"""Clips as files: each is written once, whoever needs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from numpy.typing import NDArray

from askqa_builder.dataset.sound import decoded
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.files import write_file
from askqa_builder.hearing.heard import Clip, Heard
from askqa_builder.hearing.row_times import Row
from askqa_builder.hearing.sound import clip_samples
from askqa_builder.recording.encode import AudioFormat, encode
from askqa_builder.recording.timeline import FULL_SCALE, Seconds, to_samples
from askqa_builder.seeds import short_hash
from askqa_builder.speech.engine import Pcm

AUDIO_FOLDER = "audio"


@dataclass(frozen=True)
class AudioFile:
    """A sound file. path: relative to the set it belongs to, with slashes. samples: of each channel."""

    path: str
    samples: int
    sampling_rate: int
    channels: int = 1

    @property
    def seconds(self) -> Seconds:
        """Its duration."""
        return self.samples / self.sampling_rate

    @property
    def suffix(self) -> str:
        """Its format, as the path ends."""
        return self.path.rpartition(".")[2]


def sound_path(split: str, name: str, chosen: AudioFormat) -> str:
    """Return the path of a sound of a split, relative to its set. name: 16 hexadecimal digits."""
    return f"{AUDIO_FOLDER}/{split}/{name[:2]}/{name}.{chosen.name}"


class ClipFiles:
    """Writes clips into `folder/audio/<split>/`, as lossless files of one format and rate."""

    def __init__(self, folder: Path, chosen: AudioFormat, sampling_rate: int | None = None) -> None:
        """Prepare. sampling_rate: Hz, None for the recording's own. Raises UsageError for a lossy format."""
        if not chosen.lossless:
            raise UsageError(f"{chosen.name} is lossy: a clip would not have its recording's samples; take flac or wav")
        self._folder = folder
        self._format = chosen
        self._rate = sampling_rate

    def planned(self, row: Row, heard: Heard, split: str) -> list[AudioFile]:
        """Return the files of a row's clips, whether they are there or not."""
        rate = self._rate or heard.sampling_rate
        return [
            AudioFile(
                self._path(row, heard, clip, split),
                resampled_length(clip.samples, heard.sampling_rate, rate),
                rate,
                2 if heard.stereo else 1,
            )
            for clip in heard.clips
        ]

    def write(self, row: Row, heard: Heard, split: str) -> list[AudioFile]:
        """Write a row's clips where they are missing, and return their files; the row is whole, with its audio.

        Raises StorageError, and AskqaError where the recording cannot be decoded or is not as long as the row says. A
        file that is there is whole, and of these samples: its name is a hash of them.
        """
        files = self.planned(row, heard, split)
        missing = [number for number, file in enumerate(files) if not (self._folder / file.path).exists()]
        recording = _recording(row) if missing else None
        for number in missing:
            assert recording is not None
            clip, file = heard.clips[number], files[number]
            write_file(self._folder / file.path, self._encoded(row, heard, clip, file, recording))
        return files

    def encoded(self, row: Row, heard: Heard, split: str) -> list[tuple[AudioFile, bytes]]:
        """Return a row's clips as files with their bytes, and write none of them. Raises AskqaError as `write` does."""
        recording = _recording(row) if heard.clips else None
        made = []
        for clip, file in zip(heard.clips, self.planned(row, heard, split), strict=True):
            assert recording is not None
            made.append((file, self._encoded(row, heard, clip, file, recording)))
        return made

    def _encoded(self, row: Row, heard: Heard, clip: Clip, file: AudioFile, recording: Pcm) -> bytes:
        """Return a clip as a file's bytes: the recording's own, where it is the whole of it."""
        whole = clip.pieces == ((0, len(recording)),) and not heard.stereo
        if whole and file.sampling_rate == heard.sampling_rate and row["audio"]["path"].endswith(self._format.name):
            own: bytes = row["audio"]["bytes"]
            return own
        samples = resampled(clip_samples(recording, row, heard, clip), heard.sampling_rate, file)
        return encode(samples, file.sampling_rate, self._format)

    def _path(self, row: Row, heard: Heard, clip: Clip, split: str) -> str:
        places = ",".join(f"{start}-{end}" for start, end in clip.pieces)
        name = short_hash("clip", row["id"], row["pcm_sha256"], places, int(heard.stereo), self._rate or 0)
        return sound_path(split, name, self._format)


def _recording(row: Row) -> Pcm:
    samples, rate = decoded(row)
    if (len(samples), rate) != (row["num_samples"], row["sampling_rate"]):
        raise AskqaError(
            f"row {row['id']}: its recording has {len(samples)} samples at {rate} Hz, not {row['num_samples']} at "
            f"{row['sampling_rate']} Hz; see askqa verify"
        )
    return samples


def resampled(samples: NDArray[np.int16], rate: int, wanted: AudioFile) -> NDArray[np.int16]:
    """Return 16-bit samples [n] or [n, channels] at the rate and of the length of `wanted`."""
    if wanted.sampling_rate == rate:
        return samples
    real: NDArray[np.float32] = soxr.resample(samples.astype(np.float32) / FULL_SCALE, rate, wanted.sampling_rate, "HQ")
    whole = np.zeros((wanted.samples, *real.shape[1:]), np.float32)
    whole[: len(real)] = real[: wanted.samples]
    scaled: NDArray[np.int16] = np.clip(np.rint(whole * FULL_SCALE), -FULL_SCALE - 1, FULL_SCALE).astype(np.int16)
    return scaled


def resampled_length(samples: int, rate: int, wanted: int) -> int:
    """Return how many samples a sound has at another rate."""
    return samples if wanted == rate else to_samples(samples / rate, wanted)
