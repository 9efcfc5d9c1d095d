"""`build --push`: the build does not wait for the network, nor is it lost with it."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from harness import digests, wait_until
from hub_server import HubServer

from askqa_builder.cli.app import run
from askqa_builder.errors import UsageError
from askqa_builder.publishing.building import build_and_push

REPO = "alice/spoken"


@pytest.fixture
def options(quick_profile: Path) -> dict[str, Any]:
    """The options with which `dataset` was built."""
    return {"profiles": str(quick_profile), "shard_size": "400KB", "workers": 1}


@pytest.mark.usefixtures("unverified", "impatient")
def test_shards_go_up_while_the_build_goes_on(
    hub: HubServer, corpus: Path, dataset: Path, options: dict[str, Any], tmp_path: Path
) -> None:
    """The first shard is on its way while the others are built; then the way is cut, and the dataset arrives."""
    out = tmp_path / "out"
    first = hub.fault("PUT", "/lfs/", "hold")
    done: list[Any] = []
    arguments = {"yes": True, "allow_demo_voices": True, **options}
    thread = threading.Thread(target=lambda: done.append(build_and_push(corpus, out, REPO, **arguments)))
    thread.start()
    assert wait_until(first.reached.is_set)
    assert not (out / "askqa.json").exists()
    assert wait_until((out / "askqa.json").exists)
    assert not hub.asked("POST", "/commit/", None)
    first.release.set()
    thread.join(120)
    ((built, pushed),) = done
    assert digests(out) == digests(dataset)
    assert (sum(built.rows.values()), pushed.rows) == (11, 11)
    assert len(hub.asked("POST", "/commit/")) == 1
    assert set(hub.uploads().values()) == {1}
    assert len(hub.uploads()) == 7


@pytest.mark.usefixtures("unverified")
def test_a_build_survives_the_network(
    hub: HubServer, corpus: Path, dataset: Path, options: dict[str, Any], tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "out"
    full = hub.fault("PUT", "/lfs/", 403, times=1000, message="Storage quota exceeded")
    named = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    code = run(["build", str(corpus), str(out), *named, "--push", REPO, "--yes", "--allow-demo-voices"])
    printed = capsys.readouterr()
    assert code == 1
    assert printed.out.startswith(f"done: {out}: rows 4 initial")
    assert f"is complete; to publish it: askqa push {out} {REPO} --allow-demo-voices" in printed.err
    assert "Storage quota exceeded" in printed.err
    assert digests(out) == digests(dataset)
    full.times = 0
    code = run(["build", str(corpus), str(out), *named, "--push", REPO, "--yes", "--allow-demo-voices"])
    assert code == 0
    assert "already complete" in capsys.readouterr().out
    assert set(hub.uploads().values()) == {1}


def test_everything_is_asked_before_the_build(
    hub: HubServer, corpus: Path, options: dict[str, Any], tmp_path: Path, capsys: Any
) -> None:
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="--allow-demo-voices"):
        build_and_push(corpus, out, REPO, yes=True, **options)
    with pytest.raises(UsageError, match=r"cnn \(CNN-copyright, 1 row\), mctest .*4 rows.* may not be redistributed"):
        build_and_push(corpus, out, REPO, allow_demo_voices=True, **options)
    assert not hub.requests
    hub.store.create(REPO, files={"data.csv": b"1"})
    with pytest.raises(UsageError, match="askqa did not push"):
        build_and_push(corpus, out, REPO, yes=True, allow_demo_voices=True, **options)
    assert not out.exists()
    assert run(["build", str(corpus), str(out), "--yes"]) == 2
    assert "go with --push" in capsys.readouterr().err
