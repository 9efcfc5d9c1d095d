"""What `load_dataset` reads from a repository, compared with a dataset on the disk."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_READER = """
import json, sys
import datasets
sys.path.insert(0, sys.argv[1])
from reading_back import digest
datasets.disable_progress_bars()
read = {}
for config in ("initial", "clarified"):
    rows = datasets.load_dataset(sys.argv[2], config, split="test", cache_dir=sys.argv[3])
    read[config] = [digest(row) for row in rows.with_format("arrow")[:].to_pylist()]
print(json.dumps(read))
"""


def digest(row: Mapping[str, Any]) -> str:
    """Digest everything that is in a row, the recording included."""
    audio = row["audio"]
    sound = {"path": audio["path"], "bytes": hashlib.sha256(audio["bytes"]).hexdigest()}
    return hashlib.sha256(json.dumps({**row, "audio": sound}, sort_keys=True).encode()).hexdigest()


def read_back(repo_id: str, environment: Mapping[str, str], cache: Path) -> dict[str, list[str]]:
    """Load a repository's configurations in a process of its own; returns the digests of their rows in order."""
    command = [sys.executable, "-c", _READER, str(Path(__file__).parent), repo_id, str(cache)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, env={**os.environ, **environment}, check=True
    )
    read: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return read


def on_disk(dataset: Path) -> dict[str, list[str]]:
    """Return the digests of the rows of a dataset on the disk, by configuration."""
    return {
        config: [digest(row) for row in pa.concat_tables(_tables(dataset / "data" / config)).to_pylist()]
        for config in ("initial", "clarified")
    }


def _tables(folder: Path) -> list[pa.Table]:
    return [pq.ParquetFile(file).read() for file in sorted(folder.glob("*.parquet"))]
