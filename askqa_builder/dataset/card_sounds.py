"""What a card says of the sound, in words: who speaks, with what, through which channel, and who has listened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from askqa_builder.dataset.card_page import escape
from askqa_builder.voices.profiles import RECORDING


def who_spoke(roles: Mapping[str, Any]) -> dict[str, str]:
    """Return the roles that people have recorded, and those that engines speak, in words."""
    recorded = [role for role, entry in roles.items() if entry["engine"] == RECORDING]
    spoken = [role for role in roles if role not in recorded]
    return {"recorded": escape(" and ".join(recorded)), "spoken": escape(" and ".join(spoken))}


def engine_words(engine: Mapping[str, Any]) -> str:
    """Name engine, library, model and revision; what a profile set says of them may be anything."""
    model = f", model {escape(engine['model'])}" if engine["model"] else ""
    revision = f", revision {escape(engine['revision'])}" if engine["revision"] else ""
    return f"{engine['name']} ({engine['library']} {engine['version']}{model}{revision})"


def engine_licence(engine: Mapping[str, Any]) -> str:
    """Name an engine with the licence of what it speaks with."""
    return f"{engine['name']}: {escape(engine['licence'])}"


def watermarks(engines: Sequence[Mapping[str, Any]]) -> list[str]:
    """Name the marks that engines leave in what they speak."""
    return [f"{engine['name']}: {escape(engine['watermark'])}" for engine in engines if engine.get("watermark")]


def cloned_clips(roles: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the recordings from which voices were cloned, each once; those of an emotion after the voice's own."""
    entries = [entry for role in roles.values() for entry in role["voices"] if isinstance(entry, dict)]
    clips = {entry["speaker"]: entry for entry in entries}
    named = [
        (name, clip)
        for voice, entry in sorted(clips.items())
        for name, clip in [(voice, entry), *((f"{voice}, {one}", clip) for one, clip in _emotions(entry).items())]
    ]
    return [
        {"voice": escape(name), "sha256": clip["sha256"], "licence": escape(clip.get("licence") or "unknown")}
        for name, clip in named
    ]


def _emotions(entry: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
    clips: Mapping[str, Mapping[str, Any]] = entry.get("emotions", {})
    return clips


def has_gender_from_f0(profiles: Mapping[str, Any]) -> bool:
    """Tell whether a voice's gender was taken from its pitch."""
    table = profiles.get("voice_table", {"voices": {}})
    return any(entry["source"] == "f0" and entry["gender"] for entry in table["voices"].values())


def profile_sets(manifest: Mapping[str, Any]) -> str:
    """Name the set, or the sets with the roles that were drawn from each."""
    by_role = manifest.get("regenerated", {}).get("profile_sets", {})
    roles_of: dict[str, list[str]] = {}
    for role, name in by_role.items():
        roles_of.setdefault(name, []).append(role)
    if len(roles_of) < 2:
        return str(manifest["profiles"]["name"])
    return ", ".join(f"{name} ({', '.join(roles)})" for name, roles in roles_of.items())


def channel_words(channel: Mapping[str, Any] | None) -> str:
    """Say in words what lies between the voices and the listener; nothing where nothing does."""
    if channel is None:
        return ""
    parts = []
    if "room" in channel:
        room = channel["room"]
        parts.append(f"room (RT60 {_drawn(room['rt60'])} s, {_drawn(room['distance'])} m from the microphone)")
    if "noise" in channel:
        noise = channel["noise"]
        recordings = sum(isinstance(source, dict) for source in noise["sources"])
        names = [escape(source) for source in noise["sources"] if isinstance(source, str)]
        names += [f"{recordings} recording{'s' if recordings != 1 else ''}"] if recordings else []
        parts.append(f"noise ({', '.join(names)}; SNR {_drawn(noise['snr'])} dB)")
    if "telephone" in channel:
        parts.append(f"telephone (300 to 3400 Hz, ITU-T G.711 {' or '.join(channel['telephone']['codec'])})")
    return ", then ".join(parts)


def _drawn(distribution: object) -> str:
    """Show a distribution as a profile set has it."""
    if not isinstance(distribution, list):
        return f"{distribution:g}"
    kind, *numbers = distribution
    return f"[{', '.join([kind, *(f'{number:g}' for number in numbers)])}]"


def noise_recordings(channel: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """Return the recordings of noise that were mixed in."""
    sources = [] if channel is None or "noise" not in channel else channel["noise"]["sources"]
    return [
        {
            "file": escape(source["file"]),
            "sha256": source["sha256"],
            "licence": escape(source.get("licence") or "unknown"),
        }
        for source in sources
        if isinstance(source, dict)
    ]


def gate_words(gate: Mapping[str, Any] | None, who: Mapping[str, Any] | None) -> str:
    """Say in words what speech had to pass."""
    if gate is None or who is None:
        return ""
    listener = escape(f"{who['name']} {who['version']}, model {who['model']} ({who['licence']}),")
    return f"an utterance is kept where {listener} hears it with a word error rate of at most {gate['wer']:g}"


def listeners(scoring: Mapping[str, Any]) -> list[str]:
    """Say in words who has listened to the turns, and how well the voices were understood."""
    texts = []
    for kind, columns in (("asr", "asr_text, wer"), ("mos", "mos")):
        if kind in scoring:
            who = scoring[kind]
            texts.append(f"{columns}: {who['name']} {who['version']}, model {who['model']} ({who['licence']})")
    rates = sorted(voice["baseline"] for voice in scoring.get("voices", []) if voice["baseline"] is not None)
    if rates and texts:
        texts.append(f"median error rate of a voice: {rates[0]:.1%} (the best) to {rates[-1]:.1%} (the worst)")
    return texts
