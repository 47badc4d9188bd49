"""What the store knows about a question."""

from __future__ import annotations

from typing import Any

from designer.people.dossier import Earlier, read_dossier
from designer.people.words import earlier_counts, rule_sentence
from engine.observe.records import QuestionTrace
from engine.workflow.model import Node, Policy, Workflow
from tests.designer.support.fake_store import FakeStore
from tests.designer.support.stories import Story, workflow


def made() -> Workflow:
    return workflow(
        Node(key="order", type="data.set", title="Work order"),
        Node(key="look", type="http.request", params={"tool": {"approval": "first"}}),
        Node(key="ask", type="agent", policy=Policy(max_attempts=4)),
        Node(key="approve", type="gate", params={"escalate_to": "maintenance lead"}),
        edges="order.output -> approve.input",
        name="alarm",
    )


def store(*stories: Story, of: Workflow) -> Any:
    found = FakeStore()
    for story in stories:
        found.journal.put(*story.events)
        if story.of is not None:
            digest = story.events[0].workflow  # type: ignore[union-attr]
            found.library.documents[digest] = of
    return found


def question(story: Story, id: str = "q1") -> QuestionTrace:
    return story.trace.questions[id]


def test_it_tells_what_came_before_and_where_it_goes_when_nobody_answers() -> None:
    of = made()
    story = Story("run1", of=of)
    story.started(inputs={"alarm": "W-07"})
    story.succeeded("order", output={"part": "seal"})
    story.asked("approve")
    found = read_dossier(store(story, of=of), question(story))
    assert found.before == {"Work order": {"part": "seal"}}
    assert found.run_inputs == {"alarm": "W-07"}
    assert found.escalate_to == "maintenance lead"
    assert "gate" in rule_sentence(found)


def test_a_tool_call_names_its_rule_and_the_models_words() -> None:
    of = made()
    story = Story("run1", of=of)
    story.started()
    story.attempt("ask")
    messages = [{"role": "user", "content": f"part {n}"} for n in range(9)]
    story.effect_succeeded(
        "ask", tool="model:small", args={"messages": messages}, result={"text": "I want the history."}
    )
    story.asked("ask", type="approval", evidence={"tool": "look", "effect": "pure"})
    found = read_dossier(store(story, of=of), question(story))
    assert found.words == "I want the history."
    assert (len(found.messages), found.more_messages) == (6, 4)
    assert rule_sentence(found) == "The tool “look” asks a person before the first call in a step."


def test_an_escalation_names_the_policy() -> None:
    of = made()
    story = Story("run1", of=of)
    story.started()
    story.asked("ask", type="escalation")
    assert "4 failed attempts" in rule_sentence(read_dossier(store(story, of=of), question(story)))


def test_earlier_answers_to_the_same_step_are_counted() -> None:
    of = made()
    stories = []
    for n, outcome in enumerate(["approve", "approve", "approve_with_changes", "refuse", "withdrawn"]):
        old = Story(f"old{n}", of=of)
        old.started()
        old.asked("approve", f"q{n}")
        old.settled("approve", f"q{n}", outcome)
        stories.append(old)
    story = Story("run1", of=of)
    story.started()
    story.asked("approve", "now")
    found = read_dossier(store(*stories, story, of=of), question(story, "now"))
    assert dict(found.earlier.counts) == {"approve": 2, "approve_with_changes": 1, "refuse": 1}
    assert earlier_counts(found.earlier) == "approved 3× (1× with changes), refused 1×"
    assert found.earlier.runs == 5


def test_a_workflow_that_is_gone_leaves_the_rest() -> None:
    story = Story("run1")
    story.started(inputs={"a": 1})
    story.asked("approve")
    found = read_dossier(store(story, of=made()), question(story))
    assert found.run_inputs == {"a": 1} and found.before == {}


def test_a_first_question_has_no_history() -> None:
    assert earlier_counts(Earlier()) == ""
