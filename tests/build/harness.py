"""What the tests of builds share: corpora, the command line in a process of its own, what a dataset holds."""

from __future__ import annotations

import copy
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import psutil
import pyarrow.parquet as pq

ASKQA = str(Path(sys.executable).with_name("askqa"))
STATE = ".askqa"

PATIENCE = 900.0
"""Seconds until a test gives something up that should come: a slow and busy machine may need minutes."""

Item = dict[str, Any]


def replicate(items: Sequence[Item], copies: int) -> list[Item]:
    """Repeat items, each time under new ids: other casts and pauses, hence other recordings."""
    return [{**copy.deepcopy(item), "id": f"copy{n}-{item['id']}"} for n in range(copies) for item in items]


def write_corpus(path: Path, items: Sequence[Any]) -> Path:
    """Write items as an Abg-CoQA file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": "1.0", "data": list(items)}), encoding="utf-8")
    return path


def install_engine(site: Path, module: Path, kind: str) -> None:
    """Install an engine for who has `site` on the path; its name is that of its module `NAME_engine.py`."""
    _install(site, module, kind, "engine")


def install_recogniser(site: Path, module: Path, kind: str) -> None:
    """Install a recogniser for who has `site` on the path; its name is that of its module `NAME_recogniser.py`."""
    _install(site, module, kind, "recogniser")


def install_affect_recogniser(site: Path, module: Path, kind: str) -> None:
    """Install a recogniser of emotions; its name is that of its module `NAME_affect_recogniser.py`."""
    _install(site, module, kind, "affect_recogniser")


def _install(site: Path, module: Path, kind: str, noun: str) -> None:
    name = module.stem.removesuffix(f"_{noun}")
    shutil.copy(module, site)
    info = site / f"{name}_{noun}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-{noun}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[askqa_builder.{noun}s]\n{name} = {module.stem}:{kind}\n")


def run_askqa(
    *arguments: object, env: Mapping[str, str] | None = None, timeout: float = PATIENCE, shell_prefix: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the command line; shell_prefix: shell commands before it, as `ulimit -f 100;`."""
    command = _command(arguments)
    if shell_prefix:
        command = ["bash", "-c", f'{shell_prefix} exec "$@"', "bash", *command]
    full = {**os.environ, **(env or {})}
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=full, check=False)


def askqa_here(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command line in this process: quick, for what ends before it starts others."""
    from askqa_builder.cli.app import run

    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        code = run([str(argument) for argument in arguments])
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), error.getvalue())


def _command(arguments: Sequence[object]) -> list[str]:
    """The command line with one worker, each of which costs a second to start, unless the arguments speak of that."""
    command = [ASKQA, *map(str, arguments)]
    speaks_of_it = {"--workers", "--executor", "--dry-run"}.intersection(command)
    return command if command[1] not in ("build", "regenerate") or speaks_of_it else [*command, "--workers", "1"]


@contextmanager
def started_askqa(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Start the command line in a session of its own, so that its whole process group can be signalled.

    Whatever is left of it at the end of the `with` block is killed.
    """
    process = subprocess.Popen(
        _command(arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            kill_group(process)


def kill_group(process: subprocess.Popen[str]) -> None:
    """SIGKILL a process of `started_askqa` with all it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    """Poll a condition; False where it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def workers_of(pid: int) -> list[psutil.Process]:
    """The worker processes of a build, without multiprocessing's resource tracker."""
    try:
        return [child for child in psutil.Process(pid).children(recursive=True) if is_worker(child)]
    except psutil.NoSuchProcess:
        return []


def is_worker(process: psutil.Process) -> bool:
    """Tell a process that multiprocessing has started from its resource tracker."""
    try:
        return any("spawn_main" in part for part in process.cmdline())
    except psutil.NoSuchProcess:
        return False


def is_gone(process: psutil.Process) -> bool:
    """Tell whether a process has ended; one that nobody has waited for has."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def finished_blocks(out: Path) -> int:
    """Count the blocks that an unfinished build keeps."""
    return len(list((out / STATE / "blocks").glob("*.json")))


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, hidden ones too, by relative path."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def rows(dataset: Path, config: str) -> list[dict[str, Any]]:
    """The rows of one configuration without their audio, in the order of the shards."""
    files = sorted((dataset / "data" / config).glob("*.parquet"))
    tables = [pq.read_table(file).drop_columns(["audio"]) for file in files]
    return [row for table in tables for row in table.to_pylist()]


def samples(dataset: Path) -> dict[str, str]:
    """The digest of each row's samples by the row's id, over both configurations."""
    return {row["id"]: row["pcm_sha256"] for config in ("initial", "clarified") for row in rows(dataset, config)}


def rejects(dataset: Path) -> list[dict[str, Any]]:
    """The lines of `rejected.jsonl`."""
    path = dataset / "rejected.jsonl"
    return [json.loads(line) for line in path.read_text("ascii").splitlines()] if path.exists() else []


def manifest(dataset: Path) -> dict[str, Any]:
    """What `askqa.json` holds."""
    content: dict[str, Any] = json.loads((dataset / "askqa.json").read_text("utf-8"))
    return content


def changed_manifest(dataset: Path, copy: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a dataset with something else in its manifest."""
    shutil.copytree(dataset, copy)
    content = manifest(copy)
    change(content)
    (copy / "askqa.json").write_text(json.dumps(content), "utf-8")
    return copy


def loaded_rows(dataset: Path, cache: Path, *, streaming: bool = False) -> dict[str, int]:
    """Count the rows of each configuration as the `datasets` library loads them.

    It loads no split that is empty, except when streaming.
    """
    from datasets import Audio, load_dataset

    counts = {}
    for config in dict.fromkeys(shard["config"] for shard in manifest(dataset)["shards"]):
        splits = load_dataset(str(dataset), config, streaming=streaming, cache_dir=str(cache / "datasets"))
        parts = [split.cast_column("audio", Audio(decode=False)) for split in splits.values()]
        counts[config] = sum(1 for part in parts for _ in part)
    return counts


def assert_one_line(result: subprocess.CompletedProcess[str], code: int) -> None:
    """The command ended with this code and said why in one line."""
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    assert [line for line in result.stderr.splitlines() if not is_progress(line)][1:] == [], result.stderr
    assert result.stderr.splitlines()[-1].startswith("askqa: "), result.stderr


def is_progress(line: str) -> bool:
    """Tell a line of progress from an error."""
    return " conversations" in line and not line.startswith("askqa: ")
