"""Models behind a server with OpenAI's `POST /v1/chat/completions` that takes audio."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from askqa_builder.chat.answer import Messages, Question, UnfitAnswerError, is_unicode
from askqa_builder.chat.model import ChatModel
from askqa_builder.chat.options import ChatOptions
from askqa_builder.disk_cache import CacheSettings
from askqa_builder.evaluation.models.model import OutOfReachError, Request, Response
from askqa_builder.evaluation.models.sound import Sound, as_wav
from askqa_builder.export.chat import text_part
from askqa_builder.seeds import short_hash


class EndpointModel:
    """A chat model that is given the clips as `input_audio` (WAV, as they are), then the prompt, in one message.

    vLLM, SGLang, LiteLLM and hosted models take such requests ("Audio and speech" in OpenAI's guides). Without clips it
    is a text model. system: text of a system message before it. seed: sent with each request, as far as the server
    heeds it. Threads may share it. Raises UsageError where key or URL cannot be used.
    """

    def __init__(
        self, options: ChatOptions, system: str | None = None, seed: int = 0, cache: CacheSettings | None = None
    ) -> None:
        self._options = options
        self._system = system
        self._seed = seed
        self._chat = ChatModel(options, cache)
        self.concurrency = options.concurrency

    @property
    def identity(self) -> dict[str, Any]:
        """What may change its responses; where the server is only as a hash, and only where no revision tells."""
        options = self._options
        server = None if options.revision else short_hash("server", options.base_url.rstrip("/"))
        return {**options.identity, "server": server, "system": self._system, "seed": self._seed}

    def respond(self, request: Request) -> Response:
        """Ask once; what the server repeats while it is away, is `ChatOptions.patience`.

        An answer that is cut off at the most tokens is kept as far as it goes: that is what the model says. Raises as
        `Model.respond` does; OutOfReachError also where the server refuses this request, which tells nothing of the
        model: it may be too long for it.
        """
        try:
            answer = self._chat.ask(Question(self._messages(request), seed=self._seed))
        except UnfitAnswerError as error:
            return _unfit(error)
        return Response(
            answer.text.strip(),
            seconds=answer.seconds,
            prompt_tokens=answer.prompt_tokens,
            completion_tokens=answer.completion_tokens,
        )

    def close(self) -> None:
        """Drop the connections."""
        self._chat.close()

    def _messages(self, request: Request) -> Messages:
        system = [] if self._system is None else [{"role": "system", "content": self._system}]
        if not request.clips:  # servers of text models take no list of parts
            return [*system, {"role": "user", "content": request.prompt}]
        sounds = [_audio_part(clip, request.sampling_rate) for clip in request.clips]
        return [*system, {"role": "user", "content": [*sounds, text_part(request.prompt)]}]


def _audio_part(clip: Sound, sampling_rate: int) -> dict[str, Any]:
    data = b64encode(as_wav(clip, sampling_rate)).decode("ascii")
    return {"type": "input_audio", "input_audio": {"data": data, "format": "wav"}}


def _unfit(error: UnfitAnswerError) -> Response:
    answer = error.answer
    if answer is None:  # it is the server that does not answer this, with a status or with nonsense
        raise OutOfReachError(str(error)) from error
    text = answer.text.strip() if error.reason == "cut_off" and is_unicode(answer.text) else ""
    return Response(
        text,
        unfit=error.reason,
        seconds=answer.seconds,
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
    )
