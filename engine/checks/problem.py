"""What a check finds, and what it must know of the PC that a workflow will run on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine.nodes.node_type import NodeType
from engine.workflow.model import Node, Workflow
from engine.workflow.shape import Shape, Source

Severity = Literal["error", "warning"]
Catalog = Mapping[str, NodeType]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: `code` for programs, one sentence and one remedy for people.

    A workflow with an error cannot run; a warning says what may surprise. `node` is None for the workflow itself.
    `path` leads to the place in the node or workflow, as in `("params", "cases", 0, "when")`; () where there is none.
    """

    code: str
    node: str | None
    severity: Severity
    sentence: str
    remedy: str
    path: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        return f"{self.sentence} {self.remedy}".strip()


@dataclass(frozen=True, slots=True)
class Server:
    """What settings say of an MCP server: is it approved as it stands, which of its tools are, is it on this PC.

    `reads` are the tools of which the approver says that they change nothing.
    """

    approved: bool
    tools: frozenset[str]
    here: bool
    reads: frozenset[str] = frozenset()
    secrets: tuple[tuple[str, str], ...] = ()
    """The secrets that it is given, each with the destination that this is."""


@dataclass(frozen=True)
class Site:
    """What is there; `files_exist` is asked for paths as the workflow writes them. None: not known, not checked."""

    roles: frozenset[str] | None = None
    unfit: Callable[[str], str] = lambda role: ""
    """What keeps the model of a role that is there from being used, in a sentence: damaged, or too large here."""
    tools: frozenset[str] | None = None
    not_installed: Mapping[str, str] = field(default_factory=dict)
    """Tools whose package is not on this PC, with the words for it."""
    secrets: Collection[str] | None = None
    may_go: Callable[[str, str], bool] = lambda name, to: True
    """Whether a secret may be sent to a destination."""
    locked: str = ""
    """Why the secrets cannot be read now, in a sentence."""
    keys: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """The secret that is a role's key, and the destination that it goes to."""
    workflows: Mapping[str, Workflow] | None = None
    files_exist: Callable[[str], bool] | None = None
    offline: bool = False
    off_site: Callable[[str, int], bool] = lambda host, port: False
    """Whether a host and port that a node names are beyond what counts as this site."""
    cloud_roles: frozenset[str] = frozenset()
    """Roles whose model is in the cloud; a node on the edge may not ask them."""
    network_roles: frozenset[str] = frozenset()
    """Roles whose model is asked over the network."""
    servers: Mapping[str, Server] | None = None
    untrusted: tuple[Source, ...] = ("file", "web", "tool")
    """Sources whose text may choose nothing by itself."""
    on_tainted: Literal["ask", "refuse", "allow"] = "ask"
    """What happens when it is about to."""
    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The roles that take over from a role, in their order."""
    strays: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Those of them that are further away than the role's texts may go, so that they never do."""
    currencies: Mapping[str, frozenset[str]] | None = None
    """What a role and those that take over from it are paid in, where prices are set."""


ANYWHERE = Site()
"""Nothing is known of the PC: only the workflow itself is checked."""

UNKNOWN = Shape(kind="unknown", hand_off=True, open_inputs=True)
"""The shape of a node whose type this program does not have."""


@dataclass(frozen=True)
class Subject:
    """One workflow with what the checks look up in it all the time.

    `wired` are the input ports that edges lead to, by node; `users` the nodes that may call a node as a tool.
    """

    workflow: Workflow
    catalog: Catalog
    site: Site
    shapes: Mapping[str, Shape]
    wired: Mapping[str, frozenset[str]]
    users: Mapping[str, tuple[str, ...]]

    def askers(self, key: str) -> tuple[str, ...]:
        """The agents that may call a node, and those that may ask them."""
        found = list(self.users[key])
        for agent in found:
            found += [one for one in self.users[agent] if one not in found]
        return tuple(found)

    def type_of(self, node: Node) -> NodeType | None:
        """The node's type; None when this program does not have it."""
        return self.catalog.get(node.type)


def subject(workflow: Workflow, catalog: Catalog, site: Site) -> Subject:
    """The workflow with the facts that follow from its nodes' types and its edges."""
    shapes = {}
    for node in workflow.nodes:
        node_type = catalog.get(node.type)
        shapes[node.key] = UNKNOWN if node_type is None else node_type.shape(node.params)
    wired: dict[str, set[str]] = {key: set() for key in shapes}
    users: dict[str, list[str]] = {key: [] for key in shapes}
    for edge in workflow.edges:
        if edge.source not in shapes or edge.target not in shapes:
            continue
        if takes_tools(shapes[edge.target], edge.into):
            users[edge.source].append(edge.target)
        else:
            wired[edge.target].add(edge.into)
    return Subject(
        workflow,
        catalog,
        site,
        shapes,
        {key: frozenset(ports) for key, ports in wired.items()},
        {key: tuple(found) for key, found in users.items()},
    )


def takes_tools(shape: Shape, port: str) -> bool:
    """Whether an edge into this port hands over a capability instead of a value."""
    return any(known.name == port and known.type == "capability" for known in shape.inputs)


def error(code: str, node: str | None, sentence: str, remedy: str) -> Problem:
    """A problem that keeps the workflow from running."""
    return Problem(code, node, "error", sentence, remedy)


def warning(code: str, node: str | None, sentence: str, remedy: str) -> Problem:
    """A problem that the author should look at."""
    return Problem(code, node, "warning", sentence, remedy)
