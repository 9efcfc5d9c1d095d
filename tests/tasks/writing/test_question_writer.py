"""Questions that a language model writes, through the real client, from a server on loopback."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, serving
from harness import manifest
from styled import changed_rows, said_in, style_and_cast
from task_sets import examples_of, faults_of

from askqa_builder import questions
from askqa_builder.errors import UsageError
from askqa_builder.tasks.run import TasksReport

Asked = dict[str, Any]


@pytest.fixture(scope="module")
def styled_demo(demo_dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return changed_rows(demo_dataset, tmp_path_factory.mktemp("styled-demo") / "spoken", style_and_cast)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with serving() as found:
        found.always = lambda prompt: said(*good_about(prompt))
        yield found


@pytest.fixture
def writer(server: ChatServer, tmp_path: Path) -> Path:
    file = tmp_path / "writer.yaml"
    file.write_text(f"base_url: {server.url}\nmodel: parrot\npatience: 1\ntimeout: 20\nconcurrency: 1\n", "utf-8")
    return file


def said(*asked: Asked) -> str:
    return json.dumps({"questions": list(asked)})


def turns_in(prompt: str) -> list[tuple[str, str | None, str]]:
    """Role, style and words of each turn that a model is told."""
    found = re.findall(r"^(narrator|user|assistant), [\d.]+ to [\d.]+(?: \[style: (\w+)[^\]]*\])?: (.*)$", prompt, re.M)
    return [(role, style or None, re.sub(r"\(\d+\.\d\)", "", words)) for role, style, words in found]


def good_about(prompt: str) -> list[Asked]:
    """A question of each kind that is wanted, as a model should write them."""
    narrator, *dialogue = turns_in(prompt)
    words = narrator[2].split()
    at = len(prompt) % (len(words) - 6)  # another place for each conversation about a story
    tag = " ".join(words[at : at + 6])
    found = [
        {
            "kind": "c",
            "question": f"Who is it that says “{tag}”, and goes on for long?",
            "answer": "the narrator",
            "evidence": tag,
            "label": None,
        }
    ]
    styled = [(style, words) for _, style, words in dialogue if style and len(words.split()) > 2]
    if styled:
        style, words = styled[0]
        form = "usual" if style == "neutral" else style
        asked = f"Is it in a {form} way that the user wants to know “{words}”?"
        found.append({"kind": "ce", "question": asked, "answer": "yes", "evidence": words, "label": style})
    gender = re.search(r"^The narrator is a (\w+)\.$", prompt, re.M)
    if gender:
        asked = f"Of “{tag}”, is it a {gender[1]} that lets all others hear about it?"
        found.append({"kind": "cg", "question": asked, "answer": "yes", "evidence": tag, "label": gender[1]})
    return found


def make(dataset: Path, out: Path, writer: Path, **options: Any) -> TasksReport:
    return questions(dataset, out, writer=writer, **options)


def written_in(out: Path) -> list[Asked]:
    return [one for one in examples_of(out) if said_in(one)["form"] == "written"]


def rejects_of(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "rejected.jsonl").read_text("utf-8").splitlines()]


def test_questions_of_each_kind_are_taken(styled_demo: Path, tmp_path: Path, writer: Path, server: ChatServer) -> None:
    out = tmp_path / "out"
    make(styled_demo, out, writer)
    found = written_in(out)
    assert {one["kind"] for one in found} == {"c", "ce", "cg"}
    assert {said_in(one)["ground"] for one in found} == {"words", "style", "catalogue"}
    assert faults_of(styled_demo, out) == {}
    assert not (out / "rejected.jsonl").exists()
    conversations = {one["conversation_id"] for one in examples_of(out)}
    assert len(server.requests) == len(conversations)  # each is asked about once
    assert len({one["row_id"] for one in found}) == len({one["conversation_id"] for one in found})
    card = (out / "README.md").read_text("utf-8")
    assert "by a language model" in card
    assert manifest(out)["options"]["writer"]["model"] == "parrot"


def test_the_model_gets_words_with_times_and_labels(
    styled_demo: Path, tmp_path: Path, writer: Path, server: ChatServer
) -> None:
    make(styled_demo, tmp_path / "out", writer)
    for request in server.requests:
        prompt = request["messages"][-1]["content"]
        assert re.search(r"^narrator, 0\.\d to \d+\.\d: \S+\(0\.\d\) ", prompt, re.M)
        assert re.search(r"^The (narrator|user|assistant) is a (man|woman)\.$", prompt, re.M)
        assert "none of the labels below" in prompt
    assert any("[style: lively]" in request["messages"][-1]["content"] for request in server.requests)


BAD: dict[str, Asked] = {
    "a transcript": {"question": "What does the transcript say about all of it?"},
    "words of nobody": {"evidence": "words that nobody has ever said here"},
    "a label that is not known": {"label": "lively"},
    "an emotion": {"question": "Who sounds so happy about all of this?"},
    "no question": {"question": "Somebody says what they want to say."},
    "too long an answer": {"answer": "word " * 50},
}


@pytest.mark.parametrize("change", BAD.values(), ids=list(BAD))
def test_a_bad_question_costs_itself_alone(
    styled_demo: Path, tmp_path: Path, writer: Path, server: ChatServer, change: Asked
) -> None:
    def answer(prompt: str) -> str:
        good = good_about(prompt)
        return said(*good, {**good[0], "question": f"Who else says {len(prompt)} things of it?", **change})

    server.always = answer
    out = tmp_path / "out"
    report = make(styled_demo, out, writer, kinds=["c", "ce", "cg"])
    assert report.exit_code == 3
    assert report.rejected["unfit_question"] == len(server.requests)  # none was asked for again
    assert {reject["stage"] for reject in rejects_of(out)} == {"write"}
    assert len(written_in(out)) > len(server.requests)
    assert faults_of(styled_demo, out) == {}


def test_what_is_asked_of_a_story_already_is_left_out(
    styled_demo: Path, tmp_path: Path, writer: Path, server: ChatServer
) -> None:
    def answer(prompt: str) -> str:
        assert "does not fit" not in prompt, prompt[-400:]
        first = good_about(prompt)[0]
        again = {**first, "question": first["question"].replace("goes on", "then goes on")}
        why = {**first, "question": "Why does what is heard seem so at the beginning?"}
        other = {**first, "question": "Why would the end of it seem otherwise to anybody else?"}
        return said(first, again, why, other)

    server.always = answer
    out = tmp_path / "out"
    report = make(styled_demo, out, writer, kinds=["c", "cg"])
    assert set(report.rejected) == {"near_duplicate"}
    prompts: dict[str, list[str]] = {}
    for one in written_in(out):
        prompts.setdefault(one["story_id"], []).append(one["prompt"])
    for asked in prompts.values():
        assert sum(prompt.startswith("Why") for prompt in asked) == 1
        assert not any("then goes on" in prompt for prompt in asked)


def test_a_conversation_of_which_most_is_wrong_is_asked_about_again(
    styled_demo: Path, tmp_path: Path, writer: Path, server: ChatServer
) -> None:
    def answer(prompt: str) -> str:
        if "does not fit" in prompt:
            return "I would rather not"
        return said(*({**one, "evidence": "nobody said these words"} for one in good_about(prompt)))

    server.always = answer
    out = tmp_path / "out"
    report = make(styled_demo, out, writer)
    conversations = {one["conversation_id"] for one in examples_of(out)}
    assert report.rejected == {"not_json": len(conversations)}
    assert len(server.requests) == 3 * len(conversations)  # `tries`
    assert written_in(out) == []
    assert examples_of(out)  # the templates' are there all the same


def test_answers_are_not_asked_for_twice(
    styled_demo: Path, tmp_path: Path, writer: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASKQA_CACHE", str(tmp_path / "cache"))
    make(styled_demo, tmp_path / "one", writer)
    asked = len(server.requests)
    make(styled_demo, tmp_path / "other", writer)
    assert len(server.requests) == asked > 0


def test_a_writer_of_nothing_that_is_made_is_refused(styled_demo: Path, tmp_path: Path, writer: Path) -> None:
    with pytest.raises(UsageError, match="what it writes is of the kind c, ce, cg, which is left out"):
        make(styled_demo, tmp_path / "out", writer, kinds=["direct"])
