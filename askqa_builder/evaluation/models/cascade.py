"""A cascade: a recogniser writes down what is heard, and a model reads that."""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import Any

from askqa_builder.evaluation.models.model import Model, Request, Response, close, concurrency_of, identity_of
from askqa_builder.evaluation.models.prompts import AnyPrompts
from askqa_builder.evaluation.models.sound import Sound, as_mono, sound_digest
from askqa_builder.recognition.recogniser import Clip, Recogniser


class Cascade:
    """Another model reads what a recogniser has understood of each clip, a line each, in place of the clips.

    As a control of a model that hears, with that model as its backbone: what end-to-end hearing is worth beyond words.
    A clip that was recognised is not recognised again: rounds and branches share the story.
    """

    def __init__(self, backbone: Model, recogniser: Recogniser, prompts: AnyPrompts) -> None:
        self._backbone = backbone
        self._recogniser = recogniser
        self._prompts = prompts
        self._recognised: dict[str, str] = {}
        self._lock = Lock()  # recognisers are for one thread
        self.concurrency = concurrency_of(backbone)

    @property
    def identity(self) -> dict[str, Any]:
        """What may change its responses."""
        return {"backbone": identity_of(self._backbone), "recogniser": self._recogniser.info.to_json()}

    def respond(self, request: Request) -> Response | str:
        """Respond to what was understood; where nothing is heard, to the prompt. Raises as the backbone does."""
        if not request.clips:
            return self._backbone.respond(request)
        heard = "\n".join(self._recognise(clip, request.sampling_rate) for clip in request.clips)
        prompt = self._prompts.for_cascade(request, heard)
        said = self._backbone.respond(replace(request, clips=(), turns=(), prompt=prompt))
        response = said if isinstance(said, Response) else Response(said)
        # how long a cascade takes is how long both take
        return replace(response, heard=heard, prompt=prompt, seconds=None)

    def close(self) -> None:
        """Release recogniser and backbone."""
        self._recogniser.close()
        close(self._backbone)

    def _recognise(self, clip: Sound, sampling_rate: int) -> str:
        name = sound_digest(clip, sampling_rate)
        with self._lock:
            if name not in self._recognised:
                (text,) = self._recogniser.transcribe([Clip(as_mono(clip), sampling_rate)])
                self._recognised[name] = text
            return self._recognised[name]
