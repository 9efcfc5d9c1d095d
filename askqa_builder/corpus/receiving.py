"""One request for a file: what comes is added to what came before, if it is still the same file."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path

import urllib3
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, Timeout, parse_url

from askqa_builder import __version__
from askqa_builder.files import atomic_write, storage_errors
from askqa_builder.web import (
    PASSING_STATUSES,
    describe_failure,
    is_unreached,
    is_unverified,
    open_pool,
    retry_after,
    status_phrase,
)

_CONNECT_SECONDS, _READ_SECONDS = 10.0, 30.0
_REDIRECTS_ONLY = Retry(None, connect=0, read=0, status=0, other=0, redirect=5, raise_on_redirect=False)
_MOST_BYTES = 1 << 30
_CHUNK_BYTES = 1 << 16

_STRONG_ETAG = re.compile(r'"[!-~]*"')
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,15})-([0-9]{1,15})/([0-9]{1,15})")

_LOG = logging.getLogger(__name__)


class DownloadError(Exception):
    """A file that cannot be had from `url`; why: in words."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}")
        self.why = why


class GoneError(DownloadError):
    """There is no such file at this address."""


class AwayError(DownloadError):
    """It may come at another time.

    reached: a server was. retry_after: seconds it asks to wait.
    """

    def __init__(self, url: str, why: str, *, reached: bool = True, retry_after: float = 0.0) -> None:
        super().__init__(url, why)
        self.reached = reached
        self.retry_after = retry_after


class Part:
    """The beginning of a file: `NAME.part`, and `NAME.part-of`, which says of what."""

    def __init__(self, state: Path, name: str) -> None:
        self.name = name
        self.path = state / f"{name}.part"
        self._of = state / f"{name}.part-of"

    @property
    def size(self) -> int:
        """Bytes that have come; 0 where none have."""
        return self.path.stat().st_size if self.path.is_file() else 0

    def etag(self, url: str) -> str | None:
        """Return what names the version that this is the beginning of; None where it cannot be gone on with."""
        try:
            of = json.loads(self._of.read_bytes())
            return str(of["etag"]) if of["url"] == url and self.size else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def begin(self, url: str, etag: str) -> None:
        """Start anew; etag: names this version, empty where the server gives no strong one."""
        self.discard()
        with storage_errors(f"keep a download of {self.name}"):
            self.path.touch()
        if etag:
            with atomic_write(self._of) as file:
                file.write(json.dumps({"url": url, "etag": etag}).encode("ascii"))

    def discard(self) -> None:
        """Forget what has come. The mark goes first: without it nobody goes on with the bytes."""
        with storage_errors(f"keep a download of {self.name}"):
            self._of.unlink(missing_ok=True)
            self.path.unlink(missing_ok=True)


def receive(url: str, part: Part) -> bool:
    """Ask once for a file, or for what is missing of it; then `part` is all of it. Returns whether it was gone on with.

    A part is gone on with where the server says that the file is the same (RFC 9110, If-Range with a strong ETag) and
    knows ranges; else it begins anew. Raises GoneError, AwayError, DownloadError where no other try would help,
    StorageError. What came before an AwayError stays.
    """
    etag = part.etag(url)
    headers = {"User-Agent": f"askqa-builder/{__version__}", "Accept-Encoding": "identity"}
    if etag is not None:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": etag}
    pool = open_pool(parse_url(url), 1)
    try:
        response = pool.request(
            "GET",
            url,
            headers=headers,
            timeout=Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS),
            preload_content=False,
            retries=_REDIRECTS_ONLY,
        )
        try:
            total = _open_part(response, url, part, etag)
            _append(response, url, part)
        finally:
            response.close()
    except (HTTPError, OSError) as error:
        if is_unverified(error):
            raise DownloadError(url, "its certificate cannot be verified; SSL_CERT_FILE may name yours") from error
        raise AwayError(url, describe_failure(error, _READ_SECONDS), reached=not is_unreached(error)) from error
    finally:
        pool.clear()
    if total not in (None, part.size):
        raise AwayError(url, "the connection was cut")
    return response.status == 206


def _open_part(response: urllib3.BaseHTTPResponse, url: str, part: Part, etag: str | None) -> int | None:
    """Make `part` what the body is to be added to; returns the bytes of the whole file where they are told.

    etag: of the version that was asked for, None where any was.
    """
    status, held = response.status, part.size
    found = response.headers.get("ETag", "")
    if status in (404, 410):
        raise GoneError(url, f"it answers {status_phrase(status)}")
    if status in PASSING_STATUSES or status >= 500:
        raise AwayError(url, f"it answers {status_phrase(status)}", retry_after=retry_after(response))
    if status == 416:
        part.discard()
        raise AwayError(url, "it has another file than before")
    if status not in (200, 206):
        raise DownloadError(url, f"it answers {status_phrase(status)}")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise DownloadError(url, "it sends the file in an encoding that was not asked for")
    if status == 206:
        range_ = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if range_ is None or int(range_[1]) != held or etag not in (None, found or etag):
            part.discard()
            raise AwayError(url, "it sends another part than was asked for")
        total: int | None = int(range_[3])
    else:
        total = _length(url, response.headers)
        part.begin(url, found if _STRONG_ETAG.fullmatch(found) else "")
    size = "" if total is None else f", {total / 1e6:.1f} MB"
    _LOG.info("downloading %s%s%s", part.name, size, f" from {held / 1e6:.1f} MB on" if status == 206 else "")
    return total


def _length(url: str, headers: Mapping[str, str]) -> int | None:
    """Return the bytes of the body; None where it comes in chunks, whose end is marked."""
    told = headers.get("Content-Length", "")
    if told.isascii() and told.isdecimal() and len(told) <= 15:
        return int(told)
    if "chunked" in headers.get("Transfer-Encoding", "").lower():
        return None
    raise DownloadError(url, "it does not say how long the file is, so that a cut one would not be noticed")


def _append(response: urllib3.BaseHTTPResponse, url: str, part: Part) -> None:
    with storage_errors(f"keep a download of {part.name}"), part.path.open("ab") as file:
        while chunk := response.read1(_CHUNK_BYTES, decode_content=False):
            file.write(chunk)
            if file.tell() > _MOST_BYTES:
                raise DownloadError(url, f"it sends more than {_MOST_BYTES >> 20} MiB")
