"""When a run is given up: where the first requests all fail, the others would as well."""

from __future__ import annotations

from askqa_builder.errors import AskqaError

_HOPELESS = 20
"""So many requests in a row, from the first on, do not fail by chance."""


class FirstRequests:
    """Takes note of how the first requests of a run end."""

    def __init__(self) -> None:
        self._failing: int | None = 0

    def note(self, failure: str | None) -> None:
        """Take note of a request. failure: why it failed; None where it did not.

        Raises AskqaError where all have failed from the first on, and there are enough of them.
        """
        if self._failing is None:
            return
        self._failing = None if failure is None else self._failing + 1
        if self._failing == _HOPELESS:
            raise AskqaError(
                f"the first {self._failing} requests have all failed, the last as {failure}; mend that, and run "
                "the same command again"
            )
