"""Actors of one kind that may die, hang, or lose their node without harm: each is replaced by one like it.

Ray could restart actors by itself, and run again what they had. It would do so for ever with a text that ends its
engine; who decides what is run again must know what a block is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import ray
from ray.actor import ActorHandle
from ray.exceptions import (
    NodeDiedError,
    ObjectLostError,
    OutOfMemoryError,
    RayActorError,
    RayError,
    RayTaskError,
    WorkerCrashedError,
)

from askqa_builder.build.on_ray.child import Ended
from askqa_builder.errors import AskqaError, UsageError
from askqa_builder.pools import NO_WORKERS, STARTING_SECONDS

_MOST_FAILED_STARTS = 5
_PATIENCE = 600.0
"""Seconds that a build waits for the cluster to place its first actor; new machines may have to be started."""

_POLL_SECONDS = 1.0

Tag = TypeVar("Tag")


@dataclass(frozen=True)
class Answer(Generic[Tag]):
    """What came of a call. value: the first of what it returned. outputs: the others, which stay where they are."""

    tag: Tag
    value: Any
    outputs: Sequence[ray.ObjectRef]


@dataclass(frozen=True)
class Loss(Generic[Tag]):
    """A call that gave no answer. suspect: it was being done when its actor, or a process of that, ended or hung, and
    may have caused it.

    gone: what it needed or gave was on a machine that is gone, so that it cannot simply be made again.
    """

    tag: Tag
    happened: str
    suspect: bool
    gone: bool = False


@dataclass(eq=False)
class _Call(Generic[Tag]):
    """A call under way. tag: None for those that open an actor. seconds: that it may take."""

    tag: Tag | None
    refs: Sequence[ray.ObjectRef]
    seconds: float


@dataclass(eq=False)
class Member(Generic[Tag]):
    """A place in a crew and the actor that fills it at present.

    calls: under way, in order. placed: the cluster has found a machine for it. is_open: it has all it needs. sign: when
    it last gave a sign of life. failed_starts: actors in a row that ended before they were open.
    """

    actor: ActorHandle
    calls: list[_Call[Tag]] = field(default_factory=list)
    placed: bool = False
    is_open: bool = False
    sign: float = 0.0
    failed_starts: int = 0

    @property
    def tags(self) -> list[Tag]:
        """Of the calls under way."""
        return [call.tag for call in self.calls if call.tag is not None]


class Crew(Generic[Tag]):
    """A fixed number of places for actors.

    hire: makes an actor; it has the methods `hello` and `open`. opening: arguments of `open`. at_once: calls that an
    actor does at the same time. start_seconds: that it may take to open.
    """

    def __init__(
        self,
        size: int,
        hire: Callable[[], ActorHandle],
        opening: Sequence[Any],
        start_seconds: float,
        at_once: int = 1,
    ) -> None:
        self._hire = hire
        self._opening = [ray.put(argument) for argument in opening]
        self._start_seconds = start_seconds
        self._at_once = at_once
        self._begun = time.monotonic()
        self._members: list[Member[Tag]] = [Member(hire()) for _ in range(size)]
        for member in self._members:
            self._greet(member)

    def __len__(self) -> int:
        return len(self._members)

    @property
    def refs(self) -> list[ray.ObjectRef]:
        """One for each call under way, to wait for."""
        return [call.refs[0] for member in self._members for call in member.calls]

    @property
    def tags(self) -> list[Tag]:
        """Of the calls under way."""
        return [tag for member in self._members for tag in member.tags]

    def free(self) -> list[Member[Tag]]:
        """Members that can take another call, those with the fewest first: each has one in reserve."""
        free = [member for member in self._members if member.is_open and len(member.calls) <= self._at_once]
        return sorted(free, key=lambda member: len(member.calls))

    def ask(
        self, member: Member[Tag], tag: Tag, method: str, *arguments: Any, seconds: float, outputs: int = 0
    ) -> None:
        """Call a method of a member's actor. seconds: that it may take. outputs: values it returns beside the first."""
        self._call(member, tag, method, arguments, self._start_seconds + seconds, outputs)

    def settle(self) -> Iterator[Answer[Tag] | Loss[Tag]]:
        """Yield what has become of calls since the last time, and replace actors that have ended or hang.

        Raises AskqaError: what an actor reports, or that actors do not start.
        """
        refs = self.refs
        done = set(ray.wait(refs, num_returns=len(refs), timeout=0, fetch_local=False)[0]) if refs else set()
        for member in self._members:
            for call in [call for call in member.calls if call.refs[0] in done]:
                if call in member.calls:  # not lost with one before it
                    yield from self._settle(member, call)
            if member.calls and time.monotonic() - member.sign > sum(call.seconds for call in member.calls):
                yield from self._replace(member, "the worker gave no answer in time")
        self._look_for_life()

    def stop(self) -> None:
        """End all actors at once."""
        for member in self._members:
            ray.kill(member.actor)

    def _settle(self, member: Member[Tag], call: _Call[Tag]) -> Iterator[Answer[Tag] | Loss[Tag]]:
        try:
            value = ray.get(call.refs[0])
        except (RayActorError, NodeDiedError, OutOfMemoryError, WorkerCrashedError) as error:
            if getattr(error, "_actor_init_failed", False):  # our actors do nothing there: their code is not found
                raise UsageError(
                    f"a machine of the cluster cannot run a worker: {str(error).strip().splitlines()[-1]}; install the "
                    "same askqa-builder, with the same extras, on all machines"
                ) from error
            yield from self._replace(member, _how(error))
            return
        except ObjectLostError:
            value, lost = None, True
        except RayTaskError as error:
            lost = isinstance(error.cause, RayError)  # one of its arguments was lost
            if not lost:
                member.calls.remove(call)
                raise _reported(error) from error
        except RayError as error:
            raise AskqaError(f"Ray fails ({type(error).__name__}: {error}); run the same command again") from error
        else:
            lost = False
        member.calls.remove(call)
        member.sign = time.monotonic()
        if call.tag is None:
            self._open_up(member)
        elif lost:
            yield Loss(call.tag, "what a machine held is gone", suspect=False, gone=True)
        elif isinstance(value, Ended):
            yield Loss(call.tag, value.happened, suspect=True)
        else:
            yield Answer(call.tag, value, call.refs[1:])

    def _greet(self, member: Member[Tag]) -> None:
        """Wait for a new actor to be placed, which may take as long as it likes."""
        self._call(member, None, "hello", (), math.inf, 0)

    def _open_up(self, member: Member[Tag]) -> None:
        """Let an actor that is placed open what it needs; one that has done so is open."""
        if member.placed:
            member.is_open, member.failed_starts = True, 0
        else:
            member.placed = True
            self._call(member, None, "open", tuple(self._opening), STARTING_SECONDS + self._start_seconds, 0)

    def _call(
        self,
        member: Member[Tag],
        tag: Tag | None,
        method: str,
        arguments: Sequence[Any],
        seconds: float,
        outputs: int,
    ) -> None:
        if not member.calls:
            member.sign = time.monotonic()
        refs = getattr(member.actor, method).options(num_returns=1 + outputs).remote(*arguments)
        member.calls.append(_Call(tag, refs if outputs else [refs], seconds))

    def _replace(self, member: Member[Tag], happened: str) -> Iterator[Loss[Tag]]:
        """Put a new actor in the place of one that is no good any more, and yield what that had to do."""
        ray.kill(member.actor)
        calls, member.calls = member.calls, []
        if not member.is_open:
            member.failed_starts += 1
            if member.failed_starts > _MOST_FAILED_STARTS:
                raise AskqaError(f"{NO_WORKERS} ({happened})")
        member.is_open = member.placed = False
        member.actor = self._hire()
        self._greet(member)
        for place, call in enumerate(calls):
            if call.tag is not None:
                yield Loss(call.tag, happened, suspect=place < self._at_once)

    def _look_for_life(self) -> None:
        if any(member.placed for member in self._members):
            self._begun = time.monotonic()
        elif time.monotonic() - self._begun > _PATIENCE:
            raise AskqaError(
                f"Ray has had no place for a worker for {_PATIENCE / 60:.0f} minutes: others use the cluster, or it "
                "lacks CPUs or GPUs; look at `ray status`, and run the same command again"
            )


def wait_for(*crews: Crew[Any]) -> None:
    """Wait a moment for any call of any crew."""
    refs = [ref for crew in crews for ref in crew.refs]
    if refs:
        ray.wait(refs, num_returns=1, timeout=_POLL_SECONDS, fetch_local=False)


def _how(error: RayError) -> str:
    if isinstance(error, OutOfMemoryError):
        return "the worker was ended for want of memory"
    if isinstance(error, NodeDiedError):
        return "the worker's machine is gone"
    return "the worker ended"


def _reported(error: RayTaskError) -> AskqaError:
    """Return what an actor's method raised as one of our errors."""
    if isinstance(error.cause, AskqaError):
        return error.cause
    what = f"{type(error.cause).__name__}: {error.cause}".rstrip(": ")
    return AskqaError(f"a worker failed ({what}); run the same command again, and report it if it stays")
