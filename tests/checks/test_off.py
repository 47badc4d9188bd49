"""What is checked of nodes that are disabled or bypassed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.checks import Site, problems
from engine.nodes.catalog import CATALOG
from engine.workflow.file import load_text
from engine.workflow.model import Workflow
from engine.workflow.shape import Port

LINE = """
format: 1
name: w
nodes:
  a: {type: file.read, params: {path: "{{ run.id }}", parse: csv}, mode: A}
  b: {type: data.pick, params: {limit: 1}, mode: B}
  c: {type: data.pick, params: {}, mode: C}
edges:
  - a.rows -> b.input
  - b.first -> c.input
"""


def line(a: str = "on", b: str = "on", c: str = "on", text: str = LINE) -> Workflow:
    return load_text(
        text.replace("mode: A", f"mode: {a}").replace("mode: B", f"mode: {b}").replace("mode: C", f"mode: {c}")
    )


def found(workflow: Workflow, site: Site | None = None) -> list[tuple[str, str | None, str]]:
    given = problems(workflow, CATALOG, site or Site())
    return [(problem.code, problem.node, problem.severity) for problem in given]


@pytest.mark.parametrize("mode", ["disabled", "bypassed"])
def test_a_node_that_is_off_may_be_unfinished(mode: str) -> None:
    text = LINE.replace("{limit: 1}", "{limit: none, x: 1}").replace("data.pick, params: {}", "gone.type")
    assert {severity for _, _, severity in found(line(text=text))} == {"error"}
    off = found(line(b=mode, c=mode, text=text))
    assert ("wrong-param", "b", "warning") in off
    assert ("unknown-type", "c", "warning") in off
    assert {severity for _, _, severity in off} == {"warning"}


def test_what_a_node_that_is_off_needs_may_be_missing() -> None:
    text = LINE.replace("data.pick, params: {}", "model.ask, params: {role: none}")
    site = Site(roles=frozenset({"small"}))
    assert found(line(text=text), site) == [("missing-role", "c", "error")]
    assert found(line(c="disabled", text=text), site) == [("missing-role", "c", "warning")]


def test_a_bypass_that_nothing_leads_into_is_an_error() -> None:
    assert found(line(a="bypassed")) == [("bypass-without-input", "a", "error")]
    assert found(line(a="disabled")) == []


TYPED = """
format: 1
name: w
nodes:
  a: {type: model.choose, params: {role: small, labels: [x, y]}}
  b: {type: typed.middle, mode: bypassed}
  e: {type: typed.middle, mode: bypassed}
  c: {type: typed.end}
edges:
  - a.result -> b.input
  - b.output -> e.input
  - e.output -> c.input
"""
MIDDLE = replace(
    CATALOG["data.pick"],
    name="typed.middle",
    ports=None,
    main_of=None,
    main="output",
    inputs=(Port("input", "any", required=False),),
    outputs=(Port("output", "list", required=False),),
)
TYPES = {**CATALOG, "typed.middle": MIDDLE, "typed.end": replace(MIDDLE, inputs=(Port("input", "list"),))}


def test_what_a_bypass_hands_on_must_fit_the_port_behind_it() -> None:
    said = problems(load_text(TYPED), TYPES)
    assert [(one.code, one.node, one.severity) for one in said] == [("bypass-misfit", "e", "error")]
    assert "hands on a value of type text" in said[0].sentence
    assert problems(load_text(TYPED.replace("bypassed", "disabled")), TYPES) == []
    assert problems(load_text(TYPED.replace(", mode: bypassed", "")), TYPES) == []


def test_only_a_gate_that_is_on_counts_as_asking() -> None:
    text = """
format: 1
name: w
nodes:
  a: {type: data.set, params: {values: {}}}
  g: {type: gate, params: {headline: Write?}, mode: M}
  w: {type: file.write, params: {path: x}, mode: W}
edges:
  - a.output -> g.input
  - g.approved -> w.input
"""
    asked = [("on", "on", 0), ("bypassed", "on", 1), ("bypassed", "disabled", 0)]
    for gate, write, warnings in asked:
        workflow = load_text(text.replace("mode: M", f"mode: {gate}").replace("mode: W", f"mode: {write}"))
        assert [code for code, _, _ in found(workflow)] == ["write-without-gate"] * warnings


def test_a_sub_workflow_that_is_off_closes_no_circle() -> None:
    text = "format: 1\nname: w\nnodes:\n  a: {type: subworkflow, params: {workflow: w}, mode: M}\n"
    site = Site(workflows={})
    assert [code for code, _, _ in found(load_text(text.replace("M", "on")), site)] == ["workflow-recursion"]
    assert found(load_text(text.replace("M", "disabled")), site) == []
