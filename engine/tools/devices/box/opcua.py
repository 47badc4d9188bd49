"""The plant as an OPC UA server: one variable for each value, in the namespace of the plant."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.tools.devices.box.plant import POINTS, Plant

NAMESPACE = "urn:signalbox:plant"
APPLICATION = "urn:signalbox:plant:server"


class OpcuaBox:
    """A running server. `node(name)` is the id of a value's variable."""

    def __init__(self, plant: Plant, users: dict[str, str] | None = None, keys: Path | None = None) -> None:
        self.plant, self.users, self.keys = plant, users, keys
        self._server: Any = None
        self._nodes: dict[Any, str] = {}
        self._old: dict[str, float] = {}
        self.index = 2

    @staticmethod
    def node(name: str) -> str:
        """The id of a value's variable."""
        return f"ns=2;s=Plant.{name}"

    async def listen(self, host: str, port: int) -> int:
        """Begin; the port that it has become."""
        asyncua, ua = _library()
        from asyncua.common.callback import CallbackType
        from asyncua.server.user_managers import UserManager

        box = self

        class Users(UserManager):
            def get_user(
                self, iserver: Any, username: Any = None, password: Any = None, certificate: Any = None
            ) -> Any:
                return box._user(username, password)

        server = asyncua.Server(user_manager=Users())
        self._server = server
        await server.init()
        server.set_endpoint(f"opc.tcp://{host}:{port}/plant/")
        server.set_server_name("Plant in the box")
        policies = [ua.SecurityPolicyType.NoSecurity]
        if self.keys is not None:
            await server.set_application_uri(APPLICATION)
            await server.load_certificate(str(self.keys / "server.der"))
            await server.load_private_key(str(self.keys / "server.pem"))
            policies.append(ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt)
        server.set_security_policy(policies)
        self.index = await server.register_namespace(NAMESPACE)
        parent = await server.nodes.objects.add_object(ua.NodeId("Plant", self.index), "Plant")
        for point in POINTS:
            value: Any = bool(point.start) if point.bit else point.start
            kind = ua.VariantType.Boolean if point.bit else ua.VariantType.Double
            made = ua.NodeId(f"Plant.{point.name}", self.index)
            node = await parent.add_variable(made, point.name, value, kind)
            if point.writable:
                await node.set_writable()
            self._nodes[made] = point.name
        server.subscribe_server_callback(CallbackType.PreRead, self._reads)
        server.subscribe_server_callback(CallbackType.PreWrite, self._will_write)
        server.subscribe_server_callback(CallbackType.PostWrite, self._has_written)
        await server.start()
        return int(server.bserver._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End it."""
        if self._server is not None:
            with suppress(asyncio.CancelledError):
                await self._server.stop()

    def _user(self, name: Any, password: Any) -> Any:
        from asyncua.crypto.permission_rules import User, UserRole

        if self.users is None or (name in self.users and self.users[name] == password):
            return User(role=UserRole.User, name=name)
        return None

    async def _reads(self, event: Any, _: Any) -> None:
        if not event.is_external:
            return
        names = [self._nodes[one.NodeId] for one in event.request_params.NodesToRead if one.NodeId in self._nodes]
        if not names:
            return  # what clients ask about the server itself
        await self._wait(self.plant.meets(write=False))
        for name in names:
            await self._put(name, self.plant.read(name))

    async def _will_write(self, event: Any, _: Any) -> None:
        if event.is_external and self.plant.fault in ("silent", "late"):
            await self._wait(self.plant.meets(write=True))

    async def _has_written(self, event: Any, _: Any) -> None:
        if not event.is_external:
            return
        fault = "none" if self.plant.fault in ("silent", "late") else self.plant.meets(write=True)
        for one, status in zip(event.request_params.NodesToWrite, event.response_params, strict=True):
            name = self._nodes.get(one.NodeId)
            if name is None or not status.is_good():
                continue
            if fault in ("ignored", "cut"):
                await self._put(name, self.plant.values[name])
            else:
                self.plant.write(name, float(one.Value.Value.Value), "opcua")
        if fault in ("dropped", "cut"):
            for client in list(self._server.bserver.clients):
                client.transport.abort()

    async def _wait(self, fault: str) -> None:
        if fault == "late":
            await asyncio.sleep(self.plant.late_s)
        elif fault == "silent":
            await asyncio.Event().wait()  # the client gives up, and this ends with its connection

    async def _put(self, name: str, value: float) -> None:
        _, ua = _library()
        point = self.plant.points[name]
        kind = ua.VariantType.Boolean if point.bit else ua.VariantType.Double
        shown: Any = bool(value) if point.bit else float(f"{value:.7g}")
        node, now = ua.NodeId(f"Plant.{name}", self.index), datetime.fromtimestamp(time.time(), UTC)
        await self._server.iserver.write_attribute_value(
            node, ua.DataValue(ua.Variant(shown, kind), SourceTimestamp=now)
        )


def _library() -> tuple[Any, Any]:
    """The library and its data types, as Any: its own annotations do not know how its types are made."""
    import asyncua

    return asyncua, asyncua.ua
