from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest

from askqa_builder.corpus.source_file import SourceFile
from askqa_builder.corpus.sources import find_sources
from askqa_builder.errors import UsageError


def place(demo_file: Path, folder: Path, *names: str) -> None:
    for name in names:
        shutil.copy(demo_file, folder / name)


def found(files: list[SourceFile]) -> list[tuple[str, str]]:
    return [(file.split, file.name) for file in files]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("coqa_abg_train.json", "train"),
        ("coqa_abg_val.json", "validation"),
        ("coqa-abg-dev.json", "validation"),
        ("my.valid.json", "validation"),
        ("Validation.json", "validation"),
        ("demo_TEST.json", "test"),
        ("conversations.json", "train"),
        ("latest.json", "train"),
        ("developer_values.json", "train"),
    ],
)
def test_split_is_a_word_of_the_files_name(demo_file: Path, tmp_path: Path, name: str, split: str) -> None:
    place(demo_file, tmp_path, name)
    assert found(find_sources(tmp_path / name, None)) == [(split, name)]
    assert found(find_sources(tmp_path, None)) == [(split, name)]


def test_a_files_split_can_be_given(demo_file: Path) -> None:
    assert found(find_sources(demo_file, "validation")) == [("validation", "demo_test.json")]


def test_folder_is_sorted_by_split_and_name(demo_file: Path, tmp_path: Path) -> None:
    place(demo_file, tmp_path, "a_test.json", "b_dev.json", "z_train.json", "a_val.json")
    files = find_sources(tmp_path, None)
    assert [file.name for file in files] == ["z_train.json", "a_val.json", "b_dev.json", "a_test.json"]
    assert {file.sha256 for file in files} == {hashlib.sha256(demo_file.read_bytes()).hexdigest()}


def test_split_selects_in_a_folder(demo_file: Path, tmp_path: Path) -> None:
    place(demo_file, tmp_path, "a_test.json", "b_dev.json")
    assert found(find_sources(tmp_path, "validation")) == [("validation", "b_dev.json")]
    with pytest.raises(UsageError, match="of the split train"):
        find_sources(tmp_path, "train")


def test_other_json_in_a_folder_is_not_ours(demo_file: Path, tmp_path: Path) -> None:
    place(demo_file, tmp_path, "demo_test.json", ".hidden_test.json", "notes.txt")
    (tmp_path / "dataset_info.json").write_text("{}")
    (tmp_path / "train_test_sizes.json").write_text("[80, 20]")
    (tmp_path / "folder_test.json").mkdir()
    assert found(find_sources(tmp_path, None)) == [("test", "demo_test.json")]


def test_damaged_corpus_file_in_a_folder_is_not_passed_over(demo_file: Path, tmp_path: Path) -> None:
    place(demo_file, tmp_path, "demo_test.json")
    (tmp_path / "coqa_abg_val.json").write_text("[]")
    assert "coqa_abg_val.json" in [file.name for file in find_sources(tmp_path, None)]
    (tmp_path / "more_train.json").write_bytes(demo_file.read_bytes()[:5000])
    with pytest.raises(UsageError, match=r"more_train\.json .*truncated"):
        find_sources(tmp_path, None)


def test_folder_without_a_corpus(tmp_path: Path) -> None:
    (tmp_path / "dataset_info.json").write_text("{}")
    with pytest.raises(
        UsageError,
        match=r"holds no file of a known format; supported are Abg-CoQA, CoQA, .*own conversations \(\.jsonl\)",
    ):
        find_sources(tmp_path, None)


def test_unknown_split_lists_the_splits(demo_file: Path) -> None:
    with pytest.raises(UsageError, match='"dev"; the splits are train, validation, test'):
        find_sources(demo_file, "dev")


def test_name_with_two_splits_is_no_guess(demo_file: Path, tmp_path: Path) -> None:
    place(demo_file, tmp_path, "train_test.json")
    with pytest.raises(UsageError, match="says train and test"):
        find_sources(tmp_path / "train_test.json", None)
    assert find_sources(tmp_path / "train_test.json", "test")[0].split == "test"


@pytest.mark.parametrize("name", ["missing.json", "nul\0.json", "long" * 100 + ".json"])
def test_no_such_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="check the path") as raised:
        find_sources(tmp_path / name, None)
    assert str(raised.value).isprintable()


def test_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(UsageError, match="is not a file"):
        find_sources(tmp_path / "pipe.json", None)


def test_unreadable_file(demo_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UsageError, match="Permission denied"):
        find_sources(demo_file, None)


def test_unreadable_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(UsageError, match=r"cannot list .*Permission denied"):
        find_sources(tmp_path, None)


def test_strange_names_stay_on_one_line(tmp_path: Path, demo_file: Path) -> None:
    name = os.fsdecode("a\nb\x1b[31m_é_\udcff_test.json".encode("utf-8", "surrogateescape"))
    place(demo_file, tmp_path, name)
    [file] = find_sources(tmp_path, None)
    assert file.name == "a\\nb\\x1b[31m_é_\\udcff_test.json"
    assert file.split == "test"


def test_file_that_changes_during_a_build(tmp_path: Path, demo_file: Path) -> None:
    place(demo_file, tmp_path, "demo_test.json")
    [file] = find_sources(tmp_path, None)
    assert json.loads(file.read())["version"] == "1.0"
    file.path.write_text("{}")
    with pytest.raises(UsageError, match="has changed"):
        file.read()
