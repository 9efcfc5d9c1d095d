"""A stand-in of the Hub that the client in this process talks to, and small datasets of several sources."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
sys.path.insert(0, str(Path(__file__).parents[1] / "build"))

from harness import write_corpus
from hub_server import WRITER, HubServer, running_hub

from askqa_builder import build
from askqa_builder.verify.findings import VerifyReport

SOURCES = ("wikipedia", "cnn", "wikipedia", "mctest")


@pytest.fixture(scope="session")
def corpus(demo_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four conversations; the text of two of them may be redistributed."""
    items = json.loads(demo_file.read_text("utf-8"))["data"][: len(SOURCES)]
    named = [{**item, "source": source} for item, source in zip(items, SOURCES, strict=True)]
    return write_corpus(tmp_path_factory.mktemp("corpora") / "mixed_test.json", named)


@pytest.fixture(scope="session")
def dataset(corpus: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The corpus as a finished dataset of seven shards. Read it, never change it."""
    out = tmp_path_factory.mktemp("datasets") / "mixed"
    build(corpus, out, profiles=str(quick_profile), shard_size="400KB", workers=1)
    return out


@pytest.fixture(scope="session")
def dataset_of_few(corpus: Path, quick_profile: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two conversations of it, in fewer shards."""
    out = tmp_path_factory.mktemp("datasets") / "few"
    build(corpus, out, profiles=str(quick_profile), limit=2, workers=1)
    return out


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    """A Hub without repositories, to which this process's client is pointed with alice's token."""
    from huggingface_hub import constants

    with running_hub() as server:
        template = constants.HUGGINGFACE_CO_URL_TEMPLATE.replace(constants.ENDPOINT, server.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "ENDPOINT", server.address)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
        monkeypatch.setenv("HF_TOKEN", WRITER)
        yield server


@pytest.fixture
def environment(hub: HubServer, tmp_path: Path) -> dict[str, str]:
    """What points the client of another process to the same Hub."""
    return {
        "HF_ENDPOINT": hub.address,
        "HF_HOME": str(tmp_path / "huggingface"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "HF_HUB_DISABLE_XET": "1",
        "HF_TOKEN": WRITER,
    }


@pytest.fixture
def unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take datasets for sound: they are, and each look at one costs more than all else in a test."""
    monkeypatch.setattr("askqa_builder.publishing.push.verify", lambda dataset: VerifyReport(dataset, thorough=False))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for nothing before a call is tried again."""
    for module in ("askqa_builder.dataset.hub.access", "askqa_builder.publishing.publish"):
        monkeypatch.setattr(f"{module}._SECONDS_BETWEEN", (0, 0, 0))
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)


@pytest.fixture
def one_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verify with one process: starting another one costs more than the work that there is."""
    monkeypatch.setattr("askqa_builder.verify.run.usable_cores", lambda: 1)
