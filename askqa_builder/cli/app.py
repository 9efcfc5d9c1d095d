"""The application: its commands, and how errors become one line and an exit code."""

from __future__ import annotations

import io
import os
import sys
from typing import Annotated, NoReturn

import typer

from askqa_builder import __version__
from askqa_builder.cli import (
    build,
    evaluate,
    export,
    filter,
    push,
    regenerate,
    report,
    score,
    script,
    show,
    stats,
    styles,
    tasks,
    verify,
    voices,
)
from askqa_builder.cli.telling import telling
from askqa_builder.errors import AskqaError, UsageError

INTERRUPTED = 130

app = typer.Typer(
    name="askqa",
    help="Build spoken dialogue datasets in which the user is ambiguous and the assistant must ask back.",
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("build")(build.build_command)
app.command("regenerate")(regenerate.regenerate_command)
app.command("verify")(verify.verify_command)
app.command("profiles")(voices.profiles_command)
app.command("voices")(voices.voices_command)
app.command("show")(show.show_command)
app.command("script")(script.script_command)
app.command("score")(score.score_command)
app.command("filter")(filter.filter_command)
app.command("export")(export.export_command)
app.command("evaluate")(evaluate.evaluate_command)
app.command("report")(report.report_command)
app.command("stats")(stats.stats_command)
app.command("tasks")(tasks.tasks_command)
app.add_typer(styles.styles_app, name="styles")
app.command("push")(push.push_command)


@app.callback(invoke_without_command=True)
def askqa(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    """Build spoken dialogue datasets in which the user is ambiguous and the assistant must ask back."""
    if version:
        print(f"askqa-builder {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        print(context.get_help())
        raise typer.Exit(UsageError.exit_code)


def main() -> NoReturn:
    """Run the command line with the process's arguments."""
    _settle_streams()
    sys.exit(run(sys.argv[1:]))


def _settle_streams() -> None:
    """Make standard output and error usable: closed ones lead nowhere, others take any character."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - open to the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(arguments: list[str]) -> int:
    """Run the command line and return the exit code; errors are one line on stderr."""
    try:
        with telling():
            result = app(args=arguments, prog_name="askqa", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _fail(f"{error.format_message()} (see {_command(error)} --help)", UsageError.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted()
    except AskqaError as error:
        return _fail(str(error), error.exit_code)
    except MemoryError:
        return _fail("out of memory; use fewer --workers and run the same command again", AskqaError.exit_code)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has gone: nobody is left to be told
        return AskqaError.exit_code
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _fail(f"{where}{error.strerror or error}", AskqaError.exit_code)
    if result == INTERRUPTED:  # what typer makes of a KeyboardInterrupt
        return _interrupted()
    return result if isinstance(result, int) else 0


def _command(error: typer.TyperException) -> str:
    """Return the command that was given wrongly, as "askqa tasks"."""
    context: typer.Context | None = getattr(error, "ctx", None)
    return context.command_path if context is not None else "askqa"


def _interrupted() -> int:
    return _fail("interrupted; run the same command again to go on", INTERRUPTED)


def _fail(message: str, code: int) -> int:
    line = "".join(c if c.isprintable() else " " for c in " ".join(message.split()))
    print(f"askqa: {line}", file=sys.stderr)
    return code
