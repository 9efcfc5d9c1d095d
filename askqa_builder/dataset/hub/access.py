"""The client's token, its answers and its noise: errors become ours, on one line and without the token."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from askqa_builder.errors import HubError, HubUnavailableError, UsageError

_SECONDS_BETWEEN = (1, 2, 4, 8)
"""How long to wait before a call is tried again, time after time."""

_STATUS_OF_THE_MOMENT = (408, 412, 425, 429, 500, 502, 503, 504)
"""Statuses that another try may not meet; 412 is a commit that came after another one."""

_LONGEST_REASON = 300

_XET_REFUSAL = re.compile(r"HTTP status client error \(4(?!08|25|29)")
"""How the library that uploads large files puts an answer that is no trouble of the network."""

Result = TypeVar("Result")


def require_token() -> None:
    """Raise UsageError where there is no token to send, or none that can be sent.

    It is where the ecosystem keeps it: the environment variable HF_TOKEN, or what `hf auth login` has stored.
    """
    token = _token()
    if not token:
        raise UsageError("there is no token of the Hugging Face Hub: run hf auth login, or set HF_TOKEN")
    if not (token.isascii() and token.isprintable() and " " not in token):
        # the client's own error would quote it
        raise UsageError("the token of the Hugging Face Hub holds characters that no token has; set HF_TOKEN anew")


def patiently(call: Callable[[], Result], doing: str) -> Result:
    """Return what a call of the client does, tried again while the Hub is out of order.

    For calls that may be made twice, and that the client does not try again by itself. doing: completes "cannot …".
    Raises as `hub_errors` does.
    """
    for seconds in _SECONDS_BETWEEN:
        try:
            with hub_errors(doing):
                return call()
        except HubUnavailableError:
            time.sleep(seconds)
    with hub_errors(doing):
        return call()


@contextmanager
def hub_errors(doing: str) -> Iterator[None]:
    """Turn whatever the client raises in the `with` block into one of our errors; doing: completes "cannot …".

    Raises HubUnavailableError where the same call may succeed later, UsageError where the token is not accepted or
    the client is set to be offline, HubError otherwise. The client's error is not chained: it holds the request, and
    with it the token.
    """
    try:
        yield
    except HubError:
        raise
    except Exception as error:  # the client raises its own, those of two transports, and RuntimeError around either
        failure = _as_ours(error, doing)
    else:
        return
    raise failure from None


@contextmanager
def quiet_client(bars: bool) -> Iterator[None]:
    """Keep the client's warnings back while the `with` block runs: they quote addresses that hold keys.

    bars: whether it may draw its progress bars, where stderr is a terminal.
    """
    from huggingface_hub.utils.logging import get_verbosity, set_verbosity
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    verbosity = get_verbosity()
    drawn = not are_progress_bars_disabled()
    set_verbosity(max(verbosity, logging.ERROR))
    if drawn and not (bars and sys.stderr.isatty()):
        disable_progress_bars()
    try:
        yield
    finally:
        set_verbosity(verbosity)
        if drawn:
            enable_progress_bars()


def _as_ours(error: Exception, doing: str) -> HubError | UsageError:
    from huggingface_hub.errors import LocalTokenNotFoundError, OfflineModeIsEnabled

    causes = list(_causes(error))
    if any(isinstance(cause, OfflineModeIsEnabled) for cause in causes):
        return UsageError(f"cannot {doing}: HF_HUB_OFFLINE is set; unset it to push")
    if any(isinstance(cause, LocalTokenNotFoundError) for cause in causes):
        return UsageError("there is no token of the Hugging Face Hub: run hf auth login, or set HF_TOKEN")
    response = next((cause.response for cause in causes if getattr(cause, "response", None) is not None), None)
    reason = _reason(causes[-1] if response is None else error, response)
    if response is None:
        if any(_is_of_network(cause) for cause in causes) and not _XET_REFUSAL.search(reason):
            return HubUnavailableError(f"cannot {doing}: {reason}; look at the network and run the same command again")
        return HubError(f"cannot {doing}: {reason}")
    if response.status_code in _STATUS_OF_THE_MOMENT:
        return HubUnavailableError(f"cannot {doing}: {reason}; run the same command again later")
    if response.status_code == 401:
        return UsageError(f"cannot {doing}: the Hub does not accept the token; run hf auth login, or set HF_TOKEN anew")
    if response.status_code == 403:
        return HubError(f"cannot {doing}: {reason}; the token needs write access there")
    return HubError(f"cannot {doing}: {reason}")


def _causes(error: BaseException | None) -> Iterator[Any]:
    """Yield an error and what it was raised from."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_of_network(error: BaseException) -> bool:
    """Tell whether an error is of the network, from the system or from whichever HTTP library the client uses."""
    if isinstance(error, OSError) and error.filename is None:  # others are of files
        return True
    return any(kind.__name__ in ("TransportError", "RequestException") for kind in type(error).__mro__)


def _reason(error: Exception, response: Any) -> str:
    """Say on one line what was wrong, in the server's words where it has some."""
    text = ""
    if response is not None:
        said = getattr(error, "server_message", None) or response.headers.get("X-Error-Message") or ""
        text = f"the Hub answered {response.status_code}{': ' if said else ''}{said}"
    text = " ".join((text or f"{type(error).__name__}: {error}").split())
    return _without_token(text if len(text) <= _LONGEST_REASON else f"{text[: _LONGEST_REASON - 1]}…")


def _without_token(text: str) -> str:
    for secret in (_token(), os.environ.get("HF_TOKEN", "").strip()):
        if secret:
            text = text.replace(secret, "[token]")
    return text


def _token() -> str | None:
    from huggingface_hub import get_token

    token: str | None = get_token()
    return token
