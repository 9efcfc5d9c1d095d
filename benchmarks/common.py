"""What the benchmarks share: the conversations, the machine, interleaved timing, tables."""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ["ASKQA_CACHE"] = "none"  # what was spoken before tells nothing of how fast speaking is

ROOT = Path(__file__).resolve().parent.parent
ROLES = ("narrator", "user", "assistant")


def corpus(folder: Path, conversations: int) -> Path:
    """Write an Abg-CoQA file of so many conversations, and return its path.

    The real test split where ASKQA_ABG_COQA names its folder, else the bundled conversations; both repeated
    under new ids where there are not enough.
    """
    real = os.environ.get("ASKQA_ABG_COQA")
    source = Path(real) / "coqa_abg_test.json" if real else ROOT / "tests/data/demo_test.json"
    items: list[dict[str, Any]] = json.loads(source.read_text("utf-8"))["data"]
    chosen = []
    for i in range(conversations):
        item = dict(items[i % len(items)])
        item["id"] = f"{item['id']}#{i // len(items)}"
        chosen.append(item)
    path = folder / f"conversations-{conversations}_test.json"
    path.write_text(json.dumps({"version": "1.0", "data": chosen}), "utf-8")
    return path


def corpus_name() -> str:
    """Say what `corpus` takes."""
    return "Abg-CoQA's test split" if os.environ.get("ASKQA_ABG_COQA") else "the bundled conversations"


def profile(folder: Path, name: str, voices: Sequence[str], pitch: Any = 0.0, engine: str = "flite") -> Path:
    """Write a profile set with the same voices for all roles."""
    role = {"voices": list(voices), "rate": 1.0, "pitch": pitch}
    content = {
        "engine": engine,
        "demo": True,
        "roles": dict.fromkeys(ROLES, role),
        "distinct_voices": len(voices) >= len(ROLES),
    }
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(content), "utf-8")  # JSON is YAML
    return path


def machine() -> str:
    """Name the machine by its cores and processor."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores, {model}, Python {platform.python_version()}, {platform.system()}"


def timed(function: Callable[[], Any]) -> float:
    """Return the wall seconds of one call."""
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def interleaved(functions: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Time the functions in turn, round after round, so that a drift of the machine meets them all."""
    times: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            times[name].append(timed(function))
    return times


def ratio(above: Sequence[float], below: Sequence[float]) -> str:
    """Return the median of the ratios pair by pair, with their range."""
    ratios = [a / b for a, b in zip(above, below, strict=True)]
    return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})"


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a Markdown table."""
    print(f"| {' | '.join(header)} |")
    print(f"|{'---|' * len(header)}")
    for row in rows:
        print(f"| {' | '.join(str(cell) for cell in row)} |")
    print()
