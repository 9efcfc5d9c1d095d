"""Peak memory of each process of a build, at 100 and at 1,000 conversations."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from common import corpus, corpus_name, table

SIZES = (100, 1000)


def main() -> None:
    """Print one table."""
    print("### Peak memory\n")
    print(f"`askqa build --profiles espeak --workers 2` on {corpus_name()}; resident set, sampled every 20 ms.\n")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        peaks = {size: _peaks(Path(folder), size) for size in SIZES}
    for kind in ("worker", "main process", "engine server"):
        small, large = (peaks[size].get(kind, 0) for size in SIZES)
        rows.append((kind, f"{small / 1e6:.0f} MB", f"{large / 1e6:.0f} MB", f"{large / max(small, 1):.2f}"))
    table(["process", *(f"at {size}" for size in SIZES), "ratio"], rows)


def _peaks(folder: Path, size: int) -> dict[str, int]:
    out = folder / str(size)
    askqa, source = Path(sys.executable).with_name("askqa"), corpus(folder, size)
    command = [str(word) for word in (askqa, "build", source, out, "--profiles", "espeak", "--workers", 2)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as build:
        peaks: dict[str, int] = {}
        while build.poll() is None:
            main_process = psutil.Process(build.pid)
            try:
                _note(peaks, "main process", main_process)
                for child in main_process.children(recursive=True):
                    _note(peaks, _kind(child), child)
            except psutil.NoSuchProcess:
                pass  # it ended between being listed and being looked at
            time.sleep(0.02)
    if build.returncode:
        raise SystemExit(f"the build failed with exit code {build.returncode}")
    return peaks


def _note(peaks: dict[str, int], kind: str, process: psutil.Process) -> None:
    peaks[kind] = max(peaks.get(kind, 0), process.memory_info().rss)


def _kind(process: psutil.Process) -> str:
    words = " ".join(process.cmdline())
    if "espeak/server.py" in words:
        return "engine server"
    return "worker" if "spawn_main" in words else "other"


if __name__ == "__main__":
    main()
