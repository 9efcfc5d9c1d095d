"""Any server with OpenAI's `POST /v1/audio/speech`: Kokoro-FastAPI, vLLM's speech models, LocalAI, hosted ones.

The request is that of OpenAI's API reference ("Create speech"). Word times are those of Kokoro-FastAPI
(`/dev/captioned_speech`), clips to clone go as vLLM-Omni takes them (`ref_audio`, `ref_text`). Whether the same
request gives the same samples is the server's affair, and so is determinism.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from mimetypes import guess_type
from threading import Event
from typing import Any

import numpy as np

from askqa_builder.endpoint import (
    AwayError,
    GarbledError,
    RefusedError,
    RequestError,
    patiently,
)
from askqa_builder.errors import EngineError, SpeechError, UsageError
from askqa_builder.seeds import derive_seed
from askqa_builder.speech.engine import EngineInfo, Pace, Samples, Speech, Utterance, WordTime
from askqa_builder.speech.engines.openai.audio import decode, require_whole
from askqa_builder.speech.engines.openai.options import Options
from askqa_builder.speech.engines.openai.words import read_timed_words, tie
from askqa_builder.speech.instructions import instructions_for
from askqa_builder.speech.letters import joined_letters
from askqa_builder.speech.pieces import Span, split_text
from askqa_builder.voices.emotion import Affect
from askqa_builder.voices.reference import Reference
from askqa_builder.voices.voice import Voice

PROBE = "Yes, of course."
"""What a voice is asked to say to see whether server and set-up are in order."""

_PROBE_PATIENCE = 15.0
_SEED_BITS = 0x7FFF_FFFF


@dataclass(frozen=True)
class _Heard:
    """The speech of one request."""

    samples: Samples
    sample_rate: int
    words: tuple[WordTime, ...] = ()


class OpenAIEngine:
    """Voices of a speech server, several requests at once.

    A request is repeated while the server is away or its answer is no whole speech. What the server refuses, or
    fails at though it speaks other texts, becomes a SpeechError; EngineError where it stays away and UsageError
    where key, model or voice are wrong end the build.

    references: clips by the name of the voice that is cloned from them. options: those of `Options`.
    Raises UsageError where an option is wrong or no server answers with speech.
    """

    def __init__(self, *, references: Mapping[str, Reference] | None = None, **options: Any) -> None:
        try:
            self._options = options_ = Options.read(options)
            self._endpoint = options_.connect()
        except UsageError as error:
            raise UsageError(f"engine 'openai': {error}") from error
        # of the engine, not of a call: several calls may be under way
        self._threads = ThreadPoolExecutor(options_.concurrency, thread_name_prefix="speech")
        self._references = dict(references or {})
        clips = [clip for reference in self._references.values() for clip in reference.clips]
        self._clips = {clip.sha256: _clip(clip) for clip in clips}
        self._proven: set[str] = set()
        self._sample_rate: int | None = None
        try:
            self._voices = self._find_voices()
            first = next(iter(self._references or self._voices))
            self._sample_rate = self._first_words(first)
        except BaseException:
            self.close()
            raise
        patience = options_.patience + _PROBE_PATIENCE + 2 * options_.timeout
        self._info = EngineInfo(
            name="openai",
            library="OpenAI-compatible endpoint",
            version="v1",
            model=options_.model,
            revision=options_.revision,
            licence=options_.licence,
            sample_rate=self._sample_rate,
            # a server may be far slower than real time, and every request has a time limit of its own
            pace=Pace(170.0, minimum_speed=0.05, start_seconds=60.0 + patience, apart=True),
            numeric_mode="remote",
            watermark=options_.watermark,
        )

    @property
    def info(self) -> EngineInfo:
        """Model, revision, licence and watermark as the options tell them; nothing of where the server is."""
        return self._info

    @property
    def voices(self) -> Mapping[str, Voice]:
        """The voices of the option or of the server's list, and those cloned from clips."""
        return self._voices

    def speak(self, batch: Sequence[Utterance]) -> list[Speech | SpeechError]:
        """Speak a batch with `concurrency` requests under way; item i answers utterance i.

        Raises EngineError where the server stays away, and UsageError where it refuses key, model or voice.
        """
        jobs = [(place, span) for place, one in enumerate(batch) for span in self._pieces(one.text)]
        stop = Event()
        futures = [self._threads.submit(self._speak_piece, batch[place], span, stop) for place, span in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = [future for future in futures if future.done() and future.exception()]
        finally:
            stop.set()
            for future in futures:
                future.cancel()
        if failed:
            failed[0].result()
        heard: list[list[tuple[Span, _Heard | SpeechError]]] = [[] for _ in batch]
        for (place, span), future in zip(jobs, futures, strict=True):
            heard[place].append((span, future.result()))
        return [_joined(pieces) for pieces in heard]

    def close(self) -> None:
        """Drop the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._endpoint.close()

    def _find_voices(self) -> dict[str, Voice]:
        cloned = {name: self._cloned_voice(reference) for name, reference in self._references.items()}
        listed = self._options.listed_voices()
        if listed is None:
            listed = {} if cloned else {name: self._options.voice(name) for name in self._ask_for_voices()}
        return {**listed, **cloned}

    def _cloned_voice(self, reference: Reference) -> Voice:
        voice = self._options.voice(reference.name)
        emotions = voice.controls.emotions | reference.speakable
        return replace(voice, controls=replace(voice.controls, emotions=emotions))

    def _ask_for_voices(self) -> list[str]:
        try:
            answer = patiently(lambda: self._endpoint.get("audio/voices"), self._first_patience, Event())
            found = answer.json()["voices"]
            names = [one if isinstance(one, str) else str(one["id"] if "id" in one else one["name"]) for one in found]
        except AwayError as error:
            raise self._no_server(error) from error
        except (UsageError, RequestError, KeyError, TypeError) as error:
            raise UsageError(
                f"{self._endpoint}: lists no voices under /audio/voices; name them: `options: {{voices: […]}}`"
            ) from error
        if not names:
            raise UsageError(f"{self._endpoint}: has no voices")
        return sorted(set(names))

    @property
    def _first_patience(self) -> float:
        return min(self._options.patience, _PROBE_PATIENCE)

    def _first_words(self, voice: str) -> int:
        """Let a voice say something, and return the sample rate in Hz. Raises UsageError."""
        try:
            heard = patiently(partial(self._ask, self._probe(voice)), self._first_patience, Event())
        except AwayError as error:
            raise self._no_server(error) from error
        except RequestError as error:
            raise UsageError(f"{self._endpoint}: does not speak in the voice {voice!r}: {error}") from error
        self._proven.add(voice)
        return heard.sample_rate

    def _no_server(self, error: AwayError) -> UsageError:
        return UsageError(f"{self._endpoint}: no speech from there: {error}; start the server or mend base_url")

    def _pieces(self, text: str) -> list[Span]:
        return split_text(text, self._options.most_characters)

    def _speak_piece(self, utterance: Utterance, span: Span, stop: Event) -> _Heard | SpeechError:
        request = Utterance(
            joined_letters(utterance.text[slice(*span)]),
            utterance.voice,
            rate=utterance.rate,
            seed=derive_seed(utterance.seed, span[0]) & _SEED_BITS,
            emotion=utterance.emotion,
            instructions=utterance.instructions,
        )
        try:
            heard = patiently(partial(self._ask, request), self._options.patience, stop)
        except RequestError as trouble:
            if stop.is_set():
                return SpeechError("abandoned")  # nobody asks any more
            return self._blame(trouble, utterance.voice, stop)
        self._proven.add(utterance.voice)
        return heard

    def _blame(self, trouble: RequestError, voice: str, stop: Event) -> SpeechError:
        """Return the error of one text where the voice still speaks another, else raise the server's."""
        if isinstance(trouble, AwayError) and trouble.certain:
            raise self._gave_up(trouble)
        if not (isinstance(trouble, RefusedError) and voice in self._proven):
            try:
                patiently(partial(self._ask, self._probe(voice)), self._first_patience, stop)
            except RefusedError as error:
                raise UsageError(f"{self._endpoint}: does not speak in the voice {voice!r}: {error}") from error
            except RequestError as error:
                raise self._gave_up(error) from error
            self._proven.add(voice)
        return SpeechError(f"the server does not speak this text: {trouble}")

    def _gave_up(self, trouble: RequestError) -> EngineError:
        return EngineError(
            f"{self._endpoint}: no speech any more: {trouble}; run the same command again when the server is back"
        )

    def _probe(self, voice: str) -> Utterance:
        """Return what a voice says to show that it speaks; with an emotion, so that a server may refuse to be told."""
        told = sorted(self._options.told_emotions)
        return Utterance(PROBE, voice, emotion=Affect(told[0]) if told else None)

    def _ask(self, request: Utterance) -> _Heard:
        """Make one request. Raises RequestError or UsageError."""
        captioned = self._options.word_times is not None
        body = {**self._options.extra_body, **self._fields(request)}
        if not captioned:
            answer = self._endpoint.post("audio/speech", body)
            samples, rate = decode(answer.body, answer.media_type, self._options.sample_rate)
            self._require(request, samples, rate)
            return _Heard(samples, rate)
        answer = self._endpoint.post("../dev/captioned_speech", {**body, "stream": False, "return_timestamps": True})
        audio, times = _captioned(answer.body)
        samples, rate = decode(audio, "", self._options.sample_rate)
        self._require(request, samples, rate)
        return _Heard(samples, rate, tuple(tie(request.text, read_timed_words(times), len(samples), rate)))

    def _require(self, request: Utterance, samples: Samples, rate: int) -> None:
        require_whole(request.text, len(samples) / rate, request.rate)
        if self._sample_rate not in (None, rate):
            raise GarbledError(f"speech at {rate} Hz, not {self._sample_rate} as before")

    def _fields(self, request: Utterance) -> dict[str, Any]:
        options = self._options
        fields: dict[str, Any] = {
            "model": options.model,
            "input": request.text,
            "response_format": options.response_format,
        }
        if request.voice in self._references:
            fields.update(self._clips[self._references[request.voice].spoken_from(request.emotion).sha256])
        else:
            fields["voice"] = request.voice
        if request.rate != 1.0:
            fields["speed"] = round(request.rate, 4)
        if options.seed:
            fields["seed"] = request.seed
        told = [text for text in (options.instructions, self._manner(request)) if text is not None]
        if told:
            fields[options.instructions_field] = "\n".join(told)
        return fields

    def _manner(self, request: Utterance) -> str | None:
        """Return how to speak in words, for a model that is told an emotion so; a clip tells it by itself."""
        if request.emotion is None or request.emotion.category not in self._options.told_emotions:
            return None
        return request.instructions or instructions_for(request.emotion)


def _clip(reference: Reference) -> dict[str, str]:
    """Return the fields of a request that clones: the file as a data URL, and what is said in it."""
    try:
        content = reference.path.read_bytes()
    except OSError as error:
        raise UsageError(f"engine 'openai': {reference.file} cannot be read: {error.strerror}") from error
    kind = guess_type(reference.file)[0] or "audio/wav"
    fields = {"ref_audio": f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"}
    return fields if reference.text is None else {**fields, "ref_text": reference.text}


def _captioned(body: bytes) -> tuple[bytes, list[Any]]:
    """Return file and word times of one JSON object, or of several one after the other. Raises GarbledError."""
    audio = b""
    times: list[Any] = []
    try:
        for part in _json_objects(body.decode("utf-8")):
            audio += base64.b64decode(part["audio"], validate=True)
            times += part["timestamps"] or []
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise GarbledError("an answer that is not audio with timestamps") from error
    return audio, times


def _json_objects(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    place = 0
    while text := text[place:].lstrip():
        found, place = decoder.raw_decode(text)
        yield found


def _joined(pieces: Sequence[tuple[Span, _Heard | SpeechError]]) -> Speech | SpeechError:
    """Join the pieces of an utterance; one that failed is the error of all."""
    heard = []
    words: list[WordTime] = []
    offset = 0
    for (start, _), piece in pieces:
        if isinstance(piece, SpeechError):
            return piece
        words += [
            WordTime(word.start + offset, word.end + offset, word.char_start + start, word.char_end + start)
            for word in piece.words
        ]
        heard.append(piece)
        offset += len(piece.samples)
    if not heard:
        return SpeechError("there is nothing to say in the text")
    return Speech(np.concatenate([piece.samples for piece in heard]), heard[0].sample_rate, tuple(words))
