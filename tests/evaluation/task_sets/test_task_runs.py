"""Sets of examples evaluated by commands, against servers on 127.0.0.1."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer
from harness import askqa_here, kill_group, started_askqa, wait_until
from set_server import SetServer, write_judge, write_model
from task_sets import examples_of, meddled

from askqa_builder.tasks.example import Example

Json = dict[str, Any]


def results_of(out: Path) -> Json:
    """The results of a run, but for how long it took."""
    found: Json = json.loads((out / "results.json").read_text("utf-8"))
    del found["usage"]["seconds_median"], found["usage"]["seconds_p90"]
    return found


def lines_of(out: Path, name: str) -> list[Json]:
    return [json.loads(line) for line in (out / name).read_text("utf-8").splitlines()]


def mostly_right(example: Example) -> str:
    """Right, but for what a hash says."""
    return "purple" if len(example.id) % 3 == 0 else f"The answer is {example.answer}"


def rating(question: str) -> str:
    """A judge that finds whether the reference stands in the response."""
    told = dict(line.split(": ", 1) for line in question.splitlines() if ", a JSON" in line)
    references = json.loads(told["Reference answers, a JSON list"])
    response = json.loads(told["Response to be rated, a JSON string"])
    return json.dumps({"explanation": "so it is", "rating": 5 if references[0] in response else 1})


def test_each_example_is_asked_once_with_its_own_sound(questions: Path, server: SetServer, tmp_path: Path) -> None:
    out, model = tmp_path / "run", write_model(tmp_path / "model.yaml", server)
    server.says = mostly_right
    ended = askqa_here("evaluate", questions, "--out", out, "--model", model)
    assert ended.returncode == 0, ended
    assert set(server.asked) == server.examples.keys()  # none is of another prompt or sound
    assert set(server.asked.values()) == {1}
    results = results_of(out)
    labelled = [one for one in server.examples.values() if one.label is not None]
    wrong = sum(mostly_right(one) == "purple" for one in labelled)
    assert 0 < wrong < len(labelled)
    assert results["all"]["figures"]["accuracy"]["value"] == pytest.approx(1 - wrong / len(labelled))
    assert results["all"]["labelled"] == len(labelled)
    assert results["usage"]["prompt_tokens"] == 7 * len(server.examples)
    assert results["usage"]["audio_seconds"] > 100
    assert {kind: cell["examples"] for kind, cell in results["kinds"].items()} == Counter(
        f"{one.task}/{one.kind}" for one in server.examples.values()
    )
    assert [one["id"] for one in lines_of(out, "examples.jsonl")] == list(server.examples)
    assert [one["id"] for one in lines_of(out, "responses.jsonl")] == list(server.examples)
    assert (
        ended.stdout.splitlines()[-1]
        == f"done: {out}: {len(server.examples)} examples ({len(server.examples)} answered)"
    )


def test_a_finished_run_asks_nothing_again(questions: Path, server: SetServer, tmp_path: Path) -> None:
    arguments = ["evaluate", questions, "--out", tmp_path / "run", "--model", write_model(tmp_path / "m.yaml", server)]
    askqa_here(*arguments, "--limit", 5)
    before = results_of(tmp_path / "run")
    asked = server.asked.total()
    again = askqa_here(*arguments, "--limit", 5)
    assert again.stdout.splitlines()[-1].startswith("already complete")
    assert results_of(tmp_path / "run") == before
    assert server.asked.total() == asked == 5
    more = askqa_here(*arguments)  # a limit decides nothing of what is said: the others are asked as well
    assert more.returncode == 0, more
    assert set(server.asked.values()) == {1}


def test_a_judge_rates_and_is_validated(
    questions: Path, server: SetServer, judge_server: ChatServer, tmp_path: Path
) -> None:
    server.says = mostly_right
    judge_server.always = rating
    arguments = ["evaluate", questions, "--out", tmp_path / "run", "--model", write_model(tmp_path / "m.yaml", server)]
    askqa_here(*arguments)
    asked = server.asked.total()
    judged = [*arguments, "--judge", write_judge(tmp_path / "j.yaml", judge_server), "--planted", "8"]
    ended = askqa_here(*judged)
    assert ended.returncode == 0, ended
    assert server.asked.total() == asked  # the same answers, judged now
    results = results_of(tmp_path / "run")
    assert results["run"]["judge"] == "parrot"
    rated = [one["rating"] for one in lines_of(tmp_path / "run", "scores.jsonl")]
    assert len(rated) == len(server.examples)
    assert results["all"]["figures"]["judge"]["value"] == pytest.approx(sum(rated) / 5 / len(rated))
    validity = results["judge"]["validity"]
    assert validity["examples"]["right"]["spearman"] == pytest.approx(1.0)
    assert validity["examples"]["right"]["answers"] == results["all"]["labelled"]
    assert results["judge"]["planted"]["pairs"] == 8
    assert results["judge"]["planted"]["right"] == 100
    assert results["judge"]["planted"]["right_above_wrong"] == 1.0
    assert "judge and the label being right, example by example: Spearman's correlation 1.00" in ended.stdout
    assert "planted answers, 8 pairs" in (tmp_path / "run" / "results.md").read_text("utf-8")
    prompts = [request["messages"][-1]["content"] for request in judge_server.requests]
    assert len(prompts) == len(server.examples) + 16
    assert all("Story:" not in prompt for prompt in prompts)
    count = len(judge_server.requests)
    askqa_here(*judged)
    assert len(judge_server.requests) == count


def test_what_a_judge_does_not_rate_is_told(
    questions: Path, server: SetServer, judge_server: ChatServer, tmp_path: Path
) -> None:
    judge_server.always = "five stars"
    arguments = ["evaluate", questions, "--out", tmp_path / "run", "--model", write_model(tmp_path / "m.yaml", server)]
    ended = askqa_here(*arguments, "--limit", 4, "--judge", write_judge(tmp_path / "j.yaml", judge_server))
    assert ended.returncode == 3, ended
    assert results_of(tmp_path / "run")["judge"]["not_judged"] == 4
    assert "not judged: 4, as" in ended.stdout
    judge_server.always = rating
    again = askqa_here(*arguments, "--limit", 4, "--judge", write_judge(tmp_path / "j.yaml", judge_server))
    assert again.returncode == 0, again


def test_faults_are_waited_out_and_what_is_refused_is_no_score(
    questions: Path, server: SetServer, tmp_path: Path
) -> None:
    names = list(server.examples)
    server.failing = {names[0]: [429, 500, "cut"], names[1]: 400, names[2]: [500]}
    arguments = ["evaluate", questions, "--out", tmp_path / "run", "--limit", 6]
    arguments += ["--model", write_model(tmp_path / "m.yaml", server)]
    ended = askqa_here(*arguments)
    assert ended.returncode == 3, ended
    assert "1 failed" in ended.stdout
    assert "failed: 1, as" in ended.stderr
    assert results_of(tmp_path / "run")["counts"]["scored"] == 5
    assert server.asked[names[0]] == 4
    server.failing.clear()
    again = askqa_here(*arguments)
    assert again.returncode == 0, again
    assert results_of(tmp_path / "run")["counts"]["scored"] == 6
    assert (server.asked[names[1]], server.asked[names[3]]) == (2, 1)


def test_a_server_that_refuses_all_ends_the_run(questions: Path, server: SetServer, tmp_path: Path) -> None:
    server.failing = dict.fromkeys(server.examples, 400)
    model = write_model(tmp_path / "m.yaml", server, concurrency=1)
    ended = askqa_here("evaluate", questions, "--out", tmp_path / "run", "--model", model)
    assert ended.returncode == 1, ended
    assert "the first 20 requests have all failed" in ended.stderr
    assert len(ended.stderr.strip().splitlines()) < 4
    assert sum(server.asked.values()) == 20


@pytest.mark.parametrize("place", [0, 7])
def test_a_killed_run_goes_on(place: int, questions: Path, server: SetServer, tmp_path: Path) -> None:
    model = write_model(tmp_path / "model.yaml", server, revision="1", concurrency=1, timeout=600)
    server.says = mostly_right
    arguments = ["evaluate", questions, "--limit", 10, "--model", model]
    assert askqa_here(*arguments, "--out", tmp_path / "undisturbed").returncode == 0
    server.asked.clear()
    server.hold = list(server.examples)[place]
    with started_askqa(*arguments, "--out", tmp_path / "run") as process:
        assert wait_until(lambda: server.held.is_set() or process.poll() is not None)
        assert server.held.is_set(), process.communicate()
        kill_group(process)
    assert not (tmp_path / "run" / "results.json").exists()
    assert len(lines_of(tmp_path / "run", "calls.jsonl")) == place
    held, server.hold = server.hold, None
    server.release.set()
    ended = askqa_here(*arguments, "--out", tmp_path / "run")
    assert ended.returncode == 0, ended
    assert results_of(tmp_path / "run") == results_of(tmp_path / "undisturbed")
    assert {name for name, count in server.asked.items() if count > 1} == {held}
    assert not (tmp_path / "run" / ".askqa").exists()


def test_a_key_is_sent_and_stands_in_no_file(
    questions: Path, server: SetServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", "sk-very-secret")
    model = write_model(tmp_path / "m.yaml", server, api_key_variable="MY_KEY")
    ended = askqa_here("evaluate", questions, "--out", tmp_path / "run", "--model", model, "--limit", 3)
    assert ended.returncode == 0, ended
    assert server.authorizations == {"Bearer sk-very-secret"}
    for file in (tmp_path / "run").rglob("*"):
        assert b"sk-very-secret" not in file.read_bytes()
        assert server.root.encode() not in file.read_bytes()


def test_a_run_of_another_model_is_in_the_way(questions: Path, server: SetServer, tmp_path: Path) -> None:
    arguments = ["evaluate", questions, "--out", tmp_path / "run", "--limit", 3]
    askqa_here(*arguments, "--control", "oracle")
    refused = askqa_here(*arguments, "--model", write_model(tmp_path / "m.yaml", server))
    assert refused.returncode == 2
    assert "--overwrite" in refused.stderr
    assert not server.requests
    again = askqa_here(*arguments, "--model", write_model(tmp_path / "m.yaml", server), "--overwrite")
    assert again.returncode == 0, again


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--max-rounds", "2"], "--max-rounds: no option of a set of task examples"),
        (["--context", "text", "--user", "u.yaml"], "--context, --user: no option of a set of task examples"),
        (["--split", "train"], "name one of test"),
        (["--limit", "0"], "limit"),
        (["--window", "1"], "examples cannot be heard as wanted"),
        (["--metadata"], "have no labels of how it is said"),
        (["--compare-metadata"], "have no labels of how it is said"),
        (["--compare-metadata", "--no-metadata"], "leave --metadata and --no-metadata out"),
        (["--planted", "3"], "give one with --judge"),
        (["--control", "human"], "--control human is of dialogues; for a set of task examples there are"),
        (["--control", "oracel"], "(close: oracle)"),
        (["--control", "oracle"], "stands in for a model; leave --model out"),
        (["--judge", "none.yaml"], "none.yaml"),
        (["--prompts", "none.yaml"], "none.yaml"),
    ],
)
def test_wrong_usage_is_told_in_a_line(
    arguments: list[str], told: str, questions: Path, server: SetServer, tmp_path: Path
) -> None:
    model = write_model(tmp_path / "m.yaml", server)
    ended = askqa_here("evaluate", questions, "--out", tmp_path / "run", "--model", model, *arguments)
    assert ended.returncode == 2, ended
    assert told in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1
    assert not server.requests
    assert not (tmp_path / "run").exists()


def test_datasets_have_no_options_of_sets(demo_dataset: Path, questions: Path) -> None:
    ended = askqa_here("evaluate", demo_dataset, "--control", "oracle", "--planted", "3")
    assert ended.returncode == 2
    assert "--planted: an option of sets of task examples alone" in ended.stderr
    mixed = askqa_here("evaluate", demo_dataset, questions, "--control", "oracle")
    assert mixed.returncode == 2
    assert "holds task examples" in mixed.stderr


def copied(questions: Path, folder: Path) -> Path:
    return Path(shutil.copytree(questions, folder / "questions"))


@pytest.mark.parametrize("damage", ["missing", "cut", "other", "silent"])
def test_a_damaged_clip_ends_the_run(damage: str, questions: Path, server: SetServer, tmp_path: Path) -> None:
    folder = copied(questions, tmp_path)
    first = folder / examples_of(folder)[0]["audio"][0]["path"]
    other = next(path for path in sorted(folder.glob("audio/*/*/*")) if path.read_bytes() != first.read_bytes())
    content = {"cut": first.read_bytes()[:1000], "other": other.read_bytes(), "silent": b"no sound"}
    first.unlink() if damage == "missing" else first.write_bytes(content[damage])
    model = write_model(tmp_path / "m.yaml", server)
    ended = askqa_here("evaluate", folder, "--out", tmp_path / "run", "--model", model)
    assert ended.returncode == 1, ended
    assert first.name in ended.stderr
    assert "run the same askqa tasks again to repair it" in ended.stderr


def test_a_set_that_was_changed_is_refused(questions: Path, server: SetServer, tmp_path: Path) -> None:
    def other_answers(examples: list[Json]) -> list[Json]:
        return [{**one, "answer": "yes"} for one in examples]

    meddled(questions, tmp_path / "changed", other_answers)
    ended = askqa_here("evaluate", tmp_path / "changed", "--out", tmp_path / "run", "--control", "oracle")
    assert ended.returncode == 1
    assert "is not as it was written" in ended.stderr


def test_a_clip_outside_the_set_is_never_sent(questions: Path, server: SetServer, tmp_path: Path) -> None:
    """A set may come from anywhere."""
    from askqa_builder.dataset.manifest import read_manifest, write_manifest
    from askqa_builder.digests import sha256_of

    def elsewhere(examples: list[Json]) -> list[Json]:
        for one in examples:
            one["audio"][0]["path"] = "audio/test/../../../secret.wav"
        return examples

    folder = tmp_path / "changed"
    meddled(questions, folder, elsewhere)
    manifest = read_manifest(folder)
    assert manifest is not None
    for shard in manifest["shards"]:
        shard["sha256"] = sha256_of(folder / shard["file"])
    write_manifest(folder, manifest)
    shutil.copy(next(questions.glob("audio/*/*/*")), tmp_path / "secret.wav")
    ended = askqa_here(
        "evaluate", folder, "--out", tmp_path / "run", "--model", write_model(tmp_path / "m.yaml", server)
    )
    assert ended.returncode == 1
    assert "is no clip of a set" in ended.stderr
    assert not server.asked


def test_two_runs_are_compared(questions: Path, server: SetServer, tmp_path: Path) -> None:
    server.says = mostly_right
    model = write_model(tmp_path / "m.yaml", server)
    askqa_here("evaluate", questions, "--out", tmp_path / "a", "--model", model)
    askqa_here("evaluate", questions, "--out", tmp_path / "b", "--control", "oracle")
    ended = askqa_here("evaluate", "--compare", tmp_path / "a", tmp_path / "b", "--as", "json")
    assert ended.returncode == 0, ended
    found = json.loads(ended.stdout)
    accuracy = results_of(tmp_path / "a")["all"]["figures"]["accuracy"]["value"]
    assert found["cells"]["all"]["accuracy"]["difference"] == pytest.approx(1 - accuracy)
    assert found["counts"]["same_sound"] == found["counts"]["examples"] == len(server.examples)
    refused = askqa_here("evaluate", "--compare", tmp_path / "a", questions)
    assert refused.returncode == 2
    assert "holds no finished evaluation" in refused.stderr


def test_dialogues_and_examples_are_not_compared(questions: Path, demo_dataset: Path, tmp_path: Path) -> None:
    askqa_here("evaluate", questions, "--out", tmp_path / "a", "--control", "oracle")
    askqa_here("evaluate", demo_dataset, "--out", tmp_path / "b", "--control", "oracle")
    ended = askqa_here("evaluate", "--compare", tmp_path / "a", tmp_path / "b")
    assert ended.returncode == 2
    assert "one of the runs is of dialogues" in ended.stderr


def test_a_judge_is_validated_over_runs(
    questions: Path, server: SetServer, judge_server: ChatServer, tmp_path: Path
) -> None:
    judge_server.always = rating
    judge = write_judge(tmp_path / "j.yaml", judge_server)
    server.says = mostly_right
    model = write_model(tmp_path / "m.yaml", server)
    for name, who in (("a", ["--model", model]), ("b", ["--control", "oracle"])):
        askqa_here("evaluate", questions, "--out", tmp_path / name, *who, "--judge", judge)
    askqa_here("evaluate", questions, "--out", tmp_path / "c", "--control", "oracle")
    ended = askqa_here("evaluate", "--judge-validity", tmp_path / "a", tmp_path / "b", "--as", "json")
    assert ended.returncode == 0, ended
    found = json.loads(ended.stdout)
    assert found["runs"] == ["parrot", "oracle"]
    groups = {group["name"]: group for group in found["groups"]["groups"]}
    assert all(group["accuracy"] == 1 for name, group in groups.items() if name.startswith("oracle"))
    kinds = results_of(tmp_path / "a")["kinds"]
    for name, group in groups.items():
        if name.startswith("parrot"):
            assert group["accuracy"] == kinds[name.removeprefix("parrot, ")]["figures"]["accuracy"]["value"]
    assert found["groups"]["accuracy"]["spearman"] > 0.9
    for folders, told in (
        (("a", "c"), "nobody judged in this run"),
        (("a",), "give two finished runs or more"),
        (("a", "m.yaml"), "holds no finished evaluation"),
    ):
        refused = askqa_here("evaluate", "--judge-validity", *(tmp_path / folder for folder in folders))
        assert refused.returncode == 2
        assert told in refused.stderr
    beside = askqa_here("evaluate", "--judge-validity", tmp_path / "a", tmp_path / "b", "--limit", 3)
    assert "limit: --judge-validity takes finished runs as they are" in beside.stderr


def test_the_functions_are_those_of_the_command(questions: Path) -> None:
    from askqa_builder import compare_runs, evaluate_tasks

    out = questions.parent / "by-function"
    report = evaluate_tasks(questions, out, control="oracle")
    assert report.scored.results.whole.figures["accuracy"].value == 1.0
    assert compare_runs(out, out).to_json()["cells"]["all"]["accuracy"]["difference"] == 0
