"""The belt beside the braces: while the network is off, Python itself refuses sockets that lead beyond this PC.

A hook of the interpreter cannot be taken off again, so there is one for the whole process, and it looks at a switch.
"""

from __future__ import annotations

import errno
import sys
from typing import Any

from engine.net.address import ip_of

_EVENTS = frozenset(
    (
        "socket.connect", "socket.sendto", "socket.sendmsg",
        "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo",
    )
)  # fmt: skip
_UNSEEN = "the network is off"


class _Switch:
    def __init__(self) -> None:
        self.fastened = False
        self.off: set[object] = set()


_SWITCH = _Switch()


def shut(who: object, off: bool) -> None:
    """Whether `who` wants this process to stay on this PC; it does while anybody does."""
    if off and not _SWITCH.fastened:
        _SWITCH.fastened = True
        sys.addaudithook(_look)
    (_SWITCH.off.add if off else _SWITCH.off.discard)(who)


def _look(event: str, args: tuple[Any, ...]) -> None:
    if not _SWITCH.off or event not in _EVENTS:
        return
    if event.startswith("socket.get"):
        _check_name(args[0][0] if event == "socket.getnameinfo" else args[0])
    else:
        _check_address(args[1])


def _check_name(host: Any) -> None:
    """Numbers and this PC's own name need nobody's answer; anything else would be asked of a server."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name and name.lower() != "localhost" and ip_of(str(name).partition("%")[0]) is None:
        raise OSError(errno.ENETUNREACH, _UNSEEN)


def _check_address(address: Any) -> None:
    if not isinstance(address, tuple) or not address or not isinstance(address[0], str):
        return  # a socket file, or a datagram of a connected socket
    ip = ip_of(address[0].partition("%")[0])
    if ip is not None:
        plain = getattr(ip, "ipv4_mapped", None) or ip
        if not plain.is_loopback and not plain.is_unspecified:  # the unspecified address is this PC when connected to
            raise OSError(errno.ENETUNREACH, _UNSEEN)
    elif address[0] and address[0].lower() != "localhost":
        raise OSError(errno.ENETUNREACH, _UNSEEN)
