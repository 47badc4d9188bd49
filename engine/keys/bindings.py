"""What a secret may be used for: bindings that its owner has given, against the destination of one use.

A destination is an address (`https://mes.plant/api`), or `who@where`: `role:big@https://…`, `mcp:files@https://…`,
`mcp:files` (a program of this PC), `program:curl`. A binding has the same form; an address in it covers its scheme,
host and port, and everything below its path.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from engine.errors import Refused

OWN_ADDRESS = "its own address"
"""The destination of a secret that is an address itself: the vault looks into the value."""

_PORTS = {"https": 443, "http": 80, "postgresql": 5432, "mqtt": 1883, "mqtts": 8883, "opcua": 4840, "wss": 443}
_ALIASES = {"postgres": "postgresql", "opc.tcp": "opcua"}
_WHO = re.compile(r"(mcp|role|program):(.*)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}")
_HOW = (
    "Say where it may go: https://host/path, mcp:SERVER, role:ROLE, program:NAME, postgresql://host/database, "
    "mqtt://host or opcua://host."
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address as it is compared: the path without its last slash, "" for all of a host."""

    scheme: str
    host: str
    port: int
    path: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"


def address(text: str) -> Address:
    """An address taken apart; ValueError with the fault as half a sentence."""
    if not text.isprintable() or " " in text or "\\" in text:
        raise ValueError("it holds a character that no address has")
    parts = urlsplit(text)
    scheme = _ALIASES.get(parts.scheme, parts.scheme)
    if scheme not in _PORTS:
        raise ValueError(f"{parts.scheme or 'nothing'}:// is no kind of address that a secret is bound to")
    host = (parts.hostname or "").rstrip(".")
    if not host and scheme == "postgresql":
        host = "localhost"  # a socket of this PC
    try:
        host = ipaddress.ip_address(host.partition("%")[0]).compressed
    except ValueError:
        host = host if host.isascii() else host.encode("idna").decode()
    if not re.fullmatch(r"[a-z0-9._:-]+", host):
        raise ValueError("it names no host")
    return Address(scheme, host, parts.port or _PORTS[scheme], parts.path.rstrip("/"))


def binding(text: str) -> str:
    """A binding as it is stored; Refused for what is none."""
    given = text.strip()
    who = _WHO.fullmatch(given)
    if who is None:
        return str(_plain(given))
    kind, rest = who[1], who[2]
    if kind == "program":
        if not rest or not rest.isprintable():
            raise Refused(f"{text!r} names no program.", remedy=_HOW)
        return given
    name, at, where = rest.partition("@")
    if not _NAME.fullmatch(name) or (kind == "role" and not at):
        raise Refused(f"{text!r} names no {'MCP server' if kind == 'mcp' else 'role'}.", remedy=_HOW)
    return f"{kind}:{name}@{_plain(where)}" if at else given


def _plain(text: str) -> Address:
    parts = urlsplit(text) if text.isprintable() else urlsplit("")
    if parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise Refused(f"{text!r} holds more than scheme, host, port and path.", remedy=_HOW)
    try:
        found = address(text)
    except ValueError as fault:
        raise Refused(f"{text!r} is nothing that a secret can be bound to: {fault}.", remedy=_HOW) from None
    if _tricky(found.path):
        raise Refused(f"{text!r} has a path that leads elsewhere.", remedy=_HOW)
    return found


def program(argv0: str, path: str) -> str:
    """The destination of a started program: as the workflow names it, and the file that this is ("" when unknown)."""
    return f"program:{argv0}\n{path}"


def shown(destination: str) -> str:
    """A destination as a person reads it."""
    return destination.partition("\n")[0]


def covers(bound: str, destination: str) -> bool:
    """Whether a stored binding allows a use; a destination that cannot be read is covered by nothing."""
    mine, theirs = _parts(bound), _parts(destination)
    if mine[0] == "program" or theirs[0] == "program":
        return mine[0] == theirs[0] and bool(mine[1]) and mine[1] in theirs[1:]
    if mine[0] == "mcp" and not mine[2]:
        return theirs == mine
    if mine[0] and mine[:2] != theirs[:2]:
        return False
    try:
        return _below(address(mine[2]), address(theirs[2]))
    except (ValueError, UnicodeError):
        return False


def _parts(text: str) -> tuple[str, str, str]:
    """Kind, name and place; kind and name are "" for a plain address. No binding holds a line break."""
    who = _WHO.fullmatch(text)
    if who is None:
        return "", "", text
    name, _, where = who[2].partition("\n" if who[1] == "program" else "@")
    return who[1], name, where


def _below(bound: Address, used: Address) -> bool:
    if (bound.scheme, bound.host, bound.port) != (used.scheme, used.host, used.port):
        return False
    if not bound.path:
        return True
    return not _tricky(used.path) and (used.path == bound.path or used.path.startswith(bound.path + "/"))


def _tricky(path: str) -> bool:
    """Whether a server may take the path for another one."""
    flat = path
    for _ in range(3):
        flat = unquote(flat)
    return "\\" in flat or flat.count("/") != path.count("/") or bool({".", ".."} & set(flat.split("/")))
