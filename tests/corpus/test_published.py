"""A corpus by its name: what is downloaded, what is said, and when nothing is."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from askqa_builder.build.options import BuildOptions
from askqa_builder.build.run import prepare
from askqa_builder.cli.app import run
from askqa_builder.corpus import download
from askqa_builder.corpus.published import local_source, published_corpora
from askqa_builder.corpus.sources import SPLITS, find_sources, split_of
from askqa_builder.errors import UsageError

from corpus.file_server import FileServer, serving

NAME = Path("abg-coqa")
BY_HAND = "https://github.com/MeiqiGuo/AKBC2021-Abg-CoQA/tree/main/abg-coqa"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ASKQA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "cache"


@pytest.fixture
def mirror(cache: Path, demo_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A folder on the web with our own conversations under the names of Abg-CoQA's files."""
    with serving() as server:
        for split in ("train", "val", "test"):
            server.files[f"/corpora/coqa_abg_{split}.json"] = demo_file.read_bytes()
        monkeypatch.setenv("ASKQA_ABG_COQA_URL", f"{server.url}/corpora/")
        yield server


def test_the_table_says_what_must_be_known() -> None:
    corpus = published_corpora()[str(NAME)]
    assert [split_of(Path(name)) for name in corpus.files] == list(SPLITS)
    assert all(address.startswith("https://") and not address.endswith("/") for address in corpus.addresses)
    assert "keeps the licence of its source" in corpus.terms


def test_the_real_test_file_has_the_digest_in_the_table(abg_coqa_folder: Path) -> None:
    data = (abg_coqa_folder / "coqa_abg_test.json").read_bytes()
    assert published_corpora()[str(NAME)].files["coqa_abg_test.json"] == hashlib.sha256(data).hexdigest()


def test_a_path_of_that_name_wins(mirror: FileServer, tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert local_source(NAME) == NAME
    assert mirror.asked == []


def test_an_unknown_name_is_no_path_nor_corpus(cache: Path) -> None:
    with pytest.raises(UsageError, match=r"abg-coqb: there is no such file or folder, nor a corpus.*\(abg-coqa\)"):
        local_source(Path("abg-coqb"))


@pytest.mark.parametrize(("split", "wanted"), [("validation", ["val"]), ("train", ["train"])])
def test_only_the_wanted_split_is_downloaded(mirror: FileServer, cache: Path, split: str, wanted: list[str]) -> None:
    folder = local_source(NAME, split)
    assert mirror.paths == [f"/corpora/coqa_abg_{name}.json" for name in wanted]
    assert [file.name for file in find_sources(folder, split)] == [f"coqa_abg_{name}.json" for name in wanted]
    assert folder.is_relative_to(cache / "sources")
    assert local_source(NAME, split) == folder
    assert len(mirror.asked) == len(wanted)


def test_a_mirrors_files_are_not_taken_for_the_published_ones(mirror: FileServer, cache: Path) -> None:
    assert local_source(NAME, "train") != cache / "sources" / NAME


def test_another_test_file_is_refused(mirror: FileServer, cache: Path) -> None:
    with pytest.raises(UsageError, match=rf"coqa_abg_test\.json: its SHA-256 is .* by hand from {BY_HAND} and give"):
        local_source(NAME)


def test_what_came_must_be_the_corpus(mirror: FileServer, cache: Path) -> None:
    mirror.files["/corpora/coqa_abg_train.json"] = b'{"data": []}'
    with pytest.raises(UsageError, match="does a proxy or a sign-in page answer"):
        local_source(NAME, "train")


def test_the_real_files_pass(mirror: FileServer, cache: Path, abg_coqa_folder: Path) -> None:
    mirror.files["/corpora/coqa_abg_test.json"] = (abg_coqa_folder / "coqa_abg_test.json").read_bytes()
    assert [file.split for file in find_sources(local_source(NAME), None)] == list(SPLITS)


@pytest.mark.parametrize(
    "url", ["ftp://127.0.0.1/a", "http://user:secret@127.0.0.1/a", "corpora", "http://[", "http:///a"]
)
def test_a_variable_that_is_no_address(cache: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("ASKQA_ABG_COQA_URL", url)
    with pytest.raises(UsageError, match="ASKQA_ABG_COQA_URL is no folder on the web") as raised:
        local_source(NAME)
    assert "secret" not in str(raised.value)


def test_offline_is_one_line_that_says_what_to_do(
    cache: Path, quick_profile: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(download.time, "sleep", lambda seconds: None)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("ASKQA_ABG_COQA_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        for more in ([], ["--dry-run"]):
            code = run(["build", "abg-coqa", "out", "--profiles", str(quick_profile), *more])
            out, err = capsys.readouterr()
            assert (code, out) == (2, "")
            assert len(err.splitlines()) == 1
            assert err.startswith("askqa: abg-coqa: cannot download http://127.0.0.1:")
            assert BY_HAND in err
            assert "give their folder instead of abg-coqa" in err
    assert not (cache.parent / "out").exists()


def test_a_cache_that_cannot_be_written_is_one_line(
    mirror: FileServer, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.write_text("a file")
    code = run(["build", "abg-coqa", "out"])
    assert code == 1
    assert capsys.readouterr().err.startswith(f"askqa: cannot keep downloads in {cache}")


def test_a_build_reads_what_was_downloaded(
    mirror: FileServer, cache: Path, quick_profile: Path, demo_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror.faults.append("cut")
    arguments = ["build", "abg-coqa", "out", "--split", "validation", "--limit", "2", "--dry-run"]
    assert run([*arguments, "--profiles", str(quick_profile)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("conversations  2\n")
    lines = err.splitlines()
    assert lines[0].startswith("downloading coqa_abg_val.json, ")
    assert "trying again" in lines[1]
    assert lines[2].endswith("MB on")
    assert "MIT; each story keeps the licence of its source" in lines[3]
    assert len(lines) == 4
    job = prepare(NAME, BuildOptions(profiles=str(quick_profile), split="validation"))
    assert [(file["name"], file["sha256"]) for file in job.about["sources"]] == [
        ("coqa_abg_val.json", hashlib.sha256(demo_file.read_bytes()).hexdigest())
    ]
    assert {split for split, _ in ((take.split, take) for take in job.plan.takes)} == {"validation"}
