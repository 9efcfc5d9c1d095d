"""The training loop: plain, so that what a checkpoint must hold is in sight.

transformers' Trainer resumes as well, but writes its checkpoints in place: one that was killed while it wrote is taken
for the latest and cannot be read. And its loss is the mean of batches' means, here it is the mean over all words of a
step, however they are divided into batches.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from multiprocessing import get_start_method
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

from askqa_builder.digests import sha256_of
from askqa_builder.errors import AskqaError

from qwen2_audio.batches import Indices, plan_steps
from qwen2_audio.encoding import IGNORED, Batch, Encoder
from qwen2_audio.examples import Example, read_examples, select
from qwen2_audio.model import (
    add_adapters,
    choose_device,
    default_precision,
    load_adapters,
    load_model,
    load_processor,
    require_libraries,
    unwrapped,
)
from qwen2_audio.run_folder import RunFolder, damaged_checkpoint
from qwen2_audio.settings import Machine, TrainingSettings

SECONDS_BETWEEN_LINES = 10.0
_STATE = "training_state.pt"


@dataclass(frozen=True)
class Trained:
    """What a run did. resumed_at: steps that were found done. examples, stories: that it trained on."""

    steps: int
    resumed_at: int
    examples: int
    stories: int
    losses: tuple[float, ...]


def train(
    data: Path, folder: Path, settings: TrainingSettings, machine: Machine, *, overwrite: bool = False
) -> Trained:
    """Train adapters on an exported mix; an interrupted run goes on, a finished one is left as it is.

    Raises UsageError for a mix that cannot be used, a model that cannot be loaded, and a folder that holds another
    run; AskqaError where a loss is no number; StorageError where the disk refuses.
    """
    require_libraries()
    device = choose_device(machine.device)
    settings = replace(settings, precision=settings.precision or default_precision(device))
    examples = select(read_examples(data, "train"), settings.tasks, settings.fraction, settings.seed)
    encoder = Encoder(load_processor(settings.model, settings.revision))
    encoder.check_texts(examples)
    asked = {
        **settings.to_json(),
        "training_data": sha256_of(data / "train.jsonl"),
        "examples": len(examples),
        "stories": len({one.story_id for one in examples}),
    }
    with RunFolder.held(folder, asked, overwrite=overwrite) as run:
        steps = plan_steps(examples, settings)
        resumed_at = len(steps)
        _remove_if_damaged(run)
        if not run.adapter.exists():
            training = _Training(run, settings, machine, device, len(steps))
            resumed_at = training.step
            training.run(_Batches(encoder, examples, steps[resumed_at:], machine.workers, run.leave))
        return Trained(len(steps), resumed_at, asked["examples"], asked["stories"], tuple(read_losses(folder)))


def read_losses(folder: Path) -> list[float]:
    """Return the loss of each step of a run: the mean over the words of its answers, in nats."""
    return [json.loads(line)["loss"] for line in RunFolder(folder).losses.read_text("utf-8").splitlines()]


def _remove_if_damaged(run: RunFolder) -> None:
    """Remove adapters that cannot be loaded, so that they are made again."""
    fault = run.adapter_fault() if run.adapter.exists() else None
    if fault is not None:
        print(f"{run.adapter} is damaged ({fault}); it is made again", file=sys.stderr, flush=True)
        run.remove_adapter()


class _Batches:
    """The batches of the steps that are left, prepared by other processes."""

    def __init__(
        self,
        encoder: Encoder,
        examples: Sequence[Example],
        steps: Sequence[list[Indices]],
        workers: int,
        leave: Callable[[], None],
    ) -> None:
        """Make them of what `plan_steps` gave. leave: called in a process that has inherited the run's lock."""
        self._encoder = encoder
        self._leave = leave
        self._examples = examples
        self._steps = steps
        self._workers = workers

    def __iter__(self) -> Iterator[list[Batch]]:
        import torch
        from torch.utils.data import DataLoader

        loader = DataLoader(
            self._examples,
            batch_sampler=[batch for step in self._steps for batch in step],
            collate_fn=self._encoder.training_batch,
            num_workers=self._workers,
            pin_memory=torch.cuda.is_available(),
            # its own: else it would draw from the random numbers that a checkpoint keeps
            generator=torch.Generator(),
            # a worker outlives for some seconds who was killed, and must not hold the run's folder for it
            worker_init_fn=(lambda _: self._leave()) if get_start_method() == "fork" else None,
        )
        batches = iter(loader)
        for step in self._steps:
            yield [next(batches) for _ in step]


class _Training:
    """A model in training: all that changes from step to step is here, and in a checkpoint."""

    def __init__(self, run: RunFolder, settings: TrainingSettings, machine: Machine, device: Any, steps: int) -> None:
        import torch

        self.step = 0
        self._run, self._device, self._steps, self._every = run, device, steps, machine.checkpoint_every
        self._clip = settings.clip
        base = load_model(settings, device)
        latest = run.latest_checkpoint()
        if latest:
            run.check_checkpoint(latest[1])
        self._model = load_adapters(base, latest[1], trainable=True) if latest else add_adapters(base, settings)
        if machine.gradient_checkpointing:
            base.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
        self._model.train()
        self._learnt = [one for one in self._model.parameters() if one.requires_grad]
        self._optimizer = torch.optim.AdamW(self._learnt, lr=settings.learning_rate, weight_decay=settings.weight_decay)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, _rise_and_fall(steps, settings.warmup))
        if latest:
            self._restore(*latest)
        run.keep_losses(self.step)

    def run(self, steps: _Batches) -> None:
        """Take all steps that are left, and save the adapters."""
        telling = _Telling(self.step, self._steps)
        with self._run.losses.open("a", encoding="utf-8") as losses:
            for batches in steps:
                rate = self._schedule.get_last_lr()[0]
                loss, words = self._take(batches)
                line = {"step": self.step, "loss": loss, "learning_rate": rate, "answer_tokens": words}
                losses.write(json.dumps(line) + "\n")
                losses.flush()
                telling.tell(self.step, loss, sum(int(batch["attention_mask"].sum()) for batch in batches))
                if self.step % self._every == 0 and self.step < self._steps:
                    os.fsync(losses.fileno())
                    self._save()
            os.fsync(losses.fileno())
        with self._run.finished_adapter() as folder:
            self._model.save_pretrained(folder)

    def _take(self, batches: Sequence[Batch]) -> tuple[float, int]:
        """Take one step of the optimizer; return its loss and how many tokens that is the mean of."""
        import torch

        words = sum(int((batch["labels"][:, 1:] != IGNORED).sum()) for batch in batches)
        total = torch.zeros((), device=self._device)
        for batch in batches:
            loss = answer_loss(self._model, {name: rows.to(self._device) for name, rows in batch.items()}) / words
            loss.backward()
            total += loss.detach()
        value = float(total)
        if not math.isfinite(value):
            raise AskqaError(
                f"the loss of step {self.step + 1} is {value}; take a lower --learning-rate, and --overwrite"
            )
        torch.nn.utils.clip_grad_norm_(self._learnt, self._clip)
        self._optimizer.step()
        self._schedule.step()
        self._optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return value, words

    def _save(self) -> None:
        import torch

        on_gpu = self._device.type == "cuda"
        random = {"cpu": torch.get_rng_state(), "gpu": torch.cuda.get_rng_state(self._device) if on_gpu else None}
        with self._run.new_checkpoint(self.step) as folder:
            self._model.save_pretrained(folder)
            state = {
                "optimizer": self._optimizer.state_dict(),
                "schedule": self._schedule.state_dict(),
                "random": random,
            }
            torch.save(state, folder / _STATE)

    def _restore(self, step: int, folder: Path) -> None:
        import torch

        try:
            state = torch.load(folder / _STATE, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
            raise damaged_checkpoint(folder, " ".join(str(error).split()).partition(". ")[0]) from error
        self._optimizer.load_state_dict(state["optimizer"])
        self._schedule.load_state_dict(state["schedule"])
        torch.set_rng_state(state["random"]["cpu"])
        of_gpu = state["random"]["gpu"]
        if (of_gpu is not None) != (self._device.type == "cuda"):
            print(
                f"the checkpoint was written on {'a CPU' if of_gpu is None else 'a GPU'}: on {self._device} the run "
                "goes on with other dropout than it would have had there",
                file=sys.stderr,
                flush=True,
            )
        elif of_gpu is not None:
            torch.cuda.set_rng_state(of_gpu, self._device)
        self.step = step


def answer_loss(model: Any, batch: Batch) -> Any:
    """Return the cross entropy of all tokens that are learnt, summed, in nats; other tokens are not even scored."""
    import torch

    whole = unwrapped(model)
    inputs = {name: rows for name, rows in batch.items() if name != "labels"}
    hidden = whole.model(**inputs, use_cache=False).last_hidden_state[:, :-1]
    labels = batch["labels"][:, 1:]
    learnt = labels != IGNORED
    scores = whole.lm_head(hidden[learnt]).float()
    return torch.nn.functional.cross_entropy(scores, labels[learnt], reduction="sum")


def _rise_and_fall(steps: int, warmup: float) -> Callable[[int], float]:
    rising = max(1, round(warmup * steps))

    def share(step: int) -> float:
        return min((step + 1) / rising, (steps - step) / max(1, steps - rising + 1))

    return share


class _Telling:
    """A line on stderr now and then."""

    def __init__(self, done: int, steps: int) -> None:
        self._steps = steps
        self._tokens = 0
        self._begun = self._told = time.monotonic()
        if done:
            print(f"going on after step {done} of {steps}", file=sys.stderr, flush=True)

    def tell(self, step: int, loss: float, tokens: int) -> None:
        self._tokens += tokens
        now = time.monotonic()
        if now - self._told >= SECONDS_BETWEEN_LINES or step == self._steps:
            speed = self._tokens / max(now - self._begun, 1e-6)
            print(f"step {step} of {self._steps}: loss {loss:.4f}, {speed:,.0f} tokens/s", file=sys.stderr, flush=True)
            self._told = now
