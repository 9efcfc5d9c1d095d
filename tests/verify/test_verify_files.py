"""Files that are damaged, missing or too many, and manifests that are not the builder's."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mutations import (
    edit_manifest,
    shard_files,
)
from reports import found, the_only

from askqa_builder.verify.run import verify


class TestFiles:
    @pytest.fixture
    def copy(self, small_dataset: Path, tmp_path: Path) -> Path:
        return shutil.copytree(small_dataset, tmp_path / "copy")

    @pytest.mark.parametrize("share", [0.0001, 0.2, 0.5, 0.8, 0.97, 0.9999])
    def test_a_flipped_byte(self, share: float, copy: Path) -> None:
        file = shard_files(copy)[1]
        data = bytearray(file.read_bytes())
        data[int(share * len(data))] ^= 0x40
        file.write_bytes(data)
        report = verify(copy, workers=1)
        assert the_only(report, "hash").file == file.relative_to(copy).as_posix()

    def test_a_flipped_byte_of_a_recording_names_its_row(self, copy: Path) -> None:
        file = shard_files(copy)[1]
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 0x40
        file.write_bytes(data)
        assert {"audio", "samples"} & {check for check, row, _ in found(verify(copy, workers=1)) if row}

    @pytest.mark.parametrize("kept", [0, 3, 1000, -1])
    def test_a_truncated_shard(self, kept: int, copy: Path) -> None:
        file = shard_files(copy)[0]
        file.write_bytes(file.read_bytes()[:kept])
        kinds = {check for check, _, _ in found(verify(copy, workers=1))}
        assert kinds == {"hash", "unreadable"}

    def test_a_missing_shard(self, copy: Path) -> None:
        file = shard_files(copy)[0]
        file.unlink()
        report = verify(copy, workers=1)
        assert [(f.check, f.file) for f in report.findings] == [("missing_file", file.relative_to(copy).as_posix())]

    def test_a_shard_too_many(self, copy: Path) -> None:
        shutil.copy(shard_files(copy)[0], copy / "data/initial/test-00001-of-00002.parquet")
        assert found(verify(copy, workers=1)) == {("unlisted_file", None, None)}

    @pytest.mark.parametrize(
        "change",
        [
            lambda manifest: manifest.update(seed=8),
            lambda manifest: manifest["sources"][0].update(sha256="0" * 64),
            lambda manifest: manifest["shards"][0].update(rows=1),
            lambda manifest: manifest["profiles"].update(demo=False),
            lambda manifest: manifest.update(config_digest="0" * 64),
        ],
    )
    def test_a_changed_manifest(self, change: Callable[[dict[str, Any]], object], copy: Path) -> None:
        edit_manifest(copy, change)
        assert "manifest" in {check for check, _, _ in found(verify(copy, workers=1))}

    def test_a_manifest_of_before_it_had_a_digest(self, copy: Path) -> None:
        edit_manifest(copy, lambda manifest: manifest.pop("manifest_digest"))
        assert found(verify(copy, workers=1)) == set()

    def test_figures_of_the_card(self, copy: Path) -> None:
        card = copy / "README.md"
        card.write_text(card.read_text("utf-8").replace("| initial | test | 3 |", "| initial | test | 14 |"), "utf-8")
        assert the_only(verify(copy, workers=1), "card").wanted.startswith("3, ")

    def test_words_of_the_card_are_the_users(self, copy: Path) -> None:
        card = copy / "README.md"
        card.write_text(card.read_text("utf-8") + "\n## Thanks\n\nTo all.\n", "utf-8")
        assert found(verify(copy, workers=1)) == set()

    def test_rejects_that_are_not_counted(self, copy: Path) -> None:
        line = {"id": "x", "file": "f", "index": 0, "stage": "read", "reason": "odd", "detail": "d"}
        (copy / "rejected.jsonl").write_text(json.dumps(line) + "\n", "ascii")
        assert found(verify(copy, workers=1)) == {("rejects", None, None)}
        (copy / "rejected.jsonl").write_text("{", "ascii")
        assert found(verify(copy, workers=1)) == {("rejects", None, None)}

    def test_unreadable_rejects_beside_the_corpus(self, copy: Path, demo_file: Path) -> None:
        (copy / "rejected.jsonl").write_text("{", "ascii")
        assert found(verify(copy, source=demo_file, workers=1)) == {("rejects", None, None)}

    def test_an_unfinished_build(self, copy: Path) -> None:
        (copy / ".askqa").mkdir()
        assert found(verify(copy, workers=1)) == {("unfinished", None, None)}
