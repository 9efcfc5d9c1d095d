"""Exports that are killed when they are about to write for the n-th time.

One process of its own forks for each, once all that an export needs is imported. Arguments: SOURCE, FORMAT, a list of
OUT and n, and the options of `export`, the last two as JSON. It prints how many were killed, and stops at the first
that was not.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from askqa_builder.export import parts
from askqa_builder.export.run import export

ARCHIVE_BYTES = 300_000
"""Small enough for several archives of a shard."""


def lasting_writes(source: Path, out: Path, to: str, **options: Any) -> list[str]:
    """Export here, and return what lasts, in order: names that are given, and flushes."""
    seen: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        _watch(seen.append, patch.setattr)
        export(source, out, to=to, window="none", **options)
    return seen


def each_sort(writes: list[str]) -> list[int]:
    """Return a moment before the first of each sort of name that is given, one in the middle, and the last of all."""
    sorts = {re.sub(r"[0-9a-f]{16}|\d+|\.tmp-.*", "#", name): n for n, name in reversed(list(enumerate(writes)))}
    return sorted({*sorts.values(), len(writes) // 2, len(writes) - 1})


def killed(source: Path, to: str, kills: Iterable[tuple[Path, int]], **options: Any) -> int:
    """Export to each folder and be killed before that lasting write; return how many were, before the first was not."""
    listed = json.dumps([(str(out), moment) for out, moment in kills])
    arguments = [sys.executable, __file__, str(source), to, listed, json.dumps(options)]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(arguments, capture_output=True, text=True, env=env, check=False)
    assert result.returncode == 0, result.stderr
    return int(result.stdout)


def _watch(before: Callable[[str], None], replace: Callable[[Any, str, Any], None]) -> None:
    """Call `before` with what lasts: flushed files and folders, and names given."""
    flush, rename = os.fsync, Path.replace

    def flushed(descriptor: int) -> None:
        before("flush")
        flush(descriptor)

    def renamed(path: Path, target: Path) -> Path:
        before(target.name)
        return rename(path, target)

    replace(os, "fsync", flushed)
    replace(Path, "replace", renamed)
    replace(parts, "ARCHIVE_BYTES", ARCHIVE_BYTES)


def _export_until(moment: int, source: str, out: str, to: str, options: dict[str, Any]) -> None:
    left = iter(range(moment))

    def count(_: str) -> None:
        if next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    _watch(count, setattr)
    export(source, out, to=to, window="none", **options)


def main(source: str, to: str, kills: list[tuple[str, int]], options: dict[str, Any]) -> None:
    """Fork for each."""
    count = 0
    for out, moment in kills:
        child = os.fork()
        if not child:
            try:
                _export_until(moment, source, out, to, options)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        count += 1
    print(count)


if __name__ == "__main__":
    main(*sys.argv[1:3], *map(json.loads, sys.argv[3:]))
