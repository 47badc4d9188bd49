"""What `signalboxctl … --json` says of this PC, as frozen values; a field that is not there is empty, never a fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Speed:
    """As measured on this PC: tokens a second reading a prompt and writing an answer, seconds for an inference."""

    prompt: float = 0.0
    answer: float = 0.0
    at: float | None = None
    infer_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Role:
    """One role and the model it stands for; `kind` is gguf, onnx or remote."""

    name: str
    kind: str = ""
    model: str = ""
    path: str = ""
    bytes: int | None = None
    sha256: str = ""
    label: str = ""
    fault: str = ""
    placement: str = ""
    fallback: tuple[str, ...] = ()
    rule: Mapping[str, Any] | None = None
    context: int | None = None
    lora: tuple[str, ...] = ()
    memory: int | None = None
    speed: Speed | None = None


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One model file; `shipped` ones came with the program."""

    name: str
    path: str = ""
    bytes: int | None = None
    sha256: str = ""
    kind: str = ""
    architecture: str = ""
    context: int | None = None
    license: str = ""
    note: str = ""
    memory: int | None = None
    speed: Speed | None = None
    shipped: bool = False
    used_by: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Models:
    """Roles, files, the memory that models may take, and whether a hub may be asked."""

    roles: tuple[Role, ...] = ()
    files: tuple[ModelFile, ...] = ()
    total: int = 0
    free: int = 0
    budget: int = 0
    loaded: frozenset[str] = frozenset()
    """Paths of what an engine has in memory now."""
    hub: bool = False
    hub_url: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A node of a workflow in the library that needs something."""

    workflow: str
    title: str = ""
    node: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """How a tool of a server differs from what was approved; `fields` are (name, before, after)."""

    tool: str
    kind: str
    why: str = ""
    fields: tuple[tuple[str, Any, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool; `state` is ok, failed, unknown or blocked."""

    name: str
    title: str = ""
    summary: str = ""
    description: str = ""
    kind: str = "built-in"
    server: str = ""
    schema: Mapping[str, Any] | None = None
    placement: str = ""
    effects: tuple[str, ...] = ()
    risk: str = ""
    approval: str = ""
    gives: str = ""
    chooses: tuple[str, ...] = ()
    reach: str = ""
    secrets: tuple[str, ...] = ()
    checks: bool = False
    icon: str = "wrench"
    example: str = ""
    state: str = "unknown"
    sentence: str = ""
    at: float | None = None
    changes: tuple[Change, ...] = ()
    used_by: tuple[Use, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """One MCP server; `state` is approved, changed or not approved."""

    name: str
    state: str = ""
    command: tuple[str, ...] = ()
    url: str = ""
    env: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    cwd: str = ""
    here: bool = True
    fingerprint: str = ""
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Offer:
    """One tool as its server describes it now."""

    name: str
    title: str
    description: str
    schema: Mapping[str, Any]
    annotations: Mapping[str, Any]
    sha256: str
    approved: bool
    effect: str


@dataclass(frozen=True, slots=True)
class Talk:
    """A node that would talk to a host, or one that did: `outcome` and `at` are of the past."""

    workflow: str = ""
    node: str = ""
    what: str = ""
    host: str = ""
    why: str = ""
    at: float | None = None
    outcome: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class Network:
    """Whether the Offline switch is on, who may be reached, who would talk to whom, and who has asked lately."""

    offline: bool = False
    allow: tuple[str, ...] = ()
    would: tuple[Talk, ...] = ()
    asked: tuple[Talk, ...] = ()


@dataclass(frozen=True, slots=True)
class Secret:
    """One stored secret, without its value: where it may be sent, when it was changed, who names it.

    `used_by` says `workflow:NAME`, `role:NAME`, `mcp:NAME`; `source` is file or environment.
    """

    name: str
    bound_to: tuple[str, ...] = ()
    changed: float | None = None
    used_by: tuple[str, ...] = ()
    source: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """What keeps the secrets (keyring, file, locked, none) and which there are."""

    keeper: str = "none"
    sentence: str = ""
    secrets: tuple[Secret, ...] = ()


def models_of(value: Any) -> Models:
    """`models list --json`."""
    given = _map(value)
    memory, hub = _map(given.get("memory")), _map(given.get("hub"))
    return Models(
        roles=tuple(_role(one) for one in _list(given.get("roles"))),
        files=tuple(_file(one) for one in _list(given.get("files"))),
        total=_int(memory.get("total_bytes")) or 0,
        free=_int(memory.get("free_bytes")) or 0,
        budget=_int(memory.get("budget_bytes")) or 0,
        loaded=frozenset(_text(_map(one).get("path")) for one in _list(_map(memory.get("engine")).get("loaded"))),
        hub=bool(hub.get("enabled")),
        hub_url=str(hub.get("url") or ""),
    )


def tools_of(value: Any) -> tuple[Tool, ...]:
    """`tools list --json`."""
    return tuple(_tool(one) for one in _list(value))


def servers_of(value: Any) -> tuple[Server, ...]:
    """`mcp list --json`."""
    return tuple(_server(one) for one in _list(value))


def offers_of(value: Any) -> tuple[tuple[Offer, ...], tuple[Change, ...]]:
    """`mcp inspect --json`: what the server offers, and how that differs from what is approved."""
    given = _map(value)
    offers = tuple(
        Offer(
            str(one.get("name")), _text(one.get("title")), _text(one.get("description")), _map(one.get("input_schema")),
            _map(one.get("annotations")), _text(one.get("sha256")), bool(one.get("approved")), _text(one.get("effect")),
        )
        for one in map(_map, _list(given.get("offered")))
    )  # fmt: skip
    return offers, tuple(_change(one) for one in _list(given.get("changes")))


def network_of(value: Any) -> Network:
    """`network show --json`."""
    given = _map(value)
    return Network(
        bool(given.get("offline")),
        _texts(given.get("allow")),
        tuple(_talk(one) for one in _list(given.get("would"))),
        tuple(_talk(one) for one in _list(given.get("asked"))),
    )


def keys_of(value: Any) -> Keys:
    """`secrets list --json`."""
    given = _map(value)
    keeper = _map(given.get("keeper"))
    return Keys(
        str(keeper.get("kind") or "none"),
        _text(keeper.get("sentence")),
        tuple(_secret(one) for one in _list(given.get("secrets"))),
    )


def _role(value: Any) -> Role:
    one = _map(value)
    return Role(
        str(one.get("role")), _text(one.get("kind")), _text(one.get("model") or one.get("file")),
        _text(one.get("path")), _int(one.get("bytes")), _text(one.get("sha256")), _text(one.get("label")),
        _text(one.get("fault")), _text(one.get("placement")), _texts(one.get("fallback")), _map(one.get("rule")),
        _int(one.get("n_ctx")),
        _names(one.get("lora")), _int(one.get("memory_bytes")), _speed(one.get("speed")),
    )  # fmt: skip


def _file(value: Any) -> ModelFile:
    one = _map(value)
    return ModelFile(
        str(one.get("name")), _text(one.get("path")), _int(one.get("bytes")), _text(one.get("sha256")),
        _text(one.get("kind")), _text(one.get("architecture")), _int(one.get("context")), _text(one.get("license")),
        _text(one.get("note")), _int(one.get("memory_bytes")), _speed(one.get("speed")), bool(one.get("shipped")),
        _texts(one.get("used_by")), _text(one.get("fault")),
    )  # fmt: skip


def _tool(value: Any) -> Tool:
    one = _map(value)
    health = _map(one.get("health"))
    return Tool(
        name=str(one.get("name")), title=_text(one.get("title")), summary=_text(one.get("summary")),
        description=_text(one.get("description") or one.get("summary")), kind=_text(one.get("kind")) or "built-in",
        server=_text(one.get("server")), schema=_map(one.get("schema")), placement=_text(one.get("placement")),
        effects=_texts(one.get("effects")) or _texts([one.get("effect") or ""]), risk=_text(one.get("risk")),
        approval=_text(one.get("approval")), gives=_text(one.get("gives")), chooses=_texts(one.get("chooses")),
        reach=_text(one.get("reach")), secrets=_texts(one.get("secrets")), checks=bool(one.get("checks")),
        icon=_text(one.get("icon")) or "wrench", example=_text(one.get("example")),
        state=_text(health.get("state")) or "unknown", sentence=_text(health.get("sentence")),
        at=_float(health.get("at")), changes=tuple(_change(each) for each in _list(health.get("changes"))),
        used_by=tuple(use_of(each) for each in _list(one.get("used_by"))),
    )  # fmt: skip


def _server(value: Any) -> Server:
    one = _map(value)
    return Server(
        str(one.get("name")), _text(one.get("state")), _texts(one.get("command")), _text(one.get("url")),
        _map(one.get("env")), _map(one.get("headers")), _text(one.get("cwd")), bool(one.get("here", True)),
        _text(one.get("fingerprint")), _names(one.get("tools")),
    )  # fmt: skip


def _change(value: Any) -> Change:
    one = _map(value)
    fields = tuple(
        (_text(each.get("field")), each.get("before"), each.get("after"))
        for each in map(_map, _list(one.get("fields")))
    )
    return Change(_text(one.get("tool")), _text(one.get("kind")), _text(one.get("why")), fields)


def _talk(value: Any) -> Talk:
    one = _map(value)
    host, port = _host(_text(one.get("host"))), one.get("port")
    return Talk(
        _text(one.get("workflow")), _text(one.get("node")), _text(one.get("what")),
        f"{host}:{port}" if port not in (None, "", 443, 80) else host, _text(one.get("why")), _float(one.get("at")),
        _text(one.get("outcome")), _int(one.get("times")) or 1,
    )  # fmt: skip


def _host(address: str) -> str:
    """The host of an address, or what is no address as it is."""
    return (
        (urlsplit(address).netloc or address) if "://" in address else address.removesuffix(":443").removesuffix(":80")
    )


def _secret(value: Any) -> Secret:
    one = _map(value)
    return Secret(
        str(one.get("name")), _texts(one.get("bound_to")), _float(one.get("changed")), _texts(one.get("used_by")),
        _text(one.get("source")), _text(one.get("warning")),
    )  # fmt: skip


def use_of(value: Any) -> Use:
    """A use, from an object or from a bare name."""
    if isinstance(value, Mapping):
        return Use(_text(value.get("workflow")), _text(value.get("title")), _text(value.get("node")))
    return Use(str(value))


def _speed(value: Any) -> Speed | None:
    if not isinstance(value, Mapping):
        return None
    return Speed(
        _float(value.get("prompt_tps")) or 0.0,
        _float(value.get("answer_tps")) or 0.0,
        _float(value.get("at")),
        _float(value.get("infer_s")) or 0.0,
    )


def _map(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in _list(value))


def _names(value: Any) -> tuple[str, ...]:
    """Names out of a list of names or of objects with one."""
    return tuple(
        str(one.get("name") or one.get("file") or "") if isinstance(one, Mapping) else str(one) for one in _list(value)
    )


def _int(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _float(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
