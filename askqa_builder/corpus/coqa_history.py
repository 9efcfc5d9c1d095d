"""CoQA's dialogues as the history of Abg-CoQA's items, which were taken out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from askqa_builder.corpus.conversation import Turn, story_id
from askqa_builder.corpus.coqa import CoqaDialogue, coqa_items, dialogue_id
from askqa_builder.corpus.fields import Fields, ItemError
from askqa_builder.corpus.rejects import quote
from askqa_builder.corpus.source_file import SourceFile


@dataclass(frozen=True, eq=False)
class CoqaDialogues:
    """The dialogues of some CoQA files, by their ids. files: what they were read from."""

    files: tuple[SourceFile, ...]
    _dialogues: dict[str, CoqaDialogue]

    @classmethod
    def read(cls, files: Sequence[SourceFile]) -> CoqaDialogues:
        """Read CoQA files. A dialogue that is damaged is as good as absent. UsageError where a file is not CoQA's."""
        dialogues: dict[str, CoqaDialogue] = {}
        for file in files:
            for item in coqa_items(file):
                try:
                    fields = Fields(item)
                    dialogues.setdefault(dialogue_id(fields), CoqaDialogue.of(fields))
                except ItemError:  # whoever needs it is told that it is not there
                    continue
        return cls(tuple(files), dialogues)

    def history(self, identifier: str, story: str, asked: Sequence[str], turn_id: int) -> tuple[Turn, ...]:
        """Return all turns of a dialogue before a question.

        story: must be the dialogue's. asked: the user's last questions, the one in question behind those before it;
        where they stand in the dialogue more than once, turn_id decides. Letter case and white space do not count.
        Raises ItemError `coqa_missing` where there is no such dialogue, and `coqa_differs` where it is another one.
        """
        dialogue = self._dialogues.get(identifier)
        if dialogue is None:
            names = ", ".join(file.name for file in self.files)
            raise ItemError("coqa_missing", f"CoQA's dialogue {quote(identifier)} is not in {quote(names)}")
        if dialogue.story_id != story_id(story):
            raise ItemError("coqa_differs", f"CoQA's dialogue {quote(identifier)} is about another story")
        position = _find(dialogue, [_folded(question) for question in asked], turn_id)
        if position is None:
            raise ItemError(
                "coqa_differs", f"CoQA's dialogue {quote(identifier)} does not ask {quote(asked[-1])} there"
            )
        return dialogue.history(position)


def _find(dialogue: CoqaDialogue, asked: Sequence[str], turn_id: int) -> int | None:
    """Return the place of the last of these questions, which follow each other; None where it is not clear."""
    questions = [dialogue.question(i).optional_text("input_text") for i in range(len(dialogue.questions))]
    folded = [_folded(question or "") for question in questions]
    ends = range(len(asked) - 1, len(folded))
    found = [end for end in ends if folded[end - len(asked) + 1 : end + 1] == list(asked)]
    named = [end for end in found if dialogue.turn_id(end) == turn_id]
    if named:
        return named[0]
    return found[0] if len(found) == 1 else None


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
