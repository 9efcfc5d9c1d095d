"""A third party's recogniser of emotions in a few lines: loud speech is angry, the rest is neutral; it takes its time.

Tests copy this file next to a `*.dist-info` folder that registers it as the recogniser of emotions `loud`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from askqa_builder.recognition.affect.recogniser import Verdict
from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo
from askqa_builder.voices.emotion import Affect


class LoudRecogniser:
    """Every clip is a batch of its own. loud: what loud speech is; seconds: it takes for each clip."""

    tells = ("category",)

    def __init__(self, threshold: float = 0.05, loud: str = "angry", seconds: float = 0.0) -> None:
        self.info = ListenerInfo("loud", "loud", "1.0", "none", None, "CC0-1.0")
        self.appetite = Appetite(batch_seconds=0.01, one_core=True)
        self._threshold, self._loud, self._seconds = threshold, loud, seconds

    def recognise(self, batch: Sequence[Clip]) -> list[Verdict]:
        """Compare the root mean square with the threshold."""
        time.sleep(self._seconds * len(batch))
        return [Verdict(Affect(category=self._category(clip))) for clip in batch]

    def _category(self, clip: Clip) -> str:
        return self._loud if float(np.sqrt(np.mean(clip.samples**2))) > self._threshold else "neutral"

    def close(self) -> None:
        """There is nothing to close."""
