"""Downloads one model file: resumed where it broke off, compared with its checksum, and only then given its name.

What has come is in a hidden `.part` file beside the models, and beside that what it is a part of; killed at any point,
the next download goes on. A token goes to the hub's own address and to no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from engine.errors import Refused, StepError
from engine.models import hub as hubs
from engine.models.hub import Source
from engine.net import client as net
from engine.net.address import Address, is_loopback, parse
from engine.net.guard import Guard
from engine.platform import atomic_write, fsync_dir, lock_owner, try_lock
from engine.settings import Settings

if TYPE_CHECKING:
    import httpx2

_WHAT = "models download"
_HOPS, _TRIES = 6, 6
_PAUSE_S = 0.2
_ROOM = 64 * 1024 * 1024
"""Bytes that a download leaves free on the disk, for the runs' own journal."""
_MOST_LISTING = 16 * 1024 * 1024
_LOOK = 32 * 1024 * 1024
"""Bytes after which the room on the disk is looked at again: others write, too."""
Progress = Callable[[float | None, str], None]
Secret = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A whole file at `path`. `checked` says who stated the checksum that it has: "given", "hub" or nobody ("")."""

    path: Path
    address: str
    sha256: str
    bytes: int
    checked: str
    resumed: int


@dataclass(frozen=True, slots=True)
class _Part:
    """What a `.part` file is a part of: the server's name for that very content, its length, the hub's SHA-256."""

    tag: str = ""
    total: int | None = None
    sha: str = ""


class _Again(Exception):
    """The connection broke off, or what is here is of no use: ask once more."""


class Download:
    """One download. `fetch` may be cancelled or killed at any point, and be called again in another process."""

    def __init__(self, settings: Settings, folder: Path, secret: Secret, progress: Progress) -> None:
        self._settings, self._hub = settings, settings.hub
        self._folder, self._secret, self._progress = folder, secret, progress
        self._address = self._hub.url
        self._client: httpx2.AsyncClient | None = None

    async def fetch(self, given: str, *, file: str = "", sha256: str = "", revision: str = "main") -> Downloaded:
        """The file, whole and compared. Refused with one sentence for whatever keeps it from being that."""
        if not self._hub.enabled:
            raise Refused(
                "Downloads are off: this PC asks nobody for models until a person says so.",
                remedy="`signalboxctl models hub on` allows it.",
            )
        try:
            return await self._fetch(given, file, sha256, revision)
        finally:
            if self._client is not None:
                await self._client.aclose()

    async def _fetch(self, given: str, file: str, sha256: str, revision: str) -> Downloaded:
        source = hubs.source_of(given, file, revision, self._hub)
        stated = (sha256.lower(), "given") if sha256 else ("", "")
        if source.listing and not (source.address and sha256):
            listing = await self._listing(source)
            file = file or hubs.only_file(listing, source.repository)
            source = hubs.source_of(given, file, revision, self._hub)
            stated = stated if sha256 else (hubs.sha_of(listing, file), "hub")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise Refused(f"The folder cannot be made: {fault.strerror}.", where=str(self._folder)) from None
        self._refuse_taken(source)
        key = hashlib.sha256(source.address.encode()).hexdigest()[:16]
        part = self._folder / f".download-{key}.part"
        try:
            with _alone(part, source.name):
                return await self._whole(source, part, *stated)
        except OSError as fault:
            raise Refused(f"The download cannot be written: {fault.strerror}.", where=str(part)) from None

    def _refuse_taken(self, source: Source) -> None:
        if (self._folder / source.name).exists():
            raise Refused(
                f"A model of the name {source.name} is here already.",
                where=str(self._folder / source.name),
                remedy="Remove it first, or rename it.",
            )

    async def _whole(self, source: Source, part: Path, sha: str, checked: str) -> Downloaded:
        resumed = _size(part)
        told = await self._patiently(source, part)
        if not sha and told:
            sha, checked = told, "hub"
        self._progress(None, f"Hashing {source.name}")
        got = await asyncio.to_thread(_hash, part)
        if sha and got != sha:
            _clear(part)
            raise Refused(
                f"The file that came is not the one that was meant: its SHA-256 is {got}, and it should be {sha}.",
                remedy="It was removed; download it again, or ask where the checksum is from.",
            )
        path = self._folder / source.name
        size = _size(part)
        self._refuse_taken(source)  # it may have been added meanwhile
        os.replace(part, path)
        _clear(part)
        fsync_dir(self._folder)
        return Downloaded(path, source.address, got, size, checked if sha else "", min(resumed, size))

    async def _patiently(self, source: Source, part: Path) -> str:
        """All that is missing, asked for again as long as something comes; the hub's SHA-256, or ""."""
        came, tries = -1, 0
        while True:
            try:
                return await self._some(source, part)
            except _Again as fault:
                tries = 0 if _size(part) > came else tries + 1
                came = _size(part)
                if tries >= _TRIES:
                    said = f"The download of {source.name} broke off{fault}."
                    raise Refused(said, remedy="Run it again: it goes on where it ended.") from None
                await asyncio.sleep(_PAUSE_S)

    async def _some(self, source: Source, part: Path) -> str:
        """Ask for what is missing and write it; the hub's SHA-256, or "". Raises _Again when some of it is missing.

        What is here is only gone on with when the server says that it is the same content as then.
        """
        known = _read(part)
        have = _size(part) if known.tag else 0
        if known.total is not None and have == known.total and have:
            return known.sha  # killed after the last byte
        asked = {"Range": f"bytes={have}-", "If-Range": known.tag} if have else {}
        async with self._answer(source.address, asked) as (response, sha):
            if response.status_code == 416:
                _clear(part)
                raise _Again(": the server has less of it than came before")
            if response.status_code not in (200, 206):
                retry = response.headers.get("retry-after", "")
                raise hubs.refusal(response.status_code, str(response.url), retry, source.repository, self._hub.url)
            start, total = _range(response.headers) if response.status_code == 206 else (0, _length(response.headers))
            same = total == known.total and _tag(response.headers) in (known.tag, "")
            if start != (have if response.status_code == 206 else 0) or (start and not same):
                _clear(part)
                raise _Again(": the server sends another part than was asked for")
            self._check_room(source, total, start)
            if not start:
                _clear(part)
            _write(part, _Part(_tag(response.headers) or known.tag * bool(start), total, sha))
            await self._take(response, part, start, total, source.name)
        if total is not None and _size(part) < total:
            raise _Again("")
        return sha

    async def _take(self, response: httpx2.Response, part: Path, start: int, total: int | None, name: str) -> None:
        import httpx2

        came, looked = start, start
        with part.open("ab") as target:
            try:
                async for data in response.aiter_raw():
                    came += len(data)
                    if total is not None and came > total:
                        _clear(part)
                        raise Refused(f"The server sends more of {name} than it said.", remedy="Try another address.")
                    target.write(data)
                    target.flush()  # a process that is killed loses nothing of it
                    share = came / total if total else None
                    self._progress(
                        share, f"{name}: {came / 1e6:,.0f} MB" + (f" of {total / 1e6:,.0f}" if total else "")
                    )
                    if came - looked > _LOOK:
                        looked = came
                        self._check_room(None, total, came)
            except httpx2.HTTPError as fault:
                raise _Again(f": {type(fault).__name__}") from None
            target.flush()
            os.fsync(target.fileno())

    @asynccontextmanager
    async def _answer(self, address: str, headers: Mapping[str, str]) -> AsyncIterator[tuple[httpx2.Response, str]]:
        """The last answer after all redirects, its body unread, with the SHA-256 that was stated on the way."""
        import httpx2

        try:
            sha, first, home = "", parse(address), parse(self._hub.url).origin
        except StepError as fault:
            raise Refused(fault.message) from None
        for _ in range(_HOPS):
            here = parse(address)
            given = {"Accept-Encoding": "identity", **headers}
            try:
                if self._hub.token is not None and here.origin == home:
                    name = self._hub.token.removeprefix("secret://")
                    given["Authorization"] = f"Bearer {await asyncio.to_thread(self._secret, name, address)}"
                self._address = address
                if self._client is None:
                    self._client = await asyncio.to_thread(net.make, self._guard, _WHAT, timeout=30.0)
                async with self._client.stream("GET", address, headers=given) as response:
                    if here.origin == home:
                        sha = sha or hubs.sha_in(response.headers)
                    if response.status_code not in (301, 302, 303, 307, 308):
                        yield response, sha
                        return
                    address = urljoin(address, response.headers.get("location", ""))
                    _check_hop(first, parse(address))
            except StepError as fault:
                raise Refused(fault.message) from None
            except httpx2.HTTPError as fault:
                if refused := net.refusal_in(fault):
                    raise Refused(refused.message) from None
                raise _Again(f": {here.host} could not be reached ({type(fault).__name__})") from None
        raise Refused(f"{first.host} sends on and on to other addresses.", remedy="Try another address.")

    def _guard(self) -> Guard:
        """The hub that the settings name, the address that a person typed, and where these two send on to."""
        return self._settings.guard().settling(self._address)

    async def _listing(self, source: Source) -> Any:
        """What the hub says that a repository holds."""
        raw = b""
        try:
            async with self._answer(source.listing, {}) as (response, _):
                if response.status_code != 200:
                    retry = response.headers.get("retry-after", "")
                    raise hubs.refusal(response.status_code, str(response.url), retry, source.repository, self._hub.url)
                async for data in response.aiter_raw():
                    raw += data
                    if len(raw) > _MOST_LISTING:
                        raise Refused(f"The hub's list of {source.repository} is too long.", remedy="Use --file.")
            return json.loads(raw)
        except _Again as fault:
            raise Refused(f"The hub could not be asked{fault}.", remedy="Look at the network, and try again.") from None
        except ValueError:
            raise Refused("The hub's answer is not understood.", remedy="Is `hub.url` the address of a hub?") from None

    def _check_room(self, source: Source | None, total: int | None, have: int) -> None:
        free = shutil.disk_usage(self._folder).free
        needed = (total - have if total is not None else 0) + _ROOM
        if free < (needed if source is not None else min(needed, _ROOM)):
            raise Refused(
                f"There is not enough room: {needed / 1e9:.2f} GB are needed, and {free / 1e9:.2f} GB are free.",
                where=str(self._folder),
                remedy="Make room; what has come is kept.",
            )


def _check_hop(first: Address, here: Address) -> None:
    """A redirect stays as safe as where it began, and nobody outside sends a request to this PC."""
    if first.scheme == "https" and here.scheme != "https":
        raise Refused(f"{first.host} sends on to {here.host} without https, which is not followed.")
    if is_loopback(here.host) and not is_loopback(first.host):
        raise Refused(f"{first.host} sends on to this PC, which is not followed.")


def _range(headers: Mapping[str, str]) -> tuple[int, int | None]:
    """(start, total) of a Content-Range header; (-1, None) for one that says neither."""
    unit, _, rest = headers.get("content-range", "").partition(" ")
    span, _, total = rest.partition("/")
    start = span.partition("-")[0]
    if unit != "bytes" or not start.isdecimal():
        return -1, None
    return int(start), int(total) if total.isdecimal() else None


def _length(headers: Mapping[str, str]) -> int | None:
    length = headers.get("content-length", "")
    return int(length) if length.isdecimal() else None


def _tag(headers: Mapping[str, str]) -> str:
    """The server's name for this very content: a strong ETag, or its date; "" when what came cannot be gone on with."""
    tag: str = headers.get("etag", "")
    return tag if tag and not tag.startswith("W/") else str(headers.get("last-modified", ""))


def _read(part: Path) -> _Part:
    try:
        said = json.loads(part.with_suffix(".json").read_bytes())
        total = said["total"]
        return _Part(str(said["tag"]), total if isinstance(total, int) else None, str(said["sha"]))
    except (OSError, ValueError, KeyError, TypeError):
        return _Part()


def _write(part: Path, known: _Part) -> None:
    atomic_write(part.with_suffix(".json"), json.dumps(asdict(known)).encode())


def _clear(part: Path) -> None:
    for file in (part, part.with_suffix(".json")):
        file.unlink(missing_ok=True)


@contextmanager
def _alone(part: Path, name: str) -> Iterator[None]:
    """Nobody else downloads it meanwhile. The lock's file goes while it is held: later it may be another one's."""
    mark = part.with_suffix(".lock")
    lock, gone = try_lock(mark), False
    try:
        if lock is None or (lock_owner(mark) or {}).get("pid") != os.getpid():  # the latter: its owner took it away
            raise Refused(f"{name} is being downloaded already.", where=str(part))
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                mark.unlink()
                gone = True
    finally:
        if lock is not None:
            lock.release()
            if not gone and part.parent.is_dir() and lock_owner(mark) is None:  # where no open file can be removed
                with contextlib.suppress(OSError):
                    mark.unlink()


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
