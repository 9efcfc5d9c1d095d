"""What was asked, and what was said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from askqa_builder.evaluation.growing_file import GrowingFile
from askqa_builder.evaluation.ledger import Ledger, read_call


def never() -> dict[str, Any]:
    raise AssertionError("asked again")


def test_nothing_is_asked_twice_here_or_in_another_run(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    with GrowingFile(path, read_call) as calls:
        ledger = Ledger(calls)
        first = ledger.once({"who": "model", "said": []}, lambda: {"text": "rød", "pair": (1, 2.5), "none": None})
        assert first == {"text": "rød", "pair": [1, 2.5], "none": None}  # as it is read again
        assert ledger.once({"said": [], "who": "model"}, never) == first
        assert ledger.once({"who": "user", "said": []}, lambda: {}) == {}
        assert ledger.once({"who": "user", "said": []}, never) == {}
    with GrowingFile(path, read_call) as calls:
        assert Ledger(calls).once({"who": "model", "said": []}, never) == first
        with pytest.raises(AssertionError, match="asked again"):
            Ledger(calls).once({"who": "model", "said": ["x"]}, never)
    assert [json.loads(line)["asked"]["who"] for line in path.read_bytes().splitlines()] == ["model", "user"]


def test_of_what_fails_nothing_is_kept(tmp_path: Path) -> None:
    with GrowingFile(tmp_path / "calls.jsonl", read_call) as calls:
        ledger = Ledger(calls)
        with pytest.raises(AssertionError):
            ledger.once({"who": "model"}, never)
        assert ledger.once({"who": "model"}, lambda: {"text": "yes"}) == {"text": "yes"}
    assert len((tmp_path / "calls.jsonl").read_bytes().splitlines()) == 1
