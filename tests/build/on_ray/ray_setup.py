"""Ray's processes as tests see them, and engines that are installed for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from harness import Item, is_gone

ENGINES = Path(__file__).parent.parent


@dataclass(frozen=True)
class RunningCluster:
    """A cluster of this machine. cluster: of `ray.cluster_utils`. environment: what its workers and builds have."""

    cluster: Any
    address: str
    environment: dict[str, str]

    @property
    def options(self) -> list[str]:
        """The options of a build on it."""
        return ["--executor", "ray", "--ray-address", self.address]


def actors(kind: str) -> list[psutil.Process]:
    """The processes of actors of one class that are alive, in clusters that this process or a build of its started."""
    return [process for process in psutil.Process().children(recursive=True) if f"ray::{kind}" in _name(process)]


def _name(process: psutil.Process) -> str:
    """What a process calls itself; empty for one that is gone."""
    try:
        return "" if is_gone(process) else " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def left(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that are alive, but for two that Ray lets try for a minute to tell a killed cluster of its end."""
    return [process for process in processes if (name := _name(process)) and "Agent" not in name]


def marked(item: Item, marker: str) -> Item:
    """The item with a marker word in its last question."""
    return {
        **item,
        "id": f"marked-{marker}",
        "target_turn": {**item["target_turn"], "question": f"What did {marker} do?"},
    }
