"""One connection to a server of tools, owned by a task: when the connection goes, that task ends and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

from engine import masks
from engine.errors import ErrorClass, StepError
from engine.tools.mcp_pins import FIELDS, MAX_TOOLS, Definition

_LATE_S = 2.0
"""How much longer than a call's limit its cancellation may take."""
_PAGES = 100
_TIMEOUT, _CLOSED, _UNREADABLE, _NO_METHOD, _BAD_PARAMS = -32001, -32000, -32700, -32601, -32602
KEY_NAME = "signalbox/idempotency-key"
"""The same for every try of one call: a server that keeps it does nothing twice, and can be asked."""
Streams = AbstractAsyncContextManager[Any]
Why = tuple[ErrorClass, str]
"""What a transport knows of why a connection or an answer was given up."""


def too_large(max_bytes: int) -> Why:
    """A message that was not taken."""
    return "limit", f"it sent a message of more than {max_bytes} bytes (`max_bytes`)"


class Link:
    """An open connection. `changed` turns true when the server says that its tools are others now."""

    def __init__(
        self, name: str, streams: Callable[[Callable[[], None]], Streams], why: Callable[[], Why | None]
    ) -> None:
        self.name = name
        self.changed = False
        self.listed_at = float("-inf")
        self.offered: dict[str, Definition] = {}
        self._why = why
        self._error: BaseException | None = None
        self._client: Any = None
        self._in_flight = 0
        self._closing = asyncio.Event()
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._owner = asyncio.ensure_future(self._own(streams))

    @property
    def open(self) -> bool:
        """Whether it can still be used."""
        return not self._owner.done() and not self._closing.is_set()

    async def ready(self, timeout_s: float) -> None:
        """Wait until the server has answered; StepError when it does not, and then it is gone."""
        try:
            await asyncio.wait([self._ready, self._owner], timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not self._ready.done():
                done = self._owner.done()
                await self.aclose()
                if done:
                    raise self._lost(unknown=False)
                raise StepError("timeout", f"The server {self.name!r} did not answer within {timeout_s:g} s.")

    async def list_tools(self, timeout_s: float) -> dict[str, Definition]:
        """Every tool that the server has now, by name."""

        async def ask() -> dict[str, Definition]:
            found: dict[str, Definition] = {}
            cursor: str | None = None
            for _ in range(_PAGES):
                page = await self._client.list_tools(cursor=cursor)
                for tool in page.tools:
                    raw = masks.clean(tool.model_dump(mode="json", by_alias=False, exclude_none=True))
                    found[tool.name] = {field: raw.get(field) for field in FIELDS}
                if len(found) > MAX_TOOLS:
                    raise StepError(
                        "limit", f"The server {self.name!r} has more than {MAX_TOOLS} tools.", retryable=False
                    )
                cursor = page.next_cursor
                if cursor is None:
                    return found
            raise StepError("limit", f"The server {self.name!r} does not come to the end of its list.", retryable=False)

        self.changed = False
        self.offered = await self._ask(ask, timeout_s, unknown=False)
        self.listed_at = asyncio.get_running_loop().time()
        return self.offered

    async def call(
        self,
        tool: str,
        args: dict[str, Any],
        timeout_s: float,
        *,
        world: bool,
        progress: Callable[[str], None],
        idem_key: str = "",
    ) -> Any:
        """One call; the library's result. `world`: an answer that does not come may have happened.

        The server gets the idempotency key in the request's `_meta`, as KEY_NAME.
        """
        meta: Any = {KEY_NAME: idem_key} if idem_key else None

        async def heard(done: float, total: float | None, message: str | None) -> None:
            progress(message or (f"{done:g} of {total:g}" if total else f"{done:g}"))

        async def ask() -> Any:
            return await self._client.call_tool(
                tool, args, read_timeout_seconds=timeout_s, progress_callback=heard, meta=meta
            )

        return await self._ask(ask, timeout_s, unknown=world)

    async def aclose(self) -> None:
        """Close it, and end the server when it is a program of ours."""
        self._closing.set()
        if not self._ready.done():
            self._owner.cancel()  # it may wait for an answer that never comes
        while not self._owner.done():
            await asyncio.wait([self._owner])
        with suppress(asyncio.InvalidStateError):
            self._ready.cancel()

    async def _own(self, streams: Callable[[Callable[[], None]], Streams]) -> None:
        try:
            # Loading the library takes half a second, in which no run would move.
            await asyncio.to_thread(load)
            from mcp import Client

            async with Client(streams(self._closing.set), cache=None, message_handler=self._heard) as client:
                self._client = client
                self._ready.set_result(None)
                await self._closing.wait()
        except (Exception, BaseExceptionGroup, asyncio.CancelledError) as error:
            self._error = error  # whatever the library breaks off with, its own CancelledError too, ends here
        finally:
            self._closing.set()

    async def _heard(self, message: Any) -> None:
        self.changed = self.changed or "ToolListChanged" in type(getattr(message, "root", message)).__name__

    async def _ask(self, work: Callable[[], Awaitable[Any]], timeout_s: float, *, unknown: bool) -> Any:
        """Do something on the connection, as long as there is one. Cancelled, the server is told so."""
        if not self.open:
            raise self._lost(unknown=False)
        task = asyncio.ensure_future(work())
        self._in_flight += 1
        try:
            await asyncio.wait([task, self._owner], timeout=timeout_s + _LATE_S, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)  # both may end in the same turn
            if task.done() and not task.cancelled():
                return self._answer(task, unknown)
            if self._owner.done() or task.cancelled():
                await asyncio.wait([self._owner], timeout=_LATE_S)
                raise self._lost(unknown=unknown)
            raise StepError("timeout", self._late(timeout_s), outcome_unknown=unknown)
        finally:
            self._in_flight -= 1
            if not task.done():
                task.cancel()
                await asyncio.wait([task], timeout=_LATE_S)
            if task.done() and not task.cancelled():
                task.exception()

    def _answer(self, task: asyncio.Future[Any], unknown: bool) -> Any:
        error = task.exception()
        if error is None:
            return task.result()
        if isinstance(error, StepError):
            raise error
        code = getattr(error, "code", None)
        message = masks.clean(" ".join(str(getattr(error, "message", error)).split()))[:300]
        if code == _TIMEOUT:
            raise StepError("timeout", f"The server {self.name!r} did not answer in time.", outcome_unknown=unknown)
        if code in (_CLOSED, _UNREADABLE) or not isinstance(code, int):
            raise self._lost(unknown=unknown, said=message)
        classes: dict[int, ErrorClass] = {_NO_METHOD: "not_found", _BAD_PARAMS: "invalid"}
        cls = classes.get(code, "server")
        why = f"The server {self.name!r} says: {message} ({code})."
        raise StepError(cls, why, retryable=None if cls == "server" else False)

    def _late(self, timeout_s: float) -> str:
        return f"The server {self.name!r} did not answer within {timeout_s:g} s."

    def _lost(self, *, unknown: bool, said: str = "") -> StepError:
        """What became of the connection, as the error of the call that needed it."""
        leaves = list(_leaves(self._error)) if self._error is not None else []
        own = next((leaf for leaf in leaves if isinstance(leaf, StepError)), None)
        # with one call under way, the connection that could not be made was the one it needed
        sent = unknown and not (self._in_flight <= 1 and leaves and all(map(_before_sending, leaves)))
        if own is not None:
            return StepError(own.cls, own.message, retryable=own.retryable, outcome_unknown=sent, detail=own.detail)
        missing = next((leaf for leaf in leaves if isinstance(leaf, FileNotFoundError | PermissionError)), None)
        if missing is not None:
            why = f"The server {self.name!r} cannot be started: {missing.filename}: {missing.strerror}."
            return StepError("not_found", why, retryable=False)
        told = "; ".join(str(leaf) or type(leaf).__name__ for leaf in leaves if isinstance(leaf, Exception))
        cls, reason = self._why() or ("connection", told or said or "the connection was closed")
        why = f"The server {self.name!r} gave no answer: {masks.clean(reason)[:500].rstrip('.')}."
        return StepError(cls, why, retryable=False if cls == "limit" else None, outcome_unknown=sent)


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _leaves(one)
    else:
        yield error


def _before_sending(error: BaseException) -> bool:
    refused = isinstance(error, StepError) and (error.cls == "permission" or isinstance(error.detail, dict))
    return refused or type(error).__name__ in ("ConnectError", "ConnectTimeout", "PoolTimeout")


def load() -> None:
    """Bring the library in. It logs tracebacks for whatever a server sends; what matters of that is in the journal."""
    import mcp.client.streamable_http  # noqa: F401

    for name in ("mcp", "client"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
