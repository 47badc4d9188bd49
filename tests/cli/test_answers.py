"""Answers while the engine is away, twice, too late, to nothing, in any order: stored, or refused with the reason."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from cli_kit import Ctl

from engine.store import DATA_FILE, open_store


def asked(ctl: Ctl) -> dict[str, Any]:
    """The open questions by step."""
    return {question["step"]: question for question in ctl("questions", "--json").json}


def test_an_answer_given_while_the_engine_is_down_is_used_when_it_comes_back(
    ctl: Ctl, gate: Path, data_dir: Path
) -> None:
    assert ctl("run", gate).code == 3
    question = asked(ctl)["approve"]["question"]
    stored = ctl("answer", question, "approve", "--as", "ann", "--comment", "go", "--json")
    assert stored.code == 0 and stored.json["accepted"] is None
    done = ctl("watch", "--json")
    assert done.code == 0 and done.json["outputs"]["decision"]["comment"] == "go"
    assert json.loads((data_dir / "files" / "order.json").read_text()) == {"part": "bearing 6204", "hours": 3}


def test_a_changed_value_is_checked_before_it_is_stored(ctl: Ctl, gate: Path) -> None:
    ctl("run", gate)
    question = asked(ctl)["approve"]["question"]
    for args, sentence in (
        (["approve_with_changes"], "needs the changed value"),
        (["approve_with_changes", "--values", '{"value": {"part": "other", "hours": 3}}'], "'part' may not be changed"),
        (["approve", "--values", '{"price": 3}'], "only `value` and `form` are read"),
        (["approve", "--values", "{"], "--values"),
        (["maybe"], "'maybe' is not an option"),
    ):
        done = ctl("answer", question, *args)
        assert done.code == 2 and sentence in done.err and done.err.count("\n") == 1, done.err
    with open_store(Path(ctl("engine", "--status", "--json").json["data_dir"]) / DATA_FILE, role="client") as store:
        assert store.requests.pending() == []


def test_a_second_answer_of_the_same_person_is_refused(ctl: Ctl, gate: Path) -> None:
    ctl("run", gate)
    question = asked(ctl)["approve"]["question"]
    assert ctl("answer", question, "refuse", "--as", "ann").code == 0
    again = ctl("answer", question, "approve", "--as", "ann")
    assert again.code == 2 and "ann has answered" in again.err
    done = ctl("watch", "--json")
    assert done.json["outputs"]["decision"]["option"] == "refuse", "the first one counts"


def test_a_late_answer_and_one_to_an_unknown_question_are_refused_with_the_reason(ctl: Ctl, gate: Path) -> None:
    ctl("run", gate, "--answer", "approve=refuse", "--as", "ann")
    question = ctl("show", "--json").json["questions"][0]["question"]
    late = ctl("answer", question, "approve", "--as", "ben")
    assert late.code == 2 and f"The question {question} is closed: refuse (by ann)." in late.err
    unknown = ctl("answer", "q00000000", "approve")
    assert unknown.code == 2 and "There is no question 'q00000000'" in unknown.err


def test_an_answer_that_comes_too_late_for_the_engine_is_refused_by_it(ctl: Ctl, gate: Path, data_dir: Path) -> None:
    """Two people answer while the engine is down: the first request counts, the second one is told so."""
    ctl("run", gate)
    question = asked(ctl)["approve"]["question"]
    assert ctl("answer", question, "refuse", "--as", "ann").code == 0
    assert ctl("answer", question, "approve", "--as", "ben").code == 0
    assert ctl("watch").code == 0
    with open_store(data_dir / DATA_FILE, role="client") as store:
        replies = [store.requests.outcome(number) for number in (2, 3)]
    assert [reply.accepted for reply in replies if reply] == [True, False]
    assert replies[1] is not None and replies[1].reason


@pytest.mark.parametrize("order", [("left", "right"), ("right", "left")], ids="-then-".join)
def test_two_gates_are_answered_in_either_order_while_a_third_branch_goes_on(
    ctl: Ctl, two_gates: Path, order: tuple[str, str]
) -> None:
    waiting = ctl("run", two_gates, "--json")
    assert waiting.code == 3
    steps = {step["step"]: step["status"] for step in waiting.json["steps"]}
    assert steps["done"] == "succeeded", "the third branch waits for nobody"
    questions = asked(ctl)
    assert ctl("answer", questions[order[0]]["question"], "approve").code == 0
    still = ctl("watch", "--json")
    assert still.code == 3 and [question["step"] for question in still.json["questions"]] == [order[1]]
    assert ctl("answer", questions[order[1]]["question"], "refuse").code == 0
    done = ctl("watch", "--json")
    assert done.code == 0
    assert done.json["outputs"] == {order[0]: "approve", order[1]: "refuse"}


def test_a_gate_that_needs_two_people_waits_for_the_second(ctl: Ctl, gate: Path) -> None:
    gate.write_text(gate.read_text().replace("risk: high", "required: 2"))
    assert ctl("run", gate, "--answer", "approve=approve", "--as", "ann").code == 3
    assert asked(ctl)["approve"]["answers"][0]["by"] == "ann"
    assert ctl("answer", asked(ctl)["approve"]["question"], "approve", "--as", "ben").code == 0
    assert ctl("watch").code == 0


def test_a_deadline_that_passed_while_nobody_was_there_is_kept(ctl: Ctl, gate: Path) -> None:
    gate.write_text(gate.read_text().replace("risk: high", "deadline_s: 0.2"))
    waiting = ctl("run", gate, "--json")
    assert waiting.code == 3
    due = waiting.json["questions"][0]["due"]
    time.sleep(max(0.0, due - time.time()) + 0.05)  # the deadline itself is what is waited for
    done = ctl("watch", "--json")
    assert done.code == 0 and done.json["questions"] == []
    assert "nobody answered in time" in ctl("why").out.lower()
