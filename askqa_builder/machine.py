"""What this machine has to compute with: cores, and devices as a user names them."""

from __future__ import annotations

import os
import re

from askqa_builder.errors import UsageError

_CUDA = re.compile(r"cuda:(\d{1,3}(?:,(?:cuda:)?\d{1,3})*)", re.ASCII)


def usable_cores() -> int:
    """Count the cores this process may use; affinity masks of clusters are respected."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def checked_workers(workers: int | None) -> int | None:
    """Return how many workers a user asks for; None is left to the machine. Raises UsageError."""
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int) or workers < 1):
        raise UsageError(f"workers: {workers!r} is not allowed; give a whole number from 1")
    return workers


def parse_devices(device: str | None) -> tuple[str | None, ...]:
    """Read "cpu", "cuda", "cuda:1" or "cuda:0,1"; None is left to the engine. Raises UsageError."""
    if device is None or device in ("cpu", "cuda"):
        return (device,)
    match = _CUDA.fullmatch(device) if isinstance(device, str) else None
    numbers = match[1].replace("cuda:", "").split(",") if match else []
    if not numbers or len({int(number) for number in numbers}) < len(numbers):
        raise UsageError(f"device: {device!r} is not allowed; give cpu, cuda, cuda:1, or several as cuda:0,1")
    return tuple(f"cuda:{int(number)}" for number in numbers)
