"""The token comes from where the ecosystem keeps it, and goes nowhere but to the Hub."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from hub_server import READER, WRITER, HubServer

from askqa_builder.cli.app import run

REPO = "alice/spoken"

pytestmark = pytest.mark.usefixtures("unverified", "impatient")


class Pushing:
    """Runs `askqa push` in this process, and makes sure of every run that no token is told."""

    def __init__(self, dataset: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
        self._dataset = dataset
        self._capfd = capfd
        self._caplog = caplog

    def __call__(self, *secrets: str, repo: str = REPO) -> tuple[int, str]:
        code = run(["push", str(self._dataset), repo, "--yes", "--allow-demo-voices"])
        printed = self._capfd.readouterr()
        written = b"".join(path.read_bytes() for path in self._dataset.rglob("*") if path.is_file())
        for secret in (WRITER, READER, *secrets):
            assert secret not in printed.out + printed.err + self._caplog.text
            assert secret.encode() not in written
        lines = [line for line in printed.err.splitlines() if line.startswith("askqa: ")]
        assert "Traceback" not in printed.err
        return code, lines[0] if lines else printed.out


@pytest.fixture
def pushing(
    hub: HubServer, dataset_of_few: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> Pushing:
    caplog.set_level(logging.INFO)  # below that the HTTP library shows what a server answers
    return Pushing(dataset_of_few, capfd, caplog)


def test_it_is_sent_and_not_told(hub: HubServer, pushing: Pushing) -> None:
    code, line = pushing()
    assert code == 0
    assert line.startswith("pushed: ")
    kept = b"".join(hub.store.blobs[file.key] for file in hub.store.repositories[REPO].files().values())
    assert WRITER.encode() not in kept


def test_there_is_none(hub: HubServer, pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert pushing() == (2, "askqa: there is no token of the Hugging Face Hub: run hf auth login, or set HF_TOKEN")
    assert not hub.requests


def test_the_one_that_login_stored(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.delenv("HF_TOKEN")
    Path(constants.HF_TOKEN_PATH).write_text(WRITER)
    assert pushing()[0] == 0


def test_the_hub_does_not_know_it(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_UnheardOfSecret")
    code, line = pushing("hf_UnheardOfSecret")
    assert code == 2
    assert "does not accept the token" in line


def test_it_may_not_write(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", READER)
    code, line = pushing()
    assert code == 1
    assert "You don't have the rights to write to alice; the token needs write access" in line
    monkeypatch.setenv("HF_TOKEN", WRITER)
    assert pushing(repo="bob/spoken")[0] == 1


def test_the_hub_quotes_it(hub: HubServer, pushing: Pushing) -> None:
    hub.fault("POST", "/preupload/", 400, message=f"who is Bearer {WRITER}?")
    code, line = pushing()
    assert code == 1
    assert "who is Bearer [token]?" in line


@pytest.mark.parametrize("secret", ["hf_with\x01control", "hf_wíth", "hf_two words"])
def test_no_header_takes_it(hub: HubServer, pushing: Pushing, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("HF_TOKEN", secret)
    code, line = pushing(secret)
    assert code == 2
    assert "holds characters that no token has" in line
    assert not hub.requests


def test_the_connection_is_cut_for_good(hub: HubServer, pushing: Pushing) -> None:
    hub.fault("PUT", "/lfs/", "cut", times=1000)
    code, line = pushing()
    assert code == 1
    assert line.startswith("askqa: cannot upload data/")
    assert line.endswith("look at the network and run the same command again")


def test_nobody_answers(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    code, line = pushing()
    assert code == 1
    assert "look at the network" in line


def test_the_client_is_offline(pushing: Pushing, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants
    from huggingface_hub.utils import close_session

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    close_session()
    code, line = pushing()
    close_session()
    assert code == 2
    assert "HF_HUB_OFFLINE is set" in line
