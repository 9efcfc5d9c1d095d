"""The parties of a dialogue, each asked once: the model under test, the classifiers, the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from askqa_builder.corpus.conversation import Action
from askqa_builder.errors import SpeechError
from askqa_builder.evaluation.actions.classifier import Classifier
from askqa_builder.evaluation.answering import answered
from askqa_builder.evaluation.contexts import Contexts
from askqa_builder.evaluation.dialogue import Moment, NotApplicableError, Recording
from askqa_builder.evaluation.item import Said
from askqa_builder.evaluation.ledger import Json, Ledger
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.evaluation.models.ways import Sounds
from askqa_builder.evaluation.requests import Requests, base_turns
from askqa_builder.evaluation.speaking import SpeakingDesk
from askqa_builder.evaluation.trajectory import Round
from askqa_builder.evaluation.user.simulator import Simulator

DECLARED = "declared"
"""In place of a classifier's name: the action of a control, which knows what it does."""

MOST_WORDS = 300
"""Of a question that is spoken: two minutes of it."""


@dataclass(frozen=True)
class Asking:
    """Asks each party, as `dialogue.Scene` has it; threads may share it.

    classifiers: the one that decides first. sounds: of a recording, what can be heard beside its clips. desk: None
    where nobody needs to hear how a dialogue goes on. contexts: None where no recording is kept.
    """

    subject: Subject
    classifiers: Sequence[Classifier]
    user: Simulator
    requests: Requests
    sounds: Callable[[Recording], Sounds]
    ledger: Ledger
    desk: SpeakingDesk | None
    contexts: Contexts | None

    def response(self, recording: Recording, moment: Moment) -> Round:
        """See `Scene.response`."""
        branch = None if moment.intent is None else moment.intent.branch
        skipped = self.subject.skips(moment.item)
        if skipped is not None:
            raise NotApplicableError(skipped)
        asked = {"who": "model", "item": moment.item.row_id, "branch": branch, "said": _told(moment.said)}
        told = self.ledger.once(asked, lambda: self._ask(recording, moment))
        actions = self._actions(moment, told)
        return Round(
            response=told["response"],
            action=Action(next(iter(actions.values()))),
            actions=actions,
            seconds=told["seconds"],
            unfit=told["unfit"],
            prompt_tokens=told["prompt_tokens"],
            completion_tokens=told["completion_tokens"],
            audio_seconds=told["audio_seconds"],
            left_out=told["left_out"],
            recording=None if self.contexts is None else self.contexts.keep(recording, moment),
        )

    def reply(self, moment: Moment, response: str) -> str:
        """See `Scene.reply`."""
        assert moment.intent is not None
        dialogue = [*dialogue_of(moment), Said("assistant", response)]
        asked = {
            "who": "user",
            "name": self.user.name,
            "item": moment.item.row_id,
            "branch": moment.intent.branch,
            "said": _told([*moment.said, Said("assistant", response)]),
        }
        intent = moment.intent
        told = self.ledger.once(asked, lambda: {"reply": self.user.reply(moment.item, intent, dialogue)})
        reply: str = told["reply"]
        return reply

    def go_on(self, recording: Recording, question: str, reply: str) -> Recording:
        """See `Scene.go_on`. A question that is too long to be spoken is refused where it is only read, too."""
        words = len(question.split())
        if words > MOST_WORDS:
            raise SpeechError(f"a question of {words} words, of which {MOST_WORDS} are spoken at most")
        desk = self.desk
        return recording if desk is None else Recording(lambda: desk.go_on(recording.row, question, reply))

    def _ask(self, recording: Recording, moment: Moment) -> Json:
        request = self.requests.make(recording, moment)
        return answered(self.subject, self.subject.prepared(request, moment.intent, self.sounds(recording)))

    def _actions(self, moment: Moment, told: Json) -> dict[str, str]:
        """Return what each classifier says of a response, the one that decides first."""
        actions = {} if told["action"] is None else {DECLARED: told["action"]}
        for classifier in self.classifiers:
            asked = {
                "who": "classifier",
                "name": classifier.name,
                "item": moment.item.row_id,
                "said": _told(moment.said),
                "response": told["response"],
            }

            def ask(classifier: Classifier = classifier) -> Json:
                return {"action": classifier.action(dialogue_of(moment), told["response"]).value}

            actions[classifier.name] = self.ledger.once(asked, ask)["action"] if told["response"] else "answer"
        return actions


def dialogue_of(moment: Moment) -> list[Said]:
    """Return story, history, request and what followed, as text."""
    return [*base_turns(moment.row), *moment.said]


def _told(said: Sequence[Said]) -> list[list[str]]:
    return [[turn.role, turn.text] for turn in said]
