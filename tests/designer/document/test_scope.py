"""What completion offers is what the checks allow, and a preview is the value or a sentence."""

from __future__ import annotations

from typing import Any

from designer.document import edits
from designer.document.scope import Completion, Preview, completions, evaluate
from engine.checks import problems
from engine.nodes.catalog import CATALOG
from engine.workflow.file import load_text
from engine.workflow.model import Workflow
from tests.designer.document.drawn import flow

TRIAGE = {
    "model": "small",
    "output": {
        "type": "object",
        "properties": {
            "severity": {"enum": ["low", "high"], "description": "How bad it is."},
            "order": {"type": "object", "properties": {"part": {"type": "string"}}},
        },
    },
}
FLOW = flow(
    "read:file.read triage:agent gate:gate tool:http.request later:wait",
    "read.output -> triage.input",
    "triage.result -> gate.input",
    "gate.approved -> later.input",
    "tool.tool -> triage.tools",
    triage=TRIAGE,
    tool={"tool": {"parameters": {"type": "object", "properties": {"code": {"type": "string"}}}}},
)
FLOW = Workflow.model_validate(
    {**FLOW.model_dump(), "inputs": {"alarms": {"type": "string", "format": "file", "description": "The alarm log."}}}
)


def offered(
    workflow: Workflow, key: str, values: dict[str, Any] | None = None, param: str = ""
) -> dict[str, Completion]:
    found = completions(workflow, key, values or {}, param)
    assert len({item.path for item in found}) == len(found), "every name is offered once"
    return {item.path: item for item in found}


def test_only_what_comes_before_is_offered_nearest_first() -> None:
    paths = [*offered(FLOW, "gate")]
    steps = [path for path in paths if path.count(".") == 1 and path.startswith("steps.")]
    assert steps == ["steps.triage", "steps.read"]
    assert "input.input" in paths
    assert paths[-1] == "run.id"


def test_fields_come_from_schemas_before_there_was_a_run() -> None:
    found = offered(FLOW, "gate")
    assert found["steps.triage.output.severity"] == Completion(
        "steps.triage.output.severity", "text", "How bad it is.", ""
    )
    assert found["steps.triage.output.order.part"].kind == "text"
    assert found["input.input.severity"].help == "How bad it is."
    assert found["run.inputs.alarms"] == Completion("run.inputs.alarms", "file", "The alarm log.", "")
    assert offered(FLOW, "later")["steps.gate.output.comment"].kind == "text"


def test_fields_and_previews_come_from_the_last_run() -> None:
    values = {
        "steps": {"read": {"output": [{"code": "E1"}] * 14, "outputs": {}}, "triage": {"output": {"new": 3}}},
        "run": {"inputs": {"alarms": "alarms.csv"}, "id": "r1"},
        "input": {"input": {"new": 3}},
    }
    found = offered(FLOW, "gate", values)
    assert found["steps.read.output"].kind == "table"
    assert found["steps.read.output"].preview == "14 items"
    assert found["steps.triage.output.new"] == Completion("steps.triage.output.new", "number", "", "3")
    assert "steps.triage.output.severity" in found, "declared fields stay"
    assert found["run.inputs.alarms"].preview == "alarms.csv"
    assert found["run.id"].preview == "r1"


def test_a_tool_sees_its_arguments_and_the_steps_before_its_agent() -> None:
    found = offered(FLOW, "tool")
    assert "input.code" in found
    assert "steps.read.output" in found
    assert not any(path.startswith(("steps.triage", "steps.tool")) for path in found)


def test_a_loops_condition_sees_the_round_that_ended() -> None:
    workflow = flow(
        "s:wait l:loop a:wait e:wait",
        "s.output -> l.start",
        "l.body -> a.input",
        "a.output -> l.again",
        "l.done -> e.input",
    )
    until = offered(workflow, "l", param="until")
    assert {"input.again", "input.round", "steps.a.output", "steps.s.output"} <= set(until)
    assert "steps.l" in offered(workflow, "a")
    assert "steps.a.output" in offered(workflow, "e")


def test_each_sees_the_item_and_its_place() -> None:
    found = offered(flow("e:each"), "e", {"item": {"name": "P1"}, "index": 0})
    assert found["item.name"].preview == "P1"
    assert found["index"].preview == "0"
    assert "item" not in offered(flow("a:wait"), "a")


def test_the_workflows_outputs_see_every_step() -> None:
    paths = offered(FLOW, "")
    assert {"steps.later.output", "steps.read.output", "run.id"} <= set(paths)
    assert not any(path.startswith(("input", "steps.tool")) for path in paths)


def test_a_drawing_that_makes_no_sense_offers_all_other_nodes() -> None:
    workflow = flow("a:wait b:wait", "a.output -> b.input", "b.output -> a.input")
    assert "steps.b.output" in offered(workflow, "a")
    assert offered(workflow, "gone")["run.id"]


def test_further_ports_are_named_by_port() -> None:
    workflow = flow("l:gate a:wait", "l.refused -> a.input")
    found = offered(workflow, "a")
    assert "steps.l.outputs.refused.comment" in found
    assert "steps.l.outputs.error" not in found


def test_no_offered_name_is_a_problem_to_the_checks() -> None:
    with open("resources/templates/machine-alarm.workflow.yaml", encoding="utf-8") as file:
        template = load_text(file.read())
    codes = {"unknown-step", "step-of-a-tool", "step-not-before", "unknown-run-input", "unknown-name", "bad-expression"}
    for workflow in (FLOW, template):
        for node in workflow.nodes:
            raw = CATALOG[node.type].raw
            name = next((param for param in ("body", "text", "url", "headline") if param not in raw), "body")
            names = [item.path for item in completions(workflow, node.key, {}) if item.path != "index"]
            texts = [f"{{{{ {path} }}}}" for path in names if not path.startswith(("input.again", "input.round"))]
            after = edits.set_param(workflow, node.key, (name,), " ".join(texts))
            found = [str(p) for p in problems(after, CATALOG) if p.code in codes and f"`{name}`" in p.sentence]
            assert not found, node.key


VALUES = {"steps": {"a": {"output": {"n": 3, "text": "x"}, "outputs": {}}}, "run": {"inputs": {"k": True}, "id": "r"}}


def test_a_preview_is_the_value_as_it_would_be_written() -> None:
    assert evaluate("{{ steps.a.output.n + 1 }}", VALUES) == Preview("value", "4")
    assert evaluate("n is {{ steps.a.output.n }}", VALUES) == Preview("value", "n is 3")
    assert evaluate("{{ steps.a.output }}", VALUES) == Preview("value", '{"n":3,"text":"x"}')
    assert evaluate("plain", VALUES) == Preview("value", "plain")
    assert evaluate("steps.a.output.n > 2", VALUES, condition=True) == Preview("value", "true")
    assert evaluate("{{ run.inputs.k }}", VALUES, condition=True) == Preview("value", "true")


def test_a_fault_is_a_sentence_that_says_where() -> None:
    found = evaluate("n is {{ steps.a.output.n + }}", VALUES)
    assert found.state == "fault"
    assert "character" in found.text
    assert found.text[0].isupper() or found.text[0] in "`'"
    assert evaluate("{{ steps.a.output.gone }}", VALUES).state == "fault"
    assert "has no 'gone'" in evaluate("{{ steps.a.output.gone }}", VALUES).text
    assert evaluate("steps.a.output.n", VALUES, condition=True).state == "fault"
    assert evaluate("{{ steps }}", VALUES).state == "fault"
    assert evaluate("{{", VALUES).state == "fault"


def test_what_the_last_run_did_not_reach_is_unknown_and_no_fault() -> None:
    for text in ("{{ steps.b.output }}", "{{ input.x }}", "{{ run.inputs.other }}", "{{ item.name }}"):
        assert evaluate(text, VALUES).state == "unknown", text
    assert evaluate("{{ steps.b.output }}", VALUES).text == "`steps.b` has no value yet: run the workflow once."
    assert evaluate("{{ run.id }}", {}).state == "unknown"
