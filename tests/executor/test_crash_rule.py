"""The crash rule: what becomes of an effect on the world that was announced and has no result, by its class."""

from __future__ import annotations

from typing import Any

import pytest
from engine_kit import Place, in_loop, until, workflow

from engine.errors import StepError


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


async def crashed_in_the_effect(place: Place, effect: str, **policy: Any) -> str:
    """A run whose engine died after the effect `a` had happened and before anybody was told."""
    gate = place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", effect, **policy)))
        await until(lambda: "a" in place.world.entered)
        await life.crash()
    gate.set()
    return run


@in_loop
async def test_a_checkable_effect_is_looked_up_and_not_repeated(place: Place) -> None:
    run = await crashed_in_the_effect(place, "checkable")
    async with place.life() as life:
        state = await life.end(run)
    assert place.world.names() == ["a"]
    assert place.world.looked == place.world.keys("a")
    assert state.steps["a", ()].outputs == {"output": {"did": "a", "looked": True}}


@in_loop
async def test_a_look_up_that_gets_no_answer_is_made_again_under_the_policy(place: Place) -> None:
    place.world.blind = True
    run = await crashed_in_the_effect(place, "checkable", max_attempts=2, backoff={"first_s": 50})
    async with place.life() as life:
        await life.event(run, "AttemptFailed")
        place.world.blind = False
        place.clock.ahead = 60
        state = await life.end(run)
    assert state.status == "completed"
    assert place.world.names() == ["a"]


@in_loop
async def test_a_run_ends_though_nobody_can_tell_what_became_of_its_write(place: Place) -> None:
    place.world.blind = True
    run = await crashed_in_the_effect(place, "checkable")
    async with place.life() as life:
        state = await life.end(run)
    assert state.status == "failed"
    assert [(ref.node, ref.key) for ref in state.in_doubt] == [("a", "1")]


@pytest.mark.parametrize(
    ("option", "values", "status", "calls"),
    [
        ("happened", {"value": {"did": "a", "seen": "by a person"}}, "completed", 1),
        ("do_it", None, "completed", 2),
        ("stop", None, "failed", 1),
    ],
)
@in_loop
async def test_an_at_most_once_effect_is_a_persons_to_settle(
    place: Place, option: str, values: Any, status: str, calls: int
) -> None:
    run = await crashed_in_the_effect(place, "at_most_once", max_attempts=3, backoff={"first_s": 0.0})
    async with place.life() as life:
        question = await life.question(run, type="doubt")
        form = of(place, run, "QuestionAsked")[0].form
        assert form["evidence"]["args"] == {"name": "a", "effect": "at_most_once"}
        assert form["evidence"]["idem_key"] == place.world.keys("a")[0]
        assert place.world.names() == ["a"], "nothing is repeated while a person is asked"
        assert (await life.answer(question, option, values=values)).accepted
        state = await life.end(run)
    assert state.status == status
    assert len(place.world.calls) == calls
    assert len(set(place.world.keys("a"))) == 1
    if option == "happened":
        assert state.steps["a", ()].outputs == {"output": values["value"]}
    if option == "stop":
        assert state.error is not None and state.error.cls == "stopped"


@in_loop
async def test_an_effect_done_after_all_is_in_doubt_again_after_another_crash(place: Place) -> None:
    run = await crashed_in_the_effect(place, "at_most_once")
    place.world.gates["a"].clear()
    async with place.life() as life:
        await life.answer(await life.question(run, type="doubt"), "do_it")
        await until(lambda: place.world.names() == ["a", "a"])
        await life.crash()
    async with place.life() as life:
        await life.event(run, "EffectInDoubt", count=2)
    assert place.world.names() == ["a", "a"]


@in_loop
async def test_a_write_that_times_out_is_in_doubt_and_what_a_person_wants_done_gets_its_time(place: Place) -> None:
    place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "at_most_once", timeout_s=0.5, max_attempts=3)))
        question = await life.question(run, type="doubt")
        assert "AttemptFailed" not in place.kinds(run)
        del place.world.gates["a"]
        place.world.fails("a")
        await life.answer(question, "do_it")
        state = await life.end(run)
    assert state.status == "completed"
    assert place.world.names() == ["a", "a"]


@in_loop
async def test_a_write_that_times_out_in_a_gather_is_in_doubt_too(place: Place) -> None:
    async def both(ctx: Any, params: Any, inputs: Any) -> Any:
        return await ctx.gather(
            lambda c: c.call_tool("test.write", {"name": "a"}), lambda c: c.call_tool("test.write", {"name": "b"})
        )

    place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", both, timeout_s=0.5)))
        question = await life.question(run, type="doubt")
        await life.answer(question, "happened", values={"value": 1})
        state = await life.end(run)
    assert state.steps["a", ()].outputs == {"output": [1, {"did": "b", "value": None}]}
    assert place.world.names().count("b") == 1


@in_loop
async def test_an_idempotent_effect_that_may_have_happened_keeps_its_key_when_done_again(place: Place) -> None:
    place.world.fails("a", StepError("timeout", "Late.", outcome_unknown=True))
    async with place.life() as life:
        node = place.write("a", "idempotent", max_attempts=2, backoff={"first_s": 0.0})
        run = await life.start(workflow(node))
        state = await life.end(run)
    assert state.status == "completed"
    assert len(place.world.keys("a")) == 2 and len(set(place.world.keys("a"))) == 1


@in_loop
async def test_an_effect_that_surely_failed_is_done_again_under_another_key(place: Place) -> None:
    keys: list[str] = []
    place.world.before = lambda name, env: keys.append(env.idem_key)
    place.world.fails("a", StepError("server", "Busy."))
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "idempotent", max_attempts=2, backoff={"first_s": 0.0})))
        await life.end(run)
    assert len(set(keys)) == 2
    assert [event.gen for event in of(place, run, "EffectStarted")] == [1, 2]


@in_loop
async def test_a_server_that_says_when_to_come_back_is_not_asked_before(place: Place) -> None:
    place.world.fails("a", StepError("rate_limit", "Later.", retry_after_s=500.0))
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "idempotent", max_attempts=2, backoff={"first_s": 0.01})))
        failed = await life.event(run, "AttemptFailed")
    assert failed.retry_due >= failed.at + 500
    place.clock.ahead = 501
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
    assert place.world.names() == ["a"]


@in_loop
async def test_a_step_that_a_person_lets_try_again_runs_once(place: Place) -> None:
    place.world.fails("a", StepError("invalid", "No."))
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "at_most_once", on_error="escalate")))
        question = await life.question(run, type="escalation")
        await life.answer(question, "retry")
        state = await life.end(run)
    assert state.status == "completed"
    assert place.world.names() == ["a"]
    assert len(of(place, run, "EffectStarted")) == 2


@in_loop
async def test_a_step_that_keeps_killing_the_engine_fails(place: Place) -> None:
    place.world.hold("a")
    run = ""
    for _ in range(3):
        async with place.life() as life:
            if not run:
                run = await life.start(workflow(place.write("a", "idempotent", max_interruptions=2)))
            await until(lambda: "a" in place.world.entered)
            place.world.entered.clear()
            await life.crash()
    async with place.life() as life:
        state = await life.end(run)
    assert state.status == "failed" and state.error is not None and state.error.cls == "interrupted"


@in_loop
async def test_a_clean_stop_is_no_interruption_that_counts(place: Place) -> None:
    gate = place.world.hold("a")
    run = ""
    for _ in range(3):
        async with place.life() as life:
            if not run:
                run = await life.start(workflow(place.write("a", "idempotent", max_interruptions=0)))
            await until(lambda: "a" in place.world.entered)
            place.world.entered.clear()
    gate.set()
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
    assert [event.cause for event in of(place, run, "AttemptInterrupted")] == ["shutdown"] * 3


@in_loop
async def test_a_write_under_way_at_a_clean_stop_comes_to_its_end_and_is_journaled(place: Place) -> None:
    gate = place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "at_most_once")))
        await until(lambda: "a" in place.world.entered)
        place.world.before = lambda name, env: None
        life.app.stop()
        await life.serving
        gate.set()
    assert place.kinds(run)[-2:] == ["AttemptInterrupted", "EffectSucceeded"]
    async with place.life() as life:
        assert (await life.end(run)).status == "completed"
    assert place.world.names() == ["a"] and "EffectInDoubt" not in place.kinds(run)


@in_loop
async def test_an_effect_starts_only_when_all_before_it_is_on_disk(place: Place) -> None:
    on_disk: list[list[str]] = []
    run = ""
    place.world.before = lambda name, env: on_disk.append(place.kinds(run))

    async def passes(ctx: Any, params: Any, inputs: Any) -> Any:
        return inputs.get("input")

    nodes = [place.step(f"p{number}", passes, pure=True) for number in range(20)]
    edges = [f"p{number}.output -> p{number + 1}.input" for number in range(19)]
    async with place.life() as life:
        from engine.ids import run_id

        run = run_id(place.clock(), b"chance")
        life.store.library.put(
            flow := workflow(*nodes, place.write("last"), edges=[*edges, "p19.output -> last.input"])
        )
        await life.request("run", {"workflow": life.store.library.latest(flow.name), "run": run})
        await life.end(run)
    assert on_disk[0].count("StepSucceeded") == 20
    assert on_disk[0][-2:] == ["AttemptStarted", "EffectStarted"]


@pytest.mark.logs("tool raised")
@in_loop
async def test_a_fault_inside_a_tool_leaves_a_write_in_doubt(place: Place) -> None:
    place.world.fails("a", RuntimeError("a fault of ours"))
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "at_most_once")))
        question = await life.question(run, type="doubt")
        await life.answer(question, "stop")
        assert (await life.end(run)).status == "failed"


@pytest.mark.parametrize(("values", "body"), [(None, None), ({"value": {"body": "seen"}}, "seen"), ({"value": 7}, 7)])
@in_loop
async def test_a_person_may_say_that_it_happened_without_the_tools_whole_result(
    place: Place, values: Any, body: Any
) -> None:
    import asyncio

    from engine.workflow.model import Node

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/order"
    post = Node(key="post", type="http.request", params={"url": url, "method": "POST", "body": "1 pump"})
    async with server, place.life() as life:
        run = await life.start(workflow(post))
        await life.answer(await life.question(run, type="doubt"), "happened", values=values)
        state = await life.end(run)
    assert state.status == "completed" and state.steps["post", ()].outputs["body"] == body


@in_loop
async def test_a_tool_that_cannot_be_looked_up_is_never_taken_for_not_done(place: Place) -> None:
    async def widened(ctx: Any, params: Any, inputs: Any) -> Any:
        return await ctx.call_tool("test.write", {"name": "a", "effect": "checkable"})

    place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.step("a", widened)))
        await until(lambda: "a" in place.world.entered)
        await life.crash()
    async with place.life() as life:
        await life.question(run, type="doubt")
        await life.request("cancel", {"run": run})
        state = await life.end(run)
    assert place.world.names() == ["a"] and [ref.key for ref in state.in_doubt] == ["1"]


@in_loop
async def test_a_tool_that_is_gone_after_an_upgrade_leaves_its_write_in_doubt(place: Place) -> None:
    run = await crashed_in_the_effect(place, "checkable")
    gone = place.world.tools
    place.world.tools = dict  # type: ignore[method-assign, assignment]
    async with place.life() as life:
        state = await life.end(run)
    place.world.tools = gone  # type: ignore[method-assign]
    assert state.status == "failed" and state.error is not None and state.error.cls == "not_found"
    assert [ref.node for ref in state.in_doubt] == ["a"]


@in_loop
async def test_effects_in_loops_have_a_key_for_each_round(place: Place) -> None:
    from engine_kit import values

    from engine.workflow.model import Node

    nodes = [values("zero", n=0), Node(key="again", type="loop", params={"until": "steps.next.output.n >= 3"}),
             place.write("once"), values("next", n="{{ input.last.n + 1 }}")]  # fmt: skip
    edges = ["zero.output -> again.start", "again.body -> once.input", "again.body -> next.last",
             "once.output -> next.after", "next.output -> again.again"]  # fmt: skip
    async with place.life() as life:
        run = await life.start(workflow(*nodes, edges=edges))
        assert (await life.end(run)).status == "completed"
    assert len(set(place.world.keys("once"))) == 3
    assert [event.visit for event in of(place, run, "EffectStarted")] == [(1,), (2,), (3,)]
