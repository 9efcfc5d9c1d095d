"""`evaluate`: talk to a model about a dataset's rows until it answers, and score what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from askqa_builder import __version__
from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.build.voicing.settling import VoicingOptions
from askqa_builder.dataset.source import Source
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.conversing import converse, rows_of, still_wanted, tokens_of
from askqa_builder.evaluation.folder import CALLS_NAME, TRAJECTORIES_NAME, EvaluationFolder, beside
from askqa_builder.evaluation.growing_file import GrowingFile
from askqa_builder.evaluation.identity import dataset_digest, identity_of
from askqa_builder.evaluation.items import initial_shards, read_items
from askqa_builder.evaluation.judging import Judging
from askqa_builder.evaluation.ledger import Ledger, read_call
from askqa_builder.evaluation.metrics.embedding import TransformerEmbedding
from askqa_builder.evaluation.metrics.results import RunIdentity
from askqa_builder.evaluation.metrics.usage import Prices
from askqa_builder.evaluation.models.function import Function
from askqa_builder.evaluation.models.model import Model
from askqa_builder.evaluation.models.registry import Choice, open_subject
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.evaluation.models.ways import OtherStory, QuestionOnly
from askqa_builder.evaluation.options import EvaluationOptions
from askqa_builder.evaluation.parties import Parties, open_parties
from askqa_builder.evaluation.scene import open_scene, open_voices
from askqa_builder.evaluation.telling import Scored, scored, write_run
from askqa_builder.evaluation.trajectory import Trajectory
from askqa_builder.files import keep_apart
from askqa_builder.hearing.options import Hearing, parse_window
from askqa_builder.hearing.unheard import HearingCheck
from askqa_builder.progress import Progress, Silent, Totals


@dataclass(frozen=True)
class EvaluationReport:
    """A run.

    endings: trajectories by how they ended. reasons: of those that failed or were broken off, by ending and why.
    scored: its figures, also as lines, Markdown and JSON.
    """

    out: Path
    name: str
    endings: Mapping[str, int]
    reasons: Mapping[tuple[str, str], int]
    scored: Scored
    already_complete: bool

    @property
    def exit_code(self) -> int:
        """0, or 3 where trajectories failed, or a judge had no judgement."""
        return 3 if self.endings.get("failed") or (self.scored.judge or {}).get("not_judged") else 0


def evaluate(
    dataset: str | Path,
    out: str | Path | None = None,
    *,
    model: str | Path | Model | Function | None = None,
    control: str | None = None,
    prompts: str | Path | None = None,
    recogniser: str | None = None,
    recogniser_options: Mapping[str, Any] | None = None,
    split: str | None = None,
    limit: int | None = None,
    max_rounds: int = 3,
    context: str = "audio",
    layout: str = "joined",
    segments: float | None = None,
    window: str | None = None,
    metadata: bool = False,
    classifier: str | Path | None = None,
    user: str | Path | None = None,
    judge: str | Path | None = None,
    embeddings: str | None = None,
    prices: Mapping[str, float] | None = None,
    keep_audio: bool = False,
    seed: int = 0,
    voices: VoicingOptions | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> EvaluationReport:
    """Hold a dialogue with a model for each reading of each request in a dataset, and score what it says.

    model: a YAML file, or a word as "endpoint:NAME" (see `read_spec`), or an object with `respond`, or a function.
    control: of `CONTROL_NAMES`; prompts: a YAML file in place of ours. recogniser: of the control `cascade`. split,
    limit, max_rounds, classifier, user, judge, embeddings, keep_audio: see `EvaluationOptions`; context, layout,
    segments, window, metadata: see `Hearing` and `parse_window`. prices: see `Prices`. voices: where and with what
    dialogues are spoken as they go on. out: a folder beside the dataset, named after both, where none is given.

    After a kill the same call goes on; no answer is asked for twice. Judge, embeddings and prices may be others in a
    later call: then the same dialogues are scored again.

    Raises UsageError (wrong usage, rows that the model cannot hear whole, another run in the way), EngineError (a
    server or an engine that is out of order), StorageError, AskqaError (a damaged dataset).
    """
    choice = Choice(
        model=str(model) if isinstance(model, Path) else model,
        control=control,
        prompt_file=None if prompts is None else Path(prompts),
        recogniser=recogniser,
        recogniser_options=recogniser_options or {},
        seed=seed,
    )
    options = EvaluationOptions(
        split=split,
        limit=limit,
        max_rounds=max_rounds,
        hearing=Hearing(context, layout, segments, parse_window(window), metadata),
        classifier=None if classifier is None else Path(classifier),
        user=None if user is None else Path(user),
        judge=None if judge is None else Path(judge),
        embeddings=embeddings,
        prices=None if prices is None else Prices.read(prices),
        keep_audio=keep_audio,
        seed=seed,
        voices=voices,
    )
    run = _Run(Path(dataset), None if out is None else Path(out), choice, options, progress or Silent())
    return run.run(overwrite)


class _Run:
    """One call of `evaluate`."""

    def __init__(
        self, dataset: Path, out: Path | None, choice: Choice, options: EvaluationOptions, progress: Progress
    ) -> None:
        self._source = Source(dataset)
        self._out = out
        self._choice, self._progress = choice, progress
        self._shards = initial_shards(self._source, options.split)
        self._options = replace(options, split=self._shards[0].split)
        self._all = read_items(self._source, self._options.split)
        self._items = self._all[: options.limit]

    def run(self, overwrite: bool) -> EvaluationReport:
        """Do what is left to do."""
        with ExitStack() as stack:
            parties = stack.enter_context(open_parties(self._options))
            subject = open_subject(self._choice, self._all)
            stack.callback(subject.close)
            out = self._out or beside(self._source.folder, subject.name)
            keep_apart(self._source.folder, out)
            if subject.stands_in and self._options.hearing != Hearing():
                raise UsageError(
                    f"{subject.name} neither hears nor reads: leave --context, --layout, --segments, --window and "
                    "--metadata out"
                )
            self._check_hearing(subject)
            embedding = None if self._options.embeddings is None else TransformerEmbedding(self._options.embeddings)
            voices = stack.enter_context(open_voices(self._source, subject, self._options))
            about = self._about(subject, parties, voices)
            identity = {name: about[name] for name in ("kind", "config_digest")}
            folder = stack.enter_context(EvaluationFolder(out, identity, overwrite=overwrite))
            calls = stack.enter_context(GrowingFile(out / CALLS_NAME, read_call))
            ledger = Ledger(calls)
            held, complete = self._held(out, subject, parties, voices, ledger)
            found = scored(
                self._items,
                held,
                self._run_identity(subject, parties),
                unjudged=rows_of(
                    self._source, self._shards, [item for item in self._items if item.gold is None], sound=False
                ),
                judging=_judging(parties, ledger),
                embedding=embedding,
                prices=self._options.prices,
            )
            write_run(out, about, self._items, held, found)
            folder.finish()
        endings = Counter(str(one.ending) for one in held)
        return EvaluationReport(out, subject.name, endings, _reasons(held), found, complete)

    def _about(self, subject: Subject, parties: Parties, voices: RowVoices | None) -> dict[str, Any]:
        """Return what the manifest says of the run."""
        others = [parties.described["classifier"], parties.described["user"]]
        described = None if voices is None else voices.described
        return {
            **identity_of(self._source, self._options, subject.identity, others, described),
            "askqa_builder": __version__,
            "dataset": {"name": self._source.folder.resolve().name, "digest": dataset_digest(self._source)},
            "model": {"name": subject.name, **subject.identity},
            **parties.described,
            "options": self._options.to_json(),
        }

    def _run_identity(self, subject: Subject, parties: Parties) -> RunIdentity:
        return RunIdentity(
            dataset=self._source.folder.resolve().name,
            dataset_digest=dataset_digest(self._source),
            model=subject.name,
            classifier=_named(parties.described["classifier"]),
            simulator=_named(parties.described["user"]),
            context=self._options.hearing.context,
            metadata=self._options.hearing.metadata,
            seed=self._options.seed,
            max_rounds=self._options.max_rounds,
        )

    def _held(
        self, out: Path, subject: Subject, parties: Parties, voices: RowVoices | None, ledger: Ledger
    ) -> tuple[list[Trajectory], bool]:
        """Hold the dialogues that are missing; return all, in the dataset's order, and whether there were none."""
        scene = open_scene(
            self._source,
            self._shards,
            self._options,
            out,
            subject=subject,
            parties=parties,
            voices=voices,
            ledger=ledger,
        )
        with GrowingFile(out / TRAJECTORIES_NAME, Trajectory.from_json) as journal, scene as asking:
            done = {one.id: one for one in journal.lines}
            kept = out if self._options.keep_audio else None
            wanted = still_wanted(self._items, done, kept)
            done_before = len(self._items) - len(wanted)
            self._progress.start(Totals(len(self._items), len(self._items)), Totals(done_before, done_before))
            try:
                pairs = rows_of(self._source, self._shards, wanted, sound=voices is not None)
                rounds = self._options.max_rounds
                for held in converse(asking, pairs, journal, max_rounds=rounds, threads=subject.concurrency):
                    done |= {one.id: one for one in held}
                    self._progress.advance(1, 1.0, tokens_of(held))
            finally:
                self._progress.stop()
        ids = [item.trajectory_id(intent) for item in self._items for intent in item.intents]
        return [done[one] for one in ids], not wanted

    def _check_hearing(self, subject: Subject) -> None:
        """Raise UsageError where rows cannot be heard as wanted, or have no labels that are to be read."""
        hearing = self._options.hearing
        if hearing.metadata and not subject.way.labelled:
            raise UsageError(f"{subject.name} reads nothing of how it is said: leave --metadata out")
        if not subject.hears or subject.control == QuestionOnly.name:
            if not hearing.metadata:
                return
            hearing = replace(hearing, segments=None, window=None)
        check = HearingCheck(hearing)
        items = self._all if subject.control == OtherStory.name else self._items
        for _, row in rows_of(self._source, self._shards, items, sound=False):
            check.listen(row)
        check.check()


def _reasons(held: Sequence[Trajectory]) -> Counter[tuple[str, str]]:
    """Count why trajectories ended before their time; what names a single item does not tell reasons apart."""
    told = [(one.ending, one.failure.replace(one.item, "…")) for one in held if one.failure is not None]
    return Counter((str(ending), why) for ending, why in told if ending != "not_applicable")


def _judging(parties: Parties, ledger: Ledger) -> Judging | None:
    if parties.judge is None:
        return None
    return Judging(parties.judge, parties.described["judge"], parties.judge_threads, ledger)


def _named(party: Any) -> str:
    """Return what results call a classifier or a user."""
    return party if isinstance(party, str) else str(party["model"])
