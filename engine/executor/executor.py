"""The local executor: does what the pure core says and journals what happened (DESIGN §1.4)."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from engine import __version__, log, masks
from engine.errors import StepError
from engine.executor.effects import STOP_S
from engine.executor.faults import point
from engine.executor.lanes import Lanes
from engine.executor.leftovers import settle_left
from engine.executor.model_health import ModelHealth
from engine.executor.step import Activation, run_pure, run_step
from engine.executor.writer import Writer
from engine.ids import Visit, child_run_id
from engine.nodes.catalog import shape_of
from engine.run import stimuli
from engine.run.batch import Batch, tick
from engine.run.events import END_KINDS, Event
from engine.run.history import fold
from engine.run.reuse import Reuse
from engine.run.state import State
from engine.run.turn import Turn
from engine.settings import Settings
from engine.store import Batch as StoredBatch
from engine.store import Blobs, DiskFull, Reply, Store
from engine.tools.roots import roots_of
from engine.tools.tool import Tool, ToolEnv
from engine.workflow.order import Order, compile

if TYPE_CHECKING:
    from engine.models import Models

BREATH_S = 0.005
"""How long pure steps may keep the loop to themselves."""
MAX_BEHIND = 64
"""Batches that a pure step may run ahead of the disk (SEMANTICS §4)."""


def no_secret(name: str, to: str) -> str:
    """Where no secrets are kept."""
    raise StepError("not_found", f"There is no secret {name!r} here.", retryable=False)


class _Blobs:
    """The store's blobs as tools see them: references are plain values."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def put(self, data: bytes, media_type: str) -> dict[str, Any]:
        """Keep the bytes; the value that stands for them."""
        try:
            return self._blobs.put(masks.clean_bytes(data), media_type).value()
        except DiskFull as full:  # the tool may have changed the world before it had something to keep
            raise StepError("no_space", str(full), outcome_unknown=True) from None

    def get(self, sha: str) -> bytes:
        """The bytes."""
        return self._blobs.get(sha)


def _starts(turn: Turn, event: Any) -> bool:
    """Whether this turn gives the event's step a new attempt, so that it must not be resumed as well."""
    return any(
        one.kind == "AttemptStarted" and one.node == event.node and one.visit == event.visit for one in turn.events
    )


class Executor:
    """All live runs of one engine. Everything here happens in one event loop; only the writer has a thread."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        models: Models,
        tools: dict[str, Tool],
        *,
        epoch: int,
        clock: Callable[[], float] = time.time,
        on_pause: Callable[[str], None] = lambda reason: None,
        secret: Callable[[str, str], str] = no_secret,
    ) -> None:
        self.secret = secret
        self.store, self.settings, self.models, self.tools = store, settings, models, tools
        self.epoch, self.clock = epoch, clock
        self.host = settings.host_name()
        self.guard = settings.guard()
        self.writer = Writer(store.journal, on_pause)
        self.lanes = Lanes(settings.lane_width)
        self.health = ModelHealth(clock)
        self.runs: dict[str, State] = {}
        self.reuse: dict[str, Reuse] = {}
        self.left: dict[tuple[str, str, Visit, int], float] = {}  # seconds of suspended attempts' time limits
        self.stopping = False
        self.due_changed: Callable[[float | None], None] = lambda due: None
        self.fault: BaseException | None = None
        self.failed = asyncio.Event()
        self._tickets: dict[str, int] = {}
        self._recent: dict[str, State] = {}  # runs that have ended in memory, their end perhaps not yet on disk
        self._orders: dict[str, Order] = {}
        self._tasks: dict[tuple[str, str, Visit], asyncio.Task[None]] = {}
        self.in_flight: set[tuple[str, str, Visit, str]] = set()  # world effects that this process is asking for
        self._drains: set[asyncio.Future[Any]] = set()
        self._pure: deque[tuple[str, str, Visit]] = deque()
        self._pump: asyncio.Task[None] | None = None
        self._dues: list[tuple[float, str]] = []
        self._armed: dict[str, float] = {}
        self._ends: dict[str, list[asyncio.Future[str]]] = {}

    # ---- batches
    def order_of(self, digest: str) -> Order:
        """The compiled workflow of a content hash."""
        found = self._orders.get(digest)
        if found is None:
            found = self._orders[digest] = compile(self.store.library.get(digest), shape_of)
        return found

    def batch(self, actor: str = "engine") -> Batch:
        """A new batch on the live runs."""
        return Batch(
            self.runs,
            self.order_of,
            self.clock(),
            actor=actor,
            host=self.host,
            epoch=self.epoch,
            engine=__version__,
            reuse=self.reuse,
            child_reuse=self.child_reuse,
        )

    def apply(self, run: str, stimulus: Callable[[Turn], Any], actor: str = "engine") -> Any:
        """One stimulus on one run: fold it and all its consequences, queue them, act on them."""
        batch = self.batch(actor)
        try:
            result = stimulus(batch.turn(run))
        except Exception as error:
            self.spoiled(batch, error)
            raise
        self.commit(batch)
        return result

    def spoiled(self, batch: Batch, error: Exception) -> None:
        """A stimulus raised: what it had folded in by then is in no journal, so this engine must stop."""
        if any(turn.events for turn in batch.turns.values()):
            self._stop_for(error)

    def commit(self, batch: Batch, replies: tuple[Reply, ...] = ()) -> int:
        """Close a batch, queue it for the disk and do what it asks for; returns its ticket."""
        try:
            events = batch.close()
        except Exception as error:
            self._stop_for(error)
            raise
        if not events and not replies:
            return self.writer.submitted
        point("batch.made")
        ticket = self.writer.submit(StoredBatch(tuple(events), replies))
        if self._recent:
            self._forget_ended()
        for turn in batch.turns.values():
            self._tickets[turn.state.run] = ticket
            self._act(turn)
        return ticket

    def _forget_ended(self) -> None:
        """The disk knows of these ends by now."""
        for run in [run for run in self._recent if self.last_ticket(run) <= self.writer.committed]:
            del self._recent[run]
            self._tickets.pop(run, None)

    @property
    def broken(self) -> bool:
        """Whether nothing can be journaled any more."""
        return self.fault is not None or self.writer.fault is not None

    def last_ticket(self, run: str) -> int:
        """The ticket of the run's newest batch: what an effect of this run has to wait for."""
        return self._tickets.get(run, 0)

    def _act(self, turn: Turn) -> None:
        state = turn.state
        for event in turn.events:
            kind = event.kind
            if kind == "AttemptStarted":
                self._start(state, event.node, event.visit)  # type: ignore[union-attr]
            elif kind in ("StepSucceeded", "StepFailed", "StepCancelled"):
                self._settled(state.run, event)
            elif kind in ("QuestionSettled", "EffectResolved") or (kind == "EffectSucceeded" and event.tool == "sleep"):  # type: ignore[union-attr]
                if not _starts(turn, event):
                    self._resume(state, event)
            elif kind == "RunStarted" and state.started is not None and state.started.parent is not None:
                point("child.started")
            elif kind in END_KINDS:
                point("run.ended")
                self._ended(state)
                return
        self.arm(state)

    def _start(self, state: State, node: str, visit: Visit) -> None:
        step = state.steps[node, visit]
        if step.status != "running" or state.order.kind(node) not in ("task", "unknown") or self.stopping:
            return
        if state.order.shape[node].pure:
            self._pure.append((state.run, node, visit))
            if self._pump is None:
                self._pump = asyncio.create_task(self._run_pure(), name="pure-steps")
        else:
            self.again(state.run, node, visit)

    def again(self, run: str, node: str, visit: Visit) -> None:
        """Give a running step a coroutine."""
        state = self.runs.get(run)
        place = (run, node, visit)
        if state is None or self.stopping:
            return
        task = asyncio.create_task(self._activate(Activation(self, state, node, visit)), name=f"step {node}")
        self._tasks[place] = task

    async def _activate(self, step: Activation) -> None:
        place = (step.run, step.node, step.visit)
        try:
            if not self.settings.run_ahead:
                await self.writer.durable(self.last_ticket(step.run))
            await run_step(self, step)
        except asyncio.CancelledError:
            pass
        except Exception as error:
            if self.writer.fault is None:  # whom the disk stops is not at fault
                self._stop_for(error)
        finally:
            if self._tasks.get(place) is asyncio.current_task():
                del self._tasks[place]

    async def _run_pure(self) -> None:
        """Run pure steps one after another, ahead of the disk up to a limit, letting the loop breathe now and then."""
        self.writer.held = True
        try:
            began = time.perf_counter()
            while self._pure:
                ready = 1
                if not self.settings.run_ahead:
                    ready = len(self._pure)
                    self.writer.commit_now()
                    await self.writer.durable(max(self.last_ticket(run) for run, _, _ in self._pure))
                elif self.writer.behind >= MAX_BEHIND:
                    self.writer.commit_now()
                    await self.writer.durable(self.writer.submitted - MAX_BEHIND // 2)
                for _ in range(min(ready, len(self._pure))):  # closing empties it
                    run, node, visit = self._pure.popleft()
                    state = self.runs.get(run)
                    if state is not None:
                        run_pure(self, state, node, visit)
                if time.perf_counter() - began > BREATH_S:
                    await asyncio.sleep(0)
                    began = time.perf_counter()
        except Exception as error:
            if self.writer.fault is None:
                self._stop_for(error)
        finally:
            self._pump = None
            self.writer.release()

    def _settled(self, run: str, event: Event) -> None:
        """Nobody waits for this step any more: a coroutine that still works for it is stopped."""
        task = self._tasks.get((run, event.node, event.visit))  # type: ignore[union-attr]
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        if self.runs[run].open_world:
            settle_left(self, run)

    def _resume(self, state: State, event: Event) -> None:
        node, visit = event.node, event.visit  # type: ignore[union-attr]
        step = state.steps.get((node, visit))
        waits = step is not None and step.status == "running" and state.order.kind(node) in ("task", "unknown")
        if waits and (state.run, node, visit) not in self._tasks:
            self.again(state.run, node, visit)

    def _ended(self, state: State) -> None:
        run = state.run
        self.runs.pop(run, None)
        self.reuse.pop(run, None)
        self._armed.pop(run, None)
        for place in [place for place in self._tasks if place[0] == run]:
            task = self._tasks[place]
            if task is not asyncio.current_task():
                task.cancel()
        for attempt in [attempt for attempt in self.left if attempt[0] == run]:
            del self.left[attempt]
        self._recent[run] = state
        for future in self._ends.pop(run, ()):
            if not future.done():
                future.set_result(state.status)

    # ---- time
    def arm(self, state: State) -> None:
        """Remember when the run has something due next."""
        due = state.next_due() if state.status == "running" else None
        if due is not None and due != self._armed.get(state.run):
            self._armed[state.run] = due
            heapq.heappush(self._dues, (due, state.run))
            self.due_changed(self._dues[0][0])

    @property
    def overdue(self) -> bool:
        """Whether something should have happened by now: the clock was set, or the PC was asleep."""
        return bool(self._dues) and self._dues[0][0] <= self.clock()

    def tick(self) -> None:
        """Fire everything that is due now."""
        now = self.clock()
        while self._dues and self._dues[0][0] <= now:
            _, run = heapq.heappop(self._dues)
            state = self.runs.get(run)
            if state is None:
                continue
            self._armed.pop(run, None)
            batch = self.batch()
            try:
                tick(batch, run)
            except Exception as error:
                self._stop_for(error)
                raise
            self.commit(batch)
            point("timer.fired")
            if not state.ended:
                self.arm(state)
        self.due_changed(self._dues[0][0] if self._dues else None)

    # ---- the world
    def drain(self, task: asyncio.Future[Any], done: Callable[[asyncio.Future[Any]], None]) -> None:
        """Let a world effect of a cancelled step come to its end and be journaled."""
        self._drains.add(task)

        def finished(future: asyncio.Future[Any]) -> None:
            self._drains.discard(future)
            try:
                done(future)
            except Exception as error:
                if self.writer.fault is None:
                    self._stop_for(error)

        task.add_done_callback(finished)

    def keep(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the steps and wait for it at the end."""
        self.drain(asyncio.ensure_future(work), lambda future: None if future.cancelled() else future.result())

    def tool_env(self, idem_key: str, timeout_s: float | None) -> ToolEnv:
        """What one tool call gets."""
        return ToolEnv(
            idem_key=idem_key,
            timeout_s=timeout_s,
            workspace=self.settings.workspace_dir(self.store.path.parent),
            blobs=_Blobs(self.store.blobs),
            network=self.settings.network == "on",
            secret=self.secret,
            guard=self.guard,
            roots=roots_of(self.settings, self.store.path.parent),
        )

    def update(self, settings: Settings) -> None:
        """Go on with other settings: they count for whatever is asked from now on. A lane in use keeps its width."""
        self.settings = settings
        self.guard = settings.guard(self.guard.note)

    def progress(self, run: str, node: str, visit: Visit, key: str, text: str) -> None:
        """Keep something to show meanwhile; may be lost."""
        self.store.progress.put(run, node, visit, key, text)

    def child_reuse(self, parent: str, state: State, node: str, visit: Visit, index: int) -> None:
        """A child of a continuing run continues the child that the earlier run had there."""
        reuse = self.reuse.get(parent)
        old = self.read(child_run_id(reuse.old.run, node, visit, index)) if reuse is not None else None
        if reuse is None or old is None:
            return
        found = self.reuse[state.run] = Reuse(old, state, None, reuse.start_over)
        if node in reuse.fresh:  # all of it again, so under new idempotency keys
            found.fresh = frozenset(state.order.node)

    def read(self, run: str) -> State | None:
        """The state of a run as the journal has it, or None; of a live one, too, and of one that has just ended."""
        state = self._recent.get(run)
        if state is not None:
            return state
        return fold(self.store.journal.events(run), self.order_of)

    # ---- the end
    async def ended(self, run: str) -> str:
        """Wait for a run's end; its last status. Of a run that is not there yet, too."""
        if run in self._recent:
            return self._recent[run].status
        row = self.store.journal.run(run)
        if row is not None and row.end is not None:
            return row.end.removeprefix("Run").lower()
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._ends.setdefault(run, []).append(future)
        return await future

    @property
    def idle(self) -> bool:
        """Whether nothing is under way but waiting for people, timers or requests."""
        return not self._tasks and not self._pure and self._pump is None and not self._drains

    def _stop_for(self, error: BaseException) -> None:
        """State and journal may have parted: this engine stops, the next one starts from the disk."""
        if self.fault is None:
            self.fault = error
            log.error("engine stops", exc_info=error)
            self.failed.set()

    async def close(self) -> None:
        """Stop cleanly: running attempts are interrupted (uncounted), effects in flight get a moment to end."""
        self.stopping = True
        if self._pump is not None:
            self._pure.clear()
            self._pump.cancel()  # it may wait for a disk without room
            await asyncio.wait([self._pump])
        self._interrupt()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        if self._drains and not self.broken:
            await asyncio.wait(list(self._drains), timeout=STOP_S)
        for drain in list(self._drains):
            drain.cancel()
        if self._drains:
            await asyncio.wait(list(self._drains), timeout=STOP_S)
        self._interrupt()  # what the end of an effect has started meanwhile
        await self.writer.close()

    def _interrupt(self) -> None:
        """Say of every running attempt that it is over."""
        if not self.broken:
            for run in list(self.runs):
                self.apply(run, lambda turn: stimuli.interrupted(turn, "shutdown"))
