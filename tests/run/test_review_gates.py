"""A gate whose params turn out wrong only when they are evaluated."""

from __future__ import annotations

from typing import Any

import pytest
from planner_kit import Drive, order


@pytest.mark.parametrize(
    "options", ["{{ 5 }}", "{{ [] }}", ["{{ [1] }}"], ["maybe"], ["expired"], "{{ {'approve': 1} }}", "approve"]
)
def test_a_gate_whose_options_are_none_of_a_gate_fails_alone(options: Any) -> None:
    d = Drive(order({"g": ("gate", {"headline": "?", "options": options}), "other": "task"}))
    assert d.statuses()["g"] == "failed"


def test_a_gate_without_options_offers_all_that_make_sense() -> None:
    def offered(**params: Any) -> list[str]:
        d = Drive(order({"g": ("gate", {"headline": "?", **params})}))
        asked = next(event for event in d.events if event.kind == "QuestionAsked")
        return [option["name"] for option in asked.form["options"]]

    assert offered() == offered(options=None) == ["approve", "send_back", "refuse"]
    assert offered(editable=True) == ["approve", "approve_with_changes", "send_back", "refuse"]
    assert offered(options=["refuse", "approve_with_changes"], editable=False) == ["refuse"]
