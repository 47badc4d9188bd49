"""What is there on this PC, for the checks: model roles, tools, workflows, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path

from engine.checks import Problem, Server, Site, problems
from engine.errors import Refused
from engine.keys.known import Known
from engine.net.address import is_loopback
from engine.net.rules import on_site_by_name
from engine.nodes.catalog import CATALOG
from engine.nodes.device_args import PACKAGES
from engine.observe.uses import role_secrets, server_place, server_secrets
from engine.settings import RoleSetting, Settings, file_path, model_path, resources_dir
from engine.store import Library
from engine.workflow.model import Workflow


class _Workflows(Mapping[str, Workflow]):
    """The newest versions in the library, read when they are asked for."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def __getitem__(self, name: str) -> Workflow:
        digest = self._library.latest(name)
        if digest is None:
            raise KeyError(name)
        return self._library.get(digest)

    def __iter__(self) -> Iterator[str]:
        return iter(self._library.names())

    def __len__(self) -> int:
        return len(self._library.names())


def _strays(settings: Settings, role: str) -> Iterator[str]:
    """The fallbacks of a role that may not hear its texts."""
    setting = settings.roles[role]
    return (other for other in setting.fallback if not settings.roles[other].may_hear(setting.data))


def known_tools() -> frozenset[str]:
    """The tools that node types are made for; a test holds that they are those that an engine has."""
    return frozenset(name for node_type in CATALOG.values() for name in node_type.needs({}).tools)


def site_of(data_dir: Path, settings: Settings, library: Library | None) -> Site:
    """The site as this data folder and these settings make it; without a library no sub-workflow is checked."""
    workspace = settings.workspace_dir(data_dir)
    known = Known(data_dir)
    return Site(
        secrets=known,
        may_go=known.may_go,
        locked=known.locked,
        keys={
            role: (key, f"role:{role}@{settings.roles[role].address}") for role, key in role_secrets(settings).items()
        },
        unfit=lambda role: _unfit(data_dir, settings, role),
        roles=frozenset(role for role, setting in settings.roles.items() if _is_set(data_dir, setting)),
        cloud_roles=frozenset(role for role, setting in settings.roles.items() if setting.in_cloud),
        network_roles=frozenset(role for role, setting in settings.roles.items() if setting.on_network),
        tools=known_tools(),
        not_installed={tool: words for tool, (package, words) in PACKAGES.items() if find_spec(package) is None},
        workflows=None if library is None else _Workflows(library),
        files_exist=lambda path: _is_there(workspace, path),
        offline=settings.network == "off",
        untrusted=settings.trust.untrusted,
        on_tainted=settings.trust.on_tainted,
        off_site=_off_site(settings),
        chains={role: setting.fallback for role, setting in settings.roles.items() if setting.fallback},
        strays={role: frozenset(_strays(settings, role)) for role in settings.roles},
        currencies={role: frozenset(_currencies(settings, role)) for role in settings.roles},
        servers={
            name: Server(
                approved=server.approved == server.fingerprint(),
                tools=frozenset(server.tools),
                here=server.here,
                reads=frozenset(tool for tool, effect in server.effects.items() if effect == "pure"),
                secrets=tuple((secret, server_place(name, server)) for secret in server_secrets(server)),
            )
            for name, server in settings.mcp_servers.items()
        },
    )


def _off_site(settings: Settings) -> Callable[[str, int], bool]:
    guard = settings.guard()
    return lambda host, port: not is_loopback(host) and not on_site_by_name(host, port, guard.site)


def _currencies(settings: Settings, role: str) -> Iterator[str]:
    for name in (role, *settings.roles[role].fallback):
        prices = settings.roles[name].prices if name in settings.roles else None
        if prices is not None:
            yield prices.currency


def _is_there(workspace: Path, path: str) -> bool:
    """Whether a file that a workflow names is there, as far as looking does no harm."""
    if path.startswith(("\\\\", "//")):
        return True  # merely looking makes Windows connect to that server, and nobody has run anything yet
    try:
        return (workspace / path).exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _is_set(data_dir: Path, role: RoleSetting) -> bool:
    """Whether a role's model is there; of a remote one that is only known when it is asked."""
    return role.kind == "remote" or _model_file(data_dir, role.model)


def _unfit(data_dir: Path, settings: Settings, name: str) -> str:
    """What keeps a role's model file from being used, by its header alone; nothing is hashed, loaded or asked."""
    from engine.models.need import budget_of, need_at, too_large

    role = settings.roles[name]
    if role.kind == "remote":
        return ""
    path = model_path(role, data_dir)
    adapters = tuple(file_path(one.file, data_dir) for one in role.lora)
    gone = next((file for file in adapters if not file.is_file()), None)
    if gone is not None:
        return f"Its adapter {gone.name} is not there."
    try:
        stat = path.stat()
        need = need_at(path, (stat.st_size, stat.st_mtime_ns), role.kind, role.n_ctx, adapters)
    except Refused as fault:
        return fault.what
    except OSError:  # it has just gone
        return ""
    budget = budget_of(settings.memory)
    return too_large(path.name, need, budget) if need > budget else ""


def _model_file(data_dir: Path, model: str) -> bool:
    found = Path(model)
    if found.is_absolute():
        return found.is_file()
    return any((folder / model).is_file() for folder in (data_dir / "models", resources_dir() / "models"))


def refuse_if_broken(workflow: Workflow, data_dir: Path, settings: Settings, library: Library) -> None:
    """Refused with the first error, and how many more there are."""
    found = problems(workflow, CATALOG, site_of(data_dir, settings, library))
    errors = [problem for problem in found if problem.severity == "error"]
    if errors:
        raise refusal(workflow, errors)


def refusal(workflow: Workflow, errors: list[Problem]) -> Refused:
    """The first error as a sentence."""
    first = errors[0]
    more = f" ({len(errors) - 1} more)" if len(errors) > 1 else ""
    where = workflow.name + (f", node {first.node}" if first.node else "")
    return Refused(first.sentence + more, where=where, remedy=first.remedy)
