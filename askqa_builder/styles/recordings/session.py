"""One run on a folder of recordings: each is listened to, then all labels are written, one line for each recording."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from askqa_builder.dataset.listening.hearing import Hearing, open_hearings
from askqa_builder.dataset.listening.parts import Part
from askqa_builder.dataset.listening.store import HeardStore
from askqa_builder.dataset.manifest import canonical_digest
from askqa_builder.dataset.scores import mark
from askqa_builder.digests import sha256_of
from askqa_builder.errors import UsageError
from askqa_builder.files import atomic_write, remove_temporaries, storage_errors
from askqa_builder.locking import LOCK_NAME, lock_folder, release
from askqa_builder.progress import Progress, Totals
from askqa_builder.seeds import digest
from askqa_builder.styles.figures import Figures, window_of
from askqa_builder.styles.labelling import LabelledWindow, Overall, Settings, label, of_word, overall
from askqa_builder.styles.listeners import AffectChoice, described, verdict_of
from askqa_builder.styles.recordings.files import Recording, RecordingError, heard_windows, read_header
from askqa_builder.styles.recordings.words import TimedWord, read_words, words_file
from askqa_builder.styles.windows import Window
from askqa_builder.voices.emotion import DIMENSIONS

if TYPE_CHECKING:
    from typing_extensions import Self

_STORE = "affect.sqlite"

_CHUNK = 32
"""Windows that are decoded before they are listened to."""

_LINES = "lines"
"""Under which the store keeps finished recordings, beside what listeners heard."""


@dataclass(frozen=True)
class RecordingsReport:
    """Annotated recordings. rejected: how many are left out, with the reason in the file `rejects`."""

    out: Path
    recognisers: Mapping[str, Mapping[str, Any]]
    figures: Mapping[str, Any]
    recordings: int
    rejected: int
    rejects: str
    already_complete: bool


@dataclass(frozen=True)
class OutFiles:
    """The files that a run writes: labels, what is left out, who has labelled; and its state while it runs."""

    labels: Path

    @property
    def rejects(self) -> Path:
        """What is left out, with the reason."""
        return self.labels.with_name(f"{self.labels.stem}.rejected.jsonl")

    @property
    def about(self) -> Path:
        """Recognisers, settings and figures."""
        return self.labels.with_name(f"{self.labels.stem}.about.json")

    @property
    def state(self) -> Path:
        """What is there only until the run is done."""
        return self.labels.with_name(f".{self.labels.name}.askqa")


class RecordingsSession:
    """An output locked, with recognisers open; use as a context manager."""

    def __init__(
        self, out: Path, choices: Mapping[str, AffectChoice], settings: Settings, workers: int, progress: Progress
    ) -> None:
        """Prepare to let the chosen recognisers listen. Raises UsageError where `out` is not to be written to."""
        self._files = OutFiles(out)
        self._choices = choices
        self._settings = settings
        self._workers = workers
        self._progress = progress
        self._wanted: dict[str, dict[str, Any]] = {}
        self._hearings: dict[str, Hearing] = {}
        self._stack = ExitStack()
        if not out.absolute().parent.is_dir():
            raise UsageError(f"{out}: there is no such folder; make it first")
        if out.is_dir() or (out.exists() and not self._files.about.is_file()):
            raise UsageError(f"{out} is there and holds no labels of ours; choose another file")

    def __enter__(self) -> Self:
        with self._stack:
            self._wanted, self._hearings = open_hearings(
                self._choices, described, self._workers, self._progress, self._stack
            )
            self._lock()
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _lock(self) -> None:
        state = self._files.state
        with storage_errors(f"write to {state.parent}"):
            state.mkdir(exist_ok=True)
            refusal = f"another command is writing {self._files.labels}; wait for it or stop it"
            self._stack.callback(release, lock_folder(state, refusal))
            self._stack.callback(self._leave)
            remove_temporaries(state)

    def _leave(self) -> None:
        """Remove our state, unless there is something to go on with."""
        if not (self._files.state / _STORE).exists():
            (self._files.state / LOCK_NAME).unlink(missing_ok=True)
            with suppress(OSError):
                self._files.state.rmdir()

    def run(self, recordings: list[Recording]) -> RecordingsReport:
        """Annotate recordings, unless these very ones have been annotated so."""
        who = {"recognisers": self._wanted, "settings": self._settings.to_json()}
        made_from = canonical_digest({**who, "recordings": [self._identity(one).hex() for one in recordings]})
        about = self._finished(made_from)
        if about is not None:
            return self._report(about, already_complete=True)
        with HeardStore(self._files.state / _STORE) as store:
            self._listen(recordings, store)
            about = {**who, **self._write(recordings, store), "made_from": made_from}
            with atomic_write(self._files.about) as file:
                file.write(json.dumps(about, indent=1).encode("ascii"))
            store.remove()
        return self._report(about, already_complete=False)

    def _report(self, about: Mapping[str, Any], already_complete: bool) -> RecordingsReport:
        return RecordingsReport(
            out=self._files.labels,
            recognisers=about["recognisers"],
            figures=about["figures"],
            recordings=about["figures"]["recordings"],
            rejected=sum(about["rejected"].values()),
            rejects=self._files.rejects.name,
            already_complete=already_complete,
        )

    def _finished(self, made_from: str) -> dict[str, Any] | None:
        try:
            about: dict[str, Any] = json.loads(self._files.about.read_bytes())
            files = [self._files.labels, *([self._files.rejects] if about["rejected"] else [])]
            done = about["made_from"] == made_from and all(file.is_file() for file in files)
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or not whole: all is labelled anew
        return about if done else None

    def _identity(self, recording: Recording) -> bytes:
        """Name a recording and its words as they are now."""
        beside = words_file(recording.path)
        words = "" if beside is None else f"{beside.name} {beside.stat().st_size} {beside.stat().st_mtime_ns}"
        told = json.dumps([recording.name, recording.size, recording.changed, words])
        return digest(told, mark({"who": self._wanted, "settings": self._settings.to_json()}))

    def _listen(self, recordings: list[Recording], store: HeardStore) -> None:
        done = [one for one in recordings if (_LINES, self._identity(one)) in store]
        self._progress.start(self._totals(recordings), self._totals(done))
        try:
            for recording in recordings:
                key = self._identity(recording)
                if (_LINES, key) not in store:
                    line = self._line_or_reject(recording, store)
                    store.add(_LINES, {key: json.dumps(line)})
                    self._progress.advance(1, 0.0, 0.0)
        finally:
            self._progress.stop()

    def _totals(self, recordings: list[Recording]) -> Totals:
        return Totals(len(recordings), sum(one.seconds for one in recordings))

    def _line_or_reject(self, recording: Recording, store: HeardStore) -> dict[str, Any]:
        try:
            return self._line(recording, store)
        except RecordingError as error:
            return {"file": recording.name, "reason": error.reason, "detail": str(error)}

    def _line(self, recording: Recording, store: HeardStore) -> dict[str, Any]:
        """Listen to a recording and return its labels."""
        header = read_header(recording)
        beside = words_file(recording.path)
        words = None if beside is None else read_words(beside)
        heard: list[tuple[Window, bytes | None]] = []
        share = 1 / len(self._hearings)
        for hearing in self._hearings.values():
            heard.clear()
            chunks = self._chunks(recording, header.sampling_rate, heard)
            hearing.hear(chunks, store, counting=False, share=share)
        silent = sum(window.end - window.start for window, part in heard if part is None)
        self._progress.advance(0, silent / header.sampling_rate, 0.0)
        rate = header.sampling_rate
        windows = [self._labelled(window, part, rate, store) for window, part in heard if part is not None]
        whole = overall(windows, self._settings.least_share)
        return {
            "file": recording.name,
            "sha256": sha256_of(recording.path),
            "duration": heard[-1][0].end / rate,
            "sampling_rate": rate,
            "channels": header.channels,
            "windows": [window.to_json() for window in windows],
            "silent_windows": len(heard) - len(windows),
            "summary": (whole or Overall()).to_json(),
            **({} if words is None else {"words": [_labelled_word(word, windows) for word in words]}),
        }

    def _chunks(
        self, recording: Recording, rate: int, heard: list[tuple[Window, bytes | None]]
    ) -> Iterator[list[Part]]:
        """Yield parts of a recording, a few at a time, and fill in `heard` on the way."""
        chunk: list[Part] = []
        for one in heard_windows(recording, self._settings.windowing):
            if one.silent:
                heard.append((one.window, None))
                continue
            where = f"{one.window.start / rate:.1f} s of {recording.name!r}"
            part = Part.of(where, one.samples.copy(), rate, one.window.end - one.window.start)
            heard.append((one.window, part.digest))
            chunk.append(part)
            if len(chunk) == _CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _labelled(self, window: Window, part: bytes, rate: int, store: HeardStore) -> LabelledWindow:
        votes = {name: verdict_of(store.value(mark(who), part)) for name, who in self._wanted.items()}
        return label(window.start / rate, window.end / rate, votes, self._settings)

    def _write(self, recordings: list[Recording], store: HeardStore) -> dict[str, Any]:
        """Write labels and rejects from what the store keeps, and return what to tell of them."""
        figures = Figures({name: who["tells"] for name, who in self._wanted.items()})
        reasons: Counter[str] = Counter()
        with atomic_write(self._files.labels) as labels, atomic_write(self._files.rejects) as rejects:
            for recording in recordings:
                line = json.loads(str(store.value(_LINES, self._identity(recording))))
                target = rejects if "reason" in line else labels
                target.write(json.dumps(line).encode("ascii") + b"\n")
                if "reason" in line:
                    reasons[line["reason"]] += 1
                    continue
                windows = [window_of(window) for window in line["windows"]]
                whole = overall(windows, self._settings.least_share)
                figures.add(windows, whole, line["duration"], unheard=line["silent_windows"])
        if not reasons:
            with storage_errors(f"remove {self._files.rejects.name}"):
                self._files.rejects.unlink()
        return {"figures": figures.to_json("recordings"), "rejected": dict(sorted(reasons.items()))}


def _labelled_word(word: TimedWord, windows: list[LabelledWindow]) -> dict[str, Any]:
    affect = of_word(word.start, word.end, windows)
    labels = {"emotion": affect.category, **{name: getattr(affect, name) for name in DIMENSIONS}}
    return {"word": word.word, "start": word.start, "end": word.end, **labels}
