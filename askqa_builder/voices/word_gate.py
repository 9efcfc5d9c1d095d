"""A profile set's `gate`: how far what a recogniser hears may be from what was to be spoken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from askqa_builder.errors import UsageError
from askqa_builder.voices.engine_choice import EngineChoice, options_json
from askqa_builder.voices.section import Place, Section, shown

_DEFAULT_RECOGNISER = "whisper"


@dataclass(frozen=True)
class WordGate:
    """An utterance whose word error rate is above `wer` is spoken once more, then rejected.

    recogniser: what listens, by name and with its options.
    """

    wer: float
    recogniser: EngineChoice

    def to_json(self) -> dict[str, Any]:
        """Return the canonical form, which `parse_word_gate` reads."""
        return {"wer": self.wer, "asr": self.recogniser.name, "options": self.recogniser.portable_options}


def parse_word_gate(data: object, place: Place) -> WordGate:
    """Check `{wer: 0.3, asr: whisper, options: {model: small.en}}`; `wer` must be there. Raises UsageError.

    Options that end in `_path` are found from the folder of the file.
    """
    section = Section(data, place, ("wer", "asr", "options"), required=("wer",))
    wer, name = section.get("wer"), section.get("asr", _DEFAULT_RECOGNISER)
    if isinstance(wer, bool) or not isinstance(wer, int | float) or not 0 < wer <= 1:
        raise UsageError(f"{section.at('wer')}: {shown(wer)} is not a share above 0 and up to 1, such as 0.3")
    if not isinstance(name, str) or not name:
        raise UsageError(f"{section.at('asr')}: {shown(name)} is not a recogniser's name, such as whisper")
    options = options_json(section.get("options", {}), section.at("options"))
    model = section.get("options", {}).get("model")
    if isinstance(model, str) and model.startswith((".", "/", "~")):
        raise UsageError(f"{section.at('options')}: model: {shown(model)} is a folder; give it as model_path")
    return WordGate(float(wer), EngineChoice(name, options))
