"""Who takes part beside the model under test: by rule, or language models that files name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.chat.model import ChatModel
from askqa_builder.chat.options import ChatOptions
from askqa_builder.chat.options_file import read_chat_options
from askqa_builder.evaluation.actions.classifier import ActionRule, Classifier
from askqa_builder.evaluation.actions.llm import DEFAULTS as CLASSIFIER_DEFAULTS
from askqa_builder.evaluation.actions.llm import ClassifierModel
from askqa_builder.evaluation.judge.judge import Judge
from askqa_builder.evaluation.judge.llm import DEFAULTS as JUDGE_DEFAULTS
from askqa_builder.evaluation.judge.llm import JudgeModel
from askqa_builder.evaluation.options import EvaluationOptions
from askqa_builder.evaluation.user.llm import DEFAULTS as USER_DEFAULTS
from askqa_builder.evaluation.user.llm import UserModel
from askqa_builder.evaluation.user.rule import RuleUser
from askqa_builder.evaluation.user.simulator import Simulator

_PAGE = "docs/evaluation.md"


@dataclass(frozen=True)
class Parties:
    """Who takes part.

    classifiers: the one that decides first. described: who they are, as JSON without addresses. judge_threads: at once.
    """

    classifiers: Sequence[Classifier]
    user: Simulator
    judge: Judge | None
    described: dict[str, Any]
    judge_threads: int = 1


@contextmanager
def open_parties(options: EvaluationOptions) -> Iterator[Parties]:
    """Make them for the `with` block. Raises UsageError where a file does not name a model as it must."""
    with ExitStack() as stack:

        def model(file: Path, who: str, defaults: dict[str, Any]) -> tuple[ChatModel, ChatOptions]:
            return stack.enter_context(_open(file, who, defaults))

        rule = ActionRule()
        classifiers: list[Classifier] = [rule]
        user: Simulator = RuleUser()
        judge: Judge | None = None
        threads = 1
        described: dict[str, Any] = {"classifier": rule.name, "user": user.name, "judge": None}
        if options.classifier is not None:
            chat, told = model(options.classifier, "the classifier", CLASSIFIER_DEFAULTS)
            classifiers.insert(0, ClassifierModel(chat, options.seed))
            described["classifier"] = told.identity
        if options.user is not None:
            chat, told = model(options.user, "the user", USER_DEFAULTS)
            user = UserModel(chat, options.seed)
            described["user"] = told.identity
        if options.judge is not None:
            chat, told = stack.enter_context(open_judge(options.judge))
            judge = JudgeModel(chat, options.seed)
            described["judge"], threads = told.identity, told.concurrency
        yield Parties(classifiers, user, judge, described, threads)


def open_judge(file: Path) -> AbstractContextManager[tuple[ChatModel, ChatOptions]]:
    """Open the chat model that judges, with its options, for the `with` block. Raises UsageError as above."""
    return _open(file, "the judge", JUDGE_DEFAULTS)


@contextmanager
def _open(file: Path, who: str, defaults: Mapping[str, Any]) -> Iterator[tuple[ChatModel, ChatOptions]]:
    chosen = read_chat_options(file, who, _PAGE, defaults)
    with ChatModel(chosen) as chat:
        yield chat, chosen
