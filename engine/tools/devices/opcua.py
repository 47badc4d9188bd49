"""`opcua.read` and `opcua.write`: variables of an OPC UA server, with their types, status and source times."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC
from typing import Any

from engine.errors import StepError
from engine.nodes.device_args import OpcuaPoint, OpcuaReadArgs, OpcuaServer, OpcuaWriteCall
from engine.tools.devices.common import CONNECT_S, Place, judged, need, package_health, place_of, single, talk
from engine.tools.secrets import Secrets
from engine.tools.tool import Found, Tool, ToolEnv, timeout_of
from engine.tools.workspace import resolve

TIMEOUT_S = 15.0
_CLOSE_S = 2.0
_OTHER_NAMES = "2.5.29.17"
_BARRED = (
    "BadUserAccessDenied",
    "BadIdentityToken",
    "BadNotWritable",
    "BadNotReadable",
    "BadSecurity",
    "BadCertificate",
)
_LATER = ("BadTimeout", "BadTooMany", "BadServerHalted", "BadShutdown", "BadResourceUnavailable", "BadOutOfService")
_GONE = ("BadConnection", "BadSecureChannel", "BadSession", "BadCommunication", "BadNoCommunication")
_MISSING = ("BadNodeIdUnknown", "BadNodeIdInvalid", "BadAttributeIdInvalid")


class _Link:
    """A session with a server; `sent` turns true when a write goes out."""

    def __init__(self, args: OpcuaServer, env: ToolEnv, tool: str, timeout_s: float, place: Place) -> None:
        need(tool)
        import asyncua

        library: Any = asyncua
        self.ua = library.ua
        self.args, self.env, self.place = args, env, place
        self.secrets = Secrets(env)
        self.sent = self.well = False
        self.client = library.Client(args.server, timeout=timeout_s)
        dial = self.client.uaclient.connect_socket
        self.client.uaclient.connect_socket = lambda host, port: dial(place.ip, place.port)  # where it was checked

    async def open(self) -> None:
        """Connect, as safely as the step says."""
        to = f"opcua://{str(self.place).partition('://')[2]}"
        user, password = [await self.secrets.fill(text, to) for text in (self.args.user, self.args.password)]
        if user:
            self.client.set_user(user)
            self.client.set_password(password)
        if self.args.security != "none":
            from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256

            files = (self.args.certificate, self.args.private_key, self.args.server_certificate)
            mine, key, theirs = (None if file is None else str(resolve(file, self.env)) for file in files)
            self.client.application_uri = await _application_uri(mine) or self.client.application_uri
            await self.client.set_security(SecurityPolicyBasic256Sha256, mine, key, server_certificate=theirs)
        await self.client.connect()

    async def close(self) -> None:
        """End the session; a server that is silent, or has just failed us, does not hold us."""
        if not self.well:
            with suppress(Exception):
                self.client.uaclient.protocol.transport.abort()
        with suppress(Exception):
            async with asyncio.timeout(_CLOSE_S):
                await self.client.disconnect()
        with suppress(Exception):
            self.client.disconnect_socket()

    async def read(self, point: OpcuaPoint, *, any_quality: bool = False) -> Any:
        """The data value of a variable; StepError when the server says that it is not good."""
        node = self.client.get_node(point.node)
        value = await node.read_data_value(raise_on_bad_status=False)
        status = value.StatusCode
        if not status.is_good() and (not any_quality or value.Value is None or status.name.startswith(_MISSING)):
            raise self.refused(status.name, point)
        return value

    async def write(self, point: OpcuaPoint, value: Any, kind: Any) -> None:
        """Send the value alone, as servers want it: without a status and without times."""
        self.sent = True
        await self.client.get_node(point.node).write_attribute(
            self.ua.AttributeIds.Value, self.ua.DataValue(self.ua.Variant(value, kind))
        )

    def refused(self, name: str, point: OpcuaPoint | None = None) -> StepError:
        """What a status code of the server means for the step."""
        what = f"{point.name}: {name}" if point else name
        if name.startswith(_MISSING):
            return self.fault("not_found", what, retryable=False)
        if name.startswith(_BARRED):
            return self.fault("permission", what, retryable=False)
        if name.startswith(_LATER):
            return self.fault("timeout" if name == "BadTimeout" else "server", what)
        if name.startswith(_GONE):
            return self.fault("connection", what)
        return self.fault("invalid", what, retryable=False)

    def fault(self, cls: Any, why: str, **more: Any) -> StepError:
        more.setdefault("outcome_unknown", self.sent)
        return StepError(cls, self.secrets.hide(f"{why} ({self.args.server})."), **more)


@asynccontextmanager
async def _link(tool: str, args: OpcuaServer, env: ToolEnv) -> AsyncIterator[_Link]:
    timeout_s = timeout_of(TIMEOUT_S, args.timeout_s, env)
    place = await place_of(args.server, {"opc.tcp": 4840}, tool, env)
    link = _Link(args, env, tool, timeout_s, place)
    ua = link.ua
    async with talk(_lane(args)):
        try:
            async with asyncio.timeout(timeout_s):
                async with asyncio.timeout(min(CONNECT_S, timeout_s)):
                    await link.open()
                yield link
                link.well = True
        except TimeoutError:
            raise link.fault("timeout", f"no answer within {timeout_s:g} s") from None
        except ua.UaStatusCodeError as error:
            # a status is the server's word: it has not done what it refuses, unless it is about the connection
            name = type(error).__name__
            fault = link.refused(name)
            fault.outcome_unknown = link.sent and fault.cls in ("connection", "timeout")
            raise fault from None
        except (ConnectionError, OSError) as error:
            why = getattr(error, "strerror", None) or str(error) or "the connection broke off"
            raise link.fault("connection", why) from None
        except ua.UaError as error:
            raise link.fault("connection" if link.sent else "invalid", str(error) or type(error).__name__) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            raise link.fault("connection", "the connection broke off") from None  # the library cancels its own waits
        finally:
            await link.close()


async def _application_uri(certificate: str | None) -> str:
    """The URI in this PC's certificate: servers compare it with what the client says."""
    from asyncua.crypto import uacrypto

    if certificate is None:
        return ""
    try:
        loaded = await uacrypto.load_certificate(certificate)
    except (OSError, ValueError):
        return ""  # `set_security` says what is wrong with it
    names = [name for one in loaded.extensions if one.oid.dotted_string == _OTHER_NAMES for name in one.value]
    return next((name.value for name in names if type(name).__name__ == "UniformResourceIdentifier"), "")


async def _read(args: OpcuaReadArgs, env: ToolEnv) -> list[dict[str, Any]]:
    async with _link("opcua.read", args, env) as link:
        rows = []
        for point in args.points:
            found = await link.read(point, any_quality=args.quality == "any")
            when = found.SourceTimestamp
            kind = found.Value.VariantType.name if found.Value else "Null"
            rows.append(
                {
                    "name": point.name,
                    "value": plain(alike(found.Value.Value, kind) if found.Value else None),
                    "unit": point.unit,
                    "type": kind,
                    "status": found.StatusCode.name,
                    "measured": when.replace(tzinfo=UTC).isoformat() if when is not None else None,
                }
            )
        hidden: list[dict[str, Any]] = link.secrets.hide(rows)
        return hidden


async def _write(args: OpcuaWriteCall, env: ToolEnv) -> dict[str, Any]:
    async with _link("opcua.write", args, env) as link:
        kind = (await link.read(args.point, any_quality=True)).Value.VariantType
        wanted = made(args.point.value, kind.name, args.point.name)
        await link.write(args.point, wanted, kind)
        if args.read_back == "none":
            return {**_result(args, wanted, wanted, kind.name), "read_back": None, "equal": None}
        now = (await link.read(args.point, any_quality=True)).Value.Value
        return _result(args, wanted, now, kind.name)


async def _lookup(args: OpcuaWriteCall, env: ToolEnv) -> Found | None:
    """Did an unanswered write arrive? Only a variable that now holds the new value and did not before says so."""
    async with _link("opcua.write", args, env) as link:
        found = (await link.read(args.point, any_quality=True)).Value
    kind, now = found.VariantType.name, found.Value
    wanted = made(args.point.value, kind, args.point.name)
    before = args.before[0] if args.before else None
    judged(alike(wanted, kind), alike(before, kind), alike(now, kind), f"{args.point.name} at {args.server}")
    return Found(_result(args, wanted, now, kind))


def _result(args: OpcuaWriteCall, wanted: Any, now: Any, kind: str) -> dict[str, Any]:
    result = {
        "name": args.point.name,
        "wanted": plain(alike(wanted, kind)),
        "before": args.before[0] if args.before else None,
        "read_back": plain(alike(now, kind)),
        "equal": alike(now, kind) == alike(wanted, kind),
        "unit": args.point.unit,
    }
    if not result["equal"] and args.read_back == "must_match":
        why = f"{args.point.name} was written, and the server holds {result['read_back']} instead of {result['wanted']}"
        raise StepError("invalid", f"{why} ({args.server}).", retryable=False, detail=result)
    return result


def made(value: Any, kind: str, name: str) -> Any:
    """The value in the variable's own type; StepError `invalid` when it does not fit."""
    bits = {"SByte": 8, "Byte": 8, "Int16": 16, "UInt16": 16, "Int32": 32, "UInt32": 32, "Int64": 64, "UInt64": 64}
    try:
        if kind == "Boolean" and value in (True, False, 0, 1):
            return bool(value)
        if kind == "Float" and not isinstance(value, str):
            single(value)
        if kind in ("Float", "Double") and not isinstance(value, str):
            return float(value)
        if kind in bits and not isinstance(value, str) and float(value).is_integer():
            unsigned = kind == "Byte" or kind.startswith("U")
            low, high = (0, 2 ** bits[kind]) if unsigned else (-(2 ** (bits[kind] - 1)), 2 ** (bits[kind] - 1))
            if low <= value < high:
                return int(value)
        if kind == "String" and isinstance(value, str):
            return value
    except (OverflowError, ValueError):
        pass
    raise StepError("invalid", f"{name}: {value!r} does not fit into the variable's type {kind}.", retryable=False)


def alike(value: Any, kind: str) -> Any:
    """The value as it can be compared: what a 32-bit float holds, without the digits that it does not."""
    if kind == "Float" and isinstance(value, int | float):
        return single(value)
    return value


def plain(value: Any) -> Any:
    """A value of OPC UA as JSON; what JSON has no form for becomes text."""
    if value is None or isinstance(value, bool | int | str):
        return value.replace("\0", "\ufffd") if isinstance(value, str) else value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(getattr(value, "Text", None) or value)


def _lane(args: OpcuaServer) -> str:
    return f"device:{args.server.strip().lower()}"


_REACH = "Servers that the step names, as far as this PC's settings allow them."

OPCUA_READ = Tool(
    name="opcua.read",
    summary="Reads variables of an OPC UA server.",
    args=OpcuaReadArgs,
    effect=lambda args: "pure",
    call=_read,
    lane=_lane,
    timeout_s=TIMEOUT_S,
    risk="low",
    chooses=("server", "points"),
    reach=_REACH,
    health=package_health("opcua.read"),
)

OPCUA_WRITE = Tool(
    name="opcua.write",
    summary="Writes a variable of an OPC UA server and reads it back.",
    args=OpcuaWriteCall,
    effect=lambda args: args.effect,
    call=_write,
    lane=_lane,
    timeout_s=TIMEOUT_S,
    risk="irreversible",
    lookup=_lookup,
    chooses=("server", "point"),
    reach=_REACH,
    health=package_health("opcua.read"),
)
