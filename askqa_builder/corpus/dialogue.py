"""The turns of a conversation whose readers all say the same: a story, questions with answers, a last question."""

from __future__ import annotations

from collections.abc import Iterable

from askqa_builder.corpus.conversation import Act, Role, Turn


def exchange(question: str, answer: str) -> tuple[Turn, Turn]:
    """Return a question of the user's and the assistant's answer to it."""
    return Turn(Role.USER, Act.QUESTION, question), Turn(Role.ASSISTANT, Act.ANSWER, answer)


def turns_until(story: str, history: Iterable[Turn], question: str) -> tuple[Turn, ...]:
    """Return the turns that are heard up to a question, in order; history: those between the story and it."""
    return Turn(Role.NARRATOR, Act.STORY, story), *history, Turn(Role.USER, Act.QUESTION, question)
