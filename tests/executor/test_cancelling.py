"""Cancelling a run at every stage: what is under way is drained and journaled, nothing follows the end event."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from engine_kit import Disk, Life, Place, gate, in_loop, until, values, workflow

from engine.errors import StepError
from engine.workflow.model import Node


def of(place: Place, run: str, kind: str) -> list[Any]:
    return [event for event in place.events(run) if event.kind == kind]


async def cancelled(life: Life, run: str) -> Any:
    reply = await life.request("cancel", {"run": run})
    assert reply.accepted, reply.reason
    state = await life.end(run)
    assert state.status == "cancelled"
    assert life.place.kinds(run)[-1] == "RunCancelled"
    return state


@in_loop
async def test_a_run_that_waits_at_a_gate_is_cancelled_and_its_question_withdrawn(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(workflow(gate("ask"), place.write("after"), edges=["ask.approved -> after.input"]))
        question = await life.question(run)
        await cancelled(life, run)
        late = await life.request("answer", {"question": question, "option": "approve", "run": run})
    assert [event.outcome for event in of(place, run, "QuestionSettled")] == ["withdrawn"]
    assert not late.accepted and "cancelled" in late.reason
    assert place.world.names() == []


@in_loop
async def test_a_sleeping_run_and_one_in_backoff_are_cancelled_at_once(place: Place) -> None:
    async def sleeper(ctx: Any, params: Any, inputs: Any) -> Any:
        await ctx.sleep(1000)

    place.world.fails("fails", StepError("server", "Busy."))
    async with place.life() as life:
        asleep = await life.start(workflow(place.step("a", sleeper), name="asleep"))
        again = await life.start(workflow(place.write("fails", max_attempts=5, backoff={"first_s": 900}), name="again"))
        await life.event(asleep, "AttemptSuspended")
        await life.event(again, "AttemptFailed")
        await cancelled(life, asleep)
        await cancelled(life, again)
    place.clock.ahead = 5000
    async with place.life() as life:
        life.executor.tick()
        assert life.executor.runs == {}


@in_loop
async def test_a_chain_of_pure_steps_is_cancelled_between_two_of_them(place: Place) -> None:
    async def passes(ctx: Any, params: Any, inputs: Any) -> Any:
        return inputs.get("input")

    nodes = [place.step(f"p{n}", passes, pure=True) for n in range(50)]
    edges = [f"p{n}.output -> p{n + 1}.input" for n in range(49)]
    async with place.life(run_ahead=False) as life:
        run = await life.start(workflow(*nodes, edges=edges))
        reply = await life.request("cancel", {"run": run})
        state = await life.end(run)
    assert state.status == ("cancelled" if reply.accepted else "completed")
    assert place.kinds(run)[-1] in ("RunCancelled", "RunCompleted")


@in_loop
async def test_an_idempotent_effect_is_abandoned(place: Place) -> None:
    place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", "idempotent")))
        await until(lambda: "a" in place.world.entered)
        await cancelled(life, run)
    assert place.world.ended == ["a"]
    assert [event.may_have_happened for event in of(place, run, "EffectFailed")] == [True]


@pytest.mark.parametrize("effect", ["at_most_once", "checkable"])
@in_loop
async def test_a_write_under_way_is_drained_and_journaled_before_the_end(place: Place, effect: str) -> None:
    held = place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.write("a", effect)))
        await until(lambda: "a" in place.world.entered)
        assert (await life.request("cancel", {"run": run})).accepted
        await life.event(run, "StepCancelled")
        assert "RunCancelled" not in place.kinds(run), "the end waits for what is under way"
        held.set()
        await life.end(run)
    assert place.kinds(run)[-3:] == ["StepCancelled", "EffectSucceeded", "RunCancelled"]


@in_loop
async def test_a_drained_write_that_fails_with_its_outcome_unknown_is_named_at_the_end(place: Place) -> None:
    held = place.world.hold("a")
    place.world.fails("a", StepError("connection", "Gone.", outcome_unknown=True))
    async with place.life() as life:
        run = await life.start(workflow(place.write("a")))
        await until(lambda: "a" in place.world.entered)
        await life.request("cancel", {"run": run})
        await life.event(run, "StepCancelled")
        held.set()
        state = await life.end(run)
    assert [(ref.node, ref.key) for ref in state.in_doubt] == [("a", "1")]
    assert of(place, run, "QuestionAsked") == [], "nobody is asked about a step that is over"


@pytest.mark.parametrize(("effect", "doubts"), [("checkable", 0), ("idempotent", 0), ("at_most_once", 1)])
@in_loop
async def test_a_drain_that_a_crash_cuts_off_is_settled_by_the_next_engine(
    place: Place, effect: str, doubts: int
) -> None:
    place.world.hold("a")
    async with place.life() as life:
        nodes = [values("start", x=1), place.write("a", effect), place.write("b")]
        edges = ["start.output -> a.input", "start.output -> b.input"]
        place.world.hold("b")
        run = await life.start(workflow(*nodes, edges=edges))
        await until(lambda: {"a", "b"} <= set(place.world.entered))
        await life.request("cancel", {"run": run})
        await life.event(run, "StepCancelled")
        await life.crash()
    async with place.life() as life:
        state = await life.end(run)
    assert state.status == "cancelled"
    assert sum(ref.node == "a" for ref in state.in_doubt) == doubts
    assert place.world.names().count("a") == 1, "a step that is over repeats nothing"
    assert place.kinds(run)[-1] == "RunCancelled"


@in_loop
async def test_a_write_that_waits_for_its_lane_is_never_sent(place: Place) -> None:
    held = place.world.hold("a")
    async with place.life(lanes={"test:a": 1}) as life:
        first = await life.start(workflow(place.write("a"), name="first"))
        await until(lambda: "a" in place.world.entered)
        second = await life.start(workflow(place.write("a"), name="second"))
        await until(lambda: life.executor.lanes._lanes["test:a"]._waiters)
        await cancelled(life, second)
        held.set()
        assert (await life.end(first)).status == "completed"
    assert place.world.names() == ["a"] and of(place, second, "EffectStarted") == []


@in_loop
async def test_child_runs_are_cancelled_with_their_parent(place: Place) -> None:
    child = workflow(gate("ask"), name="child")
    inner = Node(key="inner", type="each", params={"workflow": "child", "items": [1, 2]})
    async with place.life() as life:
        run = await life.start(workflow(inner), child)
        await life.fact(lambda: len(life.executor.runs) == 3)
        children = [name for name in life.executor.runs if name != run]
        await cancelled(life, run)
        assert [(await life.end(name)).status for name in children] == ["cancelled", "cancelled"]


@in_loop
async def test_the_loser_of_a_race_is_stopped_and_its_write_drained(place: Place) -> None:
    held = place.world.hold("slow")
    race = Node(key="race", type="merge", params={"policy": "first"})
    nodes = [values("start", x=1), place.write("fast"), place.write("slow"), race, place.write("after")]
    edges = ["start.output -> fast.input", "start.output -> slow.input", "fast.output -> race.input",
             "slow.output -> race.input", "race.output -> after.input"]  # fmt: skip
    fast = place.world.hold("fast")
    async with place.life() as life:
        run = await life.start(workflow(*nodes, edges=edges))
        await until(lambda: {"slow", "fast"} <= set(place.world.entered))
        fast.set()
        await life.event(run, "StepCancelled", node="slow", why="lost_race")
        await life.event(run, "StepSucceeded", node="after")
        assert "RunCompleted" not in place.kinds(run)
        held.set()
        state = await life.end(run)
    assert state.status == "completed" and state.in_doubt == ()
    assert [event.key for event in of(place, run, "EffectSucceeded") if event.node == "slow"] == ["1"]


@in_loop
async def test_a_run_cannot_be_cancelled_twice_or_after_its_end(place: Place) -> None:
    held = place.world.hold("a")
    async with place.life() as life:
        run = await life.start(workflow(place.write("a")))
        await until(lambda: "a" in place.world.entered)
        assert (await life.request("cancel", {"run": run})).accepted
        twice = await life.request("cancel", {"run": run})
        held.set()
        await life.end(run)
        late = await life.request("cancel", {"run": run})
        unknown = await life.request("cancel", {"run": "nowhere"})
    assert not twice.accepted and "already ending" in twice.reason
    assert not late.accepted and late.reason == f"The run {run} has already cancelled."
    assert not unknown.accepted and "no run 'nowhere'" in unknown.reason


@in_loop
async def test_requests_know_a_run_whose_end_is_not_on_disk_yet(place: Place) -> None:
    async with place.life() as life:
        digest = life.store.library.put(workflow(values("only", x=1), name="pure"))
        disk = Disk(life)
        disk.open.clear()  # the disk is slow: what is asked meanwhile is about what has happened already
        place.request("run", {"workflow": digest, "run": "quick"})
        await until(lambda: "quick" in life.executor._recent)
        cancel = place.request("cancel", {"run": "quick"})
        go_on = place.request("continue", {"run": "quick"})
        await until(lambda: go_on in life.app._desk._answered)
        assert await life.executor.ended("quick") == "completed"
        disk.open.set()
        await life.fact(lambda: place.reply(go_on))
    replies = place.reply(cancel), place.reply(go_on)
    assert replies[0] is not None and replies[0].reason == "The run quick has already completed."
    assert replies[1] is not None and replies[1].accepted


@in_loop
async def test_waiting_for_the_end_of_a_run_that_has_ended_comes_back_at_once(place: Place) -> None:
    async with place.life() as life:
        run = await life.start(workflow(place.write("a")))
        await life.end(run)
        assert await life.executor.ended(run) == "completed"


@pytest.mark.parametrize("stage", ["looking up", "backoff"])
@in_loop
async def test_a_run_whose_write_a_crash_cut_off_ends_when_it_is_cancelled_before_that_is_settled(
    place: Place, stage: str
) -> None:
    held = place.world.hold("a")
    async with place.life() as life:
        node = place.write("a", "checkable", max_attempts=2, backoff={"first_s": 900})
        run = await life.start(workflow(node))
        await until(lambda: "a" in place.world.entered)
        await life.crash()
    held.set()
    looking = asyncio.Event()
    lookup = place.world.lookup

    async def slow(args: Any, env: Any) -> Any:
        place.world.looked.append(env.idem_key)
        await looking.wait()
        return await lookup(args, env)

    if stage == "looking up":
        place.world.lookup = slow  # type: ignore[method-assign]
    else:
        place.world.blind = True
    async with place.life() as life:
        if stage == "looking up":
            await until(lambda: place.world.looked)
        else:
            await life.event(run, "AttemptFailed")
            place.world.blind = False
        assert (await life.request("cancel", {"run": run})).accepted
        await life.event(run, "StepCancelled")
        looking.set()
        state = await life.end(run)
    assert state.status == "cancelled" and state.in_doubt == ()
    assert place.kinds(run)[-2:] == ["EffectSucceeded", "RunCancelled"] and place.world.names() == ["a"]
