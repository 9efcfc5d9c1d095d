"""What scores of `askqa evaluate` are worth: those of controls on Abg-CoQA's test split, without a model or audio.

Run: ASKQA_ABG_COQA=FOLDER python benchmarks/evaluation_baselines.py

Beside the controls that the command has, "target answer" says the one answer that Abg-CoQA gives an ambiguous request
without telling which reading it belongs to. It shows why a trajectory is scored against its own branch only: against
all branches together that answer looks right more often than it is.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from askqa_builder.corpus.conversation import Action, Conversation
from askqa_builder.corpus.selection import read_corpus
from askqa_builder.corpus.sources import find_sources
from askqa_builder.dataset.label_changes import LabelGroups, Labelled
from askqa_builder.evaluation.actions.rule import action_of
from askqa_builder.evaluation.item import Intent, Item, Said
from askqa_builder.evaluation.metrics.answer_scores import score_answer
from askqa_builder.evaluation.metrics.outcomes import Outcomes
from askqa_builder.evaluation.metrics.printing import per_cent, with_interval
from askqa_builder.evaluation.metrics.results import Results, RunIdentity, score
from askqa_builder.evaluation.models.controls import CONTROLS, Control
from askqa_builder.evaluation.models.model import Request, Response
from askqa_builder.evaluation.trajectory import Ending, Round, Trajectory

from common import table

MAX_ROUNDS = 3


def main() -> None:
    """Print three tables."""
    folder = os.environ.get("ASKQA_ABG_COQA")
    if not folder:
        return print("This needs Abg-CoQA's test split: set ASKQA_ABG_COQA to its folder.")
    path = Path(folder) / "coqa_abg_test.json"
    found = items([one for _, one in read_corpus(find_sources(path, None)).conversations])
    targets = {one["id"]: one["target_turn"]["answer"] for one in json.loads(path.read_text("utf-8"))["data"]}
    controls: dict[str, Control] = {name: control() for name, control in CONTROLS.items()}
    controls["target answer"] = _TargetAnswer(targets)
    results, seconds = {}, []
    for name, control in controls.items():
        begun = time.perf_counter()
        results[name] = score(
            Outcomes(found, [one for item in found for one in trajectories(item, control)]), _run(name)
        )
        seconds.append(time.perf_counter() - begun)
    _print(found, results)
    _print_crossed(found, targets, results["target answer"])
    print(f"Scoring {sum(len(item.intents) for item in found)} trajectories with 2,000 draws: {min(seconds):.1f} s.")
    return None


def items(conversations: Sequence[Conversation]) -> list[Item]:
    """Return what a dataset's initial rows would give, without voices."""
    groups = LabelGroups.of(
        Labelled(one.id, one.story_id, one.target_turn_id, _history(one), one.ambiguous)
        for one in conversations
        if one.ambiguous is not None
    )
    return [_item(one, groups) for one in conversations]


def _item(conversation: Conversation, groups: LabelGroups) -> Item:
    gold = None if conversation.ambiguous is None else conversation.response.action
    return Item(
        row_id=f"{conversation.id}#initial",
        split="test",
        conversation_id=conversation.id,
        story_id=conversation.story_id,
        source=conversation.source,
        rendition=0,
        history=_history(conversation),
        question=conversation.turns[-1].text,
        gold=gold,
        clarifying_questions=conversation.response.references if gold is Action.CLARIFY else (),
        intents=tuple(_intents(conversation)),
        contrast_id=groups.contrasts.get(conversation.id),
        conflict=conversation.id in groups.conflicts,
        speakers={},
        pcm_sha256="",
        turns=tuple(Said(turn.role.value, turn.text) for turn in conversation.turns),
    )


def _history(conversation: Conversation) -> int:
    return len(conversation.turns) - 2


def _intents(conversation: Conversation) -> Iterator[Intent]:
    if not conversation.clarifications:
        yield Intent(None, 1.0, None, None, conversation.response.references)
        return
    asked = conversation.clarifications[0]
    for place, branch in enumerate(asked.branches):
        yield Intent(place, 1 / len(asked.branches), asked.question, branch.reply, branch.answers)


class _TargetAnswer(Control):
    """Says the one answer that the corpus has for a request, whatever is meant by it."""

    name = "target answer"

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = answers

    def respond(self, request: Request) -> Response:
        return Response(self._answers[request.item.conversation_id], action=Action.ANSWER)


def trajectories(item: Item, control: Control) -> Iterator[Trajectory]:
    """Yield what a control says to each of an item's users, who reply as the branch has it."""
    for intent in item.intents:
        rounds: list[Round] = []
        name = item.trajectory_id(intent)
        skipped = control.skips(item)
        if skipped is not None:
            yield Trajectory(name, item.row_id, intent.branch, (), "not_applicable", skipped)
            continue
        while not rounds or (rounds[-1].action is Action.CLARIFY and len(rounds) < MAX_ROUNDS):
            rounds[-1:] = [replace(one, reply=intent.reply or "I mean what I say.") for one in rounds[-1:]]
            request = Request(item, len(rounds) + 1, (), 16_000, "", (), intent=intent)
            rounds.append(_round(control.respond(request)))
        ending: Ending = "max_rounds" if rounds[-1].action is Action.CLARIFY else "answered"
        yield Trajectory(name, item.row_id, intent.branch, tuple(rounds), ending)


def _round(response: Response) -> Round:
    action = response.action or action_of(response.text)
    return Round(response.text, action, {"control": action.value}, seconds=0.0, left_out=response.left_out)


def _run(name: str) -> RunIdentity:
    return RunIdentity(
        "Abg-CoQA", "", name, "the control's own, else a rule", "the branch's reply", "text", 0, MAX_ROUNDS
    )


def _print(found: Sequence[Item], results: Mapping[str, Results]) -> None:
    stories = len({item.story_id for item in found})
    print(f"{len(found)} requests of Abg-CoQA's test split, {stories} stories. In per cent, with 95 % intervals over")
    print(
        "stories; Wilson's for few pairs, and for shares of 0 and 100 %. Trajectory level and post-clarification: F1.\n"
    )
    names = ("balanced_accuracy", "macro_f1", "accuracy", "pair_accuracy", "trajectory_f1", "post_clarification_f1")
    header = ["control", *(name.replace("_", " ").removesuffix(" f1") for name in names)]
    header[2] = "macro F1"
    table(header, [[name, *(with_interval(one.figures[key]) for key in names)] for name, one in results.items()])
    humans = results["human"].counts
    left_out = humans["trajectories_not_applicable"]
    print(f"Human: {humans['items_scored']} items; {left_out} trajectories have no second reference.")
    always = results["always-answer"]
    without = always.without_conflicts["accuracy"]
    print(f"Always-answer without label conflicts: accuracy {with_interval(without)} of {without.of:g}.")
    print(f"{always.counts['contrast_pairs']} contrast pairs, {always.counts['label_conflicts']} label conflicts.\n")


def _print_crossed(found: Sequence[Item], targets: Mapping[str, str], results: Results) -> None:
    ambiguous = [item for item in found if item.gold is Action.CLARIFY]
    best = [
        score_answer(targets[item.conversation_id], [one for intent in item.intents for one in intent.references]).f1
        for item in ambiguous
    ]
    own = results.breakdowns["gold"].cells[Action.CLARIFY.value].figures["trajectory_f1"]
    print(f"The target answer to the {len(ambiguous)} ambiguous requests, F1:\n")
    crossed = per_cent(sum(best) / len(best))
    table(["against the best of all branches", "against each user's own branch"], [[crossed, with_interval(own)]])


if __name__ == "__main__":
    main()
