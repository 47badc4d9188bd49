"""Edits: each does what it says, keeps the rest, and gives the same object back when nothing changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from designer.document import edits
from designer.document.clipboard import copy_text, read_text
from engine.checks import problems
from engine.errors import Refused
from engine.expressions import references
from engine.nodes.catalog import CATALOG
from engine.workflow.model import Edge, Node, Note, Policy, Workflow
from tests.designer.document.drawn import flow

CHAIN = flow("a:wait b:wait c:wait", "a.output -> b.input", "b.output -> c.input")


def edges(workflow: Workflow) -> list[str]:
    return [str(edge) for edge in workflow.edges]


NOTHING: list[Callable[[Workflow], Workflow]] = [
    lambda w: edits.set_params(w, "a", dict(w.by_key["a"].params)),
    lambda w: edits.set_param(w, "a", ("seconds",), edits.REMOVE),
    lambda w: edits.set_param(w, "gone", ("seconds",), 1),
    lambda w: edits.set_policy(w, "a", Policy()),
    lambda w: edits.set_title(w, "a", "  "),
    lambda w: edits.set_title(w, "gone", "x"),
    lambda w: edits.set_key(w, "a", "a"),
    lambda w: edits.set_key(w, "gone", "x"),
    lambda w: edits.set_mode(w, ["a", "gone"], "on"),
    lambda w: edits.set_placement(w, "a", None),
    lambda w: edits.set_field(w, "title", ""),
    lambda w: edits.set_field(w, "name", w.name),
    lambda w: edits.set_field(w, "inputs", {}),
    lambda w: edits.move(w, {"a": (0, 0), "gone": (5, 5)}),
    lambda w: edits.nudge(w, ["gone"], 8, 8),
    lambda w: edits.snap(w, ["a"]),
    lambda w: edits.align(w, ["a", "b"], "top"),
    lambda w: edits.distribute(w, ["a", "b", "c"], "x"),
    lambda w: edits.connect(w, w.edges[0]),
    lambda w: edits.disconnect(w, [Edge.parse("a.x -> b.y")]),
    lambda w: edits.replug(w, w.edges[0], w.edges[0]),
    lambda w: edits.replug(w, Edge.parse("a.x -> b.y"), w.edges[0]),
    lambda w: edits.order_edges(w, "b", "input", w.edges),
    lambda w: edits.delete(w, ["gone"], heal=True),
    lambda w: edits.duplicate(w, [])[0],
    lambda w: edits.paste(w, edits.Fragment(), (0, 0))[0],
    lambda w: edits.frame(w, ["gone"])[0],
    lambda w: edits.set_note(w, "gone", text="x"),
    lambda w: edits.resize(w, "gone", (0, 0, 9, 9)),
    lambda w: edits.insert(w, "a", w.edges[0]),
    lambda w: edits.only_up_to(w, "c"),
    lambda w: edits.only_up_to(w, "gone"),
]


@pytest.mark.parametrize("edit", NOTHING)
def test_nothing_changed_is_the_same_object(edit: Callable[[Workflow], Workflow]) -> None:
    assert edit(CHAIN) is CHAIN


def test_one_and_true_are_different_values() -> None:
    one = edits.set_param(CHAIN, "a", ("x",), 1)
    assert edits.set_param(one, "a", ("x",), True).by_key["a"].params["x"] is True


# ---- params and fields
def test_params_are_set_and_removed_by_path() -> None:
    workflow = flow("b:branch")
    workflow = edits.set_param(workflow, "b", ("cases", 0, "name"), "high")
    workflow = edits.set_param(workflow, "b", ("cases", 1), {"name": "low"})
    workflow = edits.set_param(workflow, "b", ("deep", "er"), [1])
    assert workflow.by_key["b"].params == {"cases": [{"name": "high"}, {"name": "low"}], "deep": {"er": [1]}}
    workflow = edits.set_param(workflow, "b", ("cases", 0), edits.REMOVE)
    workflow = edits.set_param(workflow, "b", ("deep",), edits.REMOVE)
    assert workflow.by_key["b"].params == {"cases": [{"name": "low"}]}
    with pytest.raises(Refused, match=r"cases\.9"):
        edits.set_param(workflow, "b", ("cases", 9), 1)
    with pytest.raises(Refused):
        edits.set_param(workflow, "b", ("cases", 0, "name", "x"), 1)


def test_what_no_file_can_hold_is_refused() -> None:
    for value in (float("nan"), "\0", {"a": {1}}, "\ud800"):
        with pytest.raises(Refused):
            edits.set_param(CHAIN, "a", ("x",), value)
    with pytest.raises(Refused):
        edits.set_title(CHAIN, "a", "x\0")
    with pytest.raises(Refused):
        edits.set_field(CHAIN, "name", "Not A Name")
    with pytest.raises(Refused):
        edits.set_field(CHAIN, "nodes", ())


def test_a_title_is_one_line() -> None:
    assert edits.set_title(CHAIN, "a", " two\n lines ").by_key["a"].title == "two lines"


def test_the_edited_workflow_knows_its_new_nodes() -> None:
    assert CHAIN.by_key["a"].title == ""
    assert edits.set_title(CHAIN, "a", "x").by_key["a"].title == "x"


def test_what_does_not_change_is_shared() -> None:
    after = edits.set_title(CHAIN, "a", "x")
    assert after.nodes[1] is CHAIN.nodes[1]
    assert after.edges is CHAIN.edges
    assert after.layout is CHAIN.layout


# ---- keys
def test_fresh_keys_are_free_and_valid() -> None:
    workflow = flow("agent:agent agent_2:agent")
    assert edits.fresh_key(workflow, "agent") == "agent_3"
    assert edits.fresh_key(workflow, "file.read") == "read"
    assert edits.fresh_key(workflow, "x.3D-Print") == "_3d_print"
    assert edits.fresh_key(workflow, "x.in") == "in_1"
    assert edits.fresh_key(workflow, "…") == "node"
    assert len(edits.fresh_key(workflow, "x" * 100)) == 63


NAMED = flow(
    "check:wait l:loop b:branch d:data.set t:http.request",
    "check.output -> l.start",
    l={"until": "steps.check.output.ok && input.round > 2", "limit": 3},
    b={"cases": [{"name": "check", "when": "{{ steps.check.output == 'steps.check' }}"}]},
    d={
        "values": {
            "x": "a {{ steps['check'].output }} b {{steps.checked.output}} steps.check",
            "y": ["{{ steps.check }}"],
        }
    },
    t={
        "url": "{{ [1].map(steps, steps.check) }}",
        "body": "{{ steps.check. }} {{ x.steps.check }} {{ // steps.check\n 1 }}",
    },
)


def test_a_new_key_is_followed_everywhere() -> None:
    workflow = Workflow.model_validate({**dict(NAMED), "outputs": {"o": "{{ steps.?check.output }}"}})
    workflow = edits.set_policy(workflow, "d", Policy(on_error="continue", value="{{ steps.check.output }}"))
    after = edits.set_key(workflow, "check", "test_it")
    assert edges(after) == ["test_it.output -> l.start"]
    assert after.layout["test_it"] == workflow.layout["check"]
    assert [*after.by_key] == ["test_it", "l", "b", "d", "t"]
    assert after.by_key["l"].params["until"] == "steps.test_it.output.ok && input.round > 2"
    case = after.by_key["b"].params["cases"][0]
    assert case == {"name": "check", "when": "{{ steps.test_it.output == 'steps.check' }}"}
    assert after.by_key["d"].params["values"] == {
        "x": "a {{ steps['test_it'].output }} b {{steps.checked.output}} steps.check",
        "y": ["{{ steps.test_it }}"],
    }
    assert after.by_key["d"].policy.value == "{{ steps.test_it.output }}"
    assert after.outputs == {"o": "{{ steps.?test_it.output }}"}
    # a macro's own variable and fields of other things are no steps; half-written text is followed all the same
    assert after.by_key["t"].params["url"] == NAMED.by_key["t"].params["url"]
    assert after.by_key["t"].params["body"] == "{{ steps.test_it. }} {{ x.steps.check }} {{ // steps.check\n 1 }}"
    assert edits.set_key(after, "test_it", "check").by_key["d"].params == workflow.by_key["d"].params


def test_a_key_that_is_taken_or_none_is_refused() -> None:
    for key in ("b", "Not a key", "", "1x", "a" * 64, "x\n"):
        with pytest.raises(Refused):
            edits.set_key(CHAIN, "a", key)


# ---- edges
def test_edges_keep_their_order_and_new_ones_go_last() -> None:
    after = edits.connect(CHAIN, Edge.parse("a.output -> c.input"))
    assert edges(after) == [*edges(CHAIN), "a.output -> c.input"]
    moved = edits.replug(after, after.edges[0], Edge.parse("a.error -> b.input"))
    assert edges(moved) == ["a.error -> b.input", "b.output -> c.input", "a.output -> c.input"]
    assert edges(edits.replug(after, after.edges[2], after.edges[1])) == edges(CHAIN)


def test_what_cannot_be_drawn_is_refused_with_the_reason() -> None:
    with pytest.raises(Refused, match="circle"):
        edits.connect(CHAIN, Edge.parse("c.output -> a.input"))
    with pytest.raises(Refused, match="no such port"):
        edits.connect(CHAIN, Edge.parse("a.output -> gone.input"))
    with pytest.raises(Refused, match="itself"):
        edits.replug(CHAIN, CHAIN.edges[0], Edge.parse("a.output -> a.input"))


def test_the_end_of_a_wire_may_move_where_only_the_wire_itself_was_in_the_way() -> None:
    after = edits.replug(CHAIN, CHAIN.edges[0], Edge.parse("b.output -> a.input"))
    assert edges(after)[0] == "b.output -> a.input"


def test_the_edges_into_a_port_can_be_put_in_another_order() -> None:
    workflow = flow("a:wait b:wait m:merge", "a.output -> m.input", "a.output -> b.input", "b.output -> m.input")
    after = edits.order_edges(workflow, "m", "input", [workflow.edges[2]])
    assert edges(after) == ["b.output -> m.input", "a.output -> b.input", "a.output -> m.input"]


def test_deleting_takes_edges_and_places_along() -> None:
    after = edits.delete(CHAIN, ["b"])
    assert edges(after) == []
    assert set(after.layout) == {"a", "c"}


def test_healing_closes_the_gap_also_over_several_nodes() -> None:
    assert edges(edits.delete(CHAIN, ["b"], heal=True)) == ["a.output -> c.input"]
    long = flow("a:wait b:wait c:wait d:wait", "a.output -> b.input", "b.output -> c.input", "c.output -> d.input")
    assert edges(edits.delete(long, ["b", "c"], heal=True)) == ["a.output -> d.input"]
    loop = flow(
        "a:wait l:loop b:wait c:wait",
        "a.output -> l.start",
        "l.body -> b.input",
        "b.output -> l.again",
        "l.done -> c.input",
    )
    healed = edits.delete(loop, ["l"], heal=True)
    assert edges(healed) == ["a.output -> b.input", "a.output -> c.input", "b.output -> c.input"]


def test_a_node_is_inserted_into_a_wire_in_its_place_and_the_rest_makes_room() -> None:
    workflow = edits.add(CHAIN, Node(key="n", type="wait"), (300, 0))
    assert edits.insertable(workflow, "n", workflow.edges[0]) is not None
    after = edits.insert(workflow, "n", workflow.edges[0])
    assert edges(after) == ["a.output -> n.input", "n.output -> b.input", "b.output -> c.input"]
    assert after.layout["b"][0] >= 300 + 256
    assert after.layout["c"][0] - after.layout["b"][0] == 300
    assert after.layout["a"] == (0, 0)
    assert edits.insertable(after, "n", after.edges[2]) is None, "it has edges already"


def test_what_follows_an_inserted_loop_comes_after_it_and_not_inside() -> None:
    workflow = edits.add(CHAIN, Node(key="l", type="loop"), (300, 0))
    assert edges(edits.insert(workflow, "l", workflow.edges[0]))[:2] == ["a.output -> l.start", "l.done -> b.input"]


def test_a_node_without_fitting_ports_cannot_be_inserted() -> None:
    workflow = flow("t:http.request a:agent s:stop", "t.tool -> a.tools")
    assert edits.insertable(workflow, "s", workflow.edges[0]) is None


# ---- frames and notes
def test_a_frame_is_around_its_nodes_and_knows_them() -> None:
    workflow, key = edits.frame(CHAIN, ["a", "b"], title="Line 1")
    assert workflow.notes[key].title == "Line 1"
    assert edits.contents(workflow, key) == ("a", "b")
    workflow, note = edits.add_note(workflow, (10, 10), "hello")
    workflow = edits.resize(workflow, note, (10, 10, 1, 1))
    assert workflow.notes[note].rect == (10, 10, 48, 32)
    assert edits.contents(workflow, key) == ("a", "b", note)
    assert edits.contents(workflow, note) == edits.contents(workflow, "gone") == ()


def test_frames_and_notes_move_by_their_keys() -> None:
    workflow, key = edits.frame(CHAIN, ["a"])
    after = edits.nudge(workflow, [key, "a"], 8, 16)
    assert after.notes[key].rect[:2] == (workflow.notes[key].rect[0] + 8, workflow.notes[key].rect[1] + 16)
    assert after.layout["a"] == (8, 16)
    assert edits.set_key(workflow, key, "other").notes.keys() == {"other"}
    assert edits.delete(workflow, [key]) == CHAIN


def test_a_note_takes_only_what_a_note_can_be() -> None:
    workflow, key = edits.add_note(CHAIN, (0, 0))
    assert edits.set_note(workflow, key, color="red").notes[key].color == "red"
    for fields in ({"color": "pink"}, {"text": 3}, {"rect": (0, 0, -1, 5)}, {"nothing": 1}):
        with pytest.raises(Refused):
            edits.set_note(workflow, key, **fields)


def test_places_are_lined_up_and_spread_evenly() -> None:
    workflow = edits.move(CHAIN, {"a": (0, 0), "b": (310, 40), "c": (900, 90)})
    assert {place[1] for place in edits.align(workflow, "abc", "top").layout.values()} == {0}
    assert {place[0] for place in edits.align(workflow, "abc", "right").layout.values()} == {900}
    spread = edits.distribute(workflow, "abc", "x")
    assert spread.layout["b"][0] == 450
    assert edits.snap(workflow, "b").layout["b"] == (312, 40)


@pytest.mark.parametrize("place", [(float("nan"), 0), (float("inf"), -float("inf")), (1e300, 0)])
def test_places_are_always_on_the_drawing(place: tuple[float, float]) -> None:
    x, y = edits.move(CHAIN, {"a": place}).layout["a"]
    assert abs(x) <= 1e9
    assert abs(y) <= 1e9


# ---- copies
def test_copies_are_wired_among_themselves_and_name_each_other() -> None:
    workflow = edits.set_params(CHAIN, "b", {"seconds": "{{ steps.a.output }}", "until": "{{ steps.c.output }}"})
    after, made = edits.duplicate(workflow, ["a", "b"], (16, 16))
    assert made == ("a_2", "b_2")
    assert edges(after) == [*edges(workflow), "a_2.output -> b_2.input"]
    assert after.by_key["b_2"].params == {"seconds": "{{ steps.a_2.output }}", "until": "{{ steps.c.output }}"}
    assert after.layout["b_2"] == (316, 16)
    assert after.by_key["b"] is workflow.by_key["b"]


def test_a_copied_text_is_pasted_into_another_workflow() -> None:
    source, key = edits.frame(CHAIN, ["a"])
    text = copy_text(source, ["b", "a", key, "gone"])
    target = flow("b:gate")
    after, made = edits.paste(target, read_text(text), (1000, 999))
    assert set(made) == {"a", "b_2", "frame"}
    assert min(x for x, _ in [after.layout["a"], after.layout["b_2"], after.notes["frame"].rect[:2]]) == 1000
    assert edges(after) == ["a.output -> b_2.input"]
    again, made = edits.paste(after, read_text(text), (0, 0))
    assert len(made) == 3
    assert len(again.nodes) == 5


def test_a_whole_workflow_file_can_be_pasted_and_unknown_types_survive() -> None:
    node = "nodes:\n  n:\n    type: from.elsewhere\n    params: {k: [1, {a: b}]}\n"
    text = f"format: 1\nname: x\n{node}edges:\n  - n.a -> gone.b\n"
    after, made = edits.paste(CHAIN, read_text(text), (0, 0))
    assert made == ("n",)
    assert after.by_key["n"].params == {"k": [1, {"a": "b"}]}
    assert after.edges == CHAIN.edges


@pytest.mark.parametrize(
    "text", ["", "hello", "{}", "format: 1\nname: x\n", "format: 99\nname: x", "- a", "{{ steps.a }}"]
)
def test_a_text_that_is_no_piece_of_a_workflow_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_text(text)


def test_nothing_selected_is_nothing_to_copy() -> None:
    assert copy_text(CHAIN, ["gone"]) == ""


# ---- runs up to a node
def test_a_run_up_to_a_node_has_all_that_leads_to_it_and_no_new_errors() -> None:
    workflow = flow(
        "read:file.read l:loop a:agent t:http.request b:wait rule:wait out:wait",
        "read.output -> l.start",
        "l.body -> a.input",
        "t.tool -> a.tools",
        "a.error -> rule.input",
        "a.result -> b.input",
        "b.output -> l.again",
        "l.done -> out.input",
        a={"model": "m"},
        read={"path": "x"},
        t={"url": "http://x"},
    )
    workflow = edits.set_policy(workflow, "a", Policy(on_error="route"))
    workflow = edits.set_field(workflow, "outputs", {"o": "{{ steps.out.output }}", "r": "{{ steps.read.output }}"})
    part = edits.only_up_to(workflow, "b")
    assert set(part.by_key) == {"read", "l", "a", "t", "b"}
    assert part.by_key["a"].policy.on_error == "fail"
    assert [*part.outputs] == ["r"]
    assert set(part.layout) == set(part.by_key)
    errors = {p.code for p in problems(part, CATALOG) if p.severity == "error"}
    assert errors <= {p.code for p in problems(workflow, CATALOG) if p.severity == "error"}


@given(st.text(max_size=40), st.sampled_from(["a", "ab", "steps"]))
def test_a_new_key_never_breaks_a_text(text: str, key: str) -> None:
    workflow = Workflow.model_construct(
        name="w", nodes=(Node(key=key, type="wait"), Node.model_construct(key="x", type="data.set", params={"v": text}))
    )
    after = edits.set_key(workflow, key, "other")
    back = edits.set_key(after, "other", key)
    assert len(after.nodes) == 2
    if "{{" not in text:
        assert after.by_key["x"].params["v"] == text
    assert isinstance(back.by_key["x"].params["v"], str)


def test_what_an_expression_names_after_renaming_is_what_it_named_before() -> None:
    before = "{{ steps.a.output + steps['a'].output + steps.ab.output }} {{ [steps.a].map(a, a.output) }}"
    workflow = flow("a:wait ab:wait x:data.template", x={"text": before})
    text = edits.set_key(workflow, "a", "z").by_key["x"].params["text"]
    assert references(text).steps == {"z", "ab"}
    assert Note(kind="note", rect=(0, 0, 1, 1)).kind == "note"
