"""The workflow file: what is read, what is refused and how, and that saving changes nothing."""

# ruff: noqa: E501 (sample files keep their long lines)

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from engine.errors import Refused
from engine.workflow.canonical import content_hash, from_json, to_json
from engine.workflow.file import MAX_BYTES, dump_text, load_text
from engine.workflow.model import Edge, Node, Policy, Workflow

ALARM = """\
format: 1
name: machine-alarm
title: Machine alarm to work order
inputs:
  alarms: {type: string, format: file, description: CSV export of the alarm log}
placement: edge
nodes:
  read:
    type: file.read
    params: {path: "{{ run.inputs.alarms }}", parse: csv}
  triage:
    type: agent
    title: Triage agent
    params:
      model: small
      instructions: |
        Decide the severity of the alarm and propose a work order.

        Answer in the words of the log: 停止 😀.
      output: {type: object, required: [severity, action], properties: {severity: {enum: [low, high]}, action: {type: string}}}
    policy: {max_attempts: 3, backoff: {max_s: 30, jitter: 0.2}, timeout_s: 120, retry_on: [timeout, schema], on_error: route}
  approve:
    type: gate
    params: {headline: "Stop line for {{ steps.triage.output.action }}?", required: 1, deadline_s: 900, on_deadline: expire}
edges:
  - read.rows -> triage.input
  - triage.result -> approve.input
outputs: {decision: "{{ steps.approve.output }}"}
layout:
  read: [0, 0]
  triage: [220.5, -3]
"""
SPECIMEN = Path(__file__).parent.parent / "specimens" / "workflow-format-0.workflow.yaml"


def test_a_file_that_was_written_by_us_is_saved_byte_for_byte() -> None:
    assert dump_text(load_text(ALARM)) == ALARM


def test_values_keep_their_order_and_type() -> None:
    workflow = load_text(ALARM)
    assert [node.key for node in workflow.nodes] == ["read", "triage", "approve"]
    assert str(workflow.edges[1]) == "triage.result -> approve.input"
    assert workflow.by_key["triage"].policy.retry_on == ("timeout", "schema")
    assert workflow.by_key["triage"].params["instructions"].endswith("停止 😀.\n")
    assert workflow.layout == {"read": (0, 0), "triage": (220.5, -3)}


NOTES = """\
notes:
  left: {kind: frame, title: Read, color: blue, rect: [-20, -40.5, 300, 200]}
  why:
    kind: note
    text: |
      **Ask first.**
      Nobody stops a line by accident.
    color: yellow
    rect: [0, 300, 240, 120]
"""


def test_notes_and_modes_are_saved_byte_for_byte() -> None:
    text = ALARM.replace("    title: Triage agent\n", "    title: Triage agent\n    mode: bypassed\n") + NOTES
    workflow = load_text(text)
    assert dump_text(workflow) == text
    assert from_json(to_json(workflow)) == workflow
    assert workflow.by_key["triage"].mode == "bypassed"
    assert workflow.by_key["read"].mode == "on"
    assert workflow.notes["left"].rect == (-20, -40.5, 300, 200)


def test_the_content_hash_knows_modes_and_no_notes() -> None:
    workflow = load_text(ALARM)
    assert content_hash(load_text(ALARM + NOTES)) == content_hash(workflow)
    disabled = workflow.nodes[0].model_copy(update={"mode": "disabled"})
    assert content_hash(workflow.model_copy(update={"nodes": (disabled, *workflow.nodes[1:])})) != content_hash(
        workflow
    )


def test_json_says_the_same_as_yaml() -> None:
    workflow = load_text(ALARM)
    assert from_json(to_json(workflow)) == workflow
    assert load_text(to_json(workflow)) == workflow
    assert to_json(from_json(to_json(workflow))) == to_json(workflow)


def test_moving_a_node_changes_no_logic_line_and_no_content_hash() -> None:
    workflow = load_text(ALARM)
    moved = workflow.model_copy(update={"layout": {"read": (999.0, 1.0)}})
    assert content_hash(moved) == content_hash(workflow)
    assert dump_text(moved).split("layout:")[0] == ALARM.split("layout:")[0]


def test_the_order_of_edges_is_part_of_the_content_hash() -> None:
    workflow = load_text(ALARM)
    turned = workflow.model_copy(update={"edges": workflow.edges[::-1]})
    assert content_hash(turned) != content_hash(workflow)


def test_unknown_node_types_and_params_are_kept_and_saved_unchanged() -> None:
    text = "format: 1\nname: x\nnodes:\n  a:\n    type: acme.unknown\n    params: {whatever: [1, {deep: null}]}\nedges: []\n"
    assert dump_text(load_text(text)) == text


def test_files_with_windows_line_ends_are_read_and_saved_with_plain_ones() -> None:
    assert dump_text(load_text(ALARM.replace("\n", "\r\n").encode())) == ALARM


def test_a_byte_order_mark_is_ignored() -> None:
    assert load_text(b"\xef\xbb\xbf" + ALARM.encode()) == load_text(ALARM)


def test_scalars_of_older_yaml_stay_texts() -> None:
    params = (
        load_text(
            "format: 1\nname: x\nnodes:\n  a:\n    type: t\n    params: {a: yes, b: on, c: 12:30, d: 010, e: 2026-01-01, f: 1e3, g: ~}\n"
        )
        .nodes[0]
        .params
    )
    assert params == {"a": "yes", "b": "on", "c": "12:30", "d": "010", "e": "2026-01-01", "f": 1000.0, "g": None}


def test_a_file_of_format_0_is_upgraded() -> None:
    workflow = load_text(SPECIMEN.read_bytes())
    assert workflow.format == 1
    assert workflow.edges == (Edge.parse("read.rows -> check.input"), Edge.parse("check.busy -> fetch.input"))
    assert workflow.by_key["fetch"].policy == Policy(max_attempts=3, timeout_s=20)
    assert workflow.by_key["fetch"].title == "Ask the archive"
    assert load_text(dump_text(workflow)) == workflow


def test_a_whole_number_in_params_stays_whole_and_a_fraction_stays_a_fraction() -> None:
    workflow = Workflow(name="x", nodes=(Node(key="a", type="t", params={"i": 3, "f": 3.0, "big": 2**70, "e": 1e22}),))
    again = load_text(dump_text(workflow)).nodes[0].params
    assert [type(value) for value in again.values()] == [int, float, int, float]
    assert again == workflow.nodes[0].params


BOMB = "a: &a [x,x]\n" + "".join(f"{c}: &{c} [*{p},*{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
REFUSED = {
    "yaml bomb": (BOMB, "line 1: the anchor &a is not allowed"),
    "alias": ("a: *x\n", "line 1: the alias *x is not allowed"),
    "tag": ("a: !!python/object:os.system x\n", "line 1: the tag"),
    "deep yaml": ("[" * 100_000, "line 1: this is nested deeper than 40 levels"),
    "deep json": ('{"a":' * 100_000, "nested deeper than 40 levels"),
    "huge": (b"x" * 50_000_000, "too large (47.7 MiB); 4 MiB is the most"),
    "nan": (ALARM.replace("required: 1", "required: .nan"), "line 24: .nan is not a number that JSON knows"),
    "infinity": ("a: -.inf", "line 1: -.inf is not a number"),
    "too large a float": ("a: 1e999", "line 1: 1e999 is not a number"),
    "json nan": ('{"format": NaN}', "NaN is not a JSON number"),
    "json infinity": ('{"format": 1e999}', "inf is not a JSON number"),
    "huge number": ("a: " + "9" * 5000, "line 1: a whole number has more than 4,300 digits"),
    "huge json number": ('{"a": ' + "9" * 5000 + "}", "a whole number has more than 4,300 digits"),
    "not utf-8": (ALARM.encode() + b"\xff", "line 32 is not UTF-8 text (byte 0xff)"),
    "nul": (ALARM + "\0", "line 32 holds the NUL character"),
    "escaped nul": (ALARM.replace("Triage agent", '"\\0"'), "holds the NUL character"),
    "half a character": ('{"format":1,"name":"a\\ud800"}', "half a character"),
    "lone carriage return": ("a: 1\rb: 2", "line 1 holds a lone carriage return"),
    "key twice": ("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is given twice (first in line 1)"),
    "json key twice": ('{"a":1,"a":2}', "the key 'a' is given twice"),
    "number as key": ("a: {1: 2}", "line 1: the key '1' is not a text"),
    "list as key": ("? [a]\n: 1\n", "line 1: the key 'a list or mapping' is not a text"),
    "two documents": ("a: 1\n---\nb: 2\n", "a second document starts here"),
    "nothing": ("# only a comment\n", "there is nothing in this file"),
    "broken": ("a: {", "this is not YAML"),
    "broken json": ('{"a":}', "this is not JSON"),
    "a list": ("- a\n", "must be a mapping"),
    "no format": ("name: x\n", "`format` is missing"),
    "future": (ALARM.replace("format: 1", "format: 99"), "is of format 99, and this program reads formats up to 1"),
    "true as format": ("format: true\nname: x\n", "`format` is missing or no whole number"),
    "no name": ("format: 1\n", "`name` is missing"),
    "bad name": (ALARM.replace("name: m", "name: M"), "line 2: `name` is 'Machine-alarm'"),
    "bad key": (ALARM.replace("  read:\n    t", "  Read:\n    t"), "line 8: 'Read' is not a key"),
    "unknown field": (ALARM + "colour: red\n", "line 32: `colour` is not a known field"),
    "misspelt field": (ALARM.replace("max_attempts", "max_atempts"), "Did you mean `max_attempts`?"),
    "a param beside the params": (ALARM.replace("title: Triage agent", "model: x"), "own go under `params`"),
    "no type": (ALARM.replace("type: gate", "title: gate"), "line 22: node 'approve', `type` is missing"),
    "bad attempts": (ALARM.replace("attempts: 3", "attempts: 0"), "line 21: node 'triage', `policy.max_attempts` is 0"),
    "bad choice": (ALARM.replace("error: route", "error: rote"), "It can be 'fail', 'route', 'continue' or 'escalate'"),
    "bad edge": (ALARM.replace("read.rows -> ", "read.rows to "), "line 26: 'read.rows to triage.input' is not an edge"),
    "edge that is no text": ("format: 1\nname: x\nedges: [[a]]\n", "line 3: edge 1 is a list"),
    "edges that are no list": ("format: 1\nname: x\nedges: {a: b}\n", "`edges` must be a list, not a mapping"),
    "nodes that are no mapping": ("format: 1\nname: x\nnodes: [a]\n", "`nodes` must be a mapping"),
    "an empty node": ("format: 1\nname: x\nnodes:\n  a:\n", "line 4: node 'a' must be a mapping of names"),
    "a mode that is none": (ALARM.replace("    params: {path", "    mode: off\n    params: {path"), "node 'read', `mode`"),
    "a flat frame": (
        ALARM + "notes:\n  a: {kind: frame, rect: [0, 0, 0, 9]}\n",
        "line 33: `notes.a.rect.2` is 0: input should be greater than 0",
    ),
    "a note of a colour that is none": (
        ALARM + "notes:\n  a: {color: pink, rect: [0, 0, 1, 9]}\n",
        "line 33: `notes.a.color` is 'pink'",
    ),
    "a note's own field": (ALARM + "notes:\n  a: {colour: red, rect: [0, 0, 1, 9]}\n", "Did you mean `color`?"),
    "a note without a place": (ALARM + "notes:\n  a: {text: x}\n", "line 33: `notes.a.rect` is missing"),
    "a bad key of a note": (ALARM + "notes:\n  A: {rect: [0, 0, 1, 9]}\n", "line 33: 'A' is not a key"),
    "a note with a node's key": (
        ALARM + "notes:\n  read: {rect: [0, 0, 1, 9]}\n",
        "a note and a node both have the key 'read'",
    ),
    "half a place": (ALARM.replace("[0, 0]", "[0]"), "line 30: `layout.read.1` is missing"),
    "old edge": ("format: 0\nname: x\nedges: [{from: a, to: b}]\n", "'a -> b' is not an edge"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_bad_file_is_refused_in_one_sentence_that_says_where(name: str) -> None:
    text, expected = REFUSED[name]
    with pytest.raises(Refused) as caught:
        load_text(text, "f.yaml")
    assert expected in str(caught.value)
    assert str(caught.value).startswith("f.yaml")
    assert "\n" not in str(caught.value)


def test_a_file_just_under_the_size_limit_is_looked_at() -> None:
    text = "format: 1\nname: x\ndescription: " + "x" * (MAX_BYTES - 40)
    assert len(load_text(text).description) == MAX_BYTES - 40


def test_a_thousand_nodes_are_saved_and_read_again() -> None:
    nodes = tuple(
        Node(key=f"n{i}", type="agent", params={"instructions": f"Decide {i}.\nThen act.\n"}) for i in range(1000)
    )
    edges = tuple(Edge(source=f"n{i}", out="result", target=f"n{i + 1}", into="input") for i in range(999))
    workflow = Workflow(name="big", nodes=nodes, edges=edges, layout={node.key: (1.0, 2.5) for node in nodes})
    started = time.perf_counter()
    text = dump_text(workflow)
    assert load_text(text) == workflow
    print(f"1,000 nodes: {len(text) / 1024:.0f} KiB in {time.perf_counter() - started:.2f} s")


def test_json_document_and_file_have_one_form() -> None:
    document = json.loads(to_json(load_text(ALARM)))
    assert document["edges"][0] == "read.rows -> triage.input"
    assert document["nodes"]["read"]["type"] == "file.read"
