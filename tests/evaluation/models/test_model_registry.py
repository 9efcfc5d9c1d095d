"""Which model is meant by what is typed, and what is said of what means none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from model_requests import HeardElsewhere, asked

from askqa_builder.errors import UsageError
from askqa_builder.evaluation.models.registry import CONTROL_NAMES, Choice, model_kinds, open_subject
from askqa_builder.evaluation.models.spec import read_spec

THEIRS = """
from askqa_builder.errors import UsageError

class Parrot:
    def __init__(self, word="so", wrong=False):
        if wrong:
            raise UsageError("wrong: is wrong")
        self.word = word
    def respond(self, request):
        return self.word

class Mute:
    pass
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of an installed distribution of other people's."""
    site = tmp_path / "site"
    info = site / "theirs-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "theirs.py").write_text(THEIRS, "utf-8")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n", "utf-8")
    points = "parrot = theirs:Parrot\nmute = theirs:Mute\nlost = theirs:Lost\n"
    (info / "entry_points.txt").write_text(f"[askqa_builder.models]\n{points}", "utf-8")
    monkeypatch.syspath_prepend(str(site))


def yaml_file(folder: Path, text: str) -> str:
    path = folder / "model.yaml"
    path.write_text(text, "utf-8")
    return str(path)


@pytest.mark.usefixtures("installed")
def test_an_installed_model_is_made_with_its_options(tmp_path: Path) -> None:
    plain = open_subject(Choice("parrot"))
    assert plain.respond(plain.prepared(asked(), None, HeardElsewhere())).text == "so"
    assert (plain.name, plain.control, plain.concurrency) == ("parrot", None, 1)
    about = {"package": "theirs", "version": "1.0", "options": {}, "model": {"class": "theirs:Parrot"}}
    assert plain.identity["model"] == about
    named = open_subject(Choice(yaml_file(tmp_path, "{kind: parrot, name: polly, word: never}")))
    assert (named.name, named.respond(asked()).text) == ("polly", "never")
    assert named.identity["model"] == {**about, "options": {"word": "never"}}
    assert model_kinds() == ["endpoint", "cascade", "transformers", "python", "lost", "mute", "parrot"]
    assert open_subject(Choice("parrot", "closed-book")).name == "parrot, closed-book"
    plain.close()


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("kind: mute", "'mute' of theirs has no method respond"),
        ("kind: lost", "'lost' of theirs cannot be made: AttributeError"),
        ("{kind: parrot, wort: no}", "'parrot' of theirs cannot be made: TypeError"),
        ("{kind: parrot, wrong: true}", "^wrong: is wrong$"),
        ("kind: parot", r"unknown kind 'parot' \(close: parrot\)"),
        ("kind: oracle", "it is a control: --control"),
        ("model: parrot", "kind: None is not allowed; give endpoint"),
        ("{kind: parrot, name: 7}", "name: 7 is not allowed"),
        ("[kind]", "a model is a mapping of options"),
        ("{kind: endpoint, model: m, api_key: sk-1}", "the key itself goes into the environment"),
        ("{kind: endpoint}", "model: is missing"),
        ("{kind: endpoint, model: m, system: 3}", "system: 3 is not allowed"),
        ("{kind: endpoint, model: m, base_url: 'ftp://x'}", "base_url"),
        ("{kind: cascade, model: m, recogniser: nobody}", "unknown recogniser 'nobody'"),
        ("{kind: cascade, model: m, recogniser: pocketsphinx, recogniser_options: {a: 1}}", "has no option 'a'"),
        ("{kind: python}", "target: None is not allowed"),
        ("{kind: python, target: 'os:getcwd', extra: 1}", "unknown option 'extra'"),
        ("{kind: transformers}", "model: is missing"),
        ("{kind: transformers, model: m, dtype: int8}", "dtype: 'int8' is not allowed; give float32"),
        ("{kind: transformers, model: m, max_new_tokens: 0}", "max_new_tokens: 0 is not allowed"),
    ],
)
def test_a_file_that_means_no_model_is_told_in_one_line(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        open_subject(Choice(yaml_file(tmp_path, content)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "kind", "options"),
    [
        ("endpoint:Qwen/Qwen2-Audio-7B-Instruct", "endpoint", {"model": "Qwen/Qwen2-Audio-7B-Instruct"}),
        ("transformers:./mine", "transformers", {"model": "./mine"}),
        ("python:a/b.py:C", "python", {"target": "a/b.py:C"}),
        ("parrot", "parrot", {}),
    ],
)
def test_a_word_means_a_model(given: str, kind: str, options: dict[str, Any]) -> None:
    spec = read_spec(given)
    assert (spec.kind, spec.options, spec.name) == (kind, options, None)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (Choice(), "--model: is missing"),
        (Choice(control="transcript"), "--control transcript changes what a model hears"),
        (Choice("endpoint:m", "oracle"), "stands in for a model; leave --model out"),
        (Choice("endpoint:m", "oracel"), r"'oracel' is unknown \(close: oracle\)"),
        (Choice("endpoint:"), "give endpoint:MODEL"),
        (Choice("cascade:m"), "is none of endpoint:…"),
        (Choice("nowhere.yaml"), "cannot be read"),
        (Choice("human"), "it is a control"),
        (Choice("endpoint:m", "cascade", recogniser="nobody"), "unknown recogniser"),
    ],
)
def test_what_does_not_go_together_is_told_in_one_line(choice: Choice, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        open_subject(choice)
    assert "\n" not in str(caught.value)


def test_all_controls_have_names() -> None:
    assert CONTROL_NAMES == (
        "always-answer",
        "always-clarify",
        "oracle",
        "human",
        "question-only",
        "closed-book",
        "other-story",
        "transcript",
        "cascade",
    )
