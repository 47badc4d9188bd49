"""Any text, anywhere in a workflow, survives saving; saving twice gives the same bytes."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.workflow.canonical import content_hash, from_json, to_json, value_hash
from engine.workflow.file import dump_text, load_text
from engine.workflow.model import Backoff, Edge, Node, Note, Policy, Workflow
from engine.workflow.yaml_reader import read_yaml
from engine.workflow.yaml_writer import OneLine, write_yaml

SEARCH = settings.default.max_examples > 100  # the profile of --slow
HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from("\n\n \t-:#{}[]'\"|>&*!%@`,?.0123e\x85\u2028\xa0\ufeffé😀a\\~=<"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=14,
)
NASTY = [
    "a\nb", "a\nb\n", "a\nb\n\n", "\na", "\n\na\n", "a \nb", "a\n b", "  a\nb", "   a\n  b\n", " \n", "\n", "\n\n",
    "a\tb\nc", "\ta\nb", "  \n\ta", "a\r\nb", "a\rb\nc", "x\x85y\nz", "\u2028\nq", "# no\n# yes", "---\na", "...\n",
    "- a\n- b", "a: b\nc", "{{ x }}\n{{ y }}", "trail  ", "  lead", "yes", "no", "null", "~", "1", "1.0", "1e3", "1E5",
    "-0", "+1", ".5", "5.", "0o7", "0x1f", "010", "12:30", "2026-01-01", "=", "<<", "a: b", "a #b", "", "'", '"', "\\n",
    "true", "on", "-", "?", ":", "@", "&a", "*a", "{{ run.inputs.a }}", ".inf", ".nan", "1_000", "1e400", "é" * 200,
    "a\n\n   \n", "trail \n  \n", " a\n\n b\n", "\n  a\nb", "\ufeffa\nb", "NaN", "-.inf", "True", "NULL", "long " * 60,
]  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | HOSTILE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(HOSTILE, inner, max_size=4),
    max_leaves=8,
)
KEYS = st.from_regex(r"\A[a-z_][a-z0-9_]{0,8}\Z")
SECONDS = st.floats(0, 1e6, allow_nan=False)


def _same(text: str) -> None:
    for value in ({"k": {"p": text}}, {"k": OneLine(p=text)}, {"k": [text]}, {text: 1}):
        written = write_yaml(value)
        assert read_yaml(written) == value
        assert write_yaml(value) == written


def test_texts_that_trouble_yaml_come_back_as_they_were() -> None:
    for text in NASTY:
        _same(text)


@given(HOSTILE)
@settings(max_examples=3000 if SEARCH else 400)
def test_any_text_comes_back_as_it_was(text: str) -> None:
    _same(text)


@st.composite
def workflows(draw: st.DrawFn) -> Workflow:
    keys = draw(st.lists(KEYS, unique=True, max_size=5))
    policies = st.builds(
        Policy,
        max_attempts=st.integers(1, 9),
        backoff=st.builds(Backoff, first_s=SECONDS, max_s=SECONDS, jitter=st.floats(0, 1)),
        timeout_s=st.none() | st.floats(0.001, 1e6),
        retry_on=st.none() | st.lists(st.sampled_from(["timeout", "schema"])).map(tuple),
        on_error=st.sampled_from(["fail", "route", "continue", "escalate"]),
        value=JSON,
    )
    nodes = tuple(
        Node(
            key=key,
            type=draw(st.text("abc.é", min_size=1, max_size=5)),
            title=draw(HOSTILE),
            mode=draw(st.sampled_from(["on", "disabled", "bypassed"])),
            params=draw(st.dictionaries(HOSTILE, JSON, max_size=3)),
            policy=draw(policies),
            placement=draw(st.sampled_from([None, "edge", "cloud", "either"])),
        )
        for key in keys
    )
    ends = st.builds(Edge, source=KEYS, out=KEYS, target=KEYS, into=KEYS)
    notes = st.builds(
        Note,
        kind=st.sampled_from(["note", "frame"]),
        title=HOSTILE,
        text=HOSTILE,
        color=st.sampled_from(["blue", "green", "yellow", "red", "grey", "violet"]),
        rect=st.tuples(st.floats(-1e6, 1e6), SECONDS, st.floats(0.1, 1e6), st.integers(1, 99)),
    )
    return Workflow(
        name=draw(st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,9}\Z")),
        title=draw(HOSTILE),
        description=draw(HOSTILE),
        placement=draw(st.sampled_from(["edge", "cloud", "either"])),
        inputs=draw(st.dictionaries(HOSTILE, st.dictionaries(HOSTILE, JSON, max_size=2), max_size=2)),
        nodes=nodes,
        edges=tuple(draw(st.lists(ends, max_size=4))),
        outputs=draw(st.dictionaries(HOSTILE, JSON, max_size=2)),
        layout={key: (draw(SECONDS), draw(SECONDS)) for key in keys},
        notes=draw(st.dictionaries(KEYS.filter(lambda key: key not in keys), notes, max_size=3)),
    )


@given(workflows())
@settings(max_examples=1000 if SEARCH else 100)
def test_any_workflow_is_saved_and_read_as_it_was_and_saved_again_byte_for_byte(workflow: Workflow) -> None:
    text = dump_text(workflow)
    again = load_text(text)
    assert again == workflow
    assert dump_text(again) == text
    assert from_json(to_json(workflow)) == workflow
    assert content_hash(again) == content_hash(workflow)
    assert content_hash(workflow.model_copy(update={"layout": {}, "notes": {}})) == content_hash(workflow)


@given(st.dictionaries(HOSTILE, JSON, max_size=4))
def test_the_hash_of_a_value_does_not_depend_on_the_order_of_keys(value: dict[str, Any]) -> None:
    assert value_hash(dict(reversed(value.items()))) == value_hash(value)
