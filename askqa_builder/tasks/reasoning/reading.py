"""Statements about ambiguous questions: each answer is not told before the clarification, and right or wrong after it.

Of one conversation each answer stands under each label as often, so that its words give none away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import permutations

from askqa_builder.corpus.conversation import Stage, is_answerable
from askqa_builder.hearing.row_times import Row
from askqa_builder.seeds import Stream
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow, plain, tidied
from askqa_builder.tasks.reasoning.answers import surely_differs
from askqa_builder.tasks.reasoning.kind import CONTRADICTED, NOT_TOLD, SUPPORTED, wrong_label
from askqa_builder.tasks.task import Draw, Task, facts_of


class Reading:
    """About ambiguous questions of which several clarified rows are in the dataset."""

    name = "reading"
    labels = (SUPPORTED, CONTRADICTED, NOT_TOLD)

    def __init__(self) -> None:
        self._initial: set[str] = set()
        self._answers: dict[str, dict[int, list[str]]] = defaultdict(dict)

    def survey(self, row: Row, split: str) -> None:
        """Keep the answers of the readings."""
        if row["rendition"] or not row["ambiguous"]:
            return
        if row["stage"] == Stage.INITIAL.value:
            self._initial.add(row["conversation_id"])
        elif row["response"]["answerable"]:
            self._answers[row["conversation_id"]][row["branch"]] = _answers(row)

    def drafts(self, row: HeardRow, draw: Draw, task: Task) -> Iterator[Draft]:
        """Yield each answer before the clarification; after it the right one and another one."""
        answers = self._apart(row.row["conversation_id"])
        branches = sorted(answers)
        if row.row["stage"] == Stage.INITIAL.value:
            labelled = [(answers[branch][0], NOT_TOLD) for branch in branches]
        elif row.row["branch"] in answers:
            other = branches[(branches.index(row.row["branch"]) + 1) % len(branches)]
            labelled = [(answers[row.row["branch"]][0], SUPPORTED), (answers[other][0], CONTRADICTED)]
        else:
            labelled = []
        for answer, label in labelled:
            # not of the row: the same words under each label
            stream = Stream(self.name, draw.seed, row.row["conversation_id"], row.row["rendition"], answer)
            statement = task.say("wanted", stream, answer=answer)
            prompt = task.say(self.name, stream, statement=statement)
            yield Draft(self.name, prompt, label, label=label, statement=statement, facts={"answer": answer})

    def fault(self, example: Example, row: HeardRow) -> str | None:
        """Look at the readings that are open, or at the one that was meant."""
        answer, one = facts_of(example)["answer"], row.row
        if not example.statement or answer not in example.statement:
            return "the statement has not the answer"
        if one["stage"] == Stage.INITIAL.value:
            readings = [list(map(plain, way["answers"])) for way in one["clarifications"][0]["branches"]]
            fits = [plain(answer) in reading for reading in readings]
            open_still = one["ambiguous"] and any(fits) and not all(fits)
            return wrong_label(example, NOT_TOLD) if open_still else "the answer does not depend on the reading"
        references = _answers(one)
        if plain(answer) in map(plain, references):
            return wrong_label(example, SUPPORTED)
        return wrong_label(example, CONTRADICTED) if surely_differs(answer, references) else "it may be right or not"

    def _apart(self, conversation: str) -> dict[int, list[str]]:
        """Return the answers of a conversation's branches; none where they are not several that surely differ."""
        answers = self._answers.get(conversation, {})
        apart = all(surely_differs(answer, other) for one, other in permutations(answers.values(), 2) for answer in one)
        return answers if len(answers) > 1 and apart and conversation in self._initial else {}


def _answers(row: Row) -> list[str]:
    """Return the row's references without "unknown", which is right and wrong of any reading."""
    return [tidied(one) for one in row["response"]["references"] if is_answerable(one)]
