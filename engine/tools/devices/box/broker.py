"""A small MQTT broker for this PC: 3.1.1 and 5, QoS 0 to 2, retained messages, wildcards, wills, passwords, TLS.

It keeps nothing when a client goes: every session is a clean one, and what was not confirmed is not sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Mapping

from engine.tools.devices.box import mqtt_packets as wire
from engine.tools.devices.box.mqtt_packets import Malformed, Message, Reader
from engine.tools.devices.box.plant import Fault

_NO_FAULT: Callable[[str], Fault] = lambda topic: "none"  # noqa: E731


class Broker:
    """Serves clients until it is closed. `on_message` hears every message; `meets(topic)` says what goes wrong."""

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        on_message: Callable[[Message], None] = lambda message: None,
        meets: Callable[[str], Fault] = _NO_FAULT,
        late_s: float = 2.0,
    ) -> None:
        self.users, self.on_message, self.meets, self.late_s = users, on_message, meets, late_s
        self.retained: dict[str, Message] = {}
        self.sessions: set[_Session] = set()
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def listen(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> int:
        """Begin; the port that it has become."""
        self._server = await asyncio.start_server(self._accepted, host, port, ssl=tls)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End it with all its connections."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    def publish(self, message: Message) -> None:
        """Hand a message to everybody who reads its topic, and keep it when it is to be retained."""
        if message.retain:
            if message.payload:
                self.retained[message.topic] = message
            else:
                self.retained.pop(message.topic, None)
        for session in list(self.sessions):
            session.offer(message)

    def admits(self, user: str, password: bytes) -> bool:
        """Whether this name may come in."""
        return self.users is None or self.users.get(user, "").encode() == password != b""

    def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # a task of our own: the one that asyncio would make logs an error when it is cancelled before it begins
        task = asyncio.ensure_future(self._connected(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda _: writer.close())

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = _Session(self, reader, writer)
        try:
            await session.serve()
        except (Malformed, asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        except asyncio.CancelledError:
            session.will = None  # the broker itself ends
        finally:
            self.sessions.discard(session)
            writer.close()
            with contextlib.suppress(Exception):
                await writer.wait_closed()
        if session.will is not None:
            self.on_message(session.will)
            self.publish(session.will)


class _Session:
    """One client while it is connected."""

    def __init__(self, broker: Broker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.broker, self.reader, self.writer = broker, reader, writer
        self.version = 4
        self.will: Message | None = None
        self._filters: dict[str, tuple[int, bool]] = {}  # filter -> QoS, keep the retain flag
        self._next = 0
        self._taken: set[int] = set()  # QoS 2: numbers whose message has been handed on

    async def serve(self) -> None:
        """Its packets until it goes."""
        kind, _, content = await wire.read_packet(self.reader)
        if kind != wire.CONNECT or not await self._welcome(content):
            return
        self.broker.sessions.add(self)
        while True:
            kind, flags, content = await wire.read_packet(self.reader)
            if kind == wire.DISCONNECT:
                self.will = None
                return
            if not await self._packet(kind, flags, content):
                return

    async def _packet(self, kind: int, flags: int, content: Reader) -> bool:
        """Whether the connection goes on."""
        if kind == wire.PUBLISH:
            return await self._published(flags, content)
        if kind == wire.SUBSCRIBE:
            return await self._subscribe(content)
        if kind == wire.UNSUBSCRIBE:
            await self._unsubscribe(content)
        elif kind == wire.PUBREC:
            await self._send(wire.packet(wire.PUBREL, content.take(2), 2))
        elif kind == wire.PUBREL:
            number = content.take(2)
            self._taken.discard(int.from_bytes(number, "big"))
            await self._send(wire.packet(wire.PUBCOMP, number))
        elif kind == wire.PINGREQ:
            await self._send(wire.packet(wire.PINGRESP))
        elif kind not in (wire.PUBACK, wire.PUBCOMP):
            raise Malformed(f"a packet of the type {kind}")
        return True

    async def _welcome(self, content: Reader) -> bool:
        name, self.version = content.text(), content.number(1)
        if name != "MQTT" or self.version not in (4, 5):
            await self._send(wire.packet(wire.CONNACK, bytes([0, 1])))
            return False
        flags = content.number(1)
        content.number(2)
        if self.version == 5:
            content.properties()
        content.text()
        if flags & 0x04:
            properties = content.properties() if self.version == 5 else b""
            topic, payload = content.text(), content.binary()
            self.will = Message(topic, payload, flags >> 3 & 3, bool(flags & 0x20), properties)
        user = content.text() if flags & 0x80 else ""
        password = content.binary() if flags & 0x40 else b""
        admitted = self.broker.admits(user, password)
        code = 0 if admitted else (0x86 if self.version == 5 else 4)
        await self._send(wire.packet(wire.CONNACK, bytes([0, code]) + self._no_properties()))
        if not admitted:
            self.will = None
        return admitted

    async def _published(self, flags: int, content: Reader) -> bool:
        message, number = wire.read_publish(flags, content, self.version)
        fault = self.broker.meets(message.topic)
        if fault == "late":
            await asyncio.sleep(self.broker.late_s)
        if fault not in ("silent", "ignored", "cut") and number not in self._taken:
            self.broker.on_message(message)
            self.broker.publish(message)
        if fault in ("dropped", "cut"):
            return False
        if message.qos == 2:
            self._taken.add(number)
        if message.qos and fault != "silent":
            kind = wire.PUBACK if message.qos == 1 else wire.PUBREC
            await self._send(wire.packet(kind, number.to_bytes(2, "big")))
        return True

    async def _subscribe(self, content: Reader) -> bool:
        number, codes, fresh = content.take(2), bytearray(), []
        if self.version == 5:
            content.properties()
        while content.at < len(content.data):
            wanted, options = content.text(), content.number(1)
            if not wire.valid_filter(wanted):
                codes.append(0x8F if self.version == 5 else 0x80)
                continue
            known = wanted in self._filters
            self._filters[wanted] = (min(options & 3, 2), bool(options & 0x08))
            codes.append(options & 3)
            handling = options >> 4 & 3
            if handling == 0 or (handling == 1 and not known):
                fresh.append(wanted)
        fault = self.broker.meets("")
        if fault == "silent":
            return True
        if fault == "late":
            await asyncio.sleep(self.broker.late_s)
        await self._send(wire.packet(wire.SUBACK, number + self._no_properties() + bytes(codes)))
        for wanted in fresh:
            for message in [one for topic, one in self.broker.retained.items() if wire.matches(wanted, topic)]:
                self._write(message, min(message.qos, self._filters[wanted][0]), retain=True)
        return True

    async def _unsubscribe(self, content: Reader) -> None:
        number, codes = content.take(2), bytearray()
        if self.version == 5:
            content.properties()
        while content.at < len(content.data):
            codes.append(0 if self._filters.pop(content.text(), None) else 0x11)
        more = self._no_properties() + bytes(codes) if self.version == 5 else b""
        await self._send(wire.packet(wire.UNSUBACK, number + more))

    def offer(self, message: Message) -> None:
        """Send it when one of this client's filters takes it; once, with the best quality of those."""
        taking = [how for wanted, how in self._filters.items() if wire.matches(wanted, message.topic)]
        if taking:
            qos = min(message.qos, max(how[0] for how in taking))
            self._write(message, qos, retain=message.retain and any(how[1] for how in taking))

    def _write(self, message: Message, qos: int, *, retain: bool) -> None:
        if qos:
            self._next = self._next % 65_535 + 1
        if not self.writer.is_closing():
            self.writer.write(wire.publish(message, qos, self._next, retain=retain, version=self.version))

    async def _send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def _no_properties(self) -> bytes:
        return b"\0" if self.version == 5 else b""
