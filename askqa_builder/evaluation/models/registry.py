"""The models there are: kinds of ours, and those of other packages; and the controls by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from askqa_builder.chat.options import ChatOptions
from askqa_builder.errors import UsageError
from askqa_builder.evaluation.item import Item
from askqa_builder.evaluation.models.cascade import Cascade
from askqa_builder.evaluation.models.controls import CONTROLS, Human
from askqa_builder.evaluation.models.endpoint import EndpointModel
from askqa_builder.evaluation.models.function import CalledModel, Function, FunctionModel
from askqa_builder.evaluation.models.installed import InstalledModel, installed_models
from askqa_builder.evaluation.models.model import Model
from askqa_builder.evaluation.models.prompts import AnyPrompts, Prompts, load_prompts
from askqa_builder.evaluation.models.spec import ModelSpec, read_spec
from askqa_builder.evaluation.models.subject import Subject
from askqa_builder.evaluation.models.ways import (
    AsHeard,
    ClosedBook,
    OtherStory,
    QuestionOnly,
    Transcript,
    Way,
)
from askqa_builder.options import close_matches, is_text, require, require_known
from askqa_builder.recognition.recogniser import load_recogniser

CASCADE = "cascade"
"""As a kind of model, and as a control of one that hears."""

_RECOGNISER = "whisper"

WAYS = (QuestionOnly.name, ClosedBook.name, OtherStory.name, Transcript.name)
CONTROL_NAMES = (*CONTROLS, *WAYS, CASCADE)


@dataclass(frozen=True)
class Choice:
    """Who is to be tested. model: as `read_spec` takes it, or a model or function itself; None for a control that
    stands in for one.

    control: of CONTROL_NAMES, None for none. recogniser, recogniser_options: of the control `cascade` alone.
    """

    model: str | Model | Function | None = None
    control: str | None = None
    prompt_file: Path | None = None
    recogniser: str | None = None
    recogniser_options: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0


def open_subject(choice: Choice, items: Sequence[Item] = ()) -> Subject:
    """Make who is to be tested. items: of which `other-story` may let hear one.

    Raises UsageError where model, control, prompts or recogniser are not as they must be.
    """
    prompts, control = load_prompts(choice.prompt_file), choice.control
    check_control(choice, CONTROL_NAMES)
    if control in CONTROLS:
        if choice.model is not None:
            raise UsageError(f"--control {control} stands in for a model; leave --model out")
        if choice.prompt_file is not None:
            raise UsageError(f"--control {control} reads no prompt; leave --prompts out")
        made = Human(choice.seed) if control == Human.name else CONTROLS[control]()
        return Subject(control, control, made, AsHeard(prompts), prompts)
    name, model = opened(choice, prompts)
    way = _way(control, prompts, items, choice.seed)
    return Subject(name if control is None else f"{name}, {control}", control, model, way, prompts)


def check_control(choice: Choice, allowed: Sequence[str]) -> None:
    """Raise UsageError where there is no such control, or it has no recogniser."""
    control = choice.control
    if control is not None and control not in allowed:
        close = close_matches(control, allowed)
        raise UsageError(f"--control: {control!r} is unknown{close}; allowed: {', '.join(allowed)}")
    if control != CASCADE and (choice.recogniser is not None or choice.recogniser_options):
        raise UsageError("--recogniser: is of --control cascade; leave it out, or give it in the model's own file")


def opened(choice: Choice, prompts: AnyPrompts) -> tuple[str, Model]:
    """Return the chosen model with its name; under the control `cascade` it reads what a recogniser understands.

    Raises UsageError where there is none.
    """
    model = choice.model
    if model is None:
        control = choice.control
        raise UsageError(
            "--model: is missing" + (f"; --control {control} changes what a model hears" if control else "")
        )
    name, found = _opened(model, prompts, choice.seed)
    if choice.control != CASCADE:
        return name, found
    recogniser = load_recogniser(choice.recogniser or _RECOGNISER, choice.recogniser_options)
    return name, Cascade(found, recogniser, prompts)


def _opened(model: str | Model | Function, prompts: AnyPrompts, seed: int) -> tuple[str, Model]:
    if isinstance(model, str):
        return open_model(read_spec(model), prompts, seed)
    if isinstance(model, Model):
        return type(model).__name__, model
    if callable(model):
        return getattr(model, "__name__", type(model).__name__), CalledModel(model)
    raise UsageError(f"model: {model!r} neither responds nor can be called; see docs/models-under-test.md")


def open_model(spec: ModelSpec, prompts: AnyPrompts, seed: int = 0) -> tuple[str, Model]:
    """Return a model with its name. Raises UsageError where kind or options are not as they must be."""
    make = _KINDS.get(spec.kind)
    name, model = _installed(spec) if make is None else make(spec.options, prompts, seed)
    return spec.name or name, model


def model_kinds() -> list[str]:
    """Return the kinds of models there are, ours first."""
    return [*_KINDS, *sorted(installed_models().keys() - _KINDS.keys())]


def _way(control: str | None, prompts: Prompts, items: Sequence[Item], seed: int) -> Way:
    if control == OtherStory.name:
        return OtherStory(prompts, items, seed)
    simple: dict[str | None, type[QuestionOnly | ClosedBook | Transcript]] = {
        one.name: one for one in (QuestionOnly, ClosedBook, Transcript)
    }
    return simple[control](prompts) if control in simple else AsHeard(prompts)


def _endpoint(options: Mapping[str, Any], prompts: AnyPrompts, seed: int) -> tuple[str, Model]:
    own = dict(options)
    system = own.pop("system", None)
    require(system is None or is_text(system), "system", system, "text")
    chat = ChatOptions.read(own)
    return chat.model, EndpointModel(chat, system, seed)


def _cascade(options: Mapping[str, Any], prompts: AnyPrompts, seed: int) -> tuple[str, Model]:
    own = dict(options)
    recogniser, its_own = own.pop("recogniser", _RECOGNISER), own.pop("recogniser_options", {})
    require(is_text(recogniser), "recogniser", recogniser, "its name")
    require(isinstance(its_own, dict), "recogniser_options", its_own, "a mapping of its options")
    name, backbone = _endpoint(own, prompts, seed)
    return f"{recogniser} and {name}", Cascade(backbone, load_recogniser(recogniser, its_own), prompts)


def _transformers(options: Mapping[str, Any], prompts: AnyPrompts, seed: int) -> tuple[str, Model]:
    from askqa_builder.evaluation.models.transformers_model import TransformersModel
    from askqa_builder.evaluation.models.transformers_options import TransformersOptions

    read = TransformersOptions.read(options)
    name = Path(read.model).name if Path(read.model).is_dir() else read.model
    return name, TransformersModel(read)


def _python(options: Mapping[str, Any], prompts: AnyPrompts, seed: int) -> tuple[str, Model]:
    require_known(options, ["target", "options"])
    target, own = options.get("target"), options.get("options", {})
    require(is_text(target), "target", target, "module:name or file.py:name")
    require(isinstance(own, dict), "options", own, "a mapping of keyword arguments")
    return str(target).rpartition("/")[2], FunctionModel(str(target), own)


_KINDS: dict[str, Callable[[Mapping[str, Any], AnyPrompts, int], tuple[str, Model]]] = {
    "endpoint": _endpoint,
    CASCADE: _cascade,
    "transformers": _transformers,
    "python": _python,
}


def _installed(spec: ModelSpec) -> tuple[str, Model]:
    point = installed_models().get(spec.kind)
    if point is None:
        hint = "; it is a control: --control" if spec.kind in CONTROL_NAMES else close_matches(spec.kind, model_kinds())
        raise UsageError(f"--model: unknown kind {spec.kind!r}{hint}; there are {', '.join(model_kinds())}")
    return spec.kind, InstalledModel(point, spec.options)
