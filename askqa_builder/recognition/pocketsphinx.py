"""CMU PocketSphinx: a small recogniser whose English model comes with its wheel, so that it works offline."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo, missing_library

_SAMPLE_RATE = 16000
"""Hz; what its acoustic model was trained on."""

_FULL_SCALE = 32768.0


class PocketSphinxRecogniser:
    """Decodes with the general American English model and its trigrams, on one core.

    It errs in a fifth to a third of the words of clear synthetic speech: good for comparing a turn with others of its
    voice, not for judging it alone.
    """

    def __init__(self) -> None:
        """Load the model. Raises UsageError where the library is missing."""
        try:
            from pocketsphinx import Decoder
        except ImportError as error:
            raise missing_library("pocketsphinx", "its library") from error
        # Means over each clip instead of running ones: a text must not depend on what was heard before.
        self._decoder = Decoder(samprate=_SAMPLE_RATE, cmn="batch", loglevel="FATAL")
        self.info = ListenerInfo(
            name="pocketsphinx",
            library="pocketsphinx",
            version=version("pocketsphinx"),
            model="en-us",
            revision=None,
            licence="BSD-2-Clause",
        )
        self.appetite = Appetite(batch_seconds=60.0, one_core=True)

    def transcribe(self, batch: Sequence[Clip]) -> list[str]:
        """Decode each clip as one utterance."""
        return [self._decode(clip) for clip in batch]

    def _decode(self, clip: Clip) -> str:
        scaled = np.rint(clip.at(_SAMPLE_RATE) * _FULL_SCALE)
        pcm = np.clip(scaled, -_FULL_SCALE, _FULL_SCALE - 1).astype("<i2")
        self._decoder.start_stream()  # nor on the noise in that
        self._decoder.start_utt()
        try:
            self._decoder.process_raw(pcm.tobytes(), full_utt=True)
        finally:
            self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return hypothesis.hypstr if hypothesis is not None else ""

    def close(self) -> None:
        """Forget the model."""
        del self._decoder
