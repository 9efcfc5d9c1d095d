"""What runs on Ray's workers: actors that make a block's rows, or that speak, or that do all but speaking.

They do what the local executors' processes do. Where a block ends or hangs them, the one of its conversations that is
to blame is looked for in processes of their own, as locally, so that both find the same.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from askqa_builder.build.local_executor import seconds_alone, try_take
from askqa_builder.build.on_ray.node import check_node
from askqa_builder.build.plan import Block, Take
from askqa_builder.build.poison import find_poison
from askqa_builder.build.recall import Batches
from askqa_builder.build.recipe import Recipe
from askqa_builder.build.shared_engines import SWITCH_SECONDS, SharedEngines
from askqa_builder.build.speaker_executor import try_finish, try_plan, working_seconds
from askqa_builder.build.speakers import Speakers
from askqa_builder.build.spool import PackedBlock, Spool, pack, write_pickled
from askqa_builder.build.steps import Finished
from askqa_builder.build.worker import Recalled, SpokenBatches, Worker, open_worker
from askqa_builder.build.worker_pool import worker_pool
from askqa_builder.errors import AskqaError, UsageError, as_our_own
from askqa_builder.pools import until_done
from askqa_builder.processes import compute_on_one_core, keep_freed_memory


class _Actor:
    """An actor that keeps open what a worker needs."""

    _speaking: bool
    _worker: Worker
    _lifetime: ExitStack

    def hello(self) -> None:
        """Answer: the actor has a place."""

    def open(self, recipe: Recipe, versions: Mapping[str, str], away: bool) -> None:
        """Open what blocks need. versions: of the libraries where the build runs. away: this may be another machine.

        Raises UsageError where it would make other samples, or cannot make any.
        """
        with _crossing():
            keep_freed_memory()
            compute_on_one_core()
            self._lifetime = ExitStack()
            try:
                check_node(recipe, versions)
                opened = open_worker(recipe, recipe.devices[0], speaking=self._speaking)
                self._worker = self._lifetime.enter_context(opened)
            except UsageError as error:
                if not away:
                    raise
                raise UsageError(f"the machine {socket.gethostname()} of the cluster: {error}") from error


class Maker(_Actor):
    """Does all three steps of a block."""

    _speaking = True

    def make(self, block: Block, poison: Mapping[int, str]) -> PackedBlock:
        """Make a block's rows."""
        with _crossing():
            return _packed(block, self._worker.make(block, poison))

    def find_poison(self, block: Block, known: Mapping[int, str]) -> dict[int, str]:
        """Return the takes of a block that end or hang whoever makes them, beside those known."""
        recipe = self._worker.recipe

        def seconds(take: Take) -> float:
            return seconds_alone(take, recipe)

        with _crossing(), _folder() as folder:
            return _find_poison(recipe, folder, True, try_take, block, known, seconds)


class Helper(_Actor):
    """Plans and finishes blocks that are spoken elsewhere."""

    _speaking = False

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
            return _packed(block, self._worker.finish(block, poison, recalled, speech or {}))

    def find_poison(
        self, block: Block, known: Mapping[int, str], recalled: Recalled | None, speech: SpokenBatches | None
    ) -> dict[int, str]:
        """Return the takes of a block that end or hang whoever finishes them, or plans them where none is recalled."""
        recipe = self._worker.recipe

        def seconds(_: Take) -> float:
            return working_seconds(block, recipe)

        with _crossing(), _folder() as folder:
            if recalled is None:
                return _find_poison(recipe, folder, False, try_plan, block, known, seconds)
            write_pickled(Spool(folder).recalled_path(block.index), recalled)
            write_pickled(Spool(folder).speech_path(block.index), speech or {})
            return _find_poison(recipe, folder, False, try_finish, block, known, seconds)


class RaySpeaker(_Actor):
    """Speaks for several blocks at once, in two threads."""

    _speaking = True

    def open(self, recipe: Recipe, versions: Mapping[str, str], away: bool) -> None:
        """Open as any actor, to speak."""
        super().open(recipe, versions, away)
        sys.setswitchinterval(SWITCH_SECONDS)
        self._engines = SharedEngines(self._worker.engines, self._worker.check)

    def speak(self, *texts: Batches) -> tuple[float | SpokenBatches, ...]:
        """Return how many seconds it took to speak, then what was spoken of each block."""
        with _crossing():
            begun = time.monotonic()
            spoken = self._engines.speak(texts)
            return time.monotonic() - begun, *spoken

    def find_poison(self, block: Block, known: Mapping[int, str]) -> dict[int, str]:
        """Return the takes of a block that end or hang who speaks them, beside those known."""
        speakers = Speakers(self._worker.recipe)
        with _crossing(), _folder() as folder:
            try:
                speakers.start()
                return speakers.find_poison(0, block, known, folder / "texts")
            finally:
                speakers.stop()


def _packed(block: Block, finished: Finished) -> PackedBlock:
    return pack(block.index, finished.rows, finished.rejects)


def _find_poison(
    recipe: Recipe,
    folder: Path,
    speaking: bool,
    step: Callable[..., None],
    block: Block,
    known: Mapping[int, str],
    seconds: Callable[[Take], float],
) -> dict[int, str]:
    """Look for poison with a process of this actor's own."""

    def search() -> Iterator[dict[int, str]]:
        with worker_pool(1, recipe, folder, speaking=speaking) as pool:
            try:
                yield find_poison(pool, step, block, known, seconds)
            finally:
                pool.stop()
                pool.join()

    return next(until_done(search))


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
