"""All that a person can set."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from engine.net.guard import Guard, Note
from engine.settings.base import Frozen, Positive
from engine.settings.hub import HubSetting
from engine.settings.mcp import McpServer
from engine.settings.memory import MemorySetting
from engine.settings.network import FolderSetting, NetworkRules
from engine.settings.roles import DEFAULT_ROLES, RoleSetting
from engine.settings.trust import Trust

DEFAULT_LANES: dict[str, int] = {"cpu": 4, "http": 8, "sql": 4, "command": 2, "mcp": 4, "model": 1, "remote": 4}


class Settings(Frozen):
    """Everything that a person can set. Frozen: a change is a new value, written with `save`."""

    host: Annotated[str, Field(max_length=200)] = ""
    """This PC's name in journals; empty: its network name."""
    roles: dict[str, RoleSetting] = DEFAULT_ROLES
    """Which model each role means; roles that are not named here keep their defaults."""
    hub: HubSetting = HubSetting()
    """Where model files may be downloaded from; off until a person turns it on."""
    memory: MemorySetting = MemorySetting()
    """What models may take of this PC beside their files."""
    mcp_servers: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")], McpServer] = {}
    """Servers of tools, by the name that workflows use; `signalboxctl mcp` adds and approves them."""
    lanes: dict[str, Positive] = DEFAULT_LANES
    """How many steps of a lane run at once; "model" is for each model file, "remote" for each remote
    role, "model:<role>" and "remote:<role>" for one of them."""
    run_ahead: bool = True
    """Whether pure steps may start before the step before them is on disk (nothing leaves the engine before)."""
    workspace: str = ""
    """The folder in which relative paths of file and command tools are resolved; empty: `<data folder>/files`."""
    network: Literal["on", "off"] = "on"
    """`off`: everything that would leave this PC fails at once; loopback stays open."""
    network_rules: NetworkRules = NetworkRules()
    """Which hosts may be asked while the network is on."""
    folders: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")], FolderSetting] = {}
    """Folders beside the workspace that file tools may open."""
    paths: Literal["drawn", "listed"] = "drawn"
    """`drawn`: whole paths that the author wrote out in a node may be read, too; `listed`: only those in `folders`."""
    trust: Trust = Trust()
    """Which text may decide what is done, and what happens when other text is about to."""
    poll_ms: Annotated[int, Field(ge=1, le=60_000)] = 20
    """How often, in milliseconds, the engine looks for requests while somebody waits."""
    max_value_bytes: Annotated[int, Field(ge=1024, le=2**31)] = 64 * 1024 * 1024
    """The largest value that a port or an effect may carry; a larger one fails the step with the class `limit`."""

    @field_validator("roles", mode="before")
    @classmethod
    def _beside_default_roles(cls, given: Any) -> Any:
        return {**DEFAULT_ROLES, **given} if isinstance(given, Mapping) else given

    @field_validator("lanes", mode="before")
    @classmethod
    def _beside_default_lanes(cls, given: Any) -> Any:
        return {**DEFAULT_LANES, **given} if isinstance(given, Mapping) else given

    @model_validator(mode="after")
    def _fallbacks_are_roles(self) -> Settings:
        for name, role in self.roles.items():
            for other in role.fallback:
                if other not in self.roles:
                    raise ValueError(f"the role `{name}` falls back on `{other}`, and there is no such role")
        return self

    def lane_width(self, lane: str) -> int:
        """Steps at once in a lane: its own number, that of its family (before the colon), or 1."""
        return self.lanes.get(lane) or self.lanes.get(lane.partition(":")[0]) or 1

    def host_name(self) -> str:
        """The name to write into journals."""
        if self.host:
            return self.host
        import platform

        return platform.node() or "here"

    def guard(self, note: Note | None = None) -> Guard:
        """The gateway's policy; `note` is told of every host that is asked for."""
        return self.network_rules.guard(offline=self.network == "off", note=note)

    def workspace_dir(self, data: Path) -> Path:
        """The folder in which relative paths of tools are resolved. It may not be there yet."""
        return Path(self.workspace).expanduser() if self.workspace else data / "files"
