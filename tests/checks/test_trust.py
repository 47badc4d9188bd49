"""Text from elsewhere that will choose something is said while it is drawn, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.checks import ANYWHERE, Problem, problems
from engine.nodes.catalog import CATALOG
from engine.settings import resources_dir
from engine.tools.registry import tools
from engine.workflow.file import load_text
from engine.workflow.model import Edge, Node, Workflow

READ = "  read: {type: file.read, params: {path: in.csv, parse: csv}}\n"
WRITE = "  write: {type: file.write, params: {path: %s, content: x}}\n"


def drawn(nodes: str, *edges: str) -> Workflow:
    lines = "".join(f"  - {edge}\n" for edge in edges)
    return load_text(
        f"format: 1\nname: x\ninputs: {{p: {{type: string}}}}\nnodes:\n{nodes}" + ("edges:\n" + lines if lines else "")
    )


def found(flow: Workflow, site: Any = ANYWHERE) -> list[Problem]:
    return [problem for problem in problems(flow, CATALOG, site) if problem.code == "tainted-choice"]


DIRECT = drawn(READ + WRITE % '"{{ steps.read.output[0].name }}"', "read.rows -> write.input")
TAINTED = {
    "directly": DIRECT,
    "by its input": drawn(READ + WRITE % '"{{ input.input }}"', "read.rows -> write.input"),
    "in a text": drawn(
        READ + "  text: {type: data.template, params: {text: 'a {{ input.input }}'}}\n" + WRITE % '"{{ input.input }}"',
        "read.rows -> text.input", "text.output -> write.input",
    ),
    "in a part of an object": drawn(
        READ + "  both: {type: data.set, params: {values: {a: '{{ run.inputs.p }}', b: '{{ input.input }}'}}}\n"
        + WRITE % '"{{ input.input.b }}"',
        "read.rows -> both.input", "both.output -> write.input",
    ),
    "by an agent": drawn(
        READ + "  think: {type: agent, params: {model: small}}\n" + WRITE % '"{{ input.input }}"',
        "read.rows -> think.input", "think.result -> write.input",
    ),
    "by what an agent looks up": drawn(
        "  think: {type: agent, params: {model: small}}\n"
        "  look: {type: http.request, params: {url: 'http://a/'}}\n" + WRITE % '"{{ input.input }}"',
        "look.tool -> think.tools", "think.result -> write.input",
    ),
    "past a gate that shows something else": drawn(
        READ + "  ok: {type: gate, params: {headline: ok, value: 1}}\n" + WRITE % '"{{ steps.read.output[0].name }}"',
        "read.rows -> ok.input", "ok.approved -> write.input",
    ),
    "when nobody answers": drawn(
        READ + "  ok: {type: gate, params: {headline: ok, deadline_s: 9}}\n" + WRITE % '"{{ input.input.value }}"',
        "read.rows -> ok.input", "ok.expired -> write.input",
    ),
    "in an error": drawn(
        "  ask: {type: http.request, params: {url: 'http://a/'}, policy: {on_error: route}}\n"
        + WRITE % '"{{ input.input.message }}"',
        "ask.error -> write.input",
    ),
    "round a loop": drawn(
        READ + "  turn: {type: loop, params: {until: 'true', limit: 3}}\n"
        "  step: {type: data.set, params: {values: {a: '{{ input.input }}', b: '{{ steps.read.output }}'}}}\n"
        + WRITE % '"{{ input.input }}"',
        "read.rows -> turn.start", "turn.body -> step.input", "step.output -> turn.again", "turn.done -> write.input",
    ),
}  # fmt: skip

CLEAN = {
    "content": drawn(
        READ + "  write: {type: file.write, params: {path: out.txt, content: '{{ input.input }}'}}\n",
        "read.rows -> write.input",
    ),
    "another part of an object": drawn(
        READ + "  both: {type: data.set, params: {values: {a: '{{ run.inputs.p }}', b: '{{ input.input }}'}}}\n"
        + WRITE % '"{{ input.input.a }}"',
        "read.rows -> both.input", "both.output -> write.input",
    ),
    "a person's": drawn(
        READ + "  ok: {type: gate, params: {headline: ok}}\n" + WRITE % '"{{ input.input.value }}"',
        "read.rows -> ok.input", "ok.approved -> write.input",
    ),
    "what a person wrote": drawn(
        READ + "  ask: {type: form, params: {headline: ok, form: {type: object, properties: {a: {type: string}}}}}\n"
        + WRITE % '"{{ input.input.a }}"',
        "read.rows -> ask.input", "ask.submitted -> write.input",
    ),
    "a run's input": drawn(WRITE % '"{{ run.inputs.p }}"'),
}  # fmt: skip


@pytest.mark.parametrize("name", TAINTED)
def test_text_that_will_choose_is_named_with_where_it_comes_from(name: str) -> None:
    (problem,) = found(TAINTED[name])
    assert (problem.node, problem.severity, problem.path) == ("write", "warning", ("params", "path"))
    assert "its path comes from " in problem.sentence and "a person will be asked" in problem.sentence


@pytest.mark.parametrize("name", CLEAN)
def test_data_and_what_a_person_gave_or_approved_are_no_problem(name: str) -> None:
    assert found(CLEAN[name]) == []


def test_a_sentence_says_which_step_and_what_this_site_does() -> None:
    (problem,) = found(DIRECT)
    assert problem.sentence == ("Node 'write': its path comes from a file (read); a person will be asked when it runs.")
    (problem,) = found(DIRECT, replace(ANYWHERE, on_tainted="refuse"))
    assert problem.sentence.endswith("the step will fail when it runs.")
    assert found(DIRECT, replace(ANYWHERE, on_tainted="allow")) == []
    assert found(DIRECT, replace(ANYWHERE, untrusted=("web",))) == []


@pytest.mark.parametrize("file", sorted((resources_dir() / "templates").glob("*.workflow.yaml")), ids=lambda f: f.stem)
def test_no_template_lets_text_choose(file: Any) -> None:
    assert found(load_text(file.read_text("utf-8"))) == []


def test_node_types_say_of_themselves_what_their_tools_say() -> None:
    for name, tool in tools().items():
        node_type = CATALOG[name]
        assert node_type.gives == tool.gives, name
        params = {field.alias or key for key, field in node_type.params.model_fields.items()}
        assert {param for param in tool.chooses if param in params} <= set(node_type.chooses) <= params, name


@pytest.mark.parametrize(
    ("kind", "params", "name"),
    [
        ("gate", {"headline": "?", "required": "{{ steps.read.output }}"}, "required"),
        ("model.ask", {"role": "{{ steps.read.output }}", "prompt": "x"}, "role"),
        ("agent", {"model": "{{ steps.read.output }}"}, "model"),
    ],
)
def test_who_must_agree_and_which_model_is_asked_are_never_chosen(kind: str, params: dict[str, Any], name: str) -> None:
    flow = Workflow(
        name="x",
        nodes=(Node(key="read", type="file.read", params={"path": "a"}), Node(key="it", type=kind, params=params)),
        edges=(Edge.parse("read.text -> it.input"),),
    )
    (problem,) = found(flow)
    assert (problem.node, problem.path) == ("it", ("params", name))
    assert problem.sentence.endswith("the step will fail when it runs.")
