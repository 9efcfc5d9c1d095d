"""Pushing with the real client to a stand-in of the Hub: what is sent, how often, and what is there afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from harness import wait_until
from hub_server import Fault, HubServer
from reading_back import on_disk, read_back
from unverified_push import started_push

from askqa_builder import push
from askqa_builder.dataset.manifest import read_manifest, shard_records
from askqa_builder.errors import HubError, HubUnavailableError, UsageError

REPO = "alice/spoken"
FREELY = {"yes": True, "allow_demo_voices": True}


def shards(dataset: Path) -> dict[str, str]:
    """Return the hash of each shard by its file."""
    return {record.file: record.sha256 for record in shard_records(read_manifest(dataset) or {})}


def pushed_files(hub: HubServer, branch: str = "main") -> dict[str, str]:
    """Return the hash of each file of the branch, but for what the Hub itself puts there."""
    files = hub.store.repositories[REPO].files(branch)
    return {path: file.key for path, file in files.items() if path != ".gitattributes"}


def assert_complete(hub: HubServer, dataset: Path, branch: str = "main") -> None:
    """The branch holds the dataset's shards, card and manifest, and nothing else."""
    there = pushed_files(hub, branch)
    assert {path: key for path, key in there.items() if path.startswith("data/")} == shards(dataset)
    assert there.keys() - shards(dataset).keys() == {"README.md", "askqa.json"}
    assert hub.store.blobs[there["askqa.json"]] == (dataset / "askqa.json").read_bytes()


def kill_at(fault: Fault, process: subprocess.Popen[str]) -> None:
    """Kill a process once it has met a fault that holds it."""
    with process:
        assert wait_until(lambda: fault.reached.is_set() or process.poll() is not None)
        os.kill(process.pid, signal.SIGKILL)
    fault.release.set()


@pytest.mark.usefixtures("unverified")
def test_everything_comes_in_one_commit(hub: HubServer, dataset: Path) -> None:
    report = push(dataset, REPO, **FREELY)
    assert_complete(hub, dataset)
    repository = hub.store.repositories[REPO]
    assert not repository.private
    assert len(repository.commits) == 2  # the Hub's own, and ours
    assert repository.tags == {report.tag: repository.branches["main"]}
    assert hub.uploads() == dict.fromkeys(shards(dataset).values(), 1)
    assert (report.rows, report.deleted, report.changed) == (11, 0, True)
    assert report.sent == sum(request.received for request in hub.asked("PUT", "/lfs/"))
    card = hub.store.blobs[pushed_files(hub)["README.md"]].decode()
    for said in (f'load_dataset("{REPO}"', "AI-generated speech", "CNN-copyright", "kal diphones", "Kevin A. Lenzo"):
        assert said in card


@pytest.mark.usefixtures("unverified")
def test_pushing_again_sends_nothing(hub: HubServer, dataset: Path) -> None:
    first = push(dataset, REPO, **FREELY)
    hub.requests.clear()
    again = push(dataset, REPO, **FREELY)
    assert (again.changed, again.sent, again.tag) == (False, 0, first.tag)
    assert not hub.asked("PUT", "", None)
    assert not hub.asked("POST", "/commit/", None)


@pytest.mark.usefixtures("unverified", "impatient")
def test_a_hub_out_of_order_for_a_moment(hub: HubServer, dataset: Path) -> None:
    """Every kind of call fails twice, an upload and a commit are cut short, and the answer to a commit is lost."""
    for path in ("/create", "/revision/", "/tree/", "/preupload/", "/batch", "/lfs/", "/commit/", "/tag/"):
        for method in ("POST", "PUT", "GET"):
            hub.fault(method, path, 503, times=2)
    cut = hub.fault("PUT", "/lfs/", "cut")
    hub.fault("POST", "/commit/", "lost")
    push(dataset, REPO, **FREELY)
    assert_complete(hub, dataset)
    assert len(hub.asked("POST", "/commit/", 503)) == 2
    assert cut.reached.is_set()
    assert hub.uploads() == dict.fromkeys(shards(dataset).values(), 1)
    assert len(hub.store.repositories[REPO].commits) == 2


def test_a_kill_in_mid_upload(hub: HubServer, dataset: Path, environment: dict[str, str], tmp_path: Path) -> None:
    """The same call goes on: what had arrived is not sent again, and nobody saw half a dataset."""
    *_, third, fourth, fifth, _, _ = shards(dataset).values()
    kill_at(hub.fault("PUT", third, "hold"), started_push(dataset, REPO, environment))
    assert pushed_files(hub) == {}
    assert len(hub.uploads()) == 2
    hub.fault("PUT", fourth, 503, times=2)
    cut = hub.fault("PUT", fifth, "cut")
    with started_push(dataset, REPO, environment) as process:
        assert process.wait(120) == 0
    assert cut.reached.is_set()
    assert_complete(hub, dataset)
    assert hub.uploads() == dict.fromkeys(shards(dataset).values(), 1)
    assert read_back(REPO, environment, tmp_path / "cache") == on_disk(dataset)


def test_a_kill_on_the_way_that_is_the_default(hub: HubServer, dataset: Path, environment: dict[str, str]) -> None:
    """Through Xet, the client's first choice: chunks of shards that had arrived are not sent again."""
    environment = environment | {"HF_HUB_DISABLE_XET": "0"}
    kill_at(hub.fault("POST", "/cas/v1/xorbs/", "hold", passing=2), started_push(dataset, REPO, environment))
    assert pushed_files(hub) == {}
    with started_push(dataset, REPO, environment) as process:
        assert process.wait(120) == 0
    assert_complete(hub, dataset)
    sent = [request.path for request in hub.asked("POST", "/cas/v1/xorbs/")]
    assert len(sent) == len(set(sent)) == len(shards(dataset))
    assert not hub.asked("PUT", "/lfs/", None)


@pytest.mark.usefixtures("unverified")
def test_another_number_of_shards_replaces_the_old_ones(hub: HubServer, dataset: Path, dataset_of_few: Path) -> None:
    first = push(dataset, REPO, **FREELY)
    repository = hub.store.repositories[REPO]
    mine = hub.store.small(b"a picture")
    repository.commit("main", {**repository.files(), "images/plot.png": mine}, repository.branches["main"])
    report = push(dataset_of_few, REPO, **FREELY)
    assert report.deleted == len(shards(dataset).keys() - shards(dataset_of_few).keys())
    assert pushed_files(hub).pop("images/plot.png") == mine.key
    assert {path for path in pushed_files(hub) if path.startswith("data/")} == set(shards(dataset_of_few))
    assert set(repository.tags) == {first.tag, report.tag}
    assert shards(dataset).items() <= {path: file.key for path, file in repository.files(first.tag).items()}.items()


@pytest.mark.usefixtures("unverified", "impatient")
def test_without_all_shards_there_is_no_card(hub: HubServer, dataset: Path) -> None:
    last = list(shards(dataset).values())[-1]
    hub.fault("PUT", last, 403, message="Storage quota exceeded")
    with pytest.raises(HubError, match="Storage quota exceeded"):
        push(dataset, REPO, **FREELY)
    assert pushed_files(hub) == {}
    hub.fault("PUT", last, 503, times=100)
    with pytest.raises(HubUnavailableError, match="run the same command again"):
        push(dataset, REPO, **FREELY)
    assert pushed_files(hub) == {}


@pytest.mark.usefixtures("unverified")
def test_a_gitignore_leaves_nothing_out(hub: HubServer, dataset: Path) -> None:
    hub.store.ignored = (".parquet", ".json")
    push(dataset, REPO, **FREELY)
    assert_complete(hub, dataset)


@pytest.mark.usefixtures("unverified", "impatient")
def test_somebody_else_commits_in_between(hub: HubServer, dataset: Path) -> None:
    hub.fault("POST", "/commit/", 412)
    push(dataset, REPO, **FREELY)
    assert_complete(hub, dataset)


@pytest.mark.usefixtures("unverified")
def test_a_branch_of_its_own(hub: HubServer, dataset: Path, dataset_of_few: Path) -> None:
    push(dataset, REPO, private=True, **FREELY)
    assert hub.store.repositories[REPO].private
    push(dataset_of_few, REPO, revision="smaller", **FREELY)
    assert_complete(hub, dataset)
    assert_complete(hub, dataset_of_few, "smaller")


@pytest.mark.usefixtures("unverified")
@pytest.mark.parametrize(
    ("files", "options", "message"),
    [
        ({"data.csv": b"1,2", "README.md": b"mine"}, {}, "did not push .data.csv."),
        ({"askqa.json": b"{}"}, {}, "askqa.json in alice/spoken cannot be read"),
        ({}, {"private": True}, "there and public"),
        ({}, {"revision": "v1"}, "v1 is a tag"),
    ],
)
def test_what_is_not_ours_is_left_alone(
    hub: HubServer, dataset: Path, files: dict[str, bytes], options: dict[str, str], message: str
) -> None:
    repository = hub.store.create(REPO, files=files)
    repository.tags["v1"] = repository.branches["main"]
    with pytest.raises(UsageError, match=message):
        push(dataset, REPO, **FREELY, **options)
    assert len(repository.commits) == 1
    assert not hub.uploads()


@pytest.mark.usefixtures("unverified")
def test_shards_of_others_are_not_mixed_in(hub: HubServer, dataset_of_few: Path) -> None:
    push(dataset_of_few, REPO, **FREELY)
    repository = hub.store.repositories[REPO]
    strange = hub.store.small(b"PAR1")
    name = "data/initial/test-00000-of-00009.parquet"
    repository.commit("main", {**repository.files(), name: strange}, repository.branches["main"])
    with pytest.raises(UsageError, match=r"test-00000-of-00009\.parquet, which askqa did not push"):
        push(dataset_of_few, REPO, **FREELY)


@pytest.mark.usefixtures("unverified")
def test_a_repository_with_a_card_only_is_taken(hub: HubServer, dataset_of_few: Path) -> None:
    hub.store.create(REPO, files={"README.md": b"---\nlicense: mit\n---\n"})
    push(dataset_of_few, REPO, **FREELY)
    assert_complete(hub, dataset_of_few)


def test_the_manifest_of_a_version_is_its_tag(dataset: Path, dataset_of_few: Path) -> None:
    from askqa_builder.publishing.contents import version_tag

    manifest = json.loads((dataset / "askqa.json").read_text("utf-8"))
    assert version_tag(manifest) == version_tag(dict(reversed(manifest.items())))
    manifest["shards"][0]["sha256"] = "0" * 64
    assert (
        len({version_tag(read_manifest(path) or {}) for path in (dataset, dataset_of_few)} | {version_tag(manifest)})
        == 3
    )
