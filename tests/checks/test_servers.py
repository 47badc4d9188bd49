"""What is said of MCP servers before a run: tables of a node, a site and the problem."""

from __future__ import annotations

from typing import Any

import pytest

from engine.checks import Server, Site, problems
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Node, Workflow

HERE = Server(approved=True, tools=frozenset({"lookup"}), here=True)
FAR = Server(approved=True, tools=frozenset({"lookup"}), here=False)
NEW = Server(approved=False, tools=frozenset({"lookup"}), here=True)


def codes(known: Server | None, *, offline: bool = False, place: Any = None, **params: Any) -> list[tuple[str, str]]:
    given = {"server": "plant", "server_tool": "lookup", **params}
    node = Node(key="n", type="mcp.call", params=given, placement=place)
    site = Site(servers={} if known is None else {"plant": known}, offline=offline)
    found = problems(Workflow(name="x", nodes=(node,)), CATALOG, site)
    return [(problem.code, problem.severity) for problem in found if "server" in problem.code]


@pytest.mark.parametrize(
    ("server", "more", "expected"),
    [
        (HERE, {}, []),
        (HERE, {"offline": True, "place": "edge"}, []),
        (None, {}, [("missing-server", "error")]),
        (NEW, {}, [("server-not-approved", "error")]),
        (HERE, {"server_tool": "delete"}, [("server-tool-not-approved", "error")]),
        (FAR, {}, []),
        (FAR, {"place": "edge"}, [("server-not-on-edge", "error")]),
        (FAR, {"offline": True}, [("server-needs-network", "warning")]),
        (HERE, {"server": "{{ run.inputs.server }}"}, []),
        (HERE, {"server": 7}, []),
    ],
)
def test_what_keeps_a_server_from_being_used_is_a_problem(
    server: Server | None, more: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert codes(server, **more) == expected


def test_a_tool_that_only_reads_by_approval_needs_no_gate() -> None:
    node = Node(key="n", type="mcp.call", params={"server": "plant", "server_tool": "lookup"})
    drawn = Workflow(name="x", nodes=(node,))
    for reads, warned in ((frozenset(), True), (frozenset({"lookup"}), False)):
        site = Site(servers={"plant": Server(True, frozenset({"lookup"}), True, reads)})
        assert ("write-without-gate" in [p.code for p in problems(drawn, CATALOG, site)]) == warned


def test_a_site_of_which_nothing_is_known_gives_no_problem() -> None:
    node = Node(key="n", type="mcp.call", params={"server": "plant", "server_tool": "lookup"})
    assert [p.code for p in problems(Workflow(name="x", nodes=(node,)), CATALOG) if "server" in p.code] == []
