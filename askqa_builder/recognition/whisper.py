"""Whisper through faster-whisper (CTranslate2), on a GPU or on a CPU."""

from __future__ import annotations

import logging
from bisect import bisect_right
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from askqa_builder.errors import UsageError
from askqa_builder.machine import parse_devices, usable_cores
from askqa_builder.recognition.cutting import cut_at_silence
from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo, missing_library
from askqa_builder.recognition.whisper_files import WhisperFiles, find_whisper, whisper_in

DEFAULT_MODEL = "small.en"

_SAMPLE_RATE = 16000
_WINDOW_SECONDS = 28.0
"""A piece longer than Whisper's window of 30 s loses its end without a word."""

_GAP = np.zeros(_SAMPLE_RATE // 10, np.float32)
_BATCH_SIZES = {"cuda": 24, "cpu": 4}
_COMPUTE_TYPES = {"cuda": "float16", "cpu": "int8"}


class WhisperRecogniser:
    """Recognises in batches: each clip is one window, longer ones are cut in their quietest places.

    All windows are decoded alone, by beam search at temperature 0: nothing is passed from one to the next, so a text
    does not depend on what else is in the batch.
    """

    def __init__(
        self,
        model: str = DEFAULT_MODEL,
        model_path: str | None = None,
        device: str | None = None,
        compute_type: str | None = None,
        threads: int = 0,
    ) -> None:
        """Load a model.

        model: a name such as small.en or large-v3, a model on the Hub in CTranslate2's format, or a folder with one.
        model_path: a folder with one, instead.
        device: cpu, cuda or cuda:N; None for a GPU where there is one. compute_type: CTranslate2's, by default
        float16 on CUDA and int8 on CPUs. threads: on a CPU; 0 for one per core.
        Raises UsageError where library, model or device are missing.
        """
        try:
            import ctranslate2
            from faster_whisper import BatchedInferencePipeline, WhisperModel
        except ImportError as error:
            raise missing_library("whisper", "faster-whisper") from error
        kind, index = _device(device, ctranslate2.get_cuda_device_count())
        compute_type = compute_type or _COMPUTE_TYPES[kind]
        files = find_whisper(model) if model_path is None else whisper_in(Path(model_path))
        self._batch_size = _BATCH_SIZES[kind]
        try:
            loaded = WhisperModel(
                str(files.folder),
                device=kind,
                device_index=index,
                compute_type=compute_type,
                cpu_threads=threads or usable_cores(),
                local_files_only=True,
            )
        except Exception as error:  # CTranslate2 and tokenizers raise whatever they like
            raise UsageError(f"whisper cannot load the model {files.name!r}: {_first_line(error)}") from error
        logging.getLogger("faster_whisper").setLevel(logging.ERROR)
        self._pipeline = BatchedInferencePipeline(loaded)
        self.info = _info(files, f"{kind}-{compute_type}")
        self.appetite = Appetite(batch_seconds=self._batch_size * _WINDOW_SECONDS, one_core=False)

    def transcribe(self, batch: Sequence[Clip]) -> list[str]:
        """Transcribe a batch in as many windows as its clips need."""
        pieces: list[NDArray[np.float32]] = []
        owners: list[int] = []
        for owner, clip in enumerate(batch):
            for piece in cut_at_silence(clip.at(_SAMPLE_RATE), _SAMPLE_RATE, _WINDOW_SECONDS):
                pieces.append(piece)
                owners.append(owner)
        texts: list[list[str]] = [[] for _ in batch]
        for owner, text in zip(owners, self._windows(pieces), strict=True):
            texts[owner].append(text)
        return [" ".join(" ".join(parts).split()) for parts in texts]

    def _windows(self, pieces: Sequence[NDArray[np.float32]]) -> list[str]:
        """Transcribe pieces of up to one window each, several at once."""
        if not pieces:
            return []
        audio = np.concatenate([part for piece in pieces for part in (piece, _GAP)])
        starts = np.cumsum([0, *(len(piece) + len(_GAP) for piece in pieces[:-1])]).tolist()
        segments, _ = self._pipeline.transcribe(
            audio,
            language="en",
            temperature=0.0,
            clip_timestamps=[_span(start, len(piece)) for start, piece in zip(starts, pieces, strict=True)],
            batch_size=self._batch_size,
        )
        frames = [start * 100 // _SAMPLE_RATE for start in starts]  # `seek` is the window's start in frames of 10 ms
        texts = [""] * len(pieces)
        for segment in segments:
            texts[bisect_right(frames, segment.seek) - 1] += segment.text
        return texts

    def close(self) -> None:
        """Forget the model."""
        del self._pipeline


def _span(start: int, length: int) -> dict[str, float]:
    """Return a window's place in seconds, which faster-whisper cuts down to whole samples."""
    return {"start": (start + 0.5) / _SAMPLE_RATE, "end": (start + length + 0.5) / _SAMPLE_RATE}


def _device(device: str | None, gpus: int) -> tuple[str, int]:
    """Return kind and number of the device to compute on."""
    (on, *others) = parse_devices(device)
    if others:
        raise UsageError(f"device: {device!r} are several; give one")
    on = on or ("cuda" if gpus else "cpu")
    kind, _, index = on.partition(":")
    if kind == "cuda" and int(index or 0) >= gpus:
        raise UsageError(f"device: {on!r} is not there; CTranslate2 sees {gpus} CUDA devices")
    return kind, int(index or 0)


def _info(files: WhisperFiles, numeric_mode: str) -> ListenerInfo:
    libraries: dict[str, Any] = {name: version(name) for name in ("faster-whisper", "ctranslate2")}
    return ListenerInfo(
        name="whisper",
        library="faster-whisper",
        version=f"{libraries['faster-whisper']} (ctranslate2 {libraries['ctranslate2']})",
        model=files.name,
        revision=files.revision,
        licence=files.licence,
        numeric_mode=numeric_mode,
    )


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
