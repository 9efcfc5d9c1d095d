"""How fast datasets are verified on one core, and whether memory grows with them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from askqa_builder import build

from common import corpus, corpus_name, table

SIZES = (100, 300)

_MEASURED = """
import json, resource, time
from askqa_builder.verify.run import verify
begun = time.perf_counter()
report = verify({dataset!r}, workers=1, thorough={thorough})
taken = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([report.seconds, taken, peak, report.turns, report.total]))
"""


def main() -> None:
    """Print one table."""
    print("### Verifying on one core\n")
    print(f"Datasets of {corpus_name()} (espeak), import included; clean builds should have no findings.\n")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            dataset = Path(folder) / f"dataset-{size}"
            build(corpus(Path(folder), size), dataset, profiles="espeak")
            for thorough in (False, True):
                seconds, taken, peak, turns, findings = _run(dataset, thorough)
                name = "--thorough" if thorough else "as it is"
                speed = f"{seconds / taken:.0f}"
                rows.append((size, name, f"{seconds / 3600:.1f} h", turns, speed, f"{peak / 1e6:.0f} MB", findings))
    table(["conversations", "verify", "audio", "turns", "× real time", "peak memory", "findings"], rows)


def _run(dataset: Path, thorough: bool) -> list[float]:
    program = _MEASURED.format(dataset=str(dataset), thorough=thorough)
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    figures: list[float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


if __name__ == "__main__":
    main()
