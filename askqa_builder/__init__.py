"""askqa-builder: spoken dialogue datasets in which the assistant must ask back.

The commands of `askqa` are functions here: `from askqa_builder import build, regenerate, verify`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from askqa_builder.build.estimating import estimate_build
    from askqa_builder.build.regeneration import regenerate
    from askqa_builder.build.run import build
    from askqa_builder.build.script import script
    from askqa_builder.evaluation.comparing import compare_runs
    from askqa_builder.evaluation.run import evaluate
    from askqa_builder.evaluation.several import evaluate_several
    from askqa_builder.evaluation.task_sets.judge_validity import judge_validity
    from askqa_builder.evaluation.task_sets.run import evaluate_tasks
    from askqa_builder.evaluation.task_sets.several import evaluate_task_sets
    from askqa_builder.export.run import export
    from askqa_builder.filtering.filter import filter_dataset as filter
    from askqa_builder.publishing.push import push
    from askqa_builder.report.listening.sheet import listening_sheet
    from askqa_builder.report.report import report
    from askqa_builder.report.stats import stats
    from askqa_builder.scoring.score import score
    from askqa_builder.styles.annotate import annotate, annotate_recordings
    from askqa_builder.tasks.questions import questions
    from askqa_builder.tasks.run import tasks
    from askqa_builder.verify.run import verify

__all__ = [
    "__version__",
    "annotate",
    "annotate_recordings",
    "build",
    "compare_runs",
    "estimate_build",
    "evaluate",
    "evaluate_several",
    "evaluate_task_sets",
    "evaluate_tasks",
    "export",
    "filter",
    "judge_validity",
    "listening_sheet",
    "push",
    "questions",
    "regenerate",
    "report",
    "score",
    "script",
    "stats",
    "tasks",
    "verify",
]

__version__ = "0.1.0"

_FUNCTIONS = {
    "annotate": ("askqa_builder.styles.annotate", "annotate"),
    "annotate_recordings": ("askqa_builder.styles.annotate", "annotate_recordings"),
    "build": ("askqa_builder.build.run", "build"),
    "compare_runs": ("askqa_builder.evaluation.comparing", "compare_runs"),
    "estimate_build": ("askqa_builder.build.estimating", "estimate_build"),
    "evaluate": ("askqa_builder.evaluation.run", "evaluate"),
    "evaluate_several": ("askqa_builder.evaluation.several", "evaluate_several"),
    "evaluate_task_sets": ("askqa_builder.evaluation.task_sets.several", "evaluate_task_sets"),
    "evaluate_tasks": ("askqa_builder.evaluation.task_sets.run", "evaluate_tasks"),
    "export": ("askqa_builder.export.run", "export"),
    "filter": ("askqa_builder.filtering.filter", "filter_dataset"),
    "judge_validity": ("askqa_builder.evaluation.task_sets.judge_validity", "judge_validity"),
    "listening_sheet": ("askqa_builder.report.listening.sheet", "listening_sheet"),
    "push": ("askqa_builder.publishing.push", "push"),
    "questions": ("askqa_builder.tasks.questions", "questions"),
    "regenerate": ("askqa_builder.build.regeneration", "regenerate"),
    "report": ("askqa_builder.report.report", "report"),
    "score": ("askqa_builder.scoring.score", "score"),
    "script": ("askqa_builder.build.script", "script"),
    "stats": ("askqa_builder.report.stats", "stats"),
    "tasks": ("askqa_builder.tasks.run", "tasks"),
    "verify": ("askqa_builder.verify.run", "verify"),
}


def __getattr__(name: str) -> Any:
    """Import the functions when they are asked for: `askqa --help` must not wait for numpy and pyarrow."""
    if name not in _FUNCTIONS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, function = _FUNCTIONS[name]
    return getattr(import_module(module), function)
