"""What a step asks of the world is recorded once and replayed: nothing that has a result happens again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from engine_kit import Disk, Place, ScriptedModels, in_loop, until, workflow

from engine.errors import StepError
from engine.nodes.context import ModelReply


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


FORM = {"headline": "Go on?", "options": [{"name": "yes", "label": "Yes"}, {"name": "no", "label": "No"}]}


@in_loop
async def test_every_kind_of_effect_is_recorded_once_and_replayed_after_each_wait(place: Place) -> None:
    seen: list[dict[str, Any]] = []

    async def everything(ctx: Any, params: Any, inputs: Any) -> Any:
        found: dict[str, Any] = {}
        found["reply"] = (await ctx.ask_model("small", [{"role": "user", "content": "hi"}])).value
        found["score"] = await ctx.run_model("scorer", {"x": [1.0]})
        found["now"] = await ctx.now()
        found["write"] = await ctx.call_tool("test.write", {"name": "one"})
        found["branches"] = await ctx.gather(
            lambda c: c.call_tool("test.write", {"name": "two"}), lambda c: c.call_tool("test.write", {"name": "three"})
        )
        await ctx.refuse_call("wrench", "there is none", "Use the hammer.")
        await ctx.switch_model("small", "large", "it said so")
        answer = await ctx.ask_person(FORM)
        found["answer"] = (answer.option, answer.by, answer.values["form"])
        await ctx.sleep(0.01)
        found["last"] = await ctx.call_tool("test.write", {"name": "four"})
        ctx.progress("nearly there")
        seen.append(found)
        return found

    models = ScriptedModels({"final": 1})
    async with place.life(models) as life:
        run = await life.start(workflow(place.step("a", everything)))
        question = await life.question(run)
        reply = await life.answer(question, "yes", "bob", values={"form": {"why": "fine"}})
        assert reply.accepted
        state = await life.end(run)
    assert state.status == "completed"
    assert place.world.names() == ["one", "two", "three", "four"]
    assert len(models.asked) == 2, "one turn, one inference"
    assert seen == [state.steps["a", ()].outputs["output"]]
    assert seen[0]["answer"] == ("yes", "bob", {"why": "fine"})
    effects = [(event.key, event.tool) for event in of(place, run, "EffectSucceeded")]
    assert sorted(effects) == sorted(
        [("1", "model:small"), ("2", "model:scorer"), ("3", "now"), ("4", "test.write"), ("5.1.1", "test.write"),
         ("5.2.1", "test.write"), ("9", "sleep"), ("10", "test.write")]
    )  # fmt: skip
    assert len(of(place, run, "ToolCallRefused")) == len(of(place, run, "ModelSwitched")) == 1
    assert [event.attempt for event in of(place, run, "AttemptStarted")] == [1], "waiting is not another attempt"


@in_loop
async def test_a_step_goes_on_from_its_records_after_a_crash_in_the_middle(place: Place) -> None:
    async def three(ctx: Any, params: Any, inputs: Any) -> Any:
        first = await ctx.call_tool("test.write", {"name": "one", "effect": "idempotent"})
        asked = await ctx.ask_model("small", [{"role": "user", "content": "hi"}])
        second = await ctx.call_tool("test.write", {"name": "two", "effect": "idempotent"})
        return [first, asked.value, second]

    gate = place.world.hold("two")
    models = ScriptedModels("hello")
    async with place.life(models) as life:
        run = await life.start(workflow(place.step("a", three)))
        await until(lambda: "two" in place.world.entered)
        await life.crash()
    gate.set()
    async with place.life(models) as life:
        state = await life.end(run)
    assert state.status == "completed"
    assert len(models.asked) == 1
    assert place.world.names() == ["one", "two", "two"]
    assert len(set(place.world.keys("two"))) == 1, "an idempotent effect is done again under its own key"
    assert [event.cause for event in of(place, run, "AttemptInterrupted")] == ["crash"]


@in_loop
async def test_branches_of_a_gather_all_run_to_their_end_and_an_error_beats_a_wait(place: Place) -> None:
    async def both(ctx: Any, params: Any, inputs: Any) -> Any:
        return await ctx.gather(
            lambda c: c.call_tool("test.write", {"name": "fails"}),
            lambda c: c.ask_person(FORM),
            lambda c: c.call_tool("test.write", {"name": "slow"}),
        )

    gate = place.world.hold("slow")
    place.world.fails("fails", StepError("invalid", "No.", retryable=False))
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", both)))
        await life.event(run, "EffectFailed", key="1.1.1")
        await life.question(run)
        gate.set()
        state = await life.end(run)
    assert state.status == "failed" and state.error is not None and state.error.cls == "invalid"
    assert "slow" in place.world.ended
    assert [event.key for event in of(place, run, "EffectSucceeded")] == ["1.3.1"]
    assert [event.outcome for event in of(place, run, "QuestionSettled")] == ["withdrawn"]


@in_loop
async def test_a_doubt_in_a_gather_beats_an_error(place: Place) -> None:
    async def both(ctx: Any, params: Any, inputs: Any) -> Any:
        return await ctx.gather(
            lambda c: c.call_tool("test.write", {"name": "fails"}),
            lambda c: c.call_tool("test.write", {"name": "lost"}),
        )

    place.world.fails("fails", StepError("invalid", "No.", retryable=False))
    place.world.fails("lost", StepError("connection", "Gone.", outcome_unknown=True))
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", both)))
        question = await life.question(run, type="doubt")
        assert "AttemptFailed" not in place.kinds(run)
        await life.answer(question, "happened", values={"value": {"did": "lost"}})
        state = await life.end(run)
    assert state.status == "failed" and state.error is not None and state.error.message == "No."


@pytest.mark.logs("step raised")
@in_loop
async def test_a_fault_in_one_branch_of_a_gather_leaves_no_branch_behind(place: Place) -> None:
    async def both(ctx: Any, params: Any, inputs: Any) -> Any:
        async def broken(c: Any) -> Any:
            raise KeyError("nothing")

        return await ctx.gather(broken, lambda c: c.call_tool("test.write", {"name": "slow"}))

    gate = place.world.hold("slow")
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", both)))
        await until(lambda: "slow" in place.world.entered)
        gate.set()
        state = await life.end(run)
    assert state.status == "failed" and state.error is not None and state.error.cls == "internal"
    assert [event.key for event in of(place, run, "EffectSucceeded")] == ["1.2.1"]


@in_loop
async def test_two_effects_at_once_outside_a_gather_are_refused_as_drift(place: Place) -> None:
    async def careless(ctx: Any, params: Any, inputs: Any) -> Any:
        return await asyncio.gather(
            ctx.call_tool("test.write", {"name": "one"}), ctx.call_tool("test.write", {"name": "two"})
        )

    async with place.life() as life:
        run = await life.start(workflow(place.step("a", careless)))
        state = await life.end(run)
    assert state.error is not None and state.error.cls == "drift"
    assert "two" not in place.world.names()


@in_loop
async def test_a_sleep_goes_on_while_the_engine_is_off(place: Place) -> None:
    async def sleeper(ctx: Any, params: Any, inputs: Any) -> Any:
        before = await ctx.now()
        await ctx.sleep(1000)
        return before

    async with place.life() as life:
        run = await life.start(workflow(place.step("a", sleeper)))
        due = (await life.event(run, "EffectStarted", tool="sleep")).due
        await life.event(run, "AttemptSuspended")
    async with place.life() as life:
        await until(lambda: life.executor.idle)
        assert "EffectSucceeded" not in [e.kind for e in place.events(run) if getattr(e, "tool", "") == "sleep"]
    place.clock.ahead = 1001
    async with place.life() as life:
        state = await life.end(run)
    slept = next(event for event in place.events(run) if event.kind == "EffectSucceeded" and event.tool == "sleep")
    assert slept.at >= due
    assert state.steps["a", ()].outputs["output"] == of(place, run, "EffectSucceeded")[0].result
    assert [event.attempt for event in of(place, run, "AttemptStarted")] == [1]


@in_loop
async def test_a_person_may_answer_days_later_in_another_life_of_the_engine(place: Place) -> None:
    async def asker(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.call_tool("test.write", {"name": "before"})
        return (await ctx.ask_person(FORM)).option

    async with place.life() as life:
        run = await life.start(workflow(place.step("a", asker)))
        question = await life.question(run)
        await life.event(run, "AttemptSuspended")
    request = place.request("answer", {"question": question, "option": "no"})
    async with place.life() as life:
        state = await life.end(run)
    assert place.reply(request).accepted  # type: ignore[union-attr]
    assert state.steps["a", ()].outputs == {"output": "no"}
    assert place.world.names() == ["before"]


@in_loop
async def test_an_answer_that_comes_before_the_step_has_let_go_is_taken(place: Place) -> None:
    def settle(state: Any) -> bool:
        return any(record.outcome for _, _, record in state.questions.values())

    async def asker(ctx: Any, params: Any, inputs: Any) -> Any:
        async def other(c: Any) -> Any:
            return await c.call_tool("test.write", {"name": "slow"})

        async def ask(c: Any) -> Any:
            return (await c.ask_person(FORM)).option

        return await ctx.gather(ask, other)

    gate = place.world.hold("slow")
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", asker)))
        question = await life.question(run)
        assert (await life.answer(question, "yes")).accepted
        assert settle(life.executor.runs[run]) and "AttemptSuspended" not in place.kinds(run)
        gate.set()
        state = await life.end(run)
    assert state.steps["a", ()].outputs["output"][0] == "yes"
    assert place.world.names() == ["slow"]


@in_loop
async def test_a_step_whose_function_has_changed_while_it_waited_fails_as_drift(place: Place) -> None:
    wanted = ["one"]

    async def changing(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.call_tool("test.write", {"name": wanted[0]})
        return (await ctx.ask_person(FORM)).option

    async with place.life() as life:
        run = await life.start(workflow(place.step("a", changing, max_attempts=5, retry_on=("drift",))))
        question = await life.question(run)
        await life.event(run, "AttemptSuspended")
        wanted[0] = "another"
        await life.answer(question, "yes")
        state = await life.end(run)
    assert state.error is not None and state.error.cls == "drift"
    assert place.world.names() == ["one"]


@in_loop
async def test_waiting_asking_and_sleeping_are_not_the_attempts_time(place: Place) -> None:
    async def patient(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.ask_person(FORM)
        await ctx.sleep(0.6)
        return await ctx.call_tool("test.write", {"name": "slow"})

    async with place.life(lanes={"test:slow": 1}) as life:
        gate = place.world.hold("slow")
        first = await life.start(workflow(place.write("slow"), name="first"))
        await until(lambda: "slow" in place.world.entered)
        run = await life.start(workflow(place.step("a", patient, timeout_s=0.5)))
        await life.answer(await life.question(run), "yes")
        await life.event(run, "EffectSucceeded", tool="sleep")
        lane = life.executor.lanes
        await until(lambda: lane._lanes["test:slow"].locked() and lane._lanes["test:slow"]._waiters)
        began = asyncio.get_running_loop().time()
        await until(lambda: asyncio.get_running_loop().time() > began + 0.7)
        gate.set()
        assert (await life.end(first)).status == (await life.end(run)).status == "completed"


@in_loop
async def test_an_attempt_that_takes_too_long_is_tried_again_under_the_policy(place: Place) -> None:
    tries: list[int] = []

    async def slow(ctx: Any, params: Any, inputs: Any) -> Any:
        tries.append(1)
        if len(tries) == 1:
            await asyncio.Event().wait()
        return len(tries)

    async with place.life() as life:
        node = place.step("a", slow, timeout_s=0.05, max_attempts=2, backoff={"first_s": 0.0})
        state = await life.end(await life.start(workflow(node)))
    assert state.steps["a", ()].outputs == {"output": 2}
    assert [event.error.cls for event in of(place, state.run, "AttemptFailed")] == ["timeout"]


@pytest.mark.parametrize("pure", [False, True])
@pytest.mark.logs("step raised")
@in_loop
async def test_a_fault_in_a_nodes_function_fails_its_step_and_not_the_engine(place: Place, pure: bool) -> None:
    async def broken(ctx: Any, params: Any, inputs: Any) -> Any:
        raise ZeroDivisionError("by zero")

    async with place.life() as life:
        state = await life.end(await life.start(workflow(place.step("a", broken, pure=pure))))
        assert state.error is not None and state.error.cls == "internal"
        assert life.executor.fault is None


@in_loop
async def test_time_never_runs_backwards_in_a_run(place: Place) -> None:
    async def asker(ctx: Any, params: Any, inputs: Any) -> Any:
        return (await ctx.ask_person(FORM)).option

    async with place.life() as life:
        run = await life.start(workflow(place.step("a", asker)))
        question = await life.question(run)
        place.clock.ahead = -5000
        await life.answer(question, "yes")
        await life.end(run)
    times = [event.at for event in place.events(run)]
    assert times == sorted(times)


@in_loop
async def test_an_unsure_model_fails_the_step_with_what_it_would_have_said(place: Place) -> None:
    from engine.workflow.model import Node

    said = ModelReply('{"final": "stop"}', {"final": "stop"}, confidence=0.3)
    agent = Node(key="think", type="agent", params={"model": "small", "instructions": "x", "unsure_below": 0.8})
    async with place.life(ScriptedModels(said)) as life:
        state = await life.end(await life.start(workflow(agent)))
    assert state.error is not None and state.error.cls == "unsure"
    assert state.error.detail == {"answer": "stop", "confidence": 0.3}


@pytest.mark.parametrize(("option", "status", "calls"), [("start_over", "completed", 2), ("fail", "failed", 1)])
@in_loop
async def test_a_step_that_an_upgrade_changed_while_it_waited_asks_what_to_do(
    place: Place, monkeypatch: pytest.MonkeyPatch, option: str, status: str, calls: int
) -> None:
    from engine.nodes.catalog import CATALOG

    wanted = ["old"]

    async def changing(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.call_tool("test.write", {"name": "write", "value": wanted[0]})
        return (await ctx.ask_person(FORM)).option

    async with place.life() as life:
        run = await life.start(workflow(place.step("a", changing)))
        asked = await life.question(run)
        await life.event(run, "AttemptSuspended")
    wanted[0] = "new"
    monkeypatch.setitem(CATALOG, "test.step", place._node_type("test.step", False, version=2))
    async with place.life() as life:
        await life.answer(asked, "yes")
        upgrade = await life.event(run, "QuestionAsked", type="upgrade")
        assert upgrade.form["evidence"]["writes"][0]["args"]["value"] == "old"
        await life.answer(upgrade.question, option)
        if option == "start_over":
            await life.answer(await life.question(run, count=2, type="agent"), "no")
        state = await life.end(run)
    assert state.status == status and place.world.told == ["old", "new"][:calls]


NOT_JSON = [float("nan"), {1: 2}, b"bytes", "\0", {"deep": object()}]


@pytest.mark.parametrize("value", NOT_JSON, ids=["nan", "key", "bytes", "nul", "object"])
@pytest.mark.parametrize("effect", ["pure", "idempotent", "at_most_once"])
@in_loop
async def test_a_result_that_no_journal_can_hold_fails_its_step_and_not_the_engine(
    place: Place, effect: str, value: Any
) -> None:
    async def odd(ctx: Any, params: Any, inputs: Any) -> Any:
        return await ctx.call_tool("test.write", {"name": "a", "effect": effect})

    async def call(args: Any, env: Any) -> Any:
        return value

    place.world.call = call  # type: ignore[method-assign]
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", odd)))
        if effect == "at_most_once":
            assert "cannot be kept" in (await life.event(run, "EffectInDoubt")).evidence["why"]
            await life.answer(await life.question(run, type="doubt"), "stop")
        state = await life.end(run)
        assert state.status == "failed" and not life.executor.broken


@in_loop
async def test_a_result_that_is_too_large_fails_its_step_with_the_limit(place: Place) -> None:
    async def large(ctx: Any, params: Any, inputs: Any) -> Any:
        return "x" * 3000

    async with place.life(max_value_bytes=2000) as life:
        state = await life.end(await life.start(workflow(place.step("a", large))))
        assert state.error is not None and state.error.cls == "limit" and "2000 bytes" in state.error.message
        state = await life.end(await life.start(workflow(place.step("a", large, pure=True), name="pure")))
        assert state.error is not None and state.error.cls == "limit"


@in_loop
async def test_a_question_whose_deadline_passes_while_the_engine_is_off_is_answered_as_expired(place: Place) -> None:
    async def asker(ctx: Any, params: Any, inputs: Any) -> Any:
        return (await ctx.ask_person(FORM, deadline_s=900)).option

    async with place.life() as life:
        run = await life.start(workflow(place.step("a", asker)))
        await life.question(run)
        await life.event(run, "AttemptSuspended")
    place.clock.ahead = 901
    async with place.life() as life:
        state = await life.end(run)
    assert state.steps["a", ()].outputs == {"output": "expired"}


@in_loop
async def test_a_write_that_a_clean_stop_keeps_from_being_sent_is_sent_by_the_next_engine(place: Place) -> None:
    async with place.life() as life:
        digest = life.store.library.put(workflow(place.write("a")))
        disk = Disk(life)
        disk.open.clear()
        place.request("run", {"workflow": digest, "run": "run0"})
        await until(lambda: life.executor.in_flight)
        life.app.stop()
        await life.serving
        closing = asyncio.ensure_future(life.close())
        await until(lambda: life.executor.stopping and not life.executor._tasks)
        disk.open.set()
        await closing
    assert place.world.names() == []
    async with place.life() as life:
        assert (await life.end("run0")).status == "completed"
    assert place.world.names() == ["a"] and "EffectInDoubt" not in place.kinds("run0")


@in_loop
async def test_a_step_that_acts_where_it_asked_before_is_drift_and_acts_not(place: Place) -> None:
    asks = [True]

    async def changing(ctx: Any, params: Any, inputs: Any) -> Any:
        if asks[0]:
            return (await ctx.ask_person(FORM)).option
        return await ctx.call_tool("test.write", {"name": "a"})

    async with place.life() as life:
        run = await life.start(workflow(place.step("a", changing)))
        question = await life.question(run)
        await life.event(run, "AttemptSuspended")
        asks[0] = False
        await life.answer(question, "yes")
        state = await life.end(run)
    assert state.error is not None and state.error.cls == "drift" and place.world.names() == []


@in_loop
async def test_both_branches_of_a_gather_that_failed_come_right_in_the_end(place: Place) -> None:
    async def both(ctx: Any, params: Any, inputs: Any) -> Any:
        return await ctx.gather(
            lambda c: c.call_tool("test.write", {"name": "one"}), lambda c: c.call_tool("test.write", {"name": "two"})
        )

    for name in ("one", "two"):
        place.world.fails(name, StepError("server", "Busy."))
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", both, max_attempts=2, backoff={"first_s": 0.0})))
        assert (await life.end(run)).status == "completed"
    assert sorted(place.world.names()) == ["one", "two"]
