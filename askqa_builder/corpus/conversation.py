"""A conversation as text: what is told, what is said, and what the assistant should say next."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from askqa_builder.seeds import short_hash

UNANSWERABLE = "unknown"
"""The gold answer to a question that the story does not answer, as in CoQA."""


class Role(str, Enum):
    """Who speaks; in the order in which voices are cast."""

    NARRATOR = "narrator"
    USER = "user"
    ASSISTANT = "assistant"


class Act(str, Enum):
    """What a turn does in the dialogue. Taken from the corpus's labels, never from punctuation."""

    STORY = "story"
    QUESTION = "question"
    ANSWER = "answer"
    CLARIFYING_QUESTION = "clarifying_question"
    CLARIFICATION = "clarification"


ACTS_OF = {
    Role.NARRATOR: (Act.STORY,),
    Role.USER: (Act.QUESTION, Act.CLARIFICATION),
    Role.ASSISTANT: (Act.ANSWER, Act.CLARIFYING_QUESTION),
}
"""What each role does."""


class Stage(str, Enum):
    """The configurations of a dataset: up to the target question, or on through one clarification."""

    INITIAL = "initial"
    CLARIFIED = "clarified"


class Action(str, Enum):
    """What the assistant should do next."""

    CLARIFY = "clarify"
    ANSWER = "answer"


@dataclass(frozen=True)
class Turn:
    """One stretch of speech by one role; `text` is the source's own."""

    role: Role
    act: Act
    text: str


@dataclass(frozen=True)
class Evidence:
    """The rationale of the target answer: `story[char_start:char_end] == text`."""

    text: str
    char_start: int
    char_end: int


@dataclass(frozen=True)
class Branch:
    """One reading of an ambiguous question: the user's reply and the answers it leads to, gold first.

    index: place in the source's list, 0-based, kept when other branches are rejected. answers: of several people, alike
    where they agree: who of them agrees with whom is what a person is measured by.
    """

    index: int
    reply: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Clarification:
    """One annotator's clarifying question and its branches."""

    question: str
    branches: tuple[Branch, ...]


@dataclass(frozen=True)
class Response:
    """What the assistant should say next.

    references: acceptable wordings of *this* reading, `text` first, unique.
    answerable: False where the gold answer is "unknown", None where the response is a question.
    """

    action: Action
    text: str
    references: tuple[str, ...]
    answerable: bool | None


@dataclass(frozen=True)
class ResponsePoint:
    """A point at which the assistant must respond, with the turns heard up to it: one row.

    branch: index of the branch whose clarification is heard, None in the initial stage.
    """

    stage: Stage
    branch: int | None
    turns: tuple[Turn, ...]
    response: Response

    @property
    def suffix(self) -> str:
        """What the row's id has beyond its conversation's."""
        return row_suffix(self.stage, self.branch)


@dataclass(frozen=True)
class Conversation:
    """One item of a corpus, checked: every text that is spoken has something pronounceable.

    file, index: where it was read, the file's name without its folder and its 0-based place in it.
    story_id: hash of the normalised story, for grouping. ambiguous: None where the corpus does not say.
    turns: the story, the history and the target question, in the order heard.
    clarifications: empty unless ambiguous; the first one is spoken, the others are alternatives.
    """

    id: str
    file: str
    index: int
    story_id: str
    source: str
    language: str
    licence: str
    target_turn_id: int | None
    ambiguous: bool | None
    turns: tuple[Turn, ...]
    response: Response
    evidence: Evidence | None
    clarifications: tuple[Clarification, ...]

    @property
    def story(self) -> str:
        """The story as in the source, untouched."""
        return self.turns[0].text

    def points(self, stages: Sequence[Stage]) -> Iterator[ResponsePoint]:
        """Yield the rows of the wanted stages: the initial one, then one per branch that is spoken."""
        if Stage.INITIAL in stages:
            yield ResponsePoint(Stage.INITIAL, None, self.turns, self.response)
        if Stage.CLARIFIED in stages and self.clarifications:
            asked = self.clarifications[0]
            question = Turn(Role.ASSISTANT, Act.CLARIFYING_QUESTION, asked.question)
            for branch in asked.branches:
                reply = Turn(Role.USER, Act.CLARIFICATION, branch.reply)
                turns = (*self.turns, question, reply)
                yield ResponsePoint(Stage.CLARIFIED, branch.index, turns, answer_response(branch.answers))


def row_suffix(stage: Stage, branch: int | None) -> str:
    """Return what a row's id has beyond its conversation's; branch: place in the source's list."""
    return f"#{stage.value}" if branch is None else f"#{stage.value}-{branch}"


def answer_response(answers: Sequence[str]) -> Response:
    """Make the response that answers with `answers[0]`; the others are its references."""
    text = answers[0]
    return Response(Action.ANSWER, text, unique(answers), is_answerable(text))


def agreeing(answers: Sequence[str]) -> list[str]:
    """Return several people's answers, first the gold one, without those that answer where it does not, or not where
    it does: they read the question otherwise, so they are no other wordings of it."""
    return [answer for answer in answers if is_answerable(answer) is is_answerable(answers[0])]


def unique(texts: Sequence[str]) -> tuple[str, ...]:
    """Drop repetitions, keeping the first of each."""
    return tuple(dict.fromkeys(texts))


def is_answerable(answer: str) -> bool:
    """Tell whether a gold answer answers: "unknown", however written, does not."""
    return "".join(c for c in answer.lower() if c.isalnum()) != UNANSWERABLE


def story_id(story: str) -> str:
    """Hash a story for grouping; case, white space and compatibility forms of characters do not count."""
    return short_hash("story", " ".join(unicodedata.normalize("NFKC", story).casefold().split()))
