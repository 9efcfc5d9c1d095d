from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from exported_mix import write_manifest
from finetune_qwen2_audio import main

from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import UsageError

from qwen2_audio.encoding import Encoder
from qwen2_audio.evaluation import Said, baseline, respond, response_examples, score
from qwen2_audio.examples import Example
from qwen2_audio.model import load_model, load_processor
from qwen2_audio.settings import Generation, TrainingSettings
from qwen2_audio.table import markdown


def example(number: int, action: str | None, *references: str) -> Example:
    return Example(f"e{number}", "response", "s", Action(action) if action else None, references, (), "", (), 1.0)


EXAMPLES = [
    example(0, "answer", "the blue kettle", "the kettle"),
    example(1, "answer", "12 boats"),
    example(2, "clarify", "Do you mean the first one?"),
    example(3, "clarify", "Which one do you mean?"),
    example(4, None, "yes"),
]


def said(*responses: str) -> dict[str, Said]:
    return {f"e{i}": Said(f"e{i}", response, response != "") for i, response in enumerate(responses)}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|\n").split("|")]


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> Any:
    import torch

    return load_model(TrainingSettings(model=str(tiny_model)), torch.device("cpu"))


@pytest.fixture(scope="module")
def encoder(tiny_model: Path) -> Encoder:
    return Encoder(load_processor(str(tiny_model), None))


def test_responses_are_scored_by_what_they_do_and_what_they_say() -> None:
    scores = score(
        EXAMPLES, said("A kettle.", "Which boats do you mean?", "Do you mean the second one?", "Yes.", "yes")
    )
    assert scores.examples == 5
    assert scores.actions is not None
    assert scores.actions.examples == 4, "an unknown action is neither right nor wrong"
    assert scores.actions.accuracy == 0.5
    assert (scores.actions.asked, scores.actions.asked_needlessly) == (1, 1)
    assert scores.answers == 2, "answers are scored where there should be one, whatever the model did"
    assert scores.f1 == pytest.approx((1 + 0) / 2)
    assert scores.exact == 0.5
    assert scores.unfinished == 0
    assert score(EXAMPLES, said("", "", "x", "x", "x")).unfinished == 2
    with pytest.raises(KeyError):
        score(EXAMPLES, said("A kettle."))


def test_baselines_take_one_action_and_say_nothing() -> None:
    answer, clarify = (baseline(EXAMPLES, action) for action in (Action.ANSWER, Action.CLARIFY))
    assert answer.actions is not None
    assert clarify.actions is not None
    assert answer.actions.accuracy == clarify.actions.balanced_accuracy == 0.5
    assert answer.actions.clarify_f1 == 0
    assert clarify.actions.clarify_f1 == pytest.approx(2 / 3)
    assert answer.f1 is None
    row = cells(markdown([{"run": "always answer", "of": None, **answer.to_json()}]).splitlines()[2])
    assert row == ["always answer", "–", "–", "–", "5", "50.0", "50.0", "33.3", "33.3", "0.0", "2", "–", "–", "–"]


def test_responses_are_the_likeliest_tokens_in_any_batch(mix: Path, model: Any, encoder: Encoder) -> None:
    import torch

    examples = response_examples(mix, "test")[:5]
    assert model.generation_config.do_sample, "as the released model's"
    together = {one.id: one for one in respond(model, encoder, examples, Generation(max_new_tokens=6))}
    alone = {one.id: one for one in respond(model, encoder, examples, Generation(max_new_tokens=6, batch_size=1))}
    assert together == alone
    assert set(together) == {one.id for one in examples}

    tokens, by_hand = encoder.prompt_batch(examples[:1]), []
    for _ in range(6):
        with torch.no_grad():
            by_hand.append(int(model(**tokens).logits[0, -1].argmax()))
        for name, value in (("input_ids", by_hand[-1]), ("attention_mask", 1)):
            tokens[name] = torch.cat([tokens[name], torch.tensor([[value]])], dim=1)
    ends = [by_hand.index(token) for token in model.generation_config.eos_token_id if token in by_hand]
    first = together[examples[0].id]
    assert first.response == encoder.decode(by_hand[: min(ends, default=6)]).strip()
    assert first.finished is bool(ends)


def test_a_split_without_responses_is_an_error(mix: Path, tmp_path: Path) -> None:
    lines = [line for line in (mix / "test.jsonl").read_text("utf-8").splitlines() if '"task": "listening"' in line]
    (tmp_path / "test.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "audio").symlink_to(mix / "audio")
    write_manifest(tmp_path)
    with pytest.raises(UsageError, match="nothing to evaluate on"):
        response_examples(tmp_path, "test")


def test_the_comparison_has_all_cells_and_is_made_once(
    mix: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs"
    arguments = ["compare", mix, out, "--model", tiny_model, "--fractions", "0.3,1", "--untrained", "--steps", 1]
    arguments += ["--batch-size", 1, "--accumulate", 1, "--workers", 0, "--device", "cpu", "--max-new-tokens", 2]
    assert main([str(one) for one in arguments]) == 0
    shown = capsys.readouterr().out
    assert (out / "comparison.md").read_text("utf-8") == shown

    rows = [cells(line) for line in shown.splitlines()]
    multi = "listening, reasoning, response"
    assert [row[:3] for row in rows[2:]] == [
        ["single-task-30", "response", "30 %"],
        ["single-task-100", "response", "100 %"],
        ["multi-task-30", multi, "30 %"],
        ["multi-task-100", multi, "100 %"],
        ["untrained", "–", "–"],
        ["always answer", "–", "–"],
        ["always clarify", "–", "–"],
    ]
    tests = [json.loads(line) for line in (mix / "test.jsonl").read_text("utf-8").splitlines()]
    to_respond = [one for one in tests if one["task"] == "response"]
    trained = [int(row[3]) for row in rows[2:6]]
    assert trained[2:] == [3 * trained[0], 3 * trained[1]]
    assert {row[4] for row in rows[2:]} == {str(len(to_respond))}
    for row in rows[2:7]:
        assert all(0 <= float(cell) <= 100 for cell in row[5:10] + row[11:13])

    results = json.loads((out / "comparison.json").read_text("utf-8"))
    for result in results[:4]:
        responses = (out / result["run"] / "responses-test.jsonl").read_text("utf-8").splitlines()
        assert [json.loads(line)["id"] for line in responses] == [one["id"] for one in to_respond]
        assert result["of"]["max_new_tokens"] == 2
        assert result["actions"]["examples"] == len(to_respond)

    before = {path: path.stat().st_mtime_ns for path in out.glob("*/**/*") if path.is_file()}
    assert main([str(one) for one in arguments]) == 0
    assert capsys.readouterr().out == shown
    assert {path: path.stat().st_mtime_ns for path in out.glob("*/**/*") if path.is_file()} == before

    runs = [str(out / name) for name in ("single-task-30", "multi-task-100")]
    evaluating = ["evaluate", str(mix), *runs, "--max-new-tokens", "2", "--device", "cpu", "--out", str(tmp_path / "t")]
    assert main(evaluating) == 0
    table = capsys.readouterr().out.splitlines()
    assert [cells(line) for line in table[2:]] == [rows[2], rows[5], *rows[7:]]
    assert len(json.loads((tmp_path / "t/comparison.json").read_text("utf-8"))) == 4


def test_an_unfinished_run_is_not_evaluated(mix: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(mix), str(tmp_path)]) == 2
    assert "holds no run (no run.json)" in capsys.readouterr().err
    (tmp_path / "run.json").write_text(json.dumps(replace(TrainingSettings()).to_json()), "utf-8")
    assert main(["evaluate", str(mix), str(tmp_path)]) == 2
    assert "is not trained to the end" in capsys.readouterr().err
