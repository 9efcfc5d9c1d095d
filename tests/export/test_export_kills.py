"""Exports that are killed, and go on to the same bytes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from harness import digests
from killed_export import ARCHIVE_BYTES, each_sort, killed, lasting_writes
from speech_exports import exported

from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.export import parts


@pytest.mark.parametrize("to", ["llama-factory", "webdataset"])
def test_a_killed_export_goes_on_to_the_same_bytes(
    scattered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str
) -> None:
    writes = lasting_writes(scattered, tmp_path / "whole", to)
    monkeypatch.setattr(parts, "ARCHIVE_BYTES", ARCHIVE_BYTES)
    outs = {moment: tmp_path / f"killed-{moment}" for moment in each_sort(writes)}
    assert len(outs) > 6
    assert killed(scattered, to, [(out, moment) for moment, out in outs.items()]) == len(outs)
    finished = writes.index("askqa-export.json")
    for moment, out in outs.items():
        assert (out / "askqa-export.json").exists() == (moment > finished)
        exported(scattered, out, to, window="none")
        assert digests(out) == digests(tmp_path / "whole")


def test_many_kills_in_one_export(scattered: Path, tmp_path: Path) -> None:
    writes = lasting_writes(scattered, tmp_path / "whole", "ms-swift")
    most = 20
    assert 1 < killed(scattered, "ms-swift", [(tmp_path / "out", len(writes) // 4)] * most) < most
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")


def test_an_export_that_is_killed_while_another_makes_way(
    scattered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the killed one has left of both is discarded or gone on with by the same command."""
    exported(scattered, tmp_path / "old", "trl", window="none")
    lasting_writes(scattered, tmp_path / "whole", "webdataset")
    monkeypatch.setattr(parts, "ARCHIVE_BYTES", ARCHIVE_BYTES)
    outs = {moment: shutil.copytree(tmp_path / "old", tmp_path / f"killed-{moment}") for moment in range(0, 10, 2)}
    kills = [(out, moment) for moment, out in outs.items()]
    assert killed(scattered, "webdataset", kills, overwrite=True) == len(outs)
    for out in outs.values():
        exported(scattered, out, "webdataset", window="none", overwrite=True)
        assert digests(out) == digests(tmp_path / "whole")


@pytest.mark.parametrize(("to", "part"), [("webdataset", "*/000000.tar"), ("trl", "*/train.jsonl.part")])
def test_what_is_gone_of_an_unfinished_export_is_made_again(
    scattered: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, part: str
) -> None:
    writes = lasting_writes(scattered, tmp_path / "whole", to)
    monkeypatch.setattr(parts, "ARCHIVE_BYTES", ARCHIVE_BYTES)
    moment = writes.index("README.md")  # the archives have their names by then
    for gone in (0, -1):
        out = tmp_path / f"killed-{gone}"
        assert killed(scattered, to, [(out, moment)]) == 1
        kept = sorted((out / ".askqa" / "parts").glob(part)) or sorted(out.glob("*.tar"))
        kept[gone].unlink()
        with pytest.raises(AskqaError, match="is gone, which an earlier run has written; run the same command again"):
            exported(scattered, out, to, window="none")
        exported(scattered, out, to, window="none")
        assert digests(out) == digests(tmp_path / "whole")


def test_an_unfinished_export_of_other_settings_in_the_way(scattered: Path, tmp_path: Path) -> None:
    assert killed(scattered, "webdataset", [(tmp_path / "out", 12)]) == 1
    with pytest.raises(UsageError, match="an unfinished export for webdataset"):
        exported(scattered, tmp_path / "out", "trl", window="none")
    exported(scattered, tmp_path / "out", "trl", window="none", overwrite=True)
    exported(scattered, tmp_path / "fresh", "trl", window="none")
    assert digests(tmp_path / "out") == digests(tmp_path / "fresh")
