"""An actor for tests of crews; Ray's workers find it on their path."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from askqa_builder.errors import UsageError


class Odd:
    """An actor that does what it is told."""

    def hello(self) -> None:
        pass

    def open(self, way: str) -> None:
        if way == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if way == "refuse":
            raise UsageError("no licence on this machine")

    def answer(self, number: int) -> int:
        return number

    def hang(self) -> None:
        time.sleep(3600)

    def end_once(self, mark: str) -> str:
        if not Path(mark).exists():
            Path(mark).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return "well"
