"""Any sequence of edits: the workflow stays valid and whole, undo leads back to the first object, redo to the last."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from PySide6.QtCore import QCoreApplication

from designer.document import edits
from designer.document.clipboard import copy_text, read_text
from designer.document.document import Document
from designer.document.labels import label_of
from designer.document.ports import ports
from engine.errors import Refused
from engine.nodes.catalog import CATALOG
from engine.workflow.canonical import to_json
from engine.workflow.file import dump_text, load_text
from engine.workflow.model import Edge, Node, Policy, Workflow

TYPES = [*CATALOG, "from.elsewhere"]
TEXT = st.sampled_from(
    ["", "x", "a: b # c", "“Ä” \n 2", "{{ steps.wait.output }}", "{{ steps.", " 'q' \"q\" ", "- 1", "on", "\t\r\nq"]
)
VALUE: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
PLACE = st.tuples(st.integers(-500, 500).map(float), st.floats(-500, 500))
PICK = st.integers(0, 30)


class Editing(RuleBasedStateMachine):
    """A person who does anything at all."""

    def __init__(self) -> None:
        super().__init__()
        self.app = QCoreApplication.instance() or QCoreApplication([])
        self.now = 0.0
        self.first = Workflow(name="w")
        self.document = Document(self.first, clock=lambda: self.now)
        self.text = ""

    @property
    def workflow(self) -> Workflow:
        return self.document.workflow

    def keys(self, *picks: int) -> list[str]:
        known = [*self.workflow.by_key, *self.workflow.notes, "gone"]
        return [known[pick % len(known)] for pick in picks]

    def edge(self, pick: int) -> Edge:
        known = [*self.workflow.edges, Edge.parse("gone.a -> gone.b")]
        return known[pick % len(known)]

    def do(self, after: Workflow, merge: str = "") -> None:
        before = self.workflow
        changed = self.document.edit(after, merge=merge)
        assert changed == (after is not before)
        if changed:
            assert label_of(before, after)

    @rule(kind=st.sampled_from(TYPES), at=PLACE)
    def add(self, kind: str, at: tuple[float, float]) -> None:
        key = edits.fresh_key(self.workflow, kind)
        self.do(edits.add(self.workflow, Node(key=key, type=kind), at))

    @rule(a=PICK, b=PICK, p=PICK, q=PICK)
    def connect(self, a: int, b: int, p: int, q: int) -> None:
        source, target = self.keys(a, b)
        outs = [port.name for port in ports(self.workflow, source)[1]] or ["out"]
        ins = [port.name for port in ports(self.workflow, target)[0]] or ["in_"]
        edge = Edge(source=source, out=outs[p % len(outs)], target=target, into=ins[q % len(ins)])
        try:
            self.do(edits.connect(self.workflow, edge))
        except Refused as refused:
            assert str(refused).endswith(".")

    @rule(a=PICK, b=PICK)
    def replug(self, a: int, b: int) -> None:
        edge = self.edge(a)
        try:
            self.do(edits.replug(self.workflow, edge, edge.model_copy(update={"target": self.keys(b)[0]})))
        except Refused as refused:
            assert str(refused).endswith(".")

    @rule(a=PICK, b=PICK)
    def disconnect(self, a: int, b: int) -> None:
        self.do(edits.disconnect(self.workflow, [self.edge(a), self.edge(b)]))

    @rule(a=PICK, b=PICK)
    def insert(self, a: int, b: int) -> None:
        self.do(edits.insert(self.workflow, self.keys(a)[0], self.edge(b)))

    @rule(a=PICK, b=PICK, heal=st.booleans())
    def delete(self, a: int, b: int, heal: bool) -> None:
        self.do(edits.delete(self.workflow, self.keys(a, b), heal))

    @rule(a=PICK, at=PLACE, gesture=st.sampled_from(["", "gesture:1", "gesture:2"]))
    def move(self, a: int, at: tuple[float, float], gesture: str) -> None:
        self.do(edits.move(self.workflow, {self.keys(a)[0]: at}), gesture)

    @rule(a=PICK, text=TEXT, wait=st.sampled_from([0.1, 2.0]))
    def title(self, a: int, text: str, wait: float) -> None:
        self.now += wait
        key = self.keys(a)[0]
        self.do(edits.set_title(self.workflow, key, text), f"title:{key}")

    @rule(a=PICK, name=st.sampled_from(["text", "cases", "tool", "hand_offs"]), value=VALUE)
    def param(self, a: int, name: str, value: Any) -> None:
        self.do(edits.set_param(self.workflow, self.keys(a)[0], (name,), value))

    @rule(a=PICK, name=st.sampled_from(["text", "cases"]))
    def unset(self, a: int, name: str) -> None:
        self.do(edits.set_param(self.workflow, self.keys(a)[0], (name,), edits.REMOVE))

    @rule(a=PICK, value=VALUE)
    def policy(self, a: int, value: Any) -> None:
        self.do(edits.set_policy(self.workflow, self.keys(a)[0], Policy(on_error="continue", value=value)))

    @rule(a=PICK, new=st.sampled_from(["one", "two", "three"]))
    def key(self, a: int, new: str) -> None:
        try:
            self.do(edits.set_key(self.workflow, self.keys(a)[0], new))
        except Refused as refused:
            assert "already" in str(refused)

    @rule(a=PICK, mode=st.sampled_from(["on", "disabled", "bypassed"]))
    def mode(self, a: int, mode: Any) -> None:
        self.do(edits.set_mode(self.workflow, self.keys(a), mode))

    @rule(value=VALUE)
    def outputs(self, value: Any) -> None:
        self.do(edits.set_field(self.workflow, "outputs", {"o": value}))

    @rule(a=PICK, b=PICK, text=TEXT)
    def draw(self, a: int, b: int, text: str) -> None:
        self.do(edits.frame(self.workflow, self.keys(a, b), title=text)[0])
        self.do(edits.add_note(self.workflow, (0, 0), text)[0])
        self.do(edits.resize(self.workflow, self.keys(b)[0], (1, 2, 3, 400)))

    @precondition(lambda self: len(self.workflow.nodes) < 25)
    @rule(a=PICK, b=PICK)
    def duplicate(self, a: int, b: int) -> None:
        self.do(edits.duplicate(self.workflow, self.keys(a, b))[0])

    @rule(a=PICK, b=PICK)
    def copy(self, a: int, b: int) -> None:
        self.text = copy_text(self.workflow, self.keys(a, b)) or self.text

    @precondition(lambda self: self.text and len(self.workflow.nodes) < 25)
    @rule(at=PLACE)
    def paste(self, at: tuple[float, float]) -> None:
        after, made = edits.paste(self.workflow, read_text(self.text), at)
        assert made
        self.do(after)

    @rule(how=st.sampled_from(["left", "middle"]))
    def arrange(self, how: Any) -> None:
        self.do(edits.align(self.workflow, self.keys(0, 1, 2), how))
        self.do(edits.distribute(self.workflow, self.keys(0, 1, 2), "x"))

    @rule()
    def tidy(self) -> None:
        self.do(edits.tidy(self.workflow))

    @rule(a=PICK)
    def only_up_to(self, a: int) -> None:
        part = edits.only_up_to(self.workflow, self.keys(a)[0])
        assert Workflow.model_validate(part.model_dump()) == part

    @rule()
    def another_writer(self) -> None:
        self.document.replace(edits.set_field(self.workflow, "title", f"{self.now}"))

    @rule(steps=st.integers(1, 4))
    def back_and_forth(self, steps: int) -> None:
        now = self.workflow
        done = min(steps, self.document.undo_stack.index())
        for _ in range(done):
            self.document.undo()
        for _ in range(done):
            self.document.redo()
        assert self.workflow is now

    @rule(steps=st.integers(1, 3))
    def undo(self, steps: int) -> None:
        for _ in range(steps):
            self.document.undo()

    @invariant()
    def is_whole(self) -> None:
        workflow = self.workflow
        assert Workflow.model_validate(workflow.model_dump()) == workflow
        assert workflow.by_key == {node.key: node for node in workflow.nodes}
        assert all(edge.source in workflow.by_key and edge.target in workflow.by_key for edge in workflow.edges)
        assert len(set(workflow.edges)) == len(workflow.edges)
        assert workflow.layout.keys() <= workflow.by_key.keys()

    def teardown(self) -> None:
        last = self.workflow
        again = load_text(dump_text(last))
        assert again == last
        assert to_json(again) == to_json(last)
        done = self.document.undo_stack.index()
        for _ in range(done):
            self.document.undo()
        assert self.workflow is self.first
        for _ in range(done):
            self.document.redo()
        assert self.workflow is last


TestHistories = Editing.TestCase
TestHistories.settings = settings(max_examples=40, stateful_step_count=30)
