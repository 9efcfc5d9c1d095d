from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from askqa_builder.errors import UsageError
from askqa_builder.voices.text_labels import labels_of, load_labeller, text_labellers


@pytest.fixture(autouse=True)
def _no_labeller_is_loaded() -> Iterator[None]:
    load_labeller.cache_clear()
    yield
    load_labeller.cache_clear()


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("What a wonderful, happy day!", "positive"),
        ("The war was terrible and he died.", "negative"),
        ("He sold the boat on Monday.", "neutral"),
        ("He was not happy.", "negative"),
        ("", "neutral"),
        ("…", "neutral"),
    ],
)
def test_vader_labels_words(text: str, label: str) -> None:
    pytest.importorskip("vaderSentiment")
    labeller = load_labeller("vader")
    assert labeller.label(text) == label
    assert label in labels_of("vader")
    assert labeller.version[0].isdigit()


def test_labels_are_known_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vaderSentiment.vaderSentiment", None)
    assert labels_of("vader") == ("positive", "neutral", "negative")
    with pytest.raises(UsageError, match=r'needs vaderSentiment: pip install "askqa-builder\[styles\]"'):
        load_labeller("vader")


OWN = """
class Parity:
    labels = ("even", "odd")
    version = "1"

    def label(self, text):
        return self.labels[len(text) % 2]


class Broken:
    labels = ()

    def __init__(self):
        raise RuntimeError("no list of words")
"""


def test_other_packages_register_theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_labels.py").write_text(OWN)
    info = tmp_path / "own_labels-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-labels\nVersion: 1.0\n")
    entries = "parity = own_labels:Parity\nbroken = own_labels:Broken\ngone = own_labels:Gone\n"
    (info / "entry_points.txt").write_text(f"[askqa_builder.text_labellers]\n{entries}")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert text_labellers() == ["broken", "gone", "parity", "vader"]
    assert labels_of("parity") == ("even", "odd")
    assert load_labeller("parity").label("odd") == "odd"
    with pytest.raises(UsageError, match="text label broken does not start: RuntimeError: no list of words"):
        load_labeller("broken")
    with pytest.raises(UsageError, match="text label 'gone' cannot be loaded"):
        load_labeller("gone")
    with pytest.raises(UsageError, match=r"unknown text label 'party' \(close: parity\)"):
        load_labeller("party")
