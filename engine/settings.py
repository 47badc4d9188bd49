"""Settings of one Signalbox: `<data folder>/settings.json`, every field with a default; and where the folders are."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from engine.errors import ErrorClass, Refused
from engine.platform import atomic_write

FILE = "settings.json"
MAX_FILE_BYTES = 1_000_000
Kind = Literal["gguf", "onnx", "remote"]
Provider = Literal["openai", "anthropic", "google", "ollama"]
_REMOTE_ONLY = ("provider", "url", "key", "placement", "prices")
OLLAMA_URL = "http://127.0.0.1:11434/v1"
Positive = Annotated[int, Field(ge=1, le=1_000_000)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Prices(_Frozen):
    """What a remote model costs, for a million tokens."""

    input: Annotated[float, Field(ge=0)]
    output: Annotated[float, Field(ge=0)]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "USD"


class RoleSetting(_Frozen):
    """The model that a role stands for: a file on this PC, or one that is asked over the network."""

    model: Annotated[str, Field(min_length=1)]
    """A file: an absolute path, or a name looked for in `<data folder>/models`, then among the shipped models.
    For a remote model its name at the provider."""
    kind: Kind
    """What runs it; taken from the file's suffix, or from a `url` or `provider` beside it, when not given."""
    provider: Provider | None = None
    """How a remote model is spoken to; "openai" is also what most servers of one's own speak."""
    url: Annotated[str, Field(max_length=2000)] | None = None
    """Where a remote model is; null: the provider's own address, for ollama this PC."""
    key: Annotated[str, Field(pattern=r"^secret://[A-Za-z0-9_.-]+$")] | None = None
    """The secret that a remote model is asked with, as `secret://name`. The key itself is never in the settings."""
    placement: Literal["edge", "cloud"] | None = None
    """Where a remote model counts as being; null: `edge` on this PC, `cloud` anywhere else."""
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 120.0
    """The longest that one answer of a remote model may take."""
    prices: Prices | None = None
    """What a remote model costs; with it each answer's cost is recorded beside its tokens."""
    stream: bool = True
    """Whether a remote model is asked for its text piece by piece; off for servers that cannot."""
    fallback: tuple[str, ...] = ()
    """Roles that take over, in this order, when this one fails."""
    fallback_on: tuple[ErrorClass, ...] | None = None
    """The failures that another role takes over from; null: whatever keeps this one from answering."""
    n_ctx: Annotated[int, Field(ge=64, le=1_048_576)] = 1024
    """Context length in tokens: messages and answer together (GGUF)."""
    threads: Annotated[int, Field(ge=1, le=1024)] | None = None
    """Threads to compute with; null: one per core, less one."""
    max_tokens: Annotated[int, Field(ge=1, le=1_048_576)] = 512
    """The longest answer, in tokens, when the node does not say (GGUF)."""
    unsure_below: Annotated[float, Field(ge=0, le=1)] | None = None
    """An answer with less confidence counts as "unsure" and the step fails with that class; null: never."""
    providers: tuple[str, ...] | None = None
    """ONNX execution providers in the order to try; null: every one that works here, CPU last."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    """The seed of the sampler, for answers that can be repeated (GGUF)."""

    @model_validator(mode="before")
    @classmethod
    def _kind_from_suffix(cls, given: Any) -> Any:
        if not isinstance(given, Mapping) or given.get("kind") is not None:
            return given
        if given.get("url") is not None or given.get("provider") is not None:
            return {**given, "kind": "remote"}
        suffix = Path(str(given.get("model", ""))).suffix.lower()
        if suffix not in (".gguf", ".onnx"):
            raise ValueError("the model's name ends in neither .gguf nor .onnx; say which with `kind`")
        return {**given, "kind": suffix[1:]}

    @model_validator(mode="after")
    def _remote_or_not(self) -> RoleSetting:
        if self.kind != "remote":
            wrong = [name for name in _REMOTE_ONLY if getattr(self, name) is not None]
            if wrong:
                raise ValueError(f"`{wrong[0]}` is for remote models, and this one is a file")
            return self
        address = urlsplit(self.address)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError(f"{self.address!r} is not an http:// or https:// address")
        if address.username is not None or address.password is not None:
            raise ValueError("an address holds no name and password; store the key as a secret and name it in `key`")
        if self.key and address.scheme == "http" and self.on_network and self.placement != "edge":
            raise ValueError("a key would go over the network in the clear; use https://")
        return self

    @property
    def address(self) -> str:
        """The base address of a remote model."""
        return self.url or _ADDRESSES[self.provider or "openai"]

    @property
    def on_network(self) -> bool:
        """Whether asking this model leaves the PC."""
        return self.kind == "remote" and not is_loopback(urlsplit(self.address).hostname or "")

    @property
    def in_cloud(self) -> bool:
        """Whether asking this model is refused to what may not leave the edge."""
        return self.on_network if self.placement is None else self.placement == "cloud"


_ADDRESSES: dict[str, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
    "google": "https://generativelanguage.googleapis.com",
    "ollama": OLLAMA_URL,
}

DEFAULT_ROLES: dict[str, RoleSetting] = {
    "small": RoleSetting(model="small.gguf", kind="gguf", unsure_below=0.9),  # as measured, see its model card
    "scorer": RoleSetting(model="anomaly.onnx", kind="onnx"),
    "surface": RoleSetting(model="surface.onnx", kind="onnx"),
    "texture": RoleSetting(model="surface_texture.onnx", kind="onnx"),
}
McpEffect = Literal["pure", "idempotent", "at_most_once"]
Sha = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class McpServer(_Frozen):
    """One server of tools (Model Context Protocol): how it is reached, and exactly what a person has approved of it."""

    command: Annotated[tuple[str, ...], Field(max_length=1000)] = ()
    """The program and its arguments, one entry each, without a shell; empty for a server at an address."""
    env: dict[str, str] = {}
    """Added to the program's small clean environment; may hold secret://name."""
    cwd: str = ""
    """The folder in which the program runs; empty: the workspace."""
    url: Annotated[str, Field(max_length=8192)] = ""
    """The address of a server that runs already (streamable HTTP); empty for a program."""
    headers: dict[str, str] = {}
    """Sent with every request to the address; may hold secret://name."""
    start_timeout_s: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Seconds until it must have said which tools it has."""
    timeout_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Seconds that one call may take, when neither its node nor its policy says."""
    max_bytes: Annotated[int, Field(ge=1024, le=2**30)] = 16 * 1024 * 1024
    """The largest message that is taken from it."""
    approved: Sha | Literal[""] = ""
    """The fingerprint of the command or address that a person has approved; anything else is never started."""
    tools: dict[str, Sha] = {}
    """The approved tools, each with the fingerprint of its name, description, schemas and hints."""
    effects: dict[str, McpEffect] = {}
    """What repeating a call of a tool would do, as the approver says; at_most_once for the others."""

    @model_validator(mode="after")
    def _one_way(self) -> McpServer:
        if bool(self.command) == bool(self.url):
            raise ValueError("a server has either a `command` or a `url`")
        if self.url and not self.url.startswith(("http://", "https://")):
            raise ValueError("a `url` begins with http:// or https://")
        if any("\0" in part for part in (*self.command, self.cwd, self.url)) or (self.command and not self.command[0]):
            raise ValueError("a program needs a name, and no part of it may hold the NUL character")
        return self

    def fingerprint(self) -> str:
        """SHA-256 (hex) of how the server is reached: any change of it needs a new approval."""
        how = [list(self.command), sorted(self.env.items()), self.cwd, self.url, sorted(self.headers.items())]
        return hashlib.sha256(json.dumps(how, ensure_ascii=True).encode()).hexdigest()

    @property
    def here(self) -> bool:
        """Whether it is on this PC: a program of ours, or an address that names nothing but this PC."""
        return not self.url or loopback_url(self.url)


def loopback_url(url: str) -> bool:
    """Whether an address names this PC itself; nothing is looked up."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


DEFAULT_LANES: dict[str, int] = {"cpu": 4, "http": 8, "sql": 4, "command": 2, "mcp": 4, "model": 1, "remote": 4}


class Settings(_Frozen):
    """Everything that a person can set. Frozen: a change is a new value, written with `save`."""

    host: Annotated[str, Field(max_length=200)] = ""
    """This PC's name in journals; empty: its network name."""
    roles: dict[str, RoleSetting] = DEFAULT_ROLES
    """Which model each role means; roles that are not named here keep their defaults."""
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
    """`off`: every tool that would leave this PC fails at once; loopback stays open."""
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

    def workspace_dir(self, data: Path) -> Path:
        """The folder in which relative paths of tools are resolved. It may not be there yet."""
        return Path(self.workspace).expanduser() if self.workspace else data / "files"


def load(data: Path) -> Settings:
    """The settings of a data folder; defaults where there is no file. Refused when it cannot be read or understood."""
    file = data / FILE
    try:
        with file.open("rb") as source:
            raw = source.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise Refused(f"The settings cannot be read: {error.strerror}.", where=str(file)) from None
    return parse(raw, where=str(file))


def parse(raw: bytes, *, where: str = FILE) -> Settings:
    """Settings from the bytes of a settings file; Refused with one sentence otherwise."""
    if len(raw) > MAX_FILE_BYTES:
        raise Refused(f"The settings are larger than {MAX_FILE_BYTES} bytes.", where=where)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused(f"Byte {error.start} is not UTF-8.", where=where, remedy="Save the file as UTF-8.") from None
    try:
        value = json.loads(text, parse_constant=_no_constant, object_pairs_hook=_no_duplicates)
    except json.JSONDecodeError as error:
        raise Refused(f"Not JSON: {error.msg}.", where=f"{where}:{error.lineno}:{error.colno}") from None
    except RecursionError:
        raise Refused("The JSON is nested too deeply.", where=where) from None
    except ValueError as error:
        raise Refused(str(error), where=where) from None
    if not isinstance(value, dict):
        raise Refused("Settings are a JSON object: { … }.", where=where)
    try:
        return Settings.model_validate(value)
    except ValidationError as error:
        raise Refused(_sentence(error), where=where) from None


def save(settings: Settings, data: Path) -> None:
    """Write the settings that differ from the defaults, all or nothing. Refused when the folder cannot be written."""
    given = settings.model_dump(mode="json", exclude_defaults=True)
    try:
        data.mkdir(parents=True, exist_ok=True)
        atomic_write(data / FILE, (json.dumps(given, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise Refused(f"The settings cannot be written: {error.strerror}.", where=str(data / FILE)) from None


def data_dir(option: str | os.PathLike[str] | None = None) -> Path:
    """The data folder, absolute: the option, else SIGNALBOX_DATA, else the platform's place; made by who writes."""
    if chosen := os.fspath(option or "") or os.environ.get("SIGNALBOX_DATA"):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return Path(platformdirs.user_data_dir("signalbox", appauthor=False))


def resources_dir() -> Path:
    """The folder of what ships with the program: beside the packages, or inside a frozen build."""
    unpacked = getattr(sys, "_MEIPASS", None)
    return (Path(unpacked) if unpacked else Path(__file__).parents[1]) / "resources"


def is_loopback(host: str) -> bool:
    """Whether a host's name or address is this PC; nothing is looked up."""
    if host.rstrip(".").lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def model_path(role: RoleSetting, data: Path) -> Path:
    """Where a role's model file is, or should be: the first place that has it, else the one in the data folder."""
    name = Path(role.model).expanduser()
    if name.is_absolute():
        return name
    places = [data / "models" / name, resources_dir() / "models" / name]
    return next((place for place in places if place.is_file()), places[0])


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number in JSON.")


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"{twice!r} is there twice.")
    return value


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    name = ".".join(map(str, first["loc"]))
    if first["type"] == "extra_forbidden":
        owners: dict[object, type[BaseModel]] = {"roles": RoleSetting, "mcp_servers": McpServer}
        known = owners.get(first["loc"][0], Settings).model_fields
        return f"There is no setting `{name}`; there are: {', '.join(known)}."
    message = first["msg"].removeprefix("Value error, ")
    return f"The setting `{name}`: {message[:1].lower()}{message[1:].rstrip('.')}."
