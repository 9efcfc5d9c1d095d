"""A third party's recogniser that computes nothing: it writes a word for each tenth of a second, and takes its time.

Tests copy this file next to a `*.dist-info` folder that registers it as the recogniser `counting`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from askqa_builder.recognition.recogniser import Appetite, Clip, ListenerInfo

SECONDS_A_CLIP = 0.2
"""A run that is to be killed must not be done before."""


class CountingRecogniser:
    """Texts differ with the clips' lengths, and every clip is a batch of its own; a clip of 10 s or more hangs it."""

    def __init__(self) -> None:
        self.info = ListenerInfo("counting", "counting", "1.0", "none", None, "CC0-1.0")
        self.appetite = Appetite(batch_seconds=0.01, one_core=True)

    def transcribe(self, batch: Sequence[Clip]) -> list[str]:
        """Count tenths of seconds."""
        time.sleep(3600 if any(clip.seconds >= 10 for clip in batch) else SECONDS_A_CLIP * len(batch))
        return [" ".join(f"word{tenth}" for tenth in range(round(10 * clip.seconds))) for clip in batch]

    def close(self) -> None:
        """There is nothing to close."""
