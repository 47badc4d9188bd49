"""Whatever a file holds, checking it gives a list of problems: no exception, no file, no process."""

# ruff: noqa: E501 (strategies read better in one line)

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.checks import ANYWHERE, Site, problems
from engine.errors import Refused
from engine.nodes.catalog import CATALOG
from engine.workflow.canonical import to_json
from engine.workflow.file import load_text
from engine.workflow.model import Edge, Node, Policy, Workflow

TEXTS = st.sampled_from(
    ["", "x", "a", "{{ steps.a.output }}", "{{ 1 + }}", "{{", "true", "1 + 1", "first", "quorum", "{{ input.x }}", "\u2028",
     "{{ run.inputs.x > 1 }}", "secret://k", "../../etc/passwd", "http://[", "SELECT 1"]
) | st.text(max_size=5).filter(lambda text: "\0" not in text)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "when", "x", "type"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
PORTS = [
    "input",
    "output",
    "error",
    "tools",
    "tool",
    "start",
    "again",
    "body",
    "done",
    "result",
    "x",
    "rows",
    "approved",
]
SITE = Site(frozenset({"small"}), frozenset({"x"}), frozenset(), {"x": Workflow(name="x")}, lambda path: False, True)


@st.composite
def drawings(draw: st.DrawFn) -> Workflow:
    keys = draw(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6, unique=True))
    nodes = []
    for key in keys:
        kind = draw(st.sampled_from([*CATALOG, "unknown.type"]))
        fields = list(CATALOG[kind].params.model_fields) if kind in CATALOG else []
        names = st.sampled_from([*fields, "stray"])
        policy = Policy(on_error=draw(st.sampled_from(["fail", "route", "continue", "escalate"])))
        params: dict[str, Any] = draw(st.dictionaries(names, VALUES, max_size=4))
        nodes.append(Node(key=key, type=kind, params=params, policy=policy))
    ends = st.sampled_from([*keys, "z"])
    ports = st.sampled_from(PORTS)
    edges = draw(st.lists(st.builds(Edge, source=ends, out=ports, target=ends, into=ports), max_size=8))
    schemas = st.dictionaries(st.sampled_from(["type", "default", "required", "x"]), VALUES, max_size=3)
    return Workflow(
        name="x",
        nodes=tuple(nodes),
        edges=tuple(edges),
        inputs=draw(st.dictionaries(TEXTS, schemas, max_size=2)),
        outputs=draw(st.dictionaries(TEXTS, VALUES, max_size=2)),
    )


@given(drawings())
def test_any_drawing_is_checked_to_the_end(workflow: Workflow) -> None:
    for site in (ANYWHERE, SITE):
        for problem in problems(workflow, CATALOG, site):
            assert problem.node is None or problem.node in workflow.by_key
            assert problem.sentence and problem.remedy and "\n" not in problem.sentence, problem


@given(drawings(), st.data())
def test_a_damaged_file_is_refused_or_read(workflow: Workflow, data: st.DataObject) -> None:
    text = to_json(workflow)
    start = data.draw(st.integers(0, len(text)))
    damaged = text[:start] + data.draw(st.binary(max_size=4)) + text[start + data.draw(st.integers(0, 4)) :]
    try:
        load_text(damaged, "f")
    except Refused as refused:
        assert "\n" not in str(refused)


@given(st.text(alphabet="ab:{}[]-\n \t'\"#&*!|>%@`,?1.\u2028\x85é", max_size=60))
def test_any_text_is_refused_or_read(text: str) -> None:
    try:
        load_text(text, "f")
    except Refused as refused:
        assert str(refused).startswith("f")
