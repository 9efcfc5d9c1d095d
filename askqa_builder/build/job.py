"""A build with everything settled that is settled before speaking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from askqa_builder.build.options import BuildOptions
from askqa_builder.build.plan import Plan
from askqa_builder.build.recipe import Recipe
from askqa_builder.corpus.rejects import Reject


@dataclass(frozen=True, eq=False)
class Job:
    """A build with everything settled that is settled before speaking.

    about: what the manifest says of where the text comes from and how it is spoken. files: those that rejects name, in
    the order of the plan. unread: what was rejected on reading.
    """

    options: BuildOptions
    recipe: Recipe
    about: Mapping[str, Any]
    files: Sequence[str]
    config_digest: str
    plan: Plan
    unread: tuple[Reject, ...]

    @property
    def identity(self) -> dict[str, str]:
        """What makes this build the same as another one: settings and sources, and what goes to which file."""
        return {"config_digest": self.config_digest, "plan_digest": self.plan.digest}
