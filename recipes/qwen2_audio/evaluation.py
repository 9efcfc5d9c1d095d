"""Let a model respond to the test split, and score what it says."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from askqa_builder.corpus.conversation import Action
from askqa_builder.digests import sha256_of
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.actions.rule import action_of
from askqa_builder.evaluation.metrics.action_scores import ActionScores
from askqa_builder.evaluation.metrics.answer_scores import score_answer
from askqa_builder.files import atomic_write

from qwen2_audio.encoding import Encoder
from qwen2_audio.examples import RESPONSE, Example, read_examples
from qwen2_audio.model import (
    choose_device,
    load_adapters,
    load_model,
    load_processor,
    require_libraries,
    unwrapped,
)
from qwen2_audio.run_folder import WEIGHTS, RunFolder
from qwen2_audio.settings import Generation, TrainingSettings

RULE = "askqa_builder.evaluation.actions.rule"


@dataclass(frozen=True)
class Said:
    """A model's response. finished: it came to its end within the tokens it was given."""

    id: str
    response: str
    finished: bool


@dataclass(frozen=True)
class Scores:
    """actions: over the examples whose action is known. f1, exact: means over the `answers` examples that should be
    answered, whatever the model did there; None where there is none, or where nothing was said (baselines).
    """

    examples: int
    actions: ActionScores | None
    answers: int
    f1: float | None
    exact: float | None
    unfinished: int

    def to_json(self) -> dict[str, Any]:
        """Return the scores as JSON holds them."""
        return {**asdict(self), "actions": self.actions.to_json() if self.actions else None}


def evaluate(data: Path, folder: Path, generation: Generation, device: str | None) -> dict[str, Any]:
    """Evaluate a finished run, and keep what it said and its scores in its folder; what is there already is read.

    Raises UsageError where there is no finished run, its adapters are damaged, or there is nothing to evaluate on.
    """
    run = RunFolder(folder)
    asked = run.asked()
    if not run.adapter.is_dir():
        raise UsageError(f"{folder} is not trained to the end; run the same train command again")
    fault = run.adapter_fault()
    if fault is not None:
        raise UsageError(f"{run.adapter} is damaged ({fault}); run the same train command again to repair it")
    names = TrainingSettings.__dataclass_fields__
    settings = TrainingSettings.from_json({name: value for name, value in asked.items() if name in names})
    about = {"tasks": asked["tasks"], "fraction": asked["fraction"], "trained_on": asked["examples"]}
    return _evaluated(data, folder, generation, device, settings, about, run.adapter)


def evaluate_untrained(
    data: Path, folder: Path, generation: Generation, device: str | None, settings: TrainingSettings
) -> dict[str, Any]:
    """Evaluate the model as it was released, as `evaluate` does a run; folder: for what it says. Raises UsageError."""
    folder.mkdir(parents=True, exist_ok=True)
    about = {"tasks": [], "fraction": 0.0, "trained_on": 0, **_released(settings)}
    return _evaluated(data, folder, generation, device, settings, about, None)


def response_examples(data: Path, split: str) -> list[Example]:
    """Return the examples that a model should respond to. Raises UsageError where there is none."""
    examples = [one for one in read_examples(data, split) if one.task == RESPONSE]
    if not examples:
        raise UsageError(
            f"{split}.jsonl has no example of the task {RESPONSE}, nothing to evaluate on; make a task set with it"
        )
    return examples


def respond(
    model: Any, encoder: Encoder, examples: Sequence[Example], generation: Generation, *, whole: bool = False
) -> Iterator[Said]:
    """Yield what a model says to each example, the likeliest token each time.

    whole: it has to go on to the last token that it is given, as one that is measured.
    """
    import torch
    from transformers import GenerationConfig

    model = unwrapped(model.eval())
    ends = _ends(model, encoder, examples[0])
    # the released model's own configuration samples, and punishes repetition
    model.generation_config = GenerationConfig(
        do_sample=False,
        min_new_tokens=generation.max_new_tokens if whole else None,
        max_new_tokens=generation.max_new_tokens,
        eos_token_id=ends,
        pad_token_id=encoder.pad_token,
    )
    # longest first: what does not fit in memory fails at once
    order = sorted(examples, key=lambda one: one.length, reverse=True)
    for start in range(0, len(order), generation.batch_size):
        batch = order[start : start + generation.batch_size]
        inputs = {name: rows.to(model.device) for name, rows in encoder.prompt_batch(batch).items()}
        with torch.inference_mode():
            tokens = model.generate(**inputs)[:, inputs["input_ids"].shape[1] :].tolist()
        for example, row in zip(batch, tokens, strict=True):
            length = next((place for place, token in enumerate(row) if token in ends), None)
            yield Said(example.id, encoder.decode(row[:length]).strip(), length is not None)
        print(f"responded to {start + len(batch)} of {len(order)}", file=sys.stderr, flush=True)


def score(examples: Sequence[Example], responses: Mapping[str, Said]) -> Scores:
    """Score the responses to examples, by their ids. Raises KeyError where one is missing."""
    known = [one for one in examples if one.action is not None]
    actions = [action_of(responses[one.id].response) for one in known]
    answers = [score_answer(responses[one.id].response, one.references) for one in _to_answer(examples)]
    return Scores(
        examples=len(examples),
        actions=ActionScores.of([one.action for one in known if one.action], actions) if known else None,
        answers=len(answers),
        f1=sum(one.f1 for one in answers) / len(answers) if answers else None,
        exact=sum(one.exact for one in answers) / len(answers) if answers else None,
        unfinished=sum(not responses[one.id].finished for one in examples),
    )


def baseline(examples: Sequence[Example], action: Action) -> Scores:
    """Score whoever takes the same action always, and says nothing that could be scored."""
    gold = [one.action for one in examples if one.action is not None]
    actions = ActionScores.of(gold, [action] * len(gold)) if gold else None
    return Scores(len(examples), actions, len(_to_answer(examples)), None, None, 0)


def _ends(model: Any, encoder: Encoder, example: Example) -> list[int]:
    """Return the tokens that end a response: of the chat template, and those that the model came with."""
    own = model.generation_config.eos_token_id
    return sorted({encoder.end_token(example), *([own] if isinstance(own, int) else own or [])})


def _released(settings: TrainingSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in ("model", "revision", "precision")}


def _to_answer(examples: Sequence[Example]) -> list[Example]:
    return [one for one in examples if one.action is Action.ANSWER and any(text.strip() for text in one.references)]


def _evaluated(
    data: Path,
    folder: Path,
    generation: Generation,
    device: str | None,
    settings: TrainingSettings,
    about: Mapping[str, Any],
    adapter: Path | None,
) -> dict[str, Any]:
    require_libraries()
    examples = response_examples(data, generation.split)
    identity = {
        **about,
        **asdict(generation),
        "data": sha256_of(data / f"{generation.split}.jsonl"),
        "adapter": None if adapter is None else sha256_of(adapter / WEIGHTS),
        "rule": RULE,
    }
    kept = folder / f"scores-{generation.split}.json"
    if kept.exists():
        earlier: dict[str, Any] = json.loads(kept.read_bytes())
        if earlier["of"] == identity:
            return earlier
    encoder = Encoder(load_processor(settings.model, settings.revision))
    encoder.check_texts(examples)
    model = load_model(settings, choose_device(device))
    if adapter is not None:
        model = load_adapters(model, adapter)
    responses = {said.id: said for said in respond(model, encoder, examples, generation)}
    with atomic_write(folder / f"responses-{generation.split}.jsonl") as file:
        for one in examples:
            file.write((json.dumps(_line(one, responses[one.id]), ensure_ascii=False) + "\n").encode())
    found = {"run": folder.name, "of": identity, **score(examples, responses).to_json()}
    with atomic_write(kept) as file:
        file.write((json.dumps(found, indent=2) + "\n").encode())
    return found


def _line(example: Example, said: Said) -> dict[str, Any]:
    return {
        "id": example.id,
        "response": said.response,
        "finished": said.finished,
        "action": action_of(said.response).value,
        "gold_action": example.action.value if example.action else None,
        "references": list(example.references),
    }
