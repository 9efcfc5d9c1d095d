"""`evaluate_tasks`: ask a model what a set of task examples asks, and score what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from askqa_builder import __version__
from askqa_builder.dataset.manifest import canonical_digest
from askqa_builder.evaluation.folder import CALLS_NAME, TASKS_KIND, EvaluationFolder, beside
from askqa_builder.evaluation.growing_file import GrowingFile
from askqa_builder.evaluation.identity import FORMAT_VERSION
from askqa_builder.evaluation.ledger import Ledger, read_call
from askqa_builder.evaluation.metrics.embedding import TransformerEmbedding
from askqa_builder.evaluation.metrics.usage import Prices
from askqa_builder.evaluation.models.function import Function
from askqa_builder.evaluation.models.model import Model
from askqa_builder.evaluation.models.registry import Choice
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.evaluation.task_sets.asking import TaskAsking, TaskResponse
from askqa_builder.evaluation.task_sets.judges import Judges
from askqa_builder.evaluation.task_sets.labels import LabelParser
from askqa_builder.evaluation.task_sets.options import TaskOptions
from askqa_builder.evaluation.task_sets.reading import Metadata, check_window, read_task_set
from askqa_builder.evaluation.task_sets.results import TaskRunIdentity, score_tasks
from askqa_builder.evaluation.task_sets.subject import ClipSounds, open_task_subject
from askqa_builder.evaluation.task_sets.telling import TaskScored, write_task_run
from askqa_builder.files import keep_apart
from askqa_builder.hearing.options import parse_window
from askqa_builder.progress import Progress, Silent, Totals


@dataclass(frozen=True)
class TaskEvaluationReport:
    """A run. endings: examples by how asking ended. reasons: of those without scores, by ending and why."""

    out: Path
    name: str
    endings: Mapping[str, int]
    reasons: Mapping[tuple[str, str], int]
    scored: TaskScored
    already_complete: bool

    @property
    def exit_code(self) -> int:
        """0, or 3 where examples failed, or a judge had no judgement."""
        judge = self.scored.results.judge
        return 3 if self.endings.get("failed") or (judge is not None and judge.not_judged) else 0


def evaluate_tasks(
    task_set: str | Path,
    out: str | Path | None = None,
    *,
    model: str | Path | Model | Function | None = None,
    control: str | None = None,
    prompts: str | Path | None = None,
    recogniser: str | None = None,
    recogniser_options: Mapping[str, Any] | None = None,
    split: str | None = None,
    limit: int | None = None,
    window: str | None = None,
    metadata: str | None = None,
    judge: str | Path | None = None,
    planted: int = 0,
    embeddings: str | None = None,
    prices: Mapping[str, float] | None = None,
    seed: int = 0,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> TaskEvaluationReport:
    """Ask a model each example of a set that `askqa tasks` or `askqa styles questions` made, and score its answers.

    model, recogniser, prices: as of `evaluate`. control: of `TASK_CONTROLS`. prompts: a YAML file in place of ours.
    split, limit, metadata, judge, planted, embeddings: see `TaskOptions`; window: see `parse_window`. out: a folder
    beside the set, named after both, where none is given.

    After a kill the same call goes on; no answer is asked for twice. Judge, planted, embeddings and prices may be
    others in a later call: then the same answers are scored again.

    Raises UsageError (wrong usage, clips that the model cannot hear whole, another run in the way), EngineError (a
    server that is out of order), StorageError, AskqaError (a damaged set).
    """
    choice = Choice(
        model=str(model) if isinstance(model, Path) else model,
        control=control,
        prompt_file=None if prompts is None else Path(prompts),
        recogniser=recogniser,
        recogniser_options=recogniser_options or {},
        seed=seed,
    )
    options = TaskOptions(
        split=split,
        limit=limit,
        window=parse_window(window),
        metadata=cast("Metadata | None", metadata),
        judge=None if judge is None else Path(judge),
        planted=planted,
        embeddings=embeddings,
        prices=None if prices is None else Prices.read(prices),
        seed=seed,
    )
    return _Run(Path(task_set), choice, options, progress or Silent()).run(out, overwrite)


class _Run:
    """One call of `evaluate_tasks`."""

    def __init__(self, folder: Path, choice: Choice, options: TaskOptions, progress: Progress) -> None:
        self._choice, self._options, self._progress = choice, options, progress
        self._set = read_task_set(folder, options.split, options.limit, options.metadata)

    def run(self, given: str | Path | None, overwrite: bool) -> TaskEvaluationReport:
        """Do what is left to do."""
        with ExitStack() as stack:
            subject = open_task_subject(self._choice, self._set.of_all)
            stack.callback(subject.close)
            out = beside(self._set.folder, subject.name) if given is None else Path(given)
            keep_apart(self._set.folder, out)
            if subject.hears:
                check_window(self._set.items if subject.takes_clips else self._set.of_all, self._options.window)
            judges = Judges(self._options)
            stack.enter_context(judges.open())
            embedding = None if self._options.embeddings is None else TransformerEmbedding(self._options.embeddings)
            about = self._about(subject, judges.identity)
            identity = {name: about[name] for name in ("kind", "config_digest")}
            folder = stack.enter_context(EvaluationFolder(out, identity, overwrite=overwrite))
            ledger = Ledger(stack.enter_context(GrowingFile(out / CALLS_NAME, read_call)))
            known = len(ledger)
            responses = self._asked(subject, ledger)
            complete = len(ledger) == known and not any(one.ending == "failed" for one in responses)
            rated = judges.rated(self._set, responses, ledger)
            results, examples = score_tasks(
                self._set.items,
                responses,
                self._identity(subject, judges),
                LabelParser(self._set.of_all),
                rated=rated,
                embedding=embedding,
                prices=self._options.prices,
            )
            found = TaskScored(results, examples)
            write_task_run(out, about, self._set.items, responses, found)
            folder.finish()
        endings = Counter(str(one.ending) for one in responses)
        return TaskEvaluationReport(out, subject.name, endings, _reasons(responses), found, complete)

    def _asked(self, subject: Subject, ledger: Ledger) -> list[TaskResponse]:
        """Ask what is missing; return all responses, in the set's order."""
        asking = TaskAsking(subject, self._set.folder, ClipSounds(self._set.folder, self._set.of_all), ledger)
        count = len(self._set.items)
        found: dict[str, TaskResponse] = {}
        known = {item.id for item in self._set.items if asking.knows(item)}
        self._progress.start(Totals(count, count), Totals(len(known), len(known)))
        try:
            for one in asking.all(self._set.items):
                found[one.id] = one
                if one.id not in known:
                    self._progress.advance(1, 1.0, one.tokens)
        finally:
            self._progress.stop()
        return [found[item.id] for item in self._set.items]

    def _about(self, subject: Subject, judge: Any) -> dict[str, Any]:
        """Return what the manifest says of the run."""
        made_from = {
            "format_version": FORMAT_VERSION,
            "askqa_builder": __version__,
            "task_set": self._set.digest,
            "subject": subject.identity,
            "options": self._decisive(),
        }
        return {
            "kind": TASKS_KIND,
            "config_digest": canonical_digest(made_from),
            "askqa_builder": __version__,
            "task_set": {
                "name": self._set.folder.resolve().name,
                "digest": self._set.digest,
                "made_from": dict(self._set.made_from),
            },
            "model": {"name": subject.name, **subject.identity},
            "judge": judge,
            "options": self._decisive(),
        }

    def _decisive(self) -> dict[str, Any]:
        """Return the options that may change what is said to an example."""
        return {
            "split": self._set.split,
            "window": self._options.window,
            "metadata": self._with_metadata,
            "seed": self._options.seed,
        }

    @property
    def _with_metadata(self) -> bool:
        return self._set.has_metadata and self._options.metadata != "none"

    def _identity(self, subject: Subject, judges: Judges) -> TaskRunIdentity:
        return TaskRunIdentity(
            task_set=self._set.folder.resolve().name,
            digest=self._set.digest,
            split=self._set.split,
            model=subject.name,
            metadata=self._with_metadata,
            judge=judges.name,
            seed=self._options.seed,
        )


def _reasons(responses: Sequence[TaskResponse]) -> Counter[tuple[str, str]]:
    """Count why examples have no scores; what names a single example does not tell reasons apart."""
    told = [(one.ending, one.failure.replace(one.id, "…")) for one in responses if one.failure is not None]
    return Counter((str(ending), why) for ending, why in told)
