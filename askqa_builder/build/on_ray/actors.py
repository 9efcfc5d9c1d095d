"""What runs on Ray's workers: actors that make a block's rows, or that speak, or that do all but speaking.

They do what the local executors' processes do, and have such processes to speak (see `child`). Where a block ends or
hangs one, the conversation that is to blame is looked for as locally, so that both find the same.
"""

from __future__ import annotations

import itertools
import os
import socket
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import wait
from pathlib import Path

from askqa_builder.build.local_executor import block_seconds, pack_block, seconds_alone, try_take
from askqa_builder.build.on_ray.child import Child, Ended
from askqa_builder.build.on_ray.node import check_node
from askqa_builder.build.plan import Block
from askqa_builder.build.recall import Batches
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.speaker import Speaker, SpeakingJob
from askqa_builder.build.speaker_executor import try_finish, try_plan, working_seconds
from askqa_builder.build.speakers import POLL_SECONDS, Speakers
from askqa_builder.build.spool import PackedBlock, Spool, pack, read_pickled, write_pickled
from askqa_builder.build.worker import Recalled, SpokenBatches, open_worker
from askqa_builder.errors import AskqaError, UsageError, as_our_own
from askqa_builder.processes import compute_on_one_core, keep_freed_memory


class _Actor:
    """An actor that keeps open what blocks need."""

    _recipe: Recipe

    def hello(self) -> None:
        """Answer: the actor has a place."""

    def open(self, recipe: Recipe, versions: Mapping[str, str], away: bool) -> None:
        """Open what blocks need. versions: of the libraries where the build runs. away: this may be another machine.

        Raises UsageError where it would make other samples, or cannot make any.
        """
        with _crossing():
            keep_freed_memory()
            compute_on_one_core()
            self._recipe = recipe
            try:
                check_node(recipe, versions)
                self._start()
            except UsageError as error:
                if not away:
                    raise
                raise UsageError(f"the machine {socket.gethostname()} of the cluster: {error}") from error

    def _start(self) -> None:
        raise NotImplementedError


class Maker(_Actor):
    """Does all three steps of a block."""

    def _start(self) -> None:
        self._child = Child(self._recipe, Path(os.devnull), speaking=True)  # it hands over all that it makes

    def make(self, block: Block, poison: Mapping[int, str]) -> PackedBlock | Ended:
        """Make a block's rows."""
        with _crossing():
            made: PackedBlock | Ended
            made = self._child.run(pack_block, block, poison, timeout=block_seconds(block, self._recipe))
            return made

    def find_poison(self, block: Block, known: Mapping[int, str]) -> dict[int, str]:
        """Return the takes of a block that end or hang whoever makes them, beside those known."""
        with _crossing():
            return self._child.find_poison(try_take, block, known, lambda take: seconds_alone(take, self._recipe))


class Helper(_Actor):
    """Plans and finishes blocks that are spoken elsewhere."""

    def _start(self) -> None:
        opened = open_worker(self._recipe, self._recipe.devices[0], speaking=False)
        self._worker = ExitStack().enter_context(opened)  # until the process ends

    def plan(self, block: Block, poison: Mapping[int, str]) -> tuple[bool, Recalled, Batches]:
        """Tell whether anything of a block has to be spoken; return what need not, and what is to be spoken."""
        with _crossing():
            recalled, texts = self._worker.plan(block, poison)
            return bool(texts), recalled, texts

    def finish(
        self, block: Block, poison: Mapping[int, str], recalled: Recalled, speech: SpokenBatches | None
    ) -> PackedBlock:
        """Make the rows of a block that was spoken; speech: None where all of it was before."""
        with _crossing():
            finished = self._worker.finish(block, poison, recalled, speech or {})
            return pack(block.index, finished.rows, finished.rejects)

    def find_poison(
        self, block: Block, known: Mapping[int, str], recalled: Recalled | None, speech: SpokenBatches | None
    ) -> dict[int, str]:
        """Return the takes of a block that end or hang whoever finishes them, or plans them where none is recalled."""
        with _crossing(), _folder() as folder:
            if recalled is not None:
                write_pickled(Spool(folder).recalled_path(block.index), recalled)
                write_pickled(Spool(folder).speech_path(block.index), speech or {})
            step = try_plan if recalled is None else try_finish
            child = Child(self._recipe, folder, speaking=False)
            try:
                return child.find_poison(step, block, known, lambda _: working_seconds(block, self._recipe))
            finally:
                child.stop()


class RaySpeaker(_Actor):
    """Speaks through a speaking process as the local executor has them; threads may call it."""

    def _start(self) -> None:
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._done: set[int] = set()
        self._speaker = Speaker(self._recipe, self._recipe.devices[0])
        while not self._speaker.ready:
            self._listen()

    def speak(self, seconds: Sequence[float], *texts: Batches) -> tuple[float | SpokenBatches, ...]:
        """Return how long it took to speak, then what was spoken of each block. seconds: estimated, of each."""
        with _crossing(), _folder() as folder:
            begun = time.monotonic()
            jobs = [self._send(length, batches, folder) for length, batches in zip(seconds, texts, strict=True)]
            numbers = {job.number for job in jobs}
            while not numbers <= self._done:
                self._listen()
            with self._lock:
                self._done -= numbers
            taken = time.monotonic() - begun
            return taken, *(read_pickled(folder / f"{job.number}.speech") for job in jobs)

    def find_poison(self, block: Block, known: Mapping[int, str]) -> dict[int, str]:
        """Return the takes of a block that end or hang who speaks them, beside those known."""
        speakers = Speakers(self._recipe)
        with _crossing(), _folder() as folder:
            try:
                speakers.start()
                return speakers.find_poison(0, block, known, folder / "texts")
            finally:
                speakers.stop()

    def _send(self, seconds: float, batches: Batches, folder: Path) -> SpeakingJob:
        with self._lock:
            number = next(self._numbers)
            job = SpeakingJob(number, seconds, folder / f"{number}.texts", folder / f"{number}.speech")
            write_pickled(job.texts, batches)
            self._speaker.send(job)
        return job

    def _listen(self) -> None:
        """Wait a moment, and note what is done; this actor ends with its speaking process, and is replaced."""
        wait([self._speaker.connection, self._speaker.sentinel], timeout=POLL_SECONDS)
        with self._lock:
            try:
                self._done.update(self._speaker.receive())
            except EOFError:
                os._exit(1)


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="askqa-") as name:
        yield Path(name)


@contextmanager
def _crossing() -> Iterator[None]:
    """Turn whatever goes wrong into one of our errors, which survives the way to the build.

    An engine may even call `sys.exit`, which would end the actor as if it were done.
    """
    try:
        yield
    except AskqaError as error:
        raise as_our_own(error) from None
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        raise AskqaError(f"a worker failed: {where}{error.strerror or error}") from None
    except BaseException as error:
        what = f"{type(error).__name__}: {error}".rstrip(": ")
        raise AskqaError(f"a worker failed ({what}); run the same command again, and report it if it stays") from None
