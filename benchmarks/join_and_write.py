"""Our join against pydub's `+=`, and our shard writer against `datasets`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from pydub import AudioSegment

from askqa_builder import build
from askqa_builder.recording.timeline import Timeline, join

from common import corpus, interleaved, profile, ratio, table

RATE = 16000
TURNS = [95.0, 1.5, 1.2, 1.6, 1.0, 2.0]
PAUSES = [0.2, 1.1, 0.4, 0.3, 0.4, 0.3]
TAIL = 0.4
ROUNDS = 9
CONVERSATIONS = 300

_WRITERS = {
    "ours": """
from askqa_builder.dataset.shard import write_shard
from pathlib import Path
source = pq.ParquetFile(path)
groups = (source.read_row_group(i) for i in range(source.num_row_groups))
batches = (batch for group in groups for batch in group.to_batches())
write_shard(Path(out), "ours.parquet", batches, config="initial", split="test", sampling_rate=16000)
""",
    "datasets": """
import datasets
features = datasets.Features.from_arrow_schema(pq.ParquetFile(path).schema_arrow)
def rows():
    source = pq.ParquetFile(path)
    for i in range(source.num_row_groups):
        for batch in source.read_row_group(i).to_batches(8):
            yield from batch.to_pylist()
made = datasets.Dataset.from_generator(rows, features=features, cache_dir=out)
made.to_parquet(out + "/theirs.parquet")
""",
}
_MEASURED = """
import json, resource, time, pyarrow.parquet as pq
path, out = {path!r}, {out!r}
begun = time.perf_counter()
{code}
print(json.dumps([time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss]))
"""


def main() -> None:
    """Print two tables."""
    _joins()
    _writers()


def _joins() -> None:
    print("### Joining a dialogue of 100 s\n")
    noise = np.random.default_rng(0)
    turns = [noise.integers(-8000, 8000, round(seconds * RATE), np.int16) for seconds in TURNS]
    lengths = [len(turn) for turn in turns]

    def ours() -> None:
        join(turns, Timeline.of(lengths, PAUSES, TAIL, RATE))

    def pydub() -> None:
        whole = AudioSegment.empty().set_frame_rate(RATE)
        for turn, pause in zip(turns, PAUSES, strict=True):
            whole += AudioSegment.silent(round(pause * 1000), RATE)
            whole += AudioSegment(turn.tobytes(), sample_width=2, frame_rate=RATE, channels=1)
        whole += AudioSegment.silent(round(TAIL * 1000), RATE)

    times = interleaved({"pydub": pydub, "ours": ours}, ROUNDS)
    best = {name: f"{min(taken) * 1000:.2f} ms" for name, taken in times.items()}
    table(
        ["pydub / ours: median (range)", "pydub `+=`", "ours"],
        [(ratio(times["pydub"], times["ours"]), best["pydub"], best["ours"])],
    )


def _writers() -> None:
    print("### Writing a shard\n")
    print(f"The rows of {CONVERSATIONS} conversations (kal16), each writer in a process of its own, import included.\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, voices = corpus(folder, CONVERSATIONS), str(profile(folder, "kal", ["kal16"]))
        dataset = folder / "built"
        build(source, dataset, profiles=voices, stages=("initial",))
        path = next((dataset / "data/initial").glob("*.parquet"))
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in _WRITERS}
        for round_ in range(3):
            for writer, code in _WRITERS.items():
                out = folder / f"{writer}-{round_}"
                out.mkdir()
                figures[writer].append(_run(code, path, out))
        megabytes = path.stat().st_size / 1e6
    rows = [
        (
            writer,
            f"{min(seconds for seconds, _ in runs):.2f} s",
            f"{max(peak for _, peak in runs) / 1e6:.0f} MB",
        )
        for writer, runs in figures.items()
    ]
    ratios = ratio([s for s, _ in figures["datasets"]], [s for s, _ in figures["ours"]])
    print(f"{megabytes:.0f} MB of Parquet; `datasets` / ours: {ratios}\n")
    table(["writer", "time", "peak memory"], rows)


def _run(code: str, path: Path, out: Path) -> tuple[float, float]:
    program = _MEASURED.format(path=str(path), out=str(out), code=code)
    answer = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    seconds, kilobytes = json.loads(answer.stdout.splitlines()[-1])
    return seconds, kilobytes * 1024


if __name__ == "__main__":
    main()
