"""Tasks of another package; tests copy this file next to a `*.dist-info` folder that registers them."""

from __future__ import annotations

from collections.abc import Iterator

from askqa_builder.tasks.drawing import pick
from askqa_builder.tasks.example import Draft, Example
from askqa_builder.tasks.heard_row import HeardRow
from askqa_builder.tasks.task import Draw, Task, facts_of


class Letters(Task):
    """How many letters a drawn turn has."""

    name = "letters"
    version = 3

    def drafts(self, row: HeardRow, draw: Draw) -> Iterator[Draft]:
        turn = pick(draw.stream("letters"), row.turns)
        answer = str(len(row.text(turn)))
        yield Draft("letters", f"Count the characters of turn {turn}.", answer, turn=turn, facts={"turn": turn})

    def fault(self, example: Example, row: HeardRow) -> str | None:
        expected = str(len(row.text(facts_of(example)["turn"])))
        return None if example.answer == expected else f"{example.answer}, not {expected}"


class Doubtful(Letters):
    """Refuses what it makes of clear requests."""

    name = "doubtful"

    def fault(self, example: Example, row: HeardRow) -> str | None:
        return None if row.row["ambiguous"] else "it is too easy"


class Stern(Letters):
    """Refuses whatever it makes."""

    name = "stern"

    def fault(self, example: Example, row: HeardRow) -> str | None:
        return "never"


class Choosy(Letters):
    """Refuses one example <b>alone</b>."""

    name = "choosy"

    def fault(self, example: Example, row: HeardRow) -> str | None:
        return "not that one" if row.row["id"].endswith("demo-cafe|4|2#initial") else None


class Failing(Letters):
    """Has a bug."""

    name = "failing"

    def drafts(self, row: HeardRow, draw: Draw) -> Iterator[Draft]:
        if row.row["stage"] == "clarified":
            raise KeyError(row.row["nothing"])
        yield from super().drafts(row, draw)


class FailingCheck(Letters):
    """Has a bug in its check."""

    name = "failing-check"

    def fault(self, example: Example, row: HeardRow) -> str | None:
        return example.answer / 2  # type: ignore[operator,no-any-return]


class Counting(Letters):
    """Answers with a number that is no text."""

    name = "counting"

    def drafts(self, row: HeardRow, draw: Draw) -> Iterator[Draft]:
        yield Draft("counting", "How many?", 3)  # type: ignore[arg-type]


class Misnamed(Letters):
    """Says that it is another one."""

    name = "other"


class Broken(Letters):
    """Does not start."""

    name = "broken"

    def __init__(self, wordings: object) -> None:
        raise RuntimeError("no dictionary")


def no_task(wordings: object) -> str:
    return "a text"
