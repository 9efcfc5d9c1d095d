"""What a build costs beside the engine: one process does the whole work, and the bare engine the same speech."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from askqa_builder.build.options import BuildOptions
from askqa_builder.build.recipe import open_engines
from askqa_builder.build.run import Job, prepare
from askqa_builder.build.spool import Spool
from askqa_builder.build.steps import Finished, finish_block, plan_block, speak_block, utterances_by_engine
from askqa_builder.build.worker import portions
from askqa_builder.dataset.shard import write_shard
from askqa_builder.processes import keep_freed_memory
from askqa_builder.speech.engine import Engine
from askqa_builder.speech.prosody import native_part

from common import corpus, corpus_name, profile, ratio, table

CASES = {
    "flite, pitch native (slt, awb, kal16)": ("flite", ["slt", "awb", "kal16"], ["normal", 0.0, 1.0], 24),
    "flite, pitch added (rms)": ("flite", ["rms"], ["normal", 0.0, 1.0], 16),
    "espeak (shipped set)": (None, [], 0.0, 200),
}


def main() -> None:
    """Print one table."""
    keep_freed_memory()  # as a worker does
    print("### The whole build against the bare engine\n")
    print(f"One process, {corpus_name()}. Bare: the engine speaks the same utterances with what it controls itself.\n")
    rows = []
    for name, (engine, voices, pitch, conversations) in CASES.items():
        with tempfile.TemporaryDirectory() as folder:
            source = corpus(Path(folder), conversations)
            chosen = str(profile(Path(folder), "case", voices, pitch)) if engine else "espeak"
            rows.append((name, *_measure(prepare(source, BuildOptions(profiles=chosen)), Path(folder))))
    table(["voices", "build / engine: median of blocks (range)", "build, × real time", "engine, × real time"], rows)


def _measure(job: Job, folder: Path) -> tuple[str, str, str]:
    builds, engines = [], []
    recorded = spoken = 0.0
    spool = Spool(folder)
    with open_engines(job.recipe.profiles.profiles, None) as loaded:
        _bare(job, loaded, 0)  # what is loaded once is loaded now
        for block in job.plan.blocks:
            begun = time.perf_counter()
            finished = Finished()
            planned, finished.rejects = plan_block(block, job.recipe)
            for portion in portions(planned, block.seconds):
                finished.add(finish_block(portion, speak_block(portion, loaded), job.recipe))
            recorded += spool.write(block.index, finished.rows, finished.rejects).recorded
            builds.append(time.perf_counter() - begun)
            seconds, heard = _bare(job, loaded, block.index)
            engines.append(seconds)
            spoken += heard
        begun = time.perf_counter()
        for stage in job.recipe.stages:
            outcomes = (spool.outcome(block.index) for block in job.plan.blocks)
            write_shard(
                folder,
                f"{stage.value}.parquet",
                (batch for outcome in outcomes if outcome for batch in spool.batches(outcome, stage)),
                config=stage.value,
                split="test",
                sampling_rate=job.recipe.sample_rate,
            )
        writing = time.perf_counter() - begun
    builds = [seconds + writing / len(builds) for seconds in builds]
    return ratio(builds, engines), f"{recorded / sum(builds):.0f}", f"{spoken / sum(engines):.0f}"


def _bare(job: Job, engines: dict[str, Engine], index: int) -> tuple[float, float]:
    """Return the engine's seconds for a block, and the seconds of speech it gave."""
    planned, _ = plan_block(job.plan.blocks[index], job.recipe)
    batches = {
        key: [native_part(one, engines[key].voices[one.voice].controls) for one in batch]
        for key, batch in utterances_by_engine(planned).items()
    }
    begun = time.perf_counter()
    speech = [speech for key, batch in batches.items() for speech in engines[key].speak(batch)]
    seconds = time.perf_counter() - begun
    return seconds, sum(len(one.samples) / one.sample_rate for one in speech if not isinstance(one, Exception))


if __name__ == "__main__":
    main()
