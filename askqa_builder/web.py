"""What all requests over a network share: proxies, and words for what went wrong."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    MaxRetryError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Url, make_headers, parse_url

PASSING_STATUSES = frozenset({408, 409, 425, 429})
"""Client errors that pass; with all 5xx."""

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})


def open_pool(url: Url, connections: int) -> urllib3.PoolManager:
    """Make a pool of connections for `url`, through the proxy that the environment names for it."""
    host = url.host or ""
    proxy = getproxies().get(url.scheme or "")
    if proxy and host not in _LOOPBACK and not proxy_bypass(host):
        credentials = parse_url(proxy).auth
        headers = make_headers(proxy_basic_auth=credentials) if credentials else None
        return urllib3.ProxyManager(proxy, proxy_headers=headers, maxsize=connections)
    return urllib3.PoolManager(maxsize=connections)


def is_unverified(error: Exception) -> bool:
    """Tell whether a request failed because the server's certificate is none that this machine trusts."""
    return isinstance(_cause(error), SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def is_unreached(error: Exception) -> bool:
    """Tell whether a request never got as far as a server."""
    return isinstance(_cause(error), NewConnectionError | ConnectTimeoutError)


def describe_failure(error: Exception, seconds: float) -> str:
    """Say in words, without host or path, why a request got no answer; seconds: how long it waited for one."""
    cause = _cause(error)
    if isinstance(cause, NewConnectionError):
        told = cause.__cause__ or cause.__context__
        reason = told.strerror if isinstance(told, OSError) else None
        return f"no connection ({reason or type(cause).__name__})"
    if isinstance(cause, ReadTimeoutError | ConnectTimeoutError):
        return f"no answer within {seconds:g} s"
    if isinstance(cause, SSLError):
        return "the encrypted connection failed"
    return f"the connection was cut ({type(cause).__name__})"


def status_phrase(status: int) -> str:
    """Return a status with its name, as "404 Not Found"."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def retry_after(response: urllib3.BaseHTTPResponse) -> float:
    """Seconds that the server asks to wait (RFC 9110, section 10.2.3: a number or a date)."""
    asked = response.headers.get("Retry-After", "")
    if asked.strip().isdecimal():
        return float(asked)
    try:
        return max(parsedate_to_datetime(asked).timestamp() - time.time(), 0.0)
    except ValueError:  # no date either
        return 0.0


def _cause(error: Exception) -> Exception:
    """Return what lies behind urllib3's "too many retries"."""
    return error.reason if isinstance(error, MaxRetryError) and error.reason is not None else error
