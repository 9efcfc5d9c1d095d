"""The styles of a dataset of which some roles are kept: those of kept roles and those newly drawn, in one manifest."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from askqa_builder.errors import UsageError

_HOW = ("draw", "text_label", "suits")


def with_kept_styles(
    dataset: Path, manifest: Mapping[str, Any], described: Mapping[str, Any], kept: Collection[str]
) -> dict[str, Any]:
    """Return the profiles, and who labels texts, with what the old manifest says of the styles of kept roles.

    described: the new manifest, whose roles are complete. kept: roles of which one at least draws styles. Raises
    UsageError where a manifest cannot say both: the same name for two styles, or styles drawn in two ways.
    """
    told, profiles = manifest["profiles"]["styles"], described["profiles"]
    roles = manifest["profiles"]["roles"]
    drawn = {name for role in kept for weights in roles[role].get("styles", {}).values() for name in weights}
    named = drawn.union(*told.get("suits", {}).values())
    define = {name: style for name, style in told["define"].items() if name in named}
    labeller = {key: manifest[key] for key in ("text_labeller",) if key in manifest}
    new = profiles.get("styles")
    if new is None:
        return {"profiles": {**profiles, "styles": {**told, "define": define}}, **labeller}
    remedy = f"give another set with --profiles, or redraw {', '.join(sorted(kept))} too"
    if any(new.get(key) != told.get(key) for key in _HOW):
        raise UsageError(f"{dataset}: styles of kept turns were drawn otherwise than this profile set says; {remedy}")
    for name in define.keys() & new["define"].keys():
        if define[name] != new["define"][name]:
            raise UsageError(f"{dataset}: its style {name} is another one than this profile set's; {remedy}")
    both = dict(sorted({**define, **new["define"]}.items()))
    return {"profiles": {**profiles, "styles": {**new, "define": both}}, **labeller}
