"""What tells a run from others: all that may change what is said in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from askqa_builder import __version__
from askqa_builder.dataset.manifest import canonical_digest
from askqa_builder.dataset.source import Source
from askqa_builder.evaluation.folder import DIALOGUES_KIND
from askqa_builder.evaluation.options import EvaluationOptions

FORMAT_VERSION = "1.0"


def dataset_digest(source: Source) -> str:
    """Return a digest of all files of a dataset."""
    return canonical_digest([record.sha256 for record in source.records])


def identity_of(
    source: Source, options: EvaluationOptions, subject: dict[str, Any], others: Sequence[Any], voices: Any
) -> dict[str, Any]:
    """Return a run's identity. others: of classifiers and user. voices: who speaks, None where nobody hears it."""
    made_from = {
        "format_version": FORMAT_VERSION,
        "askqa_builder": __version__,
        "dataset": dataset_digest(source),
        "subject": subject,
        "others": list(others),
        "voices": voices,
        "options": options.to_json(),
    }
    return {"kind": DIALOGUES_KIND, "config_digest": canonical_digest(made_from)}
