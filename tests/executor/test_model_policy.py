"""Who is asked, by the rules of a role: every rule against every situation, without a model."""

from __future__ import annotations

from typing import Any

import pytest

from engine.errors import StepError
from engine.executor.model_health import ModelHealth
from engine.executor.model_policy import Facts, choice, fallback, limits
from engine.settings import RoleSetting, Settings

PRICES = {"input": 0, "output": 1000, "currency": "EUR"}
CLOUD = {"model": "big", "url": "https://models.example/v1", "key": "secret://big", "prices": PRICES}
HOUSE = {"model": "house", "url": "http://10.0.0.9/v1", "placement": "edge"}
HERE = {"model": "here.gguf"}


def facts(root: dict[str, Any], **given: Any) -> Facts:
    """`root` overrides the cloud's role, whose fallbacks are the house's server and then this PC's model."""
    first = {**CLOUD, "fallback": ["house", "here"], **root}
    settings = Settings.model_validate({"roles": {"cloud": first, "house": HOUSE, "here": HERE}})
    took, alone = given.pop("took", {}), given.pop("alone", {})
    spent = given.pop("spent", 0.0)
    known: dict[str, Any] = {"network": True, "edge": False, "prompt": 30, "answer": 100, **given}
    return Facts(
        settings.roles,
        took=lambda role, within: took.get(role),
        left_alone=alone.get,
        spent=lambda currency: spent if currency == "EUR" else 0.0,
        **known,
    )


LATE, ALONE = {"took": {"cloud": 2.4}}, {"alone": {"cloud": (3, 42.0)}}
SITUATIONS: list[tuple[str, dict[str, Any], dict[str, Any], str, str]] = [
    ("as listed", {}, {}, "cloud", ""),
    ("this PC first", {"prefer": "local_first"}, {}, "here", "those on this PC are asked first"),
    ("cheapest first", {"prefer": "cheap"}, {}, "house", "it costs least"),
    ("quickest first", {"prefer": "fast"}, {"took": {"cloud": 2.0, "house": 0.5, "here": 1.0}}, "house", "0.5 s"),
    ("quickest, one unknown", {"prefer": "fast"}, {"took": {"cloud": 2.0, "house": 0.5}}, "here", "not answered yet"),
    ("quickest, none known", {"prefer": "fast"}, {}, "cloud", ""),
    ("too slow lately", {"max_latency_s": 2}, LATE, "house", "2.4 s over the 2 s limit"),
    ("slow without a limit", {}, LATE, "cloud", ""),
    ("all too slow", {"max_latency_s": 2}, {"took": dict.fromkeys(("cloud", "house", "here"), 9.0)}, "cloud", ""),
    ("left alone", {}, ALONE, "house", "it failed 3 times in a row and is left alone for 42 s more"),
    ("all left alone", {}, {"alone": dict.fromkeys(("cloud", "house", "here"), (3, 1.0))}, "cloud", ""),
    ("the run's money", {"max_cost": 0.5}, {"spent": 0.43}, "house", "would cost 0.03 EUR more than the 0.50 EUR"),
    ("enough money", {"max_cost": 0.6}, {"spent": 0.43}, "cloud", ""),
    ("one dear answer", {"max_cost_call": 0.05}, {}, "house", "may cost 0.10 EUR, over the 0.05 EUR of an answer"),
    ("a step on the edge", {}, {"edge": True}, "house", "data stays on the edge"),
    ("no network", {}, {"network": False}, "here", "the network is off"),
    ("no network, edge", {}, {"network": False, "edge": True}, "here", "data stays on the edge"),
]


@pytest.mark.parametrize(
    ("root", "known", "asked", "why"), [one[1:] for one in SITUATIONS], ids=[s[0] for s in SITUATIONS]
)
def test_a_rule_says_who_is_asked_and_why(root: dict[str, Any], known: dict[str, Any], asked: str, why: str) -> None:
    said = choice("cloud", None, "cloud", [], facts(root, **known), started=False)
    assert said.role == asked and why in said.why and bool(said.why) == (asked != "cloud")


@pytest.mark.parametrize(
    ("data", "heard"), [("any", {"cloud", "house", "here"}), ("site", {"house", "here"}), ("edge", {"here"})]
)
@pytest.mark.parametrize("prefer", ["listed", "local_first", "fast", "cheap"])
def test_text_goes_no_further_than_its_role_says_also_when_others_fail(data: str, heard: set[str], prefer: str) -> None:
    """The role itself is this PC's; its fallbacks are everywhere."""
    settings = {"model": "first.gguf", "data": data, "prefer": prefer, "fallback": ["cloud", "house", "here"]}
    base = facts({})
    roles = {**base.roles, "first": RoleSetting.model_validate(settings)}
    for edge in (False, True):
        known = Facts(roles, True, edge, base.took, base.left_alone)
        rule = fallback("first", "cloud", known)
        assert set(rule.roles) == {"first", *heard} - ({"cloud"} if edge else set())
        failed: list[str] = []
        for _ in range(4):
            said = choice("first", "cloud", "first", failed, known, started=False)
            assert said.role in rule.roles
            failed.append(said.role)


def test_a_choice_of_earlier_settings_does_not_send_a_text_further_than_it_may_go_now() -> None:
    base = facts({})
    root = RoleSetting.model_validate({"model": "first.gguf", "data": "site", "fallback": ["cloud"]})
    known = Facts({**base.roles, "first": root}, True, False, base.took, base.left_alone)
    assert choice("first", None, "cloud", [], known, started=True).role == "first"
    with pytest.raises(StepError, match="`cloud` is not asked: data stays on the site") as caught:
        choice("first", None, "cloud", ["first"], known, started=True)
    assert caught.value.cls == "permission"


def test_nobody_is_asked_where_everybody_costs_too_much() -> None:
    dear = {"max_cost": 0.01, "fallback": []}
    with pytest.raises(
        StepError, match=r"No model may be asked.*would cost 0\.09 EUR more than the 0\.01 EUR"
    ) as caught:
        choice("cloud", None, "cloud", [], facts(dear), started=False)
    assert caught.value.cls == "limit" and not caught.value.retryable


def test_a_conversation_stays_with_its_model_as_long_as_that_may_be_asked() -> None:
    fast = {"prefer": "fast", "max_latency_s": 5}
    known = {"took": {"cloud": 2.0, "house": 0.5, "here": 1.0}}
    assert choice("cloud", None, "here", [], facts(fast, **known), started=True).role == "here"
    late = {"took": {"cloud": 2.0, "house": 0.5, "here": 6.0}}
    assert choice("cloud", None, "here", [], facts(fast, **late), started=True).role == "house"
    assert choice("cloud", None, "here", ["house"], facts(fast, **late), started=True).role == "cloud"


def test_the_last_one_may_take_its_time() -> None:
    hasty = facts({"max_latency_s": 2, "max_first_s": 0.5})
    assert choice("cloud", None, "cloud", [], hasty, started=False).limit_s == 2
    assert limits("cloud", None, "house", ["cloud"], hasty) == (2, 0.5)
    assert limits("cloud", None, "here", ["cloud", "house"], hasty) == (None, None)
    assert (
        choice(
            "cloud", None, "cloud", [], facts({"max_latency_s": 2, "fallback_on": ["server"]}), started=False
        ).limit_s
        is None
    )


class _Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_model_that_fails_again_and_again_is_left_alone_then_tried_by_one_question() -> None:
    clock = _Clock()
    health, setting = ModelHealth(clock), RoleSetting.model_validate({**CLOUD, "skip_after": 2, "skip_for_s": 30})

    def fails(cls: Any) -> None:
        with pytest.raises(StepError), health.watch("r", setting):
            raise StepError(cls, "x")

    fails("server")
    fails("invalid")  # says nothing about the model
    assert health.left_alone("r") is None
    fails("connection")
    assert health.left_alone("r") == (2, 30.0)
    clock.now += 30
    assert health.left_alone("r") is None, "somebody may try"
    with pytest.raises(StepError), health.watch("r", setting):
        assert health.left_alone("r") == (2, 0.0), "one at a time"
        with health.watch("r", setting):
            assert health.left_alone("r") is not None
            raise StepError("server", "x")
    clock.now += 30
    with pytest.raises(KeyboardInterrupt), health.watch("r", setting):
        raise KeyboardInterrupt  # nobody knows
    assert health.left_alone("r") is None
    with health.watch("r", setting):
        pass
    assert health.left_alone("r") is None and health.took("r") is not None
    fails("server")
    assert health.left_alone("r") is None, "it counts from the beginning again"


def test_a_model_on_this_pc_is_never_left_alone_and_old_answers_are_forgotten() -> None:
    clock = _Clock()
    health = ModelHealth(clock)
    for _ in range(5):
        health.end("here", health.begin("here"), RoleSetting.model_validate(HERE), 3.0, StepError("timeout", "x"))
    assert health.left_alone("here") is None and health.took("here") == 3.0
    silent = StepError("timeout", "x", detail={"first_s": 0.1})
    health.end("here", health.begin("here"), None, 0.1, silent)
    health.end("quiet", health.begin("quiet"), None, 0.1, silent)
    assert health.took("here") == 3.0 and health.took("quiet") is None, "how long an answer takes is not known by that"
    clock.now += 60
    assert health.took("here", 59) is None and health.took("here", 61) == 3.0


@pytest.mark.parametrize(
    ("role", "said"),
    [
        ({**CLOUD, "data": "site"}, "keeps texts on the site"),
        ({**HOUSE, "data": "edge"}, "keeps texts on this PC"),
    ],
)
def test_a_role_that_is_further_away_than_its_texts_may_go_is_refused(role: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RoleSetting.model_validate(role)
