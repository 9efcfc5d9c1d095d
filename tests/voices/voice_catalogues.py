"""Hand-made catalogues and profile sets for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askqa_builder.voices.profile_files import parse_profile_set
from askqa_builder.voices.profiles import ProfileSet
from askqa_builder.voices.resolution import ResolvedProfileSet, resolve
from askqa_builder.voices.voice import Controls, Voice

NO_CONTROLS = Controls(rate=None, pitch=None, word_times=False)


def voice(name: str, gender: str | None = None, accent: str | None = None, controls: Controls = NO_CONTROLS) -> Voice:
    return Voice(name, "en", gender, accent, "catalogue" if gender or accent else "unknown", controls)


def catalogue(*voices: Voice | str) -> dict[str, Voice]:
    made = [one if isinstance(one, Voice) else voice(one) for one in voices]
    return {one.name: one for one in made}


def numbered(count: int, women: int = 0) -> dict[str, Voice]:
    """`count` voices v000, v001, … of which the first `women` are female, the others male."""
    return catalogue(*(voice(f"v{i:03d}", "female" if i < women else "male") for i in range(count)))


FLITE = catalogue(voice("slt", "female"), voice("rms", "male"), voice("awb", "male"), voice("kal16", "male"))


def profile_data(narrator: Sequence[str], user: Sequence[str], assistant: Sequence[str], **keys: Any) -> dict[str, Any]:
    """A set as YAML would give it, with `keys` besides."""
    roles = {"narrator": narrator, "user": user, "assistant": assistant}
    return {
        "engine": "toy",
        "roles": {role: {"voices": list(found)} for role, found in roles.items()},
        **keys,
    }


def parsed(data: dict[str, Any]) -> ProfileSet:
    return parse_profile_set(data, name="toy", source="toy.yaml")


def resolved(data: dict[str, Any], voices: dict[str, Voice]) -> ResolvedProfileSet:
    profile_set = parsed(data)
    return resolve(profile_set, dict.fromkeys(profile_set.engines, voices))
