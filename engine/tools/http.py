"""`http.request`: one exchange with a web service, and an exact word on whether an unanswered one may have happened."""

from __future__ import annotations

import asyncio
import email.utils
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from engine.errors import Refused, StepError
from engine.net.address import parse
from engine.net.client import PASSAGE, Passage
from engine.net.guard import guard_of
from engine.nodes.context import EffectClass
from engine.nodes.tool_args import READS, HttpArgs
from engine.tools.http_clients import client
from engine.tools.secrets import Secrets
from engine.tools.tool import Found, Tool, ToolEnv, timeout_of
from engine.workflow.values import parse_json

if TYPE_CHECKING:
    import httpx2

TIMEOUT_S = 30.0
_KEPT_HEADERS = ("content-type", "etag", "link", "location")  # none that says when or which (SEMANTICS T20)
_TEXT_TYPES = ("application/xml", "application/javascript", "application/x-www-form-urlencoded", "application/yaml")
_QUOTED = 300
_NOT_SAID = frozenset(
    ("host", "connection", "content-length", "keep-alive", "proxy-authorization", "proxy-connection", "te", "trailer")
) | {"transfer-encoding", "upgrade"}
"""Headers that say where a request goes or where it ends: the address and the body say that, and they were checked."""


async def _call(args: HttpArgs, env: ToolEnv) -> Any:
    secrets = Secrets(env)
    headers = dict(args.headers)
    if args.idempotency_header is not None:
        headers[args.idempotency_header] = env.idem_key
    exchange = _Exchange(args, env, secrets)
    return await exchange.run(args.method, args.url, headers)


async def _lookup(args: HttpArgs, env: ToolEnv) -> Found | None:
    """Ask the server: 404 and 410 say that it never came, an ok status is the result."""
    url = (args.lookup_url or "").replace("{key}", quote(env.idem_key, safe=""))
    secrets = Secrets(env)
    asking = HttpArgs(url=url, timeout_s=args.timeout_s, max_bytes=args.max_bytes)
    try:
        return Found(await _Exchange(asking, env, secrets).run("GET", url, args.headers))
    except StepError as error:
        if error.cls == "not_found":
            return None
        raise


class _Exchange:
    """One request and its answer. `sent` turns true when the first byte of the request leaves."""

    def __init__(self, args: HttpArgs, env: ToolEnv, secrets: Secrets) -> None:
        self.args, self.env, self.secrets = args, env, secrets
        self.timeout_s = timeout_of(TIMEOUT_S, args.timeout_s, env)
        self.sent = False
        self.place = ""

    async def run(self, method: str, url: str, given: Mapping[str, str]) -> Any:
        write = method not in READS
        session = await client(write=write)
        import httpx2

        if named := [name for name in given if name.strip().lower() in _NOT_SAID]:
            why = f"The header {named[0]!r} is not set by hand: the address and the body decide it."
            raise StepError("invalid", why, retryable=False)
        target = self._target(url)
        plain = target.copy_with(query=None, fragment=None, userinfo=b"")
        self.place = f"{method} {plain}"
        headers = {name: await self.secrets.fill(value, str(plain)) for name, value in given.items()}
        try:
            async with asyncio.timeout(self.timeout_s), AsyncExitStack() as stack:
                response = await stack.enter_async_context(
                    session.stream(
                        method,
                        target,
                        headers=headers,
                        params=self.args.query or None,
                        json=self.args.json_body,
                        content=self.args.body,
                        timeout=self.timeout_s,
                        # A redirect must not carry a secret elsewhere, nor write somewhere nobody named.
                        follow_redirects=not write and not self.secrets.used,
                        extensions={"trace": self._trace, PASSAGE: Passage(guard_of(self.env), "http.request")},
                    )
                )
                return await self._answer(response, write)
        except TimeoutError:
            raise self._lost("timeout", f"no complete answer within {self.timeout_s:g} s", write) from None
        except httpx2.TimeoutException as error:
            raise self._lost("timeout", f"{type(error).__name__} after {self.timeout_s:g} s", write) from None
        except (httpx2.TooManyRedirects, httpx2.LocalProtocolError, httpx2.UnsupportedProtocol) as error:
            raise self._fault("invalid", str(error), retryable=False) from None
        except httpx2.TransportError as error:
            raise self._lost("connection", str(error) or type(error).__name__, write) from None
        except (httpx2.DecodingError, httpx2.InvalidURL) as error:
            raise self._fault("invalid", str(error), outcome_unknown=write and self.sent) from None

    def _target(self, url: str) -> httpx2.URL:
        import httpx2

        said = parse(url)
        try:
            target = httpx2.URL(url)
        except httpx2.InvalidURL as error:
            raise StepError("invalid", f"{url[:200]!r} is not an address: {error}.", retryable=False) from None
        if (target.scheme, target.host.strip("[]")) != (said.scheme, said.host) and ":" not in said.host:
            raise StepError("invalid", f"{url[:200]!r} can be read in two ways.", retryable=False)
        guard_of(self.env).right(said.host, said.port, "http.request")  # before anything is looked up
        return target

    async def _trace(self, name: str, info: Mapping[str, Any]) -> None:
        self.sent = self.sent or name.endswith("send_request_headers.started")

    async def _answer(self, response: httpx2.Response, write: bool) -> Any:
        data = bytearray()
        async for chunk in response.aiter_bytes():
            data += chunk
            if len(data) > self.args.max_bytes:
                why = f"the answer is larger than {self.args.max_bytes} bytes (`max_bytes`)"
                raise self._fault("limit", why, retryable=False, outcome_unknown=write)
        ok = self.args.ok_status
        if response.status_code in ok if ok is not None else response.is_success:
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            body = self._body(bytes(data), response)
            return self.secrets.hide({"status": response.status_code, "headers": headers, "body": body})
        raise self._refusal(response, bytes(data), write)

    def _body(self, data: bytes, response: httpx2.Response) -> Any:
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not data:
            return None
        if media_type == "application/json" or media_type.endswith("+json"):
            try:
                return parse_json(data, max_bytes=self.args.max_bytes)
            except Refused as error:
                raise self._fault("schema", f"the answer says that it is JSON, but {error.what}") from None
        if media_type.startswith("text/") or media_type in _TEXT_TYPES or (not media_type and _is_text(data)):
            return data.decode(response.charset_encoding or "utf-8", "replace").replace("\0", "\ufffd")
        return self.env.blobs.put(data, media_type or "application/octet-stream")

    def _refusal(self, response: httpx2.Response, data: bytes, write: bool) -> StepError:
        status = response.status_code
        whole = self.secrets.hide(data[:65_536].decode("utf-8", "replace"))  # before it is cut, or half of one is left
        said = " ".join(whole.replace("\0", "").split())[:_QUOTED]
        why = f"{status} {response.reason_phrase}".strip() + (f": {said}" if said else "")
        if status == 429:
            return self._fault("rate_limit", why, retry_after_s=_retry_after(response))
        if status >= 500:
            # A gateway's error says nothing of what the server behind it has done.
            unknown = write and status in (502, 504)
            return self._fault("server", why, retry_after_s=_retry_after(response), outcome_unknown=unknown)
        if status == 408:
            return self._fault("timeout", why, outcome_unknown=write)
        if status in (401, 403, 407):
            return self._fault("permission", why, retryable=False)
        if status in (404, 410):
            return self._fault("not_found", why, retryable=False)
        if response.has_redirect_location:
            leads = self.secrets.hide(response.headers["location"])[:200]
            why = f"{status} leads to {leads}, which is not followed here"
        return self._fault("invalid", why, retryable=False)

    def _lost(self, cls: Any, why: str, write: bool) -> StepError:
        return self._fault(cls, why, outcome_unknown=write and self.sent)

    def _fault(self, cls: Any, why: str, **more: Any) -> StepError:
        return StepError(cls, self.secrets.hide(f"{why} ({self.place})."), **more)


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def _retry_after(response: httpx2.Response) -> float | None:
    said = response.headers.get("retry-after", "")
    if said.isascii() and said.isdigit():
        return float(min(int(said[:9]), 86_400))
    try:
        return min(max(0.0, email.utils.parsedate_to_datetime(said).timestamp() - time.time()), 86_400.0)
    except (ValueError, OverflowError):
        return None


def _effect(args: HttpArgs) -> EffectClass:
    if args.method in READS:
        return "pure"
    if args.lookup_url is not None:
        return "checkable"
    return "idempotent" if args.method in ("PUT", "DELETE") or args.idempotency_header is not None else "at_most_once"


def _lane(args: HttpArgs) -> str:
    return "http:" + args.url.partition("://")[2].partition("/")[0].rpartition("@")[2].lower()


HTTP_REQUEST = Tool(
    name="http.request",
    summary="Sends one HTTP request.",
    args=HttpArgs,
    effect=_effect,
    call=_call,
    lane=_lane,
    timeout_s=TIMEOUT_S,
    risk="medium",
    lookup=_lookup,
    gives="web",
    chooses=("url", "method", "headers", "lookup_url"),
    reach="The hosts that this PC's settings allow.",
)
