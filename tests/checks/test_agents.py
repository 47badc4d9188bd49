"""What can be known of agents that hand off or ask each other before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from engine.checks import ANYWHERE, Problem, Site, problems
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Edge, Node, Workflow

AMOUNT = {"amount": {"type": "number"}, "customer": {"type": "string", "maxLength": 80}}
SEND = "sales.to_legal -> legal.input"


def fields(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def drawing(*edges: str, **params: dict[str, Any]) -> Workflow:
    names = dict.fromkeys(name for edge in edges for name in (edge.split(".")[0], edge.split("-> ")[1].split(".")[0]))
    nodes = tuple(Node(key=name, type="agent", params={"model": "small", **params.get(name, {})}) for name in names)
    return Workflow(name="w", nodes=nodes, edges=tuple(Edge.parse(edge) for edge in edges))


def found(workflow: Workflow, site: Site = ANYWHERE) -> list[Problem]:
    return [problem for problem in problems(workflow, CATALOG, site) if problem.severity == "error"]


def handed(given: Any, wanted: Any) -> list[Problem]:
    sales = {} if given is None else {"hand_offs": {"to_legal": {"for": "contracts", "fields": given}}}
    return found(drawing(SEND, sales=sales, legal={} if wanted is None else {"accepts": wanted}))


def test_a_field_that_the_receiver_needs_and_the_sender_does_not_give_is_named() -> None:
    (problem,) = handed(fields(customer=AMOUNT["customer"]), fields(**AMOUNT))
    assert problem.sentence == "Agent 'sales' hands off to 'legal' without `amount`, which it needs."
    assert problem.remedy.startswith("Add `amount` to the `fields` of `hand_offs.to_legal`")
    assert (problem.node, problem.path) == ("sales", ("params", "hand_offs", "to_legal", "fields"))


@pytest.mark.parametrize(
    ("given", "wanted", "code"),
    [
        (fields(**AMOUNT), fields(**AMOUNT), None),
        (None, fields(**AMOUNT), None),
        (fields(**AMOUNT), None, None),
        (fields(**AMOUNT), {**fields(**AMOUNT, note={"type": "string"}), "required": ["amount"]}, None),
        (fields(n={"type": "integer"}), fields(n={"type": "number"}), None),
        (fields(n={"enum": [1, 2]}), fields(n={"type": "integer"}), None),
        (fields(n={"enum": ["a"]}), fields(n={"enum": ["a", "b"]}), None),
        ({**fields(**AMOUNT), "required": ["customer"]}, fields(**AMOUNT), "hand-off-lacks"),
        (fields(n={"type": "number"}), fields(n={"type": "integer"}), "hand-off-mismatch"),
        (fields(n={"type": "string"}), fields(n={"type": "number"}), "hand-off-mismatch"),
        (fields(n={"type": ["string", "null"]}), fields(n={"type": "string"}), "hand-off-mismatch"),
        (fields(n={"enum": ["a", "c"]}), fields(n={"enum": ["a", "b"]}), "hand-off-mismatch"),
        (fields(**AMOUNT, secret={"type": "string"}), fields(**AMOUNT), "hand-off-surplus"),
    ],
)
def test_contract_and_acceptance_must_fit(given: Any, wanted: Any, code: str | None) -> None:
    assert [problem.code for problem in handed(given, wanted)] == ([] if code is None else [code])


@pytest.mark.parametrize(
    "contract",
    [
        {"type": "object"},
        {"type": "string"},
        {"type": "object", "properties": {}},
        fields(x={}),
        fields(x={"type": "object"}),
        fields(x={"type": "array"}),
        {**fields(x={"type": "string"}), "additionalProperties": True},
        {"type": "object", "properties": {"x": {"type": "text"}}},
        {**fields(x={"$ref": "#/$defs/x"}), "$defs": {"x": fields(x={"$ref": "#/$defs/x"})}},
        fields(x={"$ref": "https://example.org/x.json"}),
        {"type": "object", "properties": {f"f{n}": {"type": "string"} for n in range(51)}},
    ],
)
def test_a_contract_that_would_let_anything_pass_is_none(contract: Any) -> None:
    assert [problem.code for problem in handed(contract, None)] == ["wrong-param"]
    assert [problem.code for problem in handed(None, contract)] == ["wrong-param"]


def test_a_declared_hand_off_may_lead_to_a_node_that_is_no_agent() -> None:
    send = drawing("sales.to_legal -> legal.input", sales={"hand_offs": {"to_legal": "contracts"}})
    gate = Node(key="legal", type="gate", params={"headline": "?"})
    assert found(send.model_copy(update={"nodes": (send.nodes[0], gate)})) == []
    loose = drawing("sales.elsewhere -> legal.input", sales={"hand_offs": {"to_legal": "contracts"}})
    assert [one.code for one in found(loose.model_copy(update={"nodes": (loose.nodes[0], gate)}))] == ["unknown-port"]


def test_a_hand_off_called_like_the_port_by_which_an_agent_is_asked_is_to_be_renamed() -> None:
    (problem,) = found(drawing("sales.tool -> legal.input", sales={"hand_offs": {"tool": "contracts"}}))
    assert problem.code == "type-mismatch" and "such as `sales.to_legal`" in problem.remedy


def test_agents_may_ask_agents_but_not_in_a_circle() -> None:
    assert found(drawing("b.tool -> a.tools", "c.tool -> b.tools")) == []
    (problem,) = found(drawing("b.tool -> a.tools", "c.tool -> b.tools", "a.tool -> c.tools"))
    assert problem.code == "agents-in-a-circle"
    assert "a -> b -> c -> a" in problem.sentence or "b -> c -> a -> b" in problem.sentence
    (alone,) = found(drawing("a.tool -> a.tools"))
    assert alone.code == "agents-in-a-circle"


def test_agents_may_ask_agents_four_levels_deep() -> None:
    chain = ["b.tool -> a.tools", "c.tool -> b.tools", "d.tool -> c.tools", "e.tool -> d.tools"]
    assert found(drawing(*chain)) == []
    (problem,) = found(drawing(*chain, "f.tool -> e.tools"))
    assert (problem.code, problem.node) == ("agents-too-deep", "a")
    assert "5 levels" in problem.sentence


def test_an_agent_that_is_asked_is_told_a_task_unless_it_says_otherwise() -> None:
    task = drawing("b.tool -> a.tools", b={"instructions": "{{ input.task }}"})
    assert found(task) == []
    other = drawing("b.tool -> a.tools", b={"instructions": "{{ input.question }}"})
    assert [problem.code for problem in found(other)] == ["unknown-name"]


def test_what_an_agent_below_an_agent_names_must_be_before_the_step_that_asks() -> None:
    before = drawing("x.result -> a.input", "b.tool -> a.tools", "c.tool -> b.tools", "a.result -> z.input")
    nodes = {node.key: node for node in before.nodes}

    def naming(step: str) -> Workflow:
        nodes["c"] = Node(
            key="c", type="agent", params={"model": "m", "instructions": f"{{{{ steps.{step}.output }}}}"}
        )
        return Workflow(name="w", nodes=tuple(nodes.values()), edges=before.edges)

    assert found(naming("x")) == []
    assert [problem.code for problem in found(naming("z"))] == ["step-not-before"]


def test_an_agent_on_the_edge_asks_no_agent_in_the_cloud_however_deep() -> None:
    workflow = drawing("b.tool -> a.tools", "c.tool -> b.tools", c={"model": "far"})
    site = Site(roles=frozenset({"small", "far"}), cloud_roles=frozenset({"far"}))
    assert found(workflow, site) == []
    nodes = [node.model_copy(update={"placement": "edge"}) if node.key == "a" else node for node in workflow.nodes]
    (problem,) = found(Workflow(name="w", nodes=tuple(nodes), edges=workflow.edges), site)
    assert (problem.code, problem.node) == ("cloud-role", "c")


def test_money_is_counted_in_one_currency() -> None:
    site = Site(currencies={"small": frozenset(), "big": frozenset({"EUR"}), "far": frozenset({"USD"})})
    params: dict[str, Any] = {"model": "big", "budget_money": 0.5}
    assert found(drawing("b.tool -> a.tools", a=params, b={"model": "big"}), site) == []
    (problem,) = found(drawing("b.tool -> a.tools", a=params, b={"model": "far"}), site)
    assert problem.code == "two-currencies" and "EUR" in problem.sentence and "USD" in problem.sentence
    assert found(drawing("b.tool -> a.tools", a={"model": "big"}, b={"model": "far"}), site) == []
