"""What may be wrong with a dataset that anybody may have made, or changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from askqa_builder.errors import AskqaError


@contextmanager
def foreign_errors(*datasets: Path) -> Iterator[None]:
    """Turn what goes wrong in the `with` block over values of other kinds than askqa writes into an AskqaError."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        raise AskqaError(
            f"{' or '.join(map(str, datasets))} holds a manifest or rows that are none of askqa's "
            f"({type(error).__name__}: {error}); see askqa verify"
        ) from error
