"""Run all benchmarks and write RESULTS.md. Quote ratios: they hold on other machines, seconds do not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from common import machine

HERE = Path(__file__).resolve().parent
SCRIPTS = (
    "spoken_text",
    "syllables",
    "pace",
    "build_overhead",
    "worker_scaling",
    "regenerate",
    "memory",
    "ray_scaling",
    "join_and_write",
    "espeak_speed",
    "prosody",
    "prosody_sweep",
    "styles",
    "espeak_variants",
    "verify_speed",
    "report",
    "rating_intervals",
    "training_data",
    "paralinguistics",
    "action_rule",
    "evaluation_baselines",
    "evaluation_intervals",
    "simulated_user",
    "coqui_throughput",
)


def main() -> None:
    """Run the scripts named on the command line, or all, and rewrite their sections of RESULTS.md."""
    wanted = sys.argv[1:] or SCRIPTS
    results = HERE / "RESULTS.md"
    sections = _sections(results)
    for name in wanted:
        print(f"running {name}", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, HERE / f"{name}.py"], check=True, stdout=subprocess.PIPE, text=True)
        sections[name] = f"Machine: {machine()}.\n\n{done.stdout.strip()}"
        text = "# Results\n\nWritten by `make bench`; each section by `benchmarks/<name>.py`.\n"
        text += "".join(f"\n## {known}\n\n{sections[known]}\n" for known in SCRIPTS if known in sections)
        results.write_text(text, "utf-8")  # after each: the whole takes half an hour


def _sections(results: Path) -> dict[str, str]:
    if not results.exists():
        return {}
    parts = results.read_text("utf-8").split("\n## ")[1:]
    return {part.split("\n", 1)[0]: part.split("\n", 1)[1].strip() for part in parts}


if __name__ == "__main__":
    main()
