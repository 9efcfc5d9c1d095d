"""What a model asks and a user replies, spoken in the voices of their row: for many dialogues at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any

from askqa_builder.build.voicing.line import Line, Row, SpokenLine
from askqa_builder.build.voicing.longer_row import longer_row
from askqa_builder.build.voicing.row_voices import RowVoices
from askqa_builder.corpus.conversation import Act, Role
from askqa_builder.errors import SpeechError
from askqa_builder.recording.encode import FORMATS

if TYPE_CHECKING:
    from typing_extensions import Self

_LOSSLESS = FORMATS["flac"]

Spoken = list[SpokenLine | SpeechError]


class SpeakingDesk:
    """Speaks for the threads that dialogues run in, all that waits in one batch: engines are fastest at many lines.

    A context manager; the voices are the caller's.
    """

    def __init__(self, voices: RowVoices) -> None:
        self._voices = voices
        self._waiting: SimpleQueue[tuple[Sequence[Line], Future[Spoken]] | None] = SimpleQueue()
        self._thread = Thread(target=self._serve, name="speaking", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._waiting.put(None)
        self._thread.join()

    def go_on(self, row: Row, question: str, reply: str) -> dict[str, Any]:
        """Return a row, its audio as FLAC, that goes on with the assistant's question and the user's reply.

        row: whole, with its audio. Raises SpeechError where one of the two cannot be spoken, EngineError where an
        engine is out of order.
        """
        turns = len(row["turns"])
        lines = [
            Line(row, Role.ASSISTANT, Act.CLARIFYING_QUESTION, question, turns),
            Line(row, Role.USER, Act.CLARIFICATION, reply, turns + 1),
        ]
        future: Future[Spoken] = Future()
        self._waiting.put((lines, future))
        spoken = []
        for one in future.result():
            if isinstance(one, SpeechError):
                raise one
            spoken.append(one)
        return longer_row(row, spoken, self._voices.go_on(row, spoken), _LOSSLESS)

    def _serve(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            while not self._waiting.empty():
                further = self._waiting.get()
                if further is None:
                    self._waiting.put(None)
                    break
                batch.append(further)
            self._speak(batch)

    def _speak(self, batch: Sequence[tuple[Sequence[Line], Future[Spoken]]]) -> None:
        try:
            spoken = self._voices.speak([line for lines, _ in batch for line in lines])
        except Exception as error:  # whatever it is, it is told to those who wait
            for _, future in batch:
                future.set_exception(error)
            return
        place = 0
        for lines, future in batch:
            future.set_result(spoken[place : place + len(lines)])
            place += len(lines)
