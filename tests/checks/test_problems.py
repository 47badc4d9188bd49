"""Every problem that a check knows, in the smallest workflow that has it."""

# ruff: noqa: E501 (a table, one workflow a line)

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import Field

from engine.checks import ANYWHERE, Problem, Site, problems
from engine.nodes.node_type import Needs, NodeType, Params
from engine.workflow.file import load_text
from engine.workflow.model import Workflow
from engine.workflow.shape import Port


class AnyParams(Params):
    path: str | None = None
    number: int | None = Field(default=None, ge=1, description="How many.")
    text: Any = None
    role: str | None = None
    secret: str | None = None
    workflow: str | None = None
    inputs: dict[str, Any] | None = None
    tool: dict[str, Any] | None = None


class Needy(Params):
    must: str = Field(description="What it must have.")


class BranchParams(Params):
    cases: list[dict[str, str]]


class MergeParams(Params):
    policy: str = "all"
    k: int | None = None


class LoopParams(Params):
    until: str
    limit: int


class GateParams(Params):
    headline: str = ""
    deadline_s: float | None = None


def out(name: str, type: Any = "any") -> Port:
    return Port(name, type, required=False)


def branch_ports(params: Mapping[str, Any]) -> tuple[tuple[Port, ...], tuple[Port, ...]]:
    return (Port("input"),), (*(out(case["name"]) for case in params.get("cases", [])), out("otherwise"), out("error"))


def needs(params: Mapping[str, Any]) -> Needs:
    def named(name: str) -> tuple[str, ...]:
        return (params[name],) if params.get(name) else ()

    return Needs(
        roles=named("role"), files=named("path"), secrets=named("secret"), workflows=named("workflow"), tools=("used",)
    )


def node_type(name: str, **more: Any) -> NodeType:
    given: dict[str, Any] = {
        "title": name,
        "summary": name,
        "category": "Data",
        "params": AnyParams,
        "inputs": (Port("input", required=False),),
        "outputs": (out("output"), out("error")),
        **more,
    }
    return NodeType(name=name, **given)


CATALOG = {
    found.name: found
    for found in (
        node_type("do", needs=needs, open_inputs=True),
        node_type("strict", inputs=(Port("input"), Port("other", "number", required=False))),
        node_type("both", inputs=(Port("input"), Port("other"))),
        node_type("needy", params=Needy),
        node_type("number", outputs=(out("output", "number"), out("error"))),
        node_type("picture", outputs=(out("output", "image"),)),
        node_type("list", inputs=(Port("input", "list", required=False),)),
        node_type("write", writes=lambda params: True, outputs=(out("output"), out("tool", "capability"), out("error")),
                  capability=True, raw=frozenset({"tool"})),
        node_type("branch", kind="branch", params=BranchParams, ports=branch_ports, raw=frozenset({"cases"})),
        node_type("merge", kind="merge", params=MergeParams, inputs=(Port("input"),)),
        node_type("loop", kind="loop", params=LoopParams, inputs=(Port("start"), Port("again")),
                  outputs=(out("body"), out("done"), out("error")), raw=frozenset({"until"}), main="done"),
        node_type("gate", kind="gate", params=GateParams, outputs=(out("approved"), out("refused"), out("expired"))),
        node_type("agent", hand_off=True, inputs=(Port("input", required=False), Port("tools", "capability", False)),
                  outputs=(out("result"), out("error"))),
        node_type("subworkflow", kind="subworkflow", needs=needs),
        node_type("each", kind="each", raw=frozenset({"inputs"}), needs=needs),
    )
}  # fmt: skip


def workflow(nodes: str, edges: str = "", **more: Any) -> Workflow:
    """`a: do {number: 1}; b: do` and `a.output -> b.input; …` as a workflow; more fields as they are in a file."""
    lines = ["format: 1", "name: w", "nodes:"]
    for one in filter(None, map(str.strip, nodes.split(";"))):
        key, _, rest = one.partition(": ")
        kind, _, params = rest.partition(" ")
        params, _, policy = params.partition(" policy ")
        lines += [f"  {key}:", f"    type: {kind}"]
        lines += [f"    params: {params}"] if params else []
        lines += [f"    policy: {policy}"] if policy else []
    lines += ["edges:" if edges else "edges: []"]
    lines += [f"  - {edge.strip()}" for edge in edges.split(";") if edge.strip()]
    lines += [f"{name}: {value}" for name, value in more.items()]
    return load_text("\n".join(lines))


LINE = "a.output -> b.input"
LOOP = "l.body -> b.input; b.output -> l.again"
CASES = "{cases: [{name: x, when: 'input.input > 1'}, {name: y, when: 'true'}]}"
CHILD = workflow("c: do", inputs="{must: {type: string}, may: {type: string, default: x}}")
TOOL = "tool: {parameters: {type: object, properties: {who: {type: string}}}, approval: each}"

FOUND: list[tuple[str, str | None, Workflow]] = [
    ("unknown-type", "a", workflow("a: doo")),
    ("missing-param", "a", workflow("a: needy")),
    ("unknown-param", "a", workflow("a: do {nmber: 1}")),
    ("wrong-param", "a", workflow("a: do {number: 0}")),
    ("wrong-param", "a", workflow("a: do {number: many}")),
    ("wrong-param", "a", workflow("a: merge {policy: [all]}; b: do", "b.output -> a.input")),
    ("bad-expression", "a", workflow("a: do {text: '{{ 1 + }}'}")),
    ("bad-expression", "a", workflow("a: do {text: '{{ 1 '}")),
    ("bad-expression", "a", workflow("a: do {text: [{deep: '{{ nothing.x }}'}]}")),
    ("bad-expression", None, workflow("a: do", outputs="{x: '{{ 1 + }}'}")),
    ("unknown-step", "b", workflow("a: do; b: do {text: '{{ steps.c.output }}'}", LINE)),
    ("unknown-step", None, workflow("a: do", outputs="{x: '{{ steps.b.output }}'}")),
    ("step-not-before", "a", workflow("a: do {text: '{{ steps.b.output }}'}; b: do", LINE)),
    ("step-not-before", "c", workflow("a: do; b: do; c: do {text: '{{ steps.b.output }}'}", LINE + "; a.output -> c.input")),
    ("step-not-before", "c", workflow("a: do; b: do; m: merge {policy: first}; c: do {text: '{{ steps.a.output }}'}",
                                      "a.output -> m.input; b.output -> m.input; m.output -> c.input")),
    ("step-not-before", "l", workflow("a: do; l: loop {until: 'steps.z.output', limit: 3}; b: do; z: do",
                                      "a.output -> l.start; l.done -> z.input; " + LOOP)),
    ("step-of-a-tool", "b", workflow("t: write {" + TOOL + "}; a: agent; b: do {text: '{{ steps.t.output }}'}",
                                     "t.tool -> a.tools; a.result -> b.input")),
    ("unknown-run-input", "a", workflow("a: do {text: '{{ run.inputs.whom }}'}", inputs="{who: {type: string}}")),
    ("unknown-name", "a", workflow("a: do {text: '{{ run.nmae }}'}")),
    ("unknown-name", "b", workflow("a: do; b: do {text: '{{ input.other }}'}", LINE)),
    ("unknown-name", "t", workflow("t: write {text: '{{ input.whom }}', " + TOOL + "}; a: agent", "t.tool -> a.tools")),
    ("unknown-name", None, workflow("a: do", outputs="{x: '{{ input.a }}'}")),
    ("condition-not-boolean", "b", workflow("a: do; b: branch {cases: [{name: x, when: '1 + 1'}]}", LINE)),
    ("bad-expression", "b", workflow("a: do; b: branch {cases: [{name: x, when: '1 +'}]}", LINE)),
    ("condition-not-boolean", "l", workflow("a: do; l: loop {until: \"'x'\", limit: 3}; b: do", "a.output -> l.start; " + LOOP)),
    ("unknown-port", "a", workflow("a: do; b: do", "a.outpt -> b.input")),
    ("unknown-port", "b", workflow("a: do; b: list", "a.output -> b.inptu")),
    ("unknown-port", "b", workflow("a: do; b: branch " + CASES + "; c: do", "a.output -> b.input; b.z -> c.input")),
    ("type-mismatch", "b", workflow("a: number; b: list", LINE)),
    ("type-mismatch", "b", workflow("a: do; b: agent", "a.output -> b.tools")),
    ("type-mismatch", "b", workflow("a: write; b: do", "a.tool -> b.input")),
    ("edge-to-nowhere", None, workflow("a: do", "a.output -> z.input")),
    ("duplicate-edge", "b", workflow("a: do; b: do", LINE + ";" + LINE)),
    ("port-without-edge", "a", workflow("a: strict")),
    ("port-without-edge", "m", workflow("m: merge")),
    ("port-without-edge", "l", workflow("a: do; l: loop {until: 'true', limit: 3}; b: do", "a.output -> l.start; l.body -> b.input")),
    ("cycle-without-loop", "a", workflow("a: do; b: do", LINE + "; b.output -> a.input")),
    ("again-from-outside", "l", workflow("a: do; l: loop {until: 'true', limit: 3}; b: do",
                                         "a.output -> l.start; l.body -> b.input; a.output -> l.again")),
    ("loop-without-limit", "l", workflow("a: do; l: loop {until: 'true'}; b: do", "a.output -> l.start; " + LOOP)),
    ("unreachable", "b", workflow("a: do; b: strict", "a.error -> b.input")),
    ("unreachable", "c", workflow("a: do; b: strict; c: do", "a.error -> b.input; b.output -> c.input")),
    ("unreachable", "c", workflow("a: do; b: branch " + CASES + "; c: both",
                                  "a.output -> b.input; b.x -> c.input; b.y -> c.other")),
    ("merge-never-fires", "m", workflow("a: do; m: merge", "a.error -> m.input")),
    ("merge-never-fires", "m", workflow("a: do; m: merge {policy: quorum, k: 2}", "a.output -> m.input")),
    ("merge-never-fires", "m", workflow("a: do; b: branch " + CASES + "; c: do; d: do; m: merge {policy: quorum, k: 2}",
                                        "a.output -> b.input; b.x -> c.input; b.y -> d.input; c.output -> m.input; d.output -> m.input")),
    ("choice-by-expression", "m", workflow("a: do; m: merge {policy: '{{ run.inputs.x }}'}", "a.output -> m.input", inputs="{x: {type: string}}")),
    ("route-to-nowhere", "a", workflow("a: do  policy {on_error: route}")),
    ("bad-input-schema", None, workflow("a: do {text: '{{ run.inputs.x }}'}", inputs="{x: {type: strnig}}")),
    ("bad-default", None, workflow("a: do {text: '{{ run.inputs.x }}'}", inputs="{x: {type: string, default: 3}}")),
    ("missing-role", "a", workflow("a: do {role: smal}")),
    ("missing-secret", "a", workflow("a: do {secret: key}")),
    ("missing-file", "a", workflow("a: do {path: nowhere.csv}")),
    ("missing-workflow", "a", workflow("a: subworkflow {workflow: nowhere}")),
    ("missing-child-input", "a", workflow("a: subworkflow {workflow: child}")),
    ("unknown-child-input", "a", workflow("a: subworkflow {workflow: child, inputs: {must: x, mst: y}}")),
    ("workflow-recursion", "a", workflow("a: subworkflow {workflow: w}")),
    ("workflow-recursion", "a", workflow("a: subworkflow {workflow: back}")),
    ("workflow-recursion", "a", workflow("a: subworkflow {workflow: itself}")),
]  # fmt: skip

WARNED: list[tuple[str, str | None, Workflow]] = [
    ("attempts-without-effect", "a", workflow("a: subworkflow {workflow: child, inputs: {must: x}} policy {max_attempts: 3}")),
    ("unused-input", None, workflow("a: do", inputs="{x: {type: string}}")),
    ("write-without-gate", "b", workflow("a: do; b: write", LINE)),
    ("tool-without-approval", "t", workflow("t: write; a: agent", "t.tool -> a.tools")),
    ("error-not-routed", "a", workflow("a: do; b: do", "a.output -> b.input; a.error -> b.input")),
    ("never-expires", "a", workflow("a: gate; b: do", "a.approved -> b.input; a.expired -> b.input")),
    ("values-meet", "c", workflow("a: do; b: do; c: do", "a.output -> c.input; b.output -> c.input")),
    ("not-connected", "c", workflow("a: do; b: do; c: do", LINE)),
    ("failure-in-race", "m", workflow("a: do; b: do; m: merge {policy: first}", "a.output -> m.input; b.output -> m.input")),
    ("missing-file", "b", workflow("g: gate; a: write; b: do {path: made-by-a.csv}", "g.approved -> a.input; " + LINE)),
    ("needs-network", "a", workflow("a: do", placement="cloud")),
]  # fmt: skip

BACK = workflow("c: subworkflow {workflow: w}")
ITSELF = workflow("c: subworkflow {workflow: itself}").model_copy(update={"name": "itself"})
HERE = Site(
    roles=frozenset({"small"}),
    tools=frozenset({"used"}),
    secrets=frozenset({"token"}),
    workflows={"child": CHILD, "back": BACK.model_copy(update={"name": "back"}), "itself": ITSELF},
    files_exist=lambda path: path == "here.csv",
    offline=True,
)


def found_in(found: Workflow, site: Site = HERE) -> list[Problem]:
    return problems(found, CATALOG, site)


@pytest.mark.parametrize(("code", "node", "found"), FOUND)
def test_an_error_is_found_and_names_its_node(code: str, node: str | None, found: Workflow) -> None:
    every = found_in(found)
    assert (code, node, "error") in [(problem.code, problem.node, problem.severity) for problem in every]


@pytest.mark.parametrize(("code", "node", "found"), WARNED)
def test_a_warning_is_given_and_stands_alone(code: str, node: str | None, found: Workflow) -> None:
    every = found_in(found)
    assert (code, node, "warning") in [(problem.code, problem.node, problem.severity) for problem in every]
    assert [problem for problem in every if problem.severity == "error"] == []


def test_every_problem_is_one_sentence_with_one_remedy() -> None:
    for _, _, found in FOUND + WARNED:
        for problem in found_in(found):
            assert problem.sentence.endswith(".") and "\n" not in problem.sentence, problem
            assert problem.remedy and "\n" not in problem.remedy, problem
            assert problem.code == problem.code.lower() and " " not in problem.code


FINE = [
    workflow("a: do {number: '{{ run.inputs.n }}', path: here.csv, role: small, secret: token}", inputs="{n: {type: integer, default: 3}}"),
    workflow("a: do; b: do {text: '{{ input.input }} {{ steps.a.output }}'}", LINE, outputs="{x: '{{ steps.b.output }}'}"),
    workflow("a: do; b: branch " + CASES + "; c: do", "a.output -> b.input; b.x -> c.input; b.y -> c.input"),
    workflow("a: do  policy {on_error: route}; b: do", "a.output -> b.input; a.error -> b.input"),
    workflow("a: do; l: loop {until: '{{ steps.b.output > 3 && input.round > 1 && steps.a.output == 1 }}', limit: 3}; b: do; z: do",
             "a.output -> l.start; l.done -> z.input; " + LOOP),
    workflow("g: gate; w: write", "g.approved -> w.input"),
    workflow("g: gate; w: write {text: '{{ input.who }} {{ steps.g.output }}', " + TOOL + "}; a: agent",
             "w.tool -> a.tools; g.approved -> a.input"),
    workflow("a: do; m: merge {policy: quorum, k: 2}; b: do  policy {on_error: continue}; c: do  policy {on_error: continue}",
             "a.output -> b.input; a.output -> c.input; b.output -> m.input; c.output -> m.input"),
    workflow("a: subworkflow {workflow: child, inputs: {must: '{{ run.id }}'}}"),
    workflow("a: each {workflow: child, inputs: {must: '{{ item.name }} {{ index }}'}}"),
    workflow("a: agent; b: agent; c: agent", "a.to_b -> b.input; b.to_a -> a.input; c.to_a -> a.input"),
    workflow("a: picture; b: do", LINE),
    workflow("a: do; b: do {text: '{{ input.extra }}'}", "a.output -> b.extra"),
    workflow("a: do {text: '{{ run.inputs }}'}", inputs="{x: {type: string, required: false}}"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(FINE)))
def test_a_sound_workflow_has_no_problems(number: int) -> None:
    assert found_in(FINE[number]) == []


def test_nothing_of_the_place_is_checked_when_nothing_is_known_of_it() -> None:
    for code, _, found in FOUND:
        if code.startswith("missing-") and code != "missing-param":
            assert [problem.code for problem in problems(found, CATALOG, ANYWHERE)] == []


def test_errors_come_first_and_then_the_order_of_the_file() -> None:
    found = found_in(workflow("a: write; b: do {number: 0}; c: do {number: 0}", LINE + "; b.output -> c.input"))
    assert [(problem.severity, problem.node) for problem in found] == [("error", "b"), ("error", "c"), ("warning", "a")]


def test_a_template_in_a_param_is_no_type_error_but_an_unknown_param_is_still_told() -> None:
    found = found_in(workflow("a: do {number: '{{ 1 }}', wrong: '{{ 1 }}'}"))
    assert [problem.code for problem in found] == ["unknown-param"]


def test_a_misspelt_name_is_told_with_the_right_one() -> None:
    remedies = [problem.remedy for _, _, found in FOUND for problem in found_in(found)]
    assert "Did you mean 'do'?" in remedies
    assert "Did you mean `number`?" in remedies
    assert "Did you mean `run.inputs.who`?" in remedies
    assert any("'small'" in remedy for remedy in remedies)


def test_choices_inside_a_loop_bind_nobody_outside() -> None:
    found = workflow(
        "a: do; l: loop {until: 'true', limit: 3}; b: branch "
        + CASES
        + "; c: do; d: do; m: merge {policy: quorum, k: 2}",
        "a.output -> l.start; l.body -> b.input; b.x -> c.input; b.y -> d.input; b.otherwise -> l.again;"
        "c.output -> m.input; d.output -> m.input; l.done -> m.input",
    )
    assert "merge-never-fires" not in [problem.code for problem in found_in(found)]
