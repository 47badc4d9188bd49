"""MQTT on the wire, 3.1.1 and 5: packets in and out, topics and filters. Only what a broker needs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 10, 11, 12, 13, 14
MAX_BYTES = 4 * 1024 * 1024

_FIXED = {
    **dict.fromkeys((0x01, 0x17, 0x19, 0x24, 0x25, 0x28, 0x29, 0x2A), 1),
    **dict.fromkeys((0x13, 0x21, 0x22, 0x23), 2),
    **dict.fromkeys((0x02, 0x11, 0x18, 0x27), 4),
}
_TEXTS = (0x03, 0x08, 0x09, 0x12, 0x15, 0x16, 0x1A, 0x1C, 0x1F)
_FORWARDED = (0x01, 0x02, 0x03, 0x08, 0x09, 0x26)


class Malformed(Exception):
    """Bytes that are no MQTT; the connection is closed."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `properties` are those of version 5 that go on to readers, as they came."""

    topic: str
    payload: bytes
    qos: int
    retain: bool
    properties: bytes = b""


class Reader:
    """Bytes of one packet, read from front to back."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        """The next bytes."""
        end = self.at + count
        if end > len(self.data):
            raise Malformed("a packet ends too early")
        found, self.at = self.data[self.at : end], end
        return found

    def number(self, count: int) -> int:
        """The next bytes as a number."""
        return int.from_bytes(self.take(count), "big")

    def binary(self) -> bytes:
        """Bytes with their length before them."""
        return self.take(self.number(2))

    def text(self) -> str:
        """A text with its length before it."""
        try:
            return self.binary().decode()
        except UnicodeDecodeError:
            raise Malformed("a text is not UTF-8") from None

    def varint(self) -> int:
        """A number of one to four bytes."""
        value = 0
        for shift in (0, 7, 14, 21):
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise Malformed("a length has more than four bytes")

    def properties(self) -> bytes:
        """The properties of a packet of version 5: those that go on with a message."""
        inner = Reader(self.take(self.varint()))
        kept = b""
        while inner.at < len(inner.data):
            start, kind = inner.at, inner.varint()
            if kind in _FIXED:
                inner.take(_FIXED[kind])
            elif kind in _TEXTS:
                inner.binary()
            elif kind == 0x26:
                inner.binary(), inner.binary()
            elif kind == 0x0B:
                inner.varint()
            else:
                raise Malformed(f"an unknown property {kind}")
            kept += inner.data[start : inner.at] if kind in _FORWARDED else b""
        return kept

    def rest(self) -> bytes:
        """All that is left."""
        return self.take(len(self.data) - self.at)


async def read_packet(stream: asyncio.StreamReader) -> tuple[int, int, Reader]:
    """The next packet: its type, its flags, its content. Raises IncompleteReadError at the end."""
    first = (await stream.readexactly(1))[0]
    length = 0
    for shift in (0, 7, 14, 21):
        byte = (await stream.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            break
    else:
        raise Malformed("a length has more than four bytes")
    if length > MAX_BYTES:
        raise Malformed("a packet is too large")
    return first >> 4, first & 0x0F, Reader(await stream.readexactly(length))


def read_publish(flags: int, content: Reader, version: int) -> tuple[Message, int]:
    """A message, and its packet number (0 for QoS 0)."""
    qos = flags >> 1 & 3
    topic = content.text()
    if qos == 3 or not topic or "+" in topic or "#" in topic:
        raise Malformed("a message without a topic")
    number = content.number(2) if qos else 0
    properties = content.properties() if version == 5 else b""
    return Message(topic, content.rest(), qos, bool(flags & 1), properties), number


def varint(value: int) -> bytes:
    """A length as it is written."""
    out = bytearray()
    while True:
        value, byte = divmod(value, 128)
        out.append(byte | 0x80 if value else byte)
        if not value:
            return bytes(out)


def packet(kind: int, content: bytes = b"", flags: int = 0) -> bytes:
    """A packet as it is sent."""
    return bytes([kind << 4 | flags]) + varint(len(content)) + content


def publish(message: Message, qos: int, number: int, *, retain: bool, version: int) -> bytes:
    """A message as it is sent to a reader."""
    name = message.topic.encode()
    head = len(name).to_bytes(2, "big") + name + (number.to_bytes(2, "big") if qos else b"")
    properties = varint(len(message.properties)) + message.properties if version == 5 else b""
    return packet(PUBLISH, head + properties + message.payload, qos << 1 | int(retain))


def matches(wanted: str, topic: str) -> bool:
    """Whether a filter with + and # takes a topic; those that begin with $ have to be named."""
    parts, levels = wanted.split("/"), topic.split("/")
    if topic.startswith("$") and parts[0] in ("+", "#"):
        return False
    for index, part in enumerate(parts):
        if part == "#":
            return True
        if index >= len(levels) or part not in ("+", levels[index]):
            return False
    return len(parts) == len(levels)


def valid_filter(wanted: str) -> bool:
    """Whether + and # stand where they may."""
    parts = wanted.split("/")
    return bool(wanted) and all(
        ("+" not in part or part == "+") and ("#" not in part or (part == "#" and index == len(parts) - 1))
        for index, part in enumerate(parts)
    )
