"""Another third party's: valence and arousal from how often the signal crosses zero, and how loud it is.

Tests copy this file next to a `*.dist-info` folder that registers it as the recogniser of emotions `bright`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo
from askqa_builder.voices.emotion import Affect


class BrightRecogniser:
    """It computes in the main process, many clips at once."""

    tells = ("valence", "arousal")

    def __init__(self) -> None:
        self.info = ListenerInfo("bright", "bright", "2.0", "none", "r1", "CC0-1.0")
        self.appetite = Appetite(batch_seconds=60.0, one_core=False)

    def recognise(self, batch: Sequence[Clip]) -> list[Verdict]:
        """Measure each clip."""
        return [Verdict(self._affect(clip.samples)) for clip in batch]

    def _affect(self, samples: np.ndarray) -> Affect:
        crossings = float(np.mean(np.diff(np.signbit(samples)))) if len(samples) > 1 else 0.0
        return Affect(valence=min(2 * crossings, 1.0), arousal=min(float(np.abs(samples).mean()) * 10, 1.0))

    def close(self) -> None:
        """There is nothing to close."""
