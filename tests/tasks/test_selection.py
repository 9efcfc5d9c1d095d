"""What is kept of the training split: mixes, balances, fractions; and labels that contradict each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from harness import askqa_here, manifest
from hypothesis import given, settings
from hypothesis import strategies as st
from task_sets import Example, examples_of, facts, faults_of, rows_by_id, unbalanced

from askqa_builder import tasks
from askqa_builder.errors import UsageError
from askqa_builder.tasks.heard_row import plain
from askqa_builder.tasks.options import TasksOptions, parse_mix
from askqa_builder.tasks.selection import chosen_stories, wanted_counts
from askqa_builder.tasks.survey import StoryFigures, Survey

OTHERS = ("validation", "test")


def made(dataset: Path, out: Path, **options: Any) -> list[Example]:
    """The training examples."""
    tasks(dataset, out, **options)
    return examples_of(out, "train")


def test_a_mix_is_exact(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    found = made(storybook, tmp_path / "out", mix="listening=3,reasoning=1.5,response=0.5")
    counts = Counter(one["task"] for one in found)
    assert counts["reasoning"] == len(examples_of(examples_made, "train", task="reasoning"))  # as many as can be
    assert counts["listening"] == 2 * counts["reasoning"]
    assert counts["response"] == round(counts["reasoning"] / 3)
    everything = {one["id"]: one for one in examples_of(examples_made)}
    assert all(everything[one["id"]] == one for one in found)
    for split in OTHERS:
        assert examples_of(tmp_path / "out", split) == examples_of(examples_made, split)


def test_a_mix_says_what_limits_it(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    there = Counter(one["task"] for one in examples_of(examples_made, "train"))
    mix = "listening=3,response=1,reasoning=2"
    expected = min((("listening", 3), ("response", 1), ("reasoning", 2)), key=lambda one: there[one[0]] / one[1])[0]
    limit = (
        f"{expected} limits the mix; for training there would have been: listening {there['listening']}, "
        f"response {there['response']}, reasoning {there['reasoning']}"
    )
    for complete in (False, True):
        report = tasks(storybook, tmp_path / "out", mix=mix)
        assert (report.limit, report.already_complete) == (limit, complete)
    assert f"mix: {limit}\n" in askqa_here("tasks", storybook, tmp_path / "out", "--mix", mix).stdout
    assert tasks(storybook, examples_made).limit is None


@pytest.mark.parametrize("context", ["audio", "text", "evidence"])
@pytest.mark.parametrize("options", [{}, {"fraction": 0.5}, {"keep_conflicts": True}])
def test_labels_are_balanced(storybook: Path, tmp_path: Path, context: str, options: dict[str, Any]) -> None:
    tasks(storybook, tmp_path / "out", context=context, tasks=["reasoning"], **options)
    found = examples_of(tmp_path / "out")
    assert unbalanced(found) == []
    kinds = {one["kind"] for one in found}
    # of what an ambiguous request can mean the paragraph that is heard tells too little
    assert ("ambiguous" in kinds) is (context != "evidence")
    assert "statement" in kinds


def test_a_mix_names_the_tasks(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "out", mix={"response": 1, "listening": 2}, train="test")
    counts = Counter(one["task"] for one in examples_of(tmp_path / "out"))
    assert counts["listening"] == 2 * counts["response"] > 0
    assert set(counts) == {"listening", "response"}


def test_a_balance_is_exact(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    before = Counter(one["action"] for one in examples_of(examples_made, "train", task="response"))
    assert before["answer"] > before["clarify"]
    found = made(storybook, tmp_path / "out", balance="action")
    after = Counter(one["action"] for one in found if one["task"] == "response")
    assert after == {"answer": before["clarify"], "clarify": before["clarify"]}
    everything = {one["id"]: one for one in examples_of(examples_made)}
    assert all(everything[one["id"]] == one for one in found)
    assert [one for one in found if one["task"] != "response"] == [
        one for one in examples_of(examples_made, "train") if one["task"] != "response"
    ]
    for split in OTHERS:
        assert examples_of(tmp_path / "out", split) == examples_of(examples_made, split)


def test_mix_and_balance_go_together(demo_dataset: Path, tmp_path: Path) -> None:
    tasks(demo_dataset, tmp_path / "out", mix="listening=1,response=1", balance="action", train="test")
    assert faults_of(demo_dataset, tmp_path / "out") == {}
    counts = Counter((one["task"], one["action"]) for one in examples_of(tmp_path / "out"))
    assert counts["response", "answer"] == counts["response", "clarify"]
    assert counts["listening", None] == 2 * counts["response", "clarify"] > 6


@settings(deadline=None, max_examples=50)  # what is installed is looked up for each set of options
@given(
    there=st.dictionaries(
        st.tuples(st.sampled_from(["a", "b", "c"]), st.sampled_from(["answer", "clarify"])), st.integers(1, 10**6),
        min_size=1,
    ),
    weights=st.dictionaries(st.sampled_from(["a", "b", "c"]), st.floats(0.01, 100), min_size=1),
)  # fmt: skip
def test_wanted_counts_are_in_proportion_and_there(
    there: dict[tuple[str, str | None], int], weights: dict[str, float]
) -> None:
    named = {task: weights.get(task, 1.0) for task, _ in there}
    wanted = wanted_counts(there, TasksOptions(tasks=("listening",), mix=named))
    assert all(0 <= wanted[group] <= there[group] for group in there)
    sums = Counter[str]()
    actions = Counter(task for task, _ in there)
    for (task, _), count in wanted.items():
        sums[task] += count
    per_weight = [sums[task] / weight for task, weight in named.items()]
    slack = max((actions[task] + 0.5) / weight for task, weight in named.items())
    assert max(per_weight) - min(per_weight) <= 2 * slack + 1e-6


def stories_of(examples: list[Example]) -> set[str]:
    return {one["story_id"] for one in examples}


def test_a_fraction_is_whole_stories(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    everything = examples_of(examples_made, "train")
    rows = [row for row in rows_by_id(storybook).values() if row["split"] == "train"]
    found = made(storybook, tmp_path / "half", fraction=0.5)
    stories = stories_of(found)
    rows_made = {one["row_id"] for one in everything if one["story_id"] in stories}
    assert {one["row_id"] for one in found} == rows_made
    assert faults_of(storybook, tmp_path / "half") == {}
    kept = [row for row in rows if row["story_id"] in stories]
    longest = max(Counter(row["story_id"] for row in rows).values())
    assert abs(len(kept) - 0.5 * len(rows)) <= longest
    for source in ("storybook-a", "storybook-b"):
        share = sum(row["source"] == source for row in kept) / sum(row["source"] == source for row in rows)
        assert 0.3 < share < 0.7, source
    for split in OTHERS:
        assert examples_of(tmp_path / "half", split) == examples_of(examples_made, split)


def survey_of(strata: dict[tuple[str, bool], list[int]]) -> Survey:
    stories = {
        f"{source}-{ambiguous}-{n}": StoryFigures(rows, ambiguous, source)
        for (source, ambiguous), counts in strata.items()
        for n, rows in enumerate(counts)
    }
    return Survey(stories=stories)


@settings(deadline=None, max_examples=50)  # what is installed is looked up for each set of options
@given(
    strata=st.dictionaries(
        st.tuples(st.sampled_from(["x", "y", "z"]), st.booleans()),
        st.lists(st.integers(1, 30), min_size=1, max_size=40),
        min_size=1,
    ),
    seed=st.integers(0, 50),
    fractions=st.tuples(st.floats(0.001, 0.999), st.floats(0.001, 0.999)),
)  # fmt: skip
def test_fractions_nest_and_are_stratified(
    strata: dict[tuple[str, bool], list[int]], seed: int, fractions: tuple[float, float]
) -> None:
    survey = survey_of(strata)
    small, large = (
        chosen_stories(survey, TasksOptions(fraction=fraction, seed=seed)) or frozenset()
        for fraction in sorted(fractions)
    )
    assert small
    assert small <= large
    largest = max(max(counts) for counts in strata.values())
    of_all = sum(map(sum, strata.values()))
    kept = sum(survey.stories[story].rows for story in large)
    assert abs(kept - max(fractions) * of_all) <= largest
    for (source, ambiguous), counts in strata.items():
        inside = sum(survey.stories[story].rows for story in large if story.startswith(f"{source}-{ambiguous}-"))
        # a stratum is off by its own largest story, and by what all together are off
        slack = 2 * max(counts) + (largest * (len(strata) + 1)) * sum(counts) / of_all
        assert abs(inside - max(fractions) * sum(counts)) <= slack + 1e-9


def test_a_fraction_borrows_nothing_of_the_rest(storybook: Path, tmp_path: Path) -> None:
    """Words, questions and answers are of the stories that were chosen: whoever trains on a tenth has a tenth."""
    found = made(storybook, tmp_path / "half", fraction=0.5, tasks=["listening", "reasoning"])
    rows = [row for row in rows_by_id(storybook).values() if row["split"] == "train"]
    told: dict[bool, str] = {True: "", False: ""}
    for row in rows:
        texts = [*(turn["text"] for turn in row["turns"]), row["response"]["text"], *row["response"]["references"]]
        told[row["story_id"] in stories_of(found)] += " | ".join(map(plain, texts)) + " | "
    borrowed = []
    for one in found:
        if one["kind"] in ("said", "statement", "continuation"):
            noted = facts(one)
            borrowed += [noted[key] for key in ("phrase", "question", "answer") if key in noted]
            borrowed += noted.get("options", [])
    assert len(borrowed) > 100
    assert [text for text in borrowed if plain(text) not in told[True]] == []
    assert any(plain(one) not in told[True] for one in told[False].split(" | "))


def test_another_seed_takes_other_stories() -> None:
    survey = survey_of({("x", True): [3] * 100})
    first, second = (chosen_stories(survey, TasksOptions(fraction=0.3, seed=seed)) for seed in (0, 1))
    assert first is not None
    assert second is not None
    assert len(first) == len(second) == 30
    assert 3 < len(first & second) < 20


def test_contradicting_labels_stay_out_of_training(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    conflicts = {row["conversation_id"] for row in rows_by_id(storybook).values() if "|conflict|" in row["id"]}
    by_split = defaultdict(set)
    for file_split in ("train", *OTHERS):
        for one in examples_of(examples_made, file_split):
            if one["conversation_id"] in conflicts:
                by_split[file_split].add(one["task"])
    assert by_split["train"] == {"listening"}
    assert by_split["validation"] | by_split["test"] == {"listening", "reasoning", "response"}
    kept = made(storybook, tmp_path / "kept", keep_conflicts=True)
    assert faults_of(storybook, tmp_path / "kept") == {}
    assert {one["task"] for one in kept if one["conversation_id"] in conflicts} == {
        "listening",
        "reasoning",
        "response",
    }
    # how many clear requests are drawn depends on how many ambiguous ones there are
    without = [
        one
        for one in kept
        if (one["conversation_id"] not in conflicts or one["task"] == "listening") and one["kind"] != "ambiguous"
    ]
    assert without == [one for one in examples_of(examples_made, "train") if one["kind"] != "ambiguous"]


def test_pairs_of_contrast_share_a_name(examples_made: Path) -> None:
    pairs = defaultdict(list)
    for one in examples_of(examples_made, task="response"):
        if one["contrast_id"] is not None:
            pairs[one["contrast_id"]].append(one)
        in_pair = "|contrast|" in one["row_id"] and one["row_id"].endswith("#initial")
        assert (one["contrast_id"] is not None) is in_pair  # after the clarification the request is clear anyway
    assert len(pairs) == 8
    for short, long in pairs.values():
        assert short["story_id"] == long["story_id"]
        assert {short["action"], long["action"]} == {"clarify", "answer"}


def test_kinds_are_left_out(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    tasks(storybook, out, without=["voices", "listening/turns", "reasoning/ambiguous", "voices"])
    gone = {"voices", "turns", "ambiguous"}
    assert gone < {one["kind"] for one in examples_of(examples_made)}
    assert examples_of(out) == [one for one in examples_of(examples_made) if one["kind"] not in gone]
    assert manifest(out)["options"]["without"] == ["listening/turns", "reasoning/ambiguous", "voices"]
    assert "Kinds that are left out: listening/turns, reasoning/ambiguous, voices." in (out / "README.md").read_text()
    assert "Kinds that are left out" not in (examples_made / "README.md").read_text()
    with pytest.raises(UsageError, match="of other settings"):
        tasks(storybook, out)
    again = askqa_here("tasks", storybook, out, "--without", "reasoning/ambiguous, voices,listening/turns")
    assert again.stdout.splitlines()[-1].startswith("already complete")


def test_any_split_can_be_the_training_one(storybook: Path, examples_made: Path, tmp_path: Path) -> None:
    tasks(storybook, tmp_path / "out", train="validation", fraction=0.4, tasks=["response"])
    conflicts = {row["conversation_id"] for row in rows_by_id(storybook).values() if "|conflict|" in row["id"]}
    stories = stories_of(examples_of(tmp_path / "out", "validation"))
    assert 2 <= len(stories) <= 4
    assert examples_of(tmp_path / "out", "test") == examples_of(examples_made, "test", task="response")
    train = {one["conversation_id"] for one in examples_of(tmp_path / "out", "train", task="response")}
    assert train >= {
        name for name in conflicts if name in {one["conversation_id"] for one in examples_of(examples_made, "train")}
    }


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"fraction": 0.5}, r"no split 'train'; name the one to train on with --train: test"),
        ({"mix": "listening=1"}, "no split 'train'"),
        ({"balance": "action"}, "no split 'train'"),
        ({"keep_conflicts": True}, "no split 'train'"),
        ({"train": "tset"}, "no split 'tset'"),
        ({"fraction": 0.0}, "fraction: 0.0 is not allowed"),
        ({"fraction": float("nan")}, "fraction: nan is not allowed"),
        ({"fraction": 1.01}, "fraction: 1.01 is not allowed"),
        ({"balance": "label"}, "balance: 'label' is not allowed; give action"),
        ({"balance": "action", "train": "test", "tasks": ["listening"]}, "nothing to balance"),
        ({"tasks": ["listning"]}, r"unknown task 'listning'.*listening"),
        ({"tasks": []}, "at least one"),
        ({"tasks": ["listening", "listening"]}, "name each once"),
        ({"mix": "listening=1", "tasks": ["listening"]}, "give one of the two"),
        ({"mix": {"listening": 0.0, "response": 1}}, "mix: listening=0.0 is not allowed"),
        ({"mix": {"listening": float("nan"), "response": 1}}, "mix: listening=nan is not allowed"),
        ({"mix": {"listening": 1e308, "response": 1e-308}}, r"mix: listening=1e\+308 is not allowed.*1e-6 to 1e6"),
        ({"mix": "response=1,listening=0.001", "train": "test"}, "no example of listening would be left.*0.001; raise"),
        ({"mix": "response=1e6,listening=1e-6", "train": "test"}, "no example of listening would be left"),
        ({"mix": "response=1,listening=0.001", "train": "test", "balance": "action"}, "no example of listening would"),
        ({"mix": {}}, "at least one"),
        ({"mix": "listening=1,reasoning=1", "train": "test", "context": "none"}, "mix: reasoning gives no example"),
        ({"without": ["voicse"]}, r"without: unknown kind 'voicse' \(close: voices.*there are listening/transcript"),
        ({"without": ["reasoning/voices"]}, "without: unknown kind 'reasoning/voices'"),
        ({"without": ["voices"], "tasks": ["response"]}, "without: unknown kind 'voices'; there are response/response"),
        ({"without": [""]}, "without: unknown kind ''"),
        ({"without": ["response"], "tasks": ["response"]}, "gives no example of response.*, or leave fewer kinds out"),
        ({"seed": -1}, "seed: -1 is not allowed"),
        ({"audio_format": "mp3"}, "audio format: 'mp3' is not allowed; give flac or wav"),
        ({"context": "silence"}, "context: 'silence' is unknown"),
        ({"segments": 31, "window": "qwen2-audio"}, "longer than the target's window"),
    ],
)
def test_what_cannot_be_chosen_is_refused(
    demo_dataset: Path, tmp_path: Path, options: dict[str, Any], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        tasks(demo_dataset, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("given", ["listening", "listening=", "=1", "listening=x", "listening=-1", "listening=0",
                                   "listening=inf", "listening=1e308", "listening=1e-308",
                                   "listening=1,listening=2", "", "listening=1,"])  # fmt: skip
def test_mixes_are_read_strictly(given: str) -> None:
    with pytest.raises(UsageError, match="give each task once with a weight above 0"):
        parse_mix(given)
    assert parse_mix(" listening = 1, response=2.5") == {"listening": 1.0, "response": 2.5}
