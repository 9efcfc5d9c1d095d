"""Exports loaded by the toolkits' own code. Those that are too heavy to come with the tests are read where they are
installed, and held to a schema of their documentation everywhere."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest
from documented_formats import LLAMA_FACTORY, LLAMA_FACTORY_INFO, MS_SWIFT
from speech_exports import assert_same_samples, exported, json_lines, rows_of

from askqa_builder.torch_support import import_torchaudio


@pytest.fixture(params=["rows", "rows in segments", "examples"])
def source(request: pytest.FixtureRequest) -> tuple[Path, dict[str, Any]]:
    """What is exported, and how."""
    if request.param == "examples":
        return request.getfixturevalue("task_set"), {}
    segments = {"segments": 10} if "segments" in request.param else {}
    return request.getfixturevalue("two_splits"), {"window": "none", **segments}


def test_ms_swift_s_documented_format(source: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    report = exported(source[0], tmp_path / "out", "ms-swift", **source[1])
    for split, items in report.splits.items():
        lines = json_lines(tmp_path / "out" / f"{split}.jsonl")
        assert len(lines) == items
        for line in lines:
            jsonschema.validate(line, MS_SWIFT)
            assert_each_sound_has_a_tag(line, tmp_path / "out")


def test_llama_factory_s_documented_format(source: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    report = exported(source[0], tmp_path / "out", "llama-factory", **source[1])
    info = json.loads((tmp_path / "out" / "dataset_info.json").read_bytes())
    jsonschema.validate(info, LLAMA_FACTORY_INFO)
    assert list(info) == [f"askqa_{split}" for split in report.splits]
    for described, items in zip(info.values(), report.splits.values(), strict=True):
        lines = json.loads((tmp_path / "out" / described["file_name"]).read_bytes())
        jsonschema.validate(lines, LLAMA_FACTORY)
        assert len(lines) == items
        for line in lines:
            assert_each_sound_has_a_tag(line, tmp_path / "out")


def assert_each_sound_has_a_tag(line: dict[str, Any], out: Path) -> None:
    user, assistant = (message["content"] for message in line["messages"])
    assert user.count("<audio>") == len(line["audios"]) > 0
    assert not any(tag in assistant for tag in ("<audio>", "<image>", "<video>"))
    assert all((out / path).is_file() for path in line["audios"])


def test_ms_swift_reads_its_chats(demo_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "cache"))
    swift = pytest.importorskip("swift.dataset")
    from swift.template.vision_utils import load_audio

    out = tmp_path / "out"
    exported(demo_dataset, out, "ms-swift", segments=10)
    data, _ = swift.load_dataset([str(out / "test.jsonl")], split_dataset_ratio=0.0, strict=True)
    monkeypatch.setenv("ROOT_IMAGE_DIR", str(out))
    rows = list(rows_of(demo_dataset))
    assert len(data) == len(rows)
    for line, (row, recording) in zip(data, rows, strict=True):
        user, assistant = line["messages"]
        assert user["content"].count("<audio>") == len(line["audios"])
        assert assistant["content"] == row["response"]["text"]
        parts = [np.rint(load_audio(path, 16000) * 32768) for path in line["audios"]]
        assert_same_samples(np.concatenate(parts), recording, exact=True)


def test_llama_factory_reads_its_chats(demo_dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISABLE_VERSION_CHECK", "1")  # it asks for versions of libraries that do not matter here
    parser = pytest.importorskip("llamafactory.data.parser")
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.hparams import DataArguments

    out = tmp_path / "out"
    exported(demo_dataset, out, "llama-factory", segments=10)
    arguments = DataArguments(dataset="askqa_test", dataset_dir=str(out), overwrite_cache=True)
    model: Any = SimpleNamespace(cache_dir=str(tmp_path / "cache"), hf_hub_token=None, trust_remote_code=False)
    training: Any = SimpleNamespace(local_process_index=0, do_train=True)
    (attributes,) = parser.get_dataset_list(["askqa_test"], str(out))
    data = _load_single_dataset(attributes, model, arguments, training)
    rows = list(rows_of(demo_dataset))
    assert len(data) == len(rows)
    for line, (row, _) in zip(data, rows, strict=True):
        assert line["_prompt"][0]["content"].count("<audio>") == len(line["_audios"])
        assert line["_response"][0]["content"] == row["response"]["text"]
        assert all(os.path.isfile(path) for path in line["_audios"])  # noqa: PTH113 - found where media_dir says


def test_trl_takes_its_prompts_for_conversations(demo_dataset: Path, tmp_path: Path) -> None:
    pytest.importorskip("trl")
    if find_spec("torchaudio") is not None:  # transformers imports it then
        import_torchaudio()
    from datasets import load_dataset
    from trl import data_utils as utilities

    exported(demo_dataset, tmp_path / "out", "trl", window="none")
    data = load_dataset("json", data_files=str(tmp_path / "out" / "test.jsonl"), split="train")
    assert len(data) == len(list(rows_of(demo_dataset)))
    for line in data:
        assert utilities.is_conversational(line)
        assert utilities.is_conversational({"prompt": line["prompt"]})
        assert utilities.prepare_multimodal_messages(line["prompt"]) == line["prompt"]


@pytest.mark.parametrize(
    ("to", "options"), [("audiofolder", {}), ("audiofolder", {"segments": 10}), ("trl", {"segments": 10})]
)
def test_what_a_page_tells_to_read_without_torchcodec(
    two_splits: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, to: str, options: dict[str, Any]
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    exported(two_splits, tmp_path / "out", to, **options)
    page = (tmp_path / "out" / "README.md").read_text("utf-8").replace("THIS_FOLDER", str(tmp_path / "out"))
    first, without = (block.partition("```")[0] for block in page.split("```python\n")[1:])
    told: dict[str, Any] = {}
    exec(without if to == "audiofolder" else first + without, told)
    row, recording = next(rows for rows in rows_of(two_splits) if rows[0]["split"] == "train")
    assert told["data"][0]["row_id"] == row["id"]
    sounds = told["sounds"] if options else [(told["samples"], told["rate"])]
    assert {rate for _, rate in sounds} == {22050}
    heard = np.concatenate([samples for samples, _ in sounds])
    assert_same_samples(np.rint(heard * 32768), recording, exact=True)
