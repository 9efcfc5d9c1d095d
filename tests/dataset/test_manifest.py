from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.folder import DatasetFolder
from askqa_builder.dataset.manifest import (
    KIND_KEY,
    MANIFEST_NAME,
    REJECTED_NAME,
    TASKS_KIND,
    canonical_digest,
    read_manifest,
    read_rejected,
    shard_records,
    was_edited,
    write_manifest,
    write_rejected,
)
from askqa_builder.dataset.reading import reading_errors
from askqa_builder.dataset.shard import ShardRecord
from askqa_builder.errors import AskqaError, UsageError

RECORD = ShardRecord("data/initial/test-00000-of-00001.parquet", "initial", "test", 3, 1234, "ab" * 32)
CONTENT = {
    "format_version": "1.0",
    "config_digest": "cd" * 32,
    "plan_digest": "ef" * 32,
    "sources": [{"name": "Käse ☃.json"}],
    "shards": [RECORD.to_json()],
    "rejected": {},
}


def test_what_is_written_is_read(tmp_path: Path) -> None:
    write_manifest(tmp_path, CONTENT)
    assert read_manifest(tmp_path) == CONTENT
    assert shard_records(CONTENT) == [RECORD]
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST_NAME]


def test_an_edit_is_noticed(tmp_path: Path) -> None:
    write_manifest(tmp_path, CONTENT)
    assert not was_edited(tmp_path)
    path = tmp_path / MANIFEST_NAME
    edited = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(edited), "utf-8")  # other white space is no other content
    assert not was_edited(tmp_path)
    path.write_text(json.dumps({**edited, "config_digest": "another"}), "utf-8")
    assert was_edited(tmp_path)
    path.write_text(json.dumps(CONTENT), "utf-8")  # as it was written before there were digests
    assert not was_edited(tmp_path)


def test_same_content_same_bytes(tmp_path: Path) -> None:
    write_manifest(tmp_path, CONTENT)
    first = (tmp_path / MANIFEST_NAME).read_bytes()
    write_manifest(tmp_path, dict(CONTENT))
    assert (tmp_path / MANIFEST_NAME).read_bytes() == first
    assert first.endswith(b"}\n")
    assert "Käse ☃.json".encode() in first


def test_no_manifest_is_no_error(tmp_path: Path) -> None:
    assert read_manifest(tmp_path) is None
    assert read_manifest(tmp_path / "missing") is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b'"text"',
        b"{}",
        b"[" * 100_000,
        json.dumps({key: value for key, value in CONTENT.items() if key != "shards"}).encode(),
    ],
)
def test_a_damaged_manifest_names_itself_and_the_remedy(tmp_path: Path, text: bytes) -> None:
    (tmp_path / MANIFEST_NAME).write_bytes(text)
    with pytest.raises(UsageError, match=r"askqa\.json: not a manifest of a dataset .*--overwrite"):
        read_manifest(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"file": "/tmp/elsewhere.parquet"},
        {"file": "../test-00000-of-00001.parquet"},
        {"file": "data/initial/../../test-00000-of-00001.parquet"},
        {"file": "data/../initial/test-00000-of-00001.parquet"},
        {"file": "data/clarified/test-00000-of-00001.parquet"},
        {"file": "data/initial/train-00000-of-00001.parquet"},
        {"file": "data/initial/test-00000-of-00001.parquet\n"},
        {"file": "data/initial/test-0-of-1.parquet"},
        {"file": "data", "config": "", "split": ""},
        {"file": "data/../test-00000-of-00001.parquet", "config": ".."},
        {"file": 5},
        {"file": None},
        {"config": ["initial"]},
        {"split": {}},
        {"rows": "3"},
        {"rows": True},
        {"bytes": -1},
        {"sha256": 7},
    ],
    ids=str,
)
def test_a_shard_that_no_build_writes_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    """A command that rewrites shards would follow the manifest to files of others."""
    write_manifest(tmp_path, {**CONTENT, "shards": [RECORD.to_json(), {**RECORD.to_json(), **change}]})
    with pytest.raises(UsageError, match=r"askqa\.json: not a manifest of a dataset \(shards: "):
        read_manifest(tmp_path)


def test_a_damaged_manifest_of_a_task_set_is_called_so(tmp_path: Path) -> None:
    write_manifest(tmp_path, {**CONTENT, KIND_KEY: TASKS_KIND, "shards": []})
    with pytest.raises(UsageError, match=r"askqa\.json: not a manifest of a set of task examples \(shards is empty\)"):
        read_manifest(tmp_path)
    with pytest.raises(AskqaError, match="run the same askqa tasks again to repair it"), reading_errors(tmp_path):
        raise OSError("a damaged file")


def test_a_link_to_nowhere_is_told(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for out in (tmp_path / "dangling", tmp_path / "dangling" / "below"):
        with (
            pytest.raises(
                UsageError, match=r"dangling is a link to nowhere \(.*nowhere\); remove it, or make the folder"
            ),
            DatasetFolder(out, {}, overwrite=True),
        ):
            pass
    (tmp_path / "nowhere").mkdir()
    with DatasetFolder(tmp_path / "dangling", {}, overwrite=False):
        assert (tmp_path / "nowhere" / ".askqa").is_dir()


def test_a_dataset_has_a_shard(tmp_path: Path) -> None:
    write_manifest(tmp_path, {**CONTENT, "shards": []})
    with pytest.raises(UsageError, match="shards is empty"):
        read_manifest(tmp_path)


def test_numbers_that_json_lacks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_manifest(tmp_path, {"seed": float("nan")})
    assert not list(tmp_path.iterdir())


def test_the_digest_is_of_canonical_json() -> None:
    value = {"b": [1, 2.5, None, True], "a": "ü"}
    canonical = b'{"a":"\\u00fc","b":[1,2.5,null,true]}'
    assert canonical_digest(value) == hashlib.sha256(canonical).hexdigest()
    assert canonical_digest(dict(reversed(value.items()))) == canonical_digest(value)
    assert canonical_digest({"b": [2.5, 1, None, True], "a": "ü"}) != canonical_digest(value)


def rejected(identifier: str, index: int = 0) -> Reject:
    return Reject(identifier, "a_test.json", index, "speak", "unspeakable", "silence")


def test_rejects_are_lines_of_ascii(tmp_path: Path) -> None:
    rejects = [rejected("line\nbreak"), rejected("\ud800"), rejected("ü\u2028", index=3)]
    write_rejected(tmp_path, rejects)
    data = (tmp_path / REJECTED_NAME).read_bytes()
    assert data.isascii()
    assert [json.loads(line) for line in data.splitlines()] == [reject.to_dict() for reject in rejects]
    assert read_rejected(tmp_path) == rejects


@pytest.mark.parametrize(
    "content", [b'{"id": "x"', b'{"id": "x", "mood": "bad"}', b"[]", b"3", b"\xff", b"[" * 100_000]
)
def test_damaged_rejects_are_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / REJECTED_NAME).write_bytes(content)
    with pytest.raises(UsageError, match=r"rejected\.jsonl: not readable"):
        read_rejected(tmp_path)


@pytest.mark.parametrize("change", [{"id": ["x"]}, {"reason": {}}, {"reason": None}, {"index": "0"}], ids=str)
def test_rejects_of_other_types_are_told(tmp_path: Path, change: dict[str, object]) -> None:
    (tmp_path / REJECTED_NAME).write_text(json.dumps({**rejected("x").to_dict(), **change}), "ascii")
    with pytest.raises(UsageError, match=rf"rejected\.jsonl: not readable \({next(iter(change))} is"):
        read_rejected(tmp_path)


def test_without_rejects_there_is_no_file(tmp_path: Path) -> None:
    write_rejected(tmp_path, [])
    assert read_rejected(tmp_path) == []
    assert not list(tmp_path.iterdir())
    write_rejected(tmp_path, [rejected("x")])
    write_rejected(tmp_path, [])
    assert not list(tmp_path.iterdir())
