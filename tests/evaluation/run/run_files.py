"""Files that runs read and write."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def write_model(path: Path, server: Any, **options: Any) -> Path:
    """Write the model behind a server as a file; it gives up after some seconds, unless told otherwise."""
    known = {"kind": "endpoint", "model": "parrot", "base_url": server.url, "timeout": 20, "patience": 3}
    path.write_text(json.dumps({**known, **options}), "utf-8")  # JSON is YAML
    return path


def results_of(out: Path) -> dict[str, Any]:
    """The results of a run, but for how long it took."""
    found: dict[str, Any] = json.loads((out / "results.json").read_text("utf-8"))
    del found["usage"]["seconds_median"], found["usage"]["seconds_p90"]
    return found
