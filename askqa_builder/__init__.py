"""askqa-builder: spoken dialogue datasets in which the assistant must ask back.

The commands of `askqa` are functions here: `from askqa_builder import build, estimate_build, verify`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askqa_builder.build.run import build, estimate_build
    from askqa_builder.filtering.filter import filter_dataset as filter
    from askqa_builder.publishing.push import push
    from askqa_builder.scoring.score import score
    from askqa_builder.verify.run import verify

__all__ = ["__version__", "build", "estimate_build", "filter", "push", "regenerate", "score", "verify"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the functions when they are asked for: `askqa --help` must not wait for numpy and pyarrow."""
    if name in ("build", "estimate_build"):
        from askqa_builder.build import run

        return getattr(run, name)
    if name == "regenerate":
        from askqa_builder.build.regeneration import regenerate

        return regenerate
    if name == "verify":
        from askqa_builder.verify.run import verify

        return verify
    if name == "score":
        from askqa_builder.scoring.score import score

        return score
    if name == "filter":
        from askqa_builder.filtering.filter import filter_dataset

        return filter_dataset
    if name == "push":
        from askqa_builder.publishing.push import push

        return push
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
