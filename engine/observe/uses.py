"""Which workflows, roles and servers of tools use a secret."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from engine.nodes.catalog import CATALOG
from engine.settings import McpServer, Settings
from engine.store import Library

_REFERENCE = re.compile(r"secret://([A-Za-z0-9_.-]+)")


def named_in(texts: Iterable[str]) -> tuple[str, ...]:
    """The names of the secrets that these texts refer to."""
    return tuple(dict.fromkeys(name for text in texts for name in _REFERENCE.findall(text)))


def server_secrets(server: McpServer) -> tuple[str, ...]:
    """The secrets that a server of tools is given."""
    return named_in([*server.env.values(), *server.headers.values()])


def server_place(name: str, server: McpServer) -> str:
    """The destination of what a server of tools is given."""
    return f"mcp:{name}@{server.url}" if server.url else f"mcp:{name}"


def role_secrets(settings: Settings) -> dict[str, str]:
    """The secret that is a role's key, by role."""
    return {name: named_in([role.key])[0] for name, role in settings.roles.items() if role.key}


def uses(settings: Settings, library: Library | None) -> Mapping[str, list[str]]:
    """By secret: `workflow:NAME`, `role:NAME`, `mcp:NAME`; of workflows, the newest version in the library counts."""
    found: dict[str, list[str]] = {}
    for role, secret in role_secrets(settings).items():
        found.setdefault(secret, []).append(f"role:{role}")
    for name, server in sorted(settings.mcp_servers.items()):
        for secret in server_secrets(server):
            found.setdefault(secret, []).append(f"mcp:{name}")
    if library is None:
        return found
    for name in library.names():
        digest = library.latest(name)
        nodes = library.get(digest).nodes if digest is not None else ()
        needed = [CATALOG[node.type].needs(node.params).secrets for node in nodes if node.type in CATALOG]
        for secret in dict.fromkeys(secret for secrets in needed for secret in secrets):
            found.setdefault(secret, []).append(f"workflow:{name}")
    return found
