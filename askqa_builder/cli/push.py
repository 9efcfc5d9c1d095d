"""`askqa push`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from askqa_builder.publishing.push import PushPlan, PushReport
    from askqa_builder.publishing.terms import Confirm, Terms


def push_command(
    dataset: Annotated[Path, typer.Argument(help="Folder of a built dataset.")],
    repo_id: Annotated[str, typer.Argument(metavar="ORG/NAME", help="Dataset repository; made if it is missing.")],
    private: Annotated[bool, typer.Option("--private", help="Make the repository private.")] = False,
    revision: Annotated[str, typer.Option(metavar="BRANCH", help="Branch to push to; made if it is missing.")] = "main",
    domains: Annotated[str | None, typer.Option(help="Leave out all but these domains, as mctest,cnn.")] = None,
    redistributable: Annotated[
        bool, typer.Option("--redistributable", help="Leave out text whose licence does not allow passing it on.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Publish such text without asking; for scripts.")] = False,
    allow_demo_voices: Annotated[
        bool, typer.Option("--allow-demo-voices", help="Publish speech of voices that are not meant for research.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be pushed; no token, no network.")] = False,
) -> int:
    """Publish a dataset on the Hugging Face Hub, after verifying it; after a kill the same command goes on."""
    from askqa_builder.publishing.push import plan_push, push

    if dry_run:
        plan = plan_push(
            dataset, repo_id, private=private, revision=revision, domains=domains, redistributable=redistributable,
            say=say,
        )  # fmt: skip
        for line in _plan_lines(plan, yes, allow_demo_voices):
            print(line)
        return 0
    report = push(
        dataset,
        repo_id,
        private=private,
        revision=revision,
        domains=domains,
        redistributable=redistributable,
        yes=yes,
        allow_demo_voices=allow_demo_voices,
        confirm=confirm_on_terminal(),
        say=say,
    )
    print(describe_push(report))
    return 0


def say(line: str) -> None:
    """Print a line of progress."""
    print(line, file=sys.stderr, flush=True)


def confirm_on_terminal() -> Confirm | None:
    """Return what asks the user about terms, None where nobody sits at a terminal."""
    return _ask if sys.stdin is not None and sys.stdin.isatty() else None


def describe_push(report: PushReport) -> str:
    """Return the last line of a push."""
    if not report.changed:
        return f"already there: {report.url} ({report.revision}, tag {report.tag}): {report.rows} rows"
    deleted = f", {report.deleted} old files deleted" if report.deleted else ""
    return (
        f"pushed: {report.url} ({report.revision}, tag {report.tag}): {report.rows} rows, "
        f"{report.sent / 1e6:.1f} MB of shards{deleted}"
    )


def _ask(terms: Terms) -> bool:
    for line in terms.lines():
        say(line)
    what = "text that may not be redistributed" if terms.restricted else "recordings of people without a licence"
    print(f"Publish {what}? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _plan_lines(plan: PushPlan, yes: bool, allow_demo_voices: bool) -> Iterator[str]:
    most = "at most " if plan.narrowed else ""
    target = plan.target
    yield f"dataset  {plan.dataset}: {plan.rows} rows, {most}{plan.files} files, {most}{plan.bytes / 1e6:.1f} MB"
    yield f"to       {target.repo_id}, branch {target.revision}{', private' if target.private else ''}"
    yield from term_lines(plan.terms, yes, allow_demo_voices)


def term_lines(terms: Terms, yes: bool, allow_demo_voices: bool) -> Iterator[str]:
    """Yield the terms of a dataset, and what a push would ask or refuse."""
    yield from terms.lines()
    if terms.demo and not allow_demo_voices:
        yield "refused  without --allow-demo-voices: these voices are not meant for research"
    if terms.restricted and not yes:
        yield "asks     whether to publish text that may not be redistributed; --yes, --redistributable, --domains"
    if terms.unlicensed and not yes:
        yield "asks     whether to publish recordings of people without a licence; --yes"
