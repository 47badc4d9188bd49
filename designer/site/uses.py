"""Who in the library needs what of this PC, and how roles are set: read by the worker, not by the window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from designer.site.facts import Use
from engine import settings as engine_settings
from engine.nodes.catalog import CATALOG
from engine.observe.uses import uses as secret_uses
from engine.settings import RoleSetting
from engine.store import Store


@dataclass(frozen=True)
class Uses:
    """By role the nodes that name it, by secret `workflow:NAME`, `role:NAME`, `mcp:NAME`; and how each role is set."""

    roles: Mapping[str, tuple[Use, ...]] = field(default_factory=dict)
    secrets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: Mapping[str, RoleSetting] = field(default_factory=dict)


def read_uses(store: Store, data_dir: Path) -> Uses:
    """Look through the newest version of every workflow. Refused when the settings cannot be read."""
    settings = engine_settings.load(data_dir)
    roles: dict[str, dict[Use, None]] = {}
    for name in store.library.names():
        digest = store.library.latest(name)
        workflow = store.library.get(digest) if digest is not None else None
        for node in workflow.nodes if workflow is not None else ():
            node_type = CATALOG.get(node.type)
            if node_type is None or workflow is None:
                continue
            needs = node_type.needs(node.params)
            for role in needs.roles:
                roles.setdefault(role, {})[Use(name, workflow.title or name, node.key)] = None
    return Uses(
        {role: tuple(found) for role, found in roles.items()},
        {secret: tuple(found) for secret, found in secret_uses(settings, store.library).items()},
        dict(settings.roles),
    )


def marks(data_dir: Path) -> tuple[int, ...]:
    """What changes when somebody else changes this PC's settings, health or model files."""
    found = []
    for name in ("settings.json", "health.json", "models", "secrets.json", "secrets.enc", "mcp"):
        try:
            found.append((data_dir / name).stat().st_mtime_ns)
        except OSError:
            found.append(0)
    return tuple(found)
