"""Files that grow line by line."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askqa_builder.errors import StorageError, UsageError
from askqa_builder.evaluation.growing_file import GrowingFile


def number_of(told: Any) -> int:
    return int(told["n"])


def growing(path: Path) -> GrowingFile[int]:
    return GrowingFile(path, number_of)


@settings(max_examples=30, deadline=None)
@given(kept=st.integers(0, 60))
def test_wherever_it_is_cut_off_whole_lines_stay(kept: int, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("growing") / "lines.jsonl"
    with growing(path) as file:
        for n in range(7):
            file.append({"n": n})
    whole = path.read_bytes()
    path.write_bytes(whole[:kept])
    lines = whole[:kept].count(b"\n")
    with growing(path) as file:
        assert file.lines == list(range(lines))
        file.append({"n": 99})
    with growing(path) as file:
        assert file.lines == [*range(lines), 99]


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    with growing(tmp_path / "lines.jsonl") as file:
        threads = [
            Thread(target=lambda: [file.append({"n": n, "text": "x" * 5000}) for n in range(20)]) for _ in "abcd"
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    with growing(tmp_path / "lines.jsonl") as file:
        assert sorted(file.lines) == sorted(list(range(20)) * 4)


def test_a_full_disk_leaves_nothing_of_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lines.jsonl"
    with growing(path) as file:
        file.append({"n": 1})

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            with pytest.raises(StorageError, match=r"lines\.jsonl.*No space left"):
                file.append({"n": 2})
        assert path.read_bytes() == b'{"n": 1}\n'
        file.append({"n": 3})
    with growing(path) as file:
        assert file.lines == [1, 3]


def test_a_disk_that_fills_in_the_middle_of_a_line_leaves_nothing_of_it(tmp_path: Path) -> None:
    """In a process of its own, whose files may not grow beyond a limit: that cannot be undone for threads of others."""
    code = """
import resource, signal, sys
from pathlib import Path
from askqa_builder.errors import StorageError
from askqa_builder.evaluation.growing_file import GrowingFile

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
no_limit = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
with GrowingFile(Path(sys.argv[1]), dict) as file:
    file.append({"n": 1})
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, no_limit))
    try:
        file.append({"n": 2, "text": "x" * 1000})
    except StorageError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (no_limit, no_limit))
    file.append({"n": 3})
"""
    path = tmp_path / "lines.jsonl"
    ended = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert "cannot write to" in ended.stdout
    assert path.read_bytes() == b'{"n": 1}\n{"n": 3}\n'


@pytest.mark.parametrize("line", [b"{", b"[]", b"{}", b'{"n": "many"}', b"\xff", b"", b"[" * 100_000])
def test_a_line_that_is_not_ours_is_told_with_its_place(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "lines.jsonl"
    content = b'{"n": 1}\n' + line + b'\n{"n": 2}\n'
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"lines\.jsonl, line 2: not as it was written"), growing(path):
        pass
    assert path.read_bytes() == content


def test_what_json_has_no_word_for_is_not_written(tmp_path: Path) -> None:
    with growing(tmp_path / "lines.jsonl") as file, pytest.raises(ValueError, match="not JSON compliant"):
        file.append({"n": float("nan")})
    assert (tmp_path / "lines.jsonl").read_bytes() == b""
