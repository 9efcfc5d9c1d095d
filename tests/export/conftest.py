"""Datasets to export."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from askqa_builder import build, tasks
from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.build.voicing.settling import VoicingOptions
from askqa_builder.corpus.conversation import Role

sys.path.insert(0, str(Path(__file__).parents[1] / "build"))  # its harness runs the command line

SCATTERED = ("demo-cafe", "demo-violin")


@pytest.fixture(scope="session")
def scattered(demo_file: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset whose stories have rows in several shards: two renditions, shards of a few rows."""
    folder = tmp_path_factory.mktemp("scattered")
    items = [item for item in json.loads(demo_file.read_bytes())["data"] if item["id"].split("|")[0] in SCATTERED]
    again = [{**item, "id": f"{item['id']}-again"} for item in items if "violin" in item["id"]]
    (folder / "scattered_train.json").write_text(json.dumps({"version": "1.0", "data": [*items, *again]}))
    out = folder / "dataset"
    options: dict[str, Any] = {"profiles": str(quick_profile), "seed": 3, "workers": 1}
    build(folder / "scattered_train.json", out, shard_size="1MB", renditions=2, **options)
    return out


@pytest.fixture(scope="session")
def two_splits(demo_file: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset with a training and a test split, at 22.05 kHz."""
    folder = tmp_path_factory.mktemp("two-splits")
    (folder / "corpus").mkdir()
    items = json.loads(demo_file.read_bytes())["data"]
    for split, part in (("train", items[:3]), ("test", items[5:7])):
        (folder / "corpus" / f"demo_{split}.json").write_text(json.dumps({"version": "1.0", "data": part}))
    out = folder / "dataset"
    build(folder / "corpus", out, profiles=str(quick_profile), seed=4, workers=1, sample_rate=22050)
    return out


@pytest.fixture(scope="session")
def task_set(two_splits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All tasks of that dataset, in clips of at most 12 seconds."""
    out = tmp_path_factory.mktemp("tasks") / "set"
    tasks(two_splits, out, segments=12.0)
    return out


class _KeptVoices(RowVoices):
    """Voices that stay open when an export has used them."""

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        super().__exit__(None, None, None)


@pytest.fixture(scope="module")
def kept_voices() -> Iterator[None]:
    """Let the workers that speak the responses of a dataset stay open: to start them takes longer than all they say."""
    opened: dict[str, _KeptVoices] = {}

    def voices_of(dataset: Path, roles: list[Role], **options: Any) -> _KeptVoices:
        key = f"{dataset} {roles} {VoicingOptions(**options)}"
        if key not in opened:
            if len(opened) > 1:
                opened.pop(next(iter(opened))).close()
            opened[key] = _KeptVoices(dataset, roles, **options)
        return opened[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("askqa_builder.export.run.RowVoices", voices_of)
        patch.setattr("spoken_responses.RowVoices", voices_of)
        yield
    for voices in opened.values():
        voices.close()
