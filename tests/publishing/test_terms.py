"""What is asked before anything is published, what is left out, and what a dry run tells."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hub_server import HubServer

from askqa_builder import push
from askqa_builder.cli.app import run
from askqa_builder.corpus.licences import is_redistributable
from askqa_builder.dataset.hub.repository import Target
from askqa_builder.errors import AskqaError, HubError, UsageError
from askqa_builder.publishing.push import plan_push
from askqa_builder.publishing.terms import Terms

REPO = "alice/spoken"


def pushed_rows(hub: HubServer, tmp_path: Path) -> list[tuple[str, str]]:
    """Return id and source of all rows in the repository."""
    rows = []
    for path, file in sorted(hub.store.repositories[REPO].files().items()):
        if path.endswith(".parquet"):
            local = tmp_path / "shard.parquet"
            local.write_bytes(hub.store.blobs[file.key])
            rows += pq.ParquetFile(local).read(["id", "source"]).to_pylist()
    return [(row["id"], row["source"]) for row in rows]


@pytest.mark.usefixtures("unverified")
def test_restricted_text_is_asked_about(hub: HubServer, dataset_of_few: Path) -> None:
    asked: list[Terms] = []

    def refuse(terms: Terms) -> bool:
        asked.append(terms)
        return False

    with pytest.raises(
        UsageError, match=r"cnn \(CNN-copyright, \d rows?\) may not be redistributed.*--redistributable"
    ):
        push(dataset_of_few, REPO, allow_demo_voices=True)
    with pytest.raises(AskqaError, match="nothing was pushed"):
        push(dataset_of_few, REPO, allow_demo_voices=True, confirm=refuse)
    assert not hub.requests
    (terms,) = asked
    assert [source.source for source in terms.restricted] == ["cnn"]
    lines = "\n".join(terms.lines())
    for said in ("AI-generated speech", "wikipedia: CC-BY-SA-4.0", "cnn: CNN-copyright", "MAY NOT", "flite: BSD-like"):
        assert said in lines
    push(dataset_of_few, REPO, allow_demo_voices=True, confirm=lambda _: True)
    assert REPO in hub.store.repositories


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


@pytest.mark.usefixtures("unverified")
def test_the_terminal_is_asked(
    hub: HubServer, dataset_of_few: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["push", str(dataset_of_few), REPO, "--allow-demo-voices"]
    assert run(command) == 2  # nobody is there
    assert "--yes if you have the right" in capsys.readouterr().err
    for typed in ("", "n\n", "\n", "why?\n"):
        monkeypatch.setattr("sys.stdin", Terminal(typed))
        assert run(command) == 1
        assert not hub.requests
    assert "cnn: CNN-copyright, 1 row, MAY NOT BE REDISTRIBUTED" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert run(command) == 0
    assert capsys.readouterr().out.startswith(f"pushed: {hub.address}/datasets/{REPO} (main, tag askqa-")


@pytest.mark.usefixtures("unverified")
def test_demo_voices_need_a_word(hub: HubServer, dataset_of_few: Path) -> None:
    with pytest.raises(UsageError, match=r"voices of flite are for trying things out.*--allow-demo-voices"):
        push(dataset_of_few, REPO, yes=True)
    assert not hub.requests


@pytest.mark.usefixtures("unverified")
def test_text_that_may_not_be_passed_on_is_left_out(hub: HubServer, dataset: Path, tmp_path: Path) -> None:
    """Nobody is asked; an interrupted push goes on with what it had filtered, and leaves nothing behind at last."""
    before = sorted(path.name for path in dataset.parent.iterdir())
    hub.fault("POST", "/commit/", 403)
    with pytest.raises(HubError):
        push(dataset, REPO, redistributable=True, allow_demo_voices=True)
    (copy,) = dataset.parent.glob(f".{dataset.name}.askqa-push-*")
    assert copy.is_dir()
    report = push(dataset, REPO, redistributable=True, allow_demo_voices=True)
    assert sorted(path.name for path in dataset.parent.iterdir()) == before
    rows = pushed_rows(hub, tmp_path)
    assert {source for _, source in rows} == {"wikipedia"}
    assert report.rows == len(rows)
    assert set(hub.uploads().values()) == {1}
    files = hub.store.repositories[REPO].files()
    rejects = [json.loads(line) for line in hub.store.blobs[files["rejected.jsonl"].key].splitlines()]
    assert len(rejects) == 11 - len(rows)
    assert {(reject["reason"], reject["detail"]) for reject in rejects} == {("where", "")}
    card = hub.store.blobs[files["README.md"].key].decode()
    assert "| wikipedia | CC-BY-SA-4.0 |" in card
    assert "CNN-copyright |" not in card


@pytest.mark.usefixtures("unverified")
def test_domains_are_kept(hub: HubServer, dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match='no rows of "race"; it has cnn, mctest, wikipedia'):
        push(dataset, REPO, domains="race", allow_demo_voices=True)
    with pytest.raises(UsageError, match="no row is left"):
        push(dataset, REPO, domains="cnn", redistributable=True, allow_demo_voices=True)
    with pytest.raises(UsageError, match="none given"):
        push(dataset, REPO, domains=" , ", allow_demo_voices=True)
    push(dataset, REPO, domains="cnn, mctest", yes=True, allow_demo_voices=True)
    assert {source for _, source in pushed_rows(hub, tmp_path)} == {"cnn", "mctest"}


def test_unsure_means_no() -> None:
    assert is_redistributable("wikipedia", "CC-BY-SA-4.0")
    assert not is_redistributable("wikipedia", "CC-BY-NC-4.0")  # not what the table knows
    assert not is_redistributable("elsewhere", "unknown")


@pytest.mark.usefixtures("one_worker")
def test_a_dry_run_needs_neither_token_nor_network(
    hub: HubServer, dataset_of_few: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert run(["push", str(dataset_of_few), REPO, "--dry-run", "--private", "--revision", "next"]) == 0
    told = capsys.readouterr().out
    for said in (
        "4 rows, 4 files",
        "to       alice/spoken, branch next, private",
        "cnn: CNN-copyright, 1 row,",
        "kal diphones",
        "refused  without --allow-demo-voices",
        "asks     whether",
    ):
        assert said in told
    assert not hub.requests


@pytest.mark.usefixtures("unverified")
def test_a_plan_counts_what_would_be_sent(dataset: Path) -> None:
    size = sum(path.stat().st_size for path in dataset.rglob("*.parquet"))
    plan = plan_push(dataset, REPO)
    assert (plan.rows, plan.files, plan.bytes, plan.narrowed) == (11, 9, size, False)
    plan = plan_push(dataset, REPO, redistributable=True)
    assert (plan.rows, plan.narrowed) == (6, True)


@pytest.mark.usefixtures("one_worker")
def test_a_damaged_dataset_stays_where_it_is(hub: HubServer, dataset_of_few: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(dataset_of_few, damaged)
    shard = next(damaged.rglob("*.parquet"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)
    with pytest.raises(AskqaError, match=r"does not verify .*hash"):
        push(damaged, REPO, yes=True, allow_demo_voices=True)
    assert not hub.requests


@pytest.mark.usefixtures("unverified")
def test_a_shard_that_changes_meanwhile_is_noticed(hub: HubServer, dataset_of_few: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(dataset_of_few, changed)

    def overwrite(line: str) -> None:
        if line.startswith("uploading data/initial"):
            shard = next((changed / "data" / "initial").iterdir())
            shard.write_bytes(shard.read_bytes()[:-1] + b"!")

    with pytest.raises(AskqaError, match="has changed since it was written"):
        push(changed, REPO, yes=True, allow_demo_voices=True, say=overwrite)
    assert hub.store.repositories[REPO].files().keys() == {".gitattributes"}


@pytest.mark.parametrize(
    "name",
    ["spoken", "a/b/c", "alice/", "/spoken", "alice/a--b", "alice/..", "alice/x.git", "a l/x", "alice/-x", "é/x"],
)
def test_names_of_repositories(name: str) -> None:
    with pytest.raises(UsageError, match="write org/name"):
        Target(name)


@pytest.mark.parametrize("name", ["", "a..b", "-x", "a b", "x/", "/x", "x.lock", "a//b", "a/.b", "x~1", "x\n"])
def test_names_of_branches(name: str) -> None:
    with pytest.raises(UsageError, match="no name of a branch"):
        Target(REPO, name)


def test_good_names() -> None:
    assert Target("Alice-1/my_data.v2", "feature/next-1.0").revision == "feature/next-1.0"
