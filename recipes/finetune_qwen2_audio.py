"""Fine-tune Qwen2-Audio with LoRA on what `askqa export ... --to qwen2-audio` writes, and compare what was learnt.

  python recipes/finetune_qwen2_audio.py compare DATA RUNS       the paper's comparison, all of it
  python recipes/finetune_qwen2_audio.py train DATA RUN          one run
  python recipes/finetune_qwen2_audio.py evaluate DATA RUN...    runs that are trained, as a table
  python recipes/finetune_qwen2_audio.py tiny-model FOLDER       a model of random weights, to try the others with
  python recipes/finetune_qwen2_audio.py speed                   tokens a second of a random model on this machine

The first three go on where they were interrupted when they are given again. See recipes/README.md.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from pathlib import Path

from askqa_builder.corpus.rejects import quote
from askqa_builder.errors import AskqaError, UsageError

from qwen2_audio.settings import Generation, Machine, TrainingSettings, add_options, from_options, names

INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Run a command, and return the exit code; errors are one line on stderr."""
    try:
        options = read_arguments(arguments)
        options.run(options)
    except KeyboardInterrupt:
        return _fail("interrupted; run the same command again to go on", INTERRUPTED)
    except AskqaError as error:
        return _fail(str(error), error.exit_code)
    return 0


def read_arguments(arguments: list[str] | None = None) -> Namespace:
    """Return the command and its options; exits with 2 where they are none. Raises UsageError for some values."""
    return _parser().parse_args(arguments)


def _compare(options: Namespace) -> None:
    from qwen2_audio.comparison import Grid, compare
    from qwen2_audio.table import markdown

    grid = Grid(options.single, options.multi, options.fractions, options.untrained)
    settings = from_options(TrainingSettings, options, tasks=grid.multi, fraction=1.0)
    generation = Generation(options.split, options.max_new_tokens, options.generate_batch_size)
    results = compare(options.data, options.out, grid, settings, generation, from_options(Machine, options))
    print(markdown(results), end="")


def _train(options: Namespace) -> None:
    from qwen2_audio.training import train

    settings, machine = from_options(TrainingSettings, options), from_options(Machine, options)
    done = train(options.data, options.out, settings, machine, overwrite=options.overwrite)
    resumed = f" ({done.resumed_at} of them were done)" if done.resumed_at else ""
    print(
        f"{options.out}: {done.steps} steps{resumed} on {done.examples} examples of {done.stories} stories; loss "
        f"{done.losses[0]:.3f} → {done.losses[-1]:.3f}"
    )


def _evaluate(options: Namespace) -> None:
    from qwen2_audio.comparison import baselines, write_table
    from qwen2_audio.evaluation import evaluate, response_examples
    from qwen2_audio.table import markdown

    generation = from_options(Generation, options)
    examples = response_examples(options.data, generation.split)
    results = [evaluate(options.data, run, generation, options.device) for run in options.runs]
    results += baselines(examples)
    if options.out:
        options.out.mkdir(parents=True, exist_ok=True)
        write_table(options.out, results)
    print(markdown(results), end="")


def _tiny_model(options: Namespace) -> None:
    from qwen2_audio.random_model import write_tiny_model

    write_tiny_model(options.folder)
    print(f"{options.folder}: a Qwen2-Audio of random weights; give it as --model {options.folder}")


def _speed(options: Namespace) -> None:
    from qwen2_audio.model import choose_device, require_libraries
    from qwen2_audio.speed import load_for, measure

    require_libraries()
    device = choose_device(options.device)
    measure(load_for(device, options.size, options.batch_size, options.clips, options.seconds), device)


def _parser() -> ArgumentParser:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    compare = commands.add_parser("compare", help="train and evaluate one task and several, on a part and on all")
    _add_data(compare, "folder of all runs, and of the table")
    compare.add_argument("--single", default=("response",), type=names, metavar="NAMES", help="the single task")
    compare.add_argument(
        "--multi",
        default=("listening", "reasoning", "response"),
        type=names,
        metavar="NAMES",
        help="the several tasks",
    )
    compare.add_argument(
        "--fractions", default=(0.1, 1.0), type=_numbers, metavar="X,X", help="of the stories (default: 0.1,1)"
    )
    compare.add_argument("--untrained", action="store_true", help="evaluate the model as it was released, too")
    add_options(compare, TrainingSettings, without=("tasks", "fraction"))
    add_options(compare, Machine)
    add_options(compare, Generation, without=("batch_size",))
    compare.add_argument(
        "--generate-batch-size", default=8, type=int, metavar="N", help="examples at a time (default: 8)"
    )
    compare.set_defaults(run=_compare)

    train = commands.add_parser("train", help="train one run")
    _add_data(train, "folder of the run")
    train.add_argument("--overwrite", action="store_true", help="discard a run of other settings there")
    add_options(train, TrainingSettings)
    add_options(train, Machine)
    train.set_defaults(run=_train)

    evaluate = commands.add_parser("evaluate", help="let trained runs respond, and print their scores")
    evaluate.add_argument("data", type=Path, metavar="DATA", help="folder that askqa export wrote")
    evaluate.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folder of a run")
    evaluate.add_argument("--out", type=Path, metavar="FOLDER", help="for comparison.md and comparison.json")
    evaluate.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:1")
    add_options(evaluate, Generation)
    evaluate.set_defaults(run=_evaluate)

    tiny = commands.add_parser("tiny-model", help="write a small model of random weights, to try the others with")
    tiny.add_argument("folder", type=Path, metavar="FOLDER", help="for model and processor; a new one")
    tiny.set_defaults(run=_tiny_model)

    speed = commands.add_parser("speed", help="measure a random model on this machine")
    speed.add_argument(
        "--size", choices=("tiny", "small", "middle"), help="of the model (default: middle on a GPU, else small)"
    )
    speed.add_argument("--batch-size", type=int, metavar="N", help="examples at a time (default: 4 on a GPU, else 1)")
    speed.add_argument("--clips", type=int, metavar="N", help="of 30 s in each example (default: 3 on a GPU, else 1)")
    speed.add_argument(
        "--seconds", default=20.0, type=float, metavar="X", help="of training that are timed (default: 20)"
    )
    speed.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:1")
    speed.set_defaults(run=_speed)
    return parser


def _add_data(parser: ArgumentParser, out: str) -> None:
    parser.add_argument("data", type=Path, metavar="DATA", help="folder that askqa export ... --to qwen2-audio wrote")
    parser.add_argument("out", type=Path, metavar="OUT", help=out)


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError as error:
        given = quote(text)
        raise UsageError(
            f"--fractions: {given} is not numbers above 0 and at most 1; part them by commas, as 0.1,1"
        ) from error


def _fail(message: str, code: int) -> int:
    print(f"finetune_qwen2_audio: {' '.join(message.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
