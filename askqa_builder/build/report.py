"""What a build says of itself before it begins and when it is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from askqa_builder.corpus.rejects import Reject
from askqa_builder.dataset.card_styles import DRAWN_HOW
from askqa_builder.voices.profiles import RECORDING


@dataclass(frozen=True)
class BuildReport:
    """A finished dataset.

    rows, hours: by configuration. rejected: items left out, by reason. voices: what speaks, in words.
    already_complete: nothing was left to do.
    """

    dataset: Path
    rows: Mapping[str, int]
    hours: Mapping[str, float]
    rejected: Mapping[str, int]
    voices: str
    already_complete: bool

    @property
    def exit_code(self) -> int:
        """0, or 3 where items were rejected."""
        return 3 if self.rejected else 0


@dataclass(frozen=True)
class Estimate:
    """What a build would do, from its plan and one conversation spoken on this machine.

    rows: by configuration. hours: of recordings. size: bytes. seconds: of wall time with the workers asked for, without
    what the gate's recogniser takes. rejected: items that were refused on reading, by reason. shards: files. gate: that
    recogniser's name, None without one.
    """

    conversations: int
    rows: Mapping[str, int]
    hours: float
    size: int
    seconds: float
    workers: int
    shards: int
    rejected: Mapping[str, int]
    gate: str | None
    voices: str


def describe_voices(manifest: Mapping[str, Any]) -> str:
    """Name engine and voices in a few words, so that nobody mistakes a demo for the real thing."""
    profiles = manifest["profiles"]
    engines = ", ".join(
        "recordings of people" if engine["name"] == RECORDING else f"{engine['name']} {engine['version']}"
        for engine in manifest["engines"]
    )
    entries = [entry for role in profiles["roles"].values() for entry in role["voices"]]
    names = sorted({entry["speaker"] if isinstance(entry, dict) else entry for entry in entries})
    shown = f"voices {', '.join(names)}" if len(names) <= 6 else f"{len(names)} voices to draw from"
    demo = " (demo voices)" if profiles["demo"] else ""
    channel = f", channel: {' + '.join(profiles['channel'])}" if "channel" in profiles else ""
    return f"{engines}, {shown}{demo}{channel}{_styles(profiles)}"


def _styles(profiles: Mapping[str, Any]) -> str:
    """Say in a few words which styles are drawn, and how."""
    if "styles" not in profiles:
        return ""
    drawn = [weights for role in profiles["roles"].values() for weights in role.get("styles", {}).values()]
    names = sorted({name for weights in drawn for name in weights})
    shown = f"styles {', '.join(names)}" if len(names) <= 4 else f"{len(names)} styles"
    return f", {shown} ({DRAWN_HOW[profiles['styles']['draw']]})"


def reasons(rejects: Iterable[Reject]) -> dict[str, int]:
    """Count rejects by reason, sorted."""
    return dict(sorted(Counter(reject.reason for reject in rejects).items()))
