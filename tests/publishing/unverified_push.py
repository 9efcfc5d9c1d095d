"""Pushes a dataset in a process of its own that can be killed; it takes the dataset for sound.

Verifying costs more than all else in these tests, and is tested elsewhere.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_SCRIPT = """
import sys
from pathlib import Path
from askqa_builder.publishing import push
push.check_verifies = lambda dataset, say: None
print(push.push(Path(sys.argv[1]), sys.argv[2], yes=True, allow_demo_voices=True))
"""


def started_push(dataset: Path, repo_id: str, environment: Mapping[str, str]) -> subprocess.Popen[str]:
    """Start a push; use as a context manager."""
    command = [sys.executable, "-c", _SCRIPT, str(dataset), repo_id]
    return subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True)
