"""The plant in the box, served in a thread of its own as long as a test module runs; every test finds it as new."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from engine.errors import StepError
from engine.tools.devices.box.box import Addresses, plant_in_a_box
from engine.tools.devices.box.plant import Plant


class Served:
    """The plant, and where it is."""

    def __init__(self, plant: Plant, at: Addresses) -> None:
        self.plant, self.at = plant, at

    def reset(self) -> None:
        fresh = Plant()
        self.plant.set_fault("none")
        self.plant.values.update(fresh.values)
        self.plant.writes.clear()

    def written(self) -> list[tuple[str, float]]:
        return [(name, value) for name, value, _ in self.plant.writes]


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    """Which protocols: the module's PROTOCOLS."""
    plant, ready, found = Plant(late_s=0.6), threading.Event(), []

    async def serve() -> None:
        ended = asyncio.Event()
        async with plant_in_a_box(plant, dict.fromkeys(request.module.PROTOCOLS, 0), ticking=False) as at:
            found.append((at, asyncio.get_running_loop(), ended))
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="box")
    thread.start()
    assert ready.wait(60)
    at, loop, ended = found[0]
    yield Served(plant, at)
    loop.call_soon_threadsafe(ended.set)
    thread.join(20)


@pytest.fixture
def box(served: Served) -> Served:
    served.reset()
    return served


@pytest.fixture
def fails(call: Callable[..., Any]) -> Callable[..., StepError]:
    """`fails("modbus.read", …)` is the StepError of a call."""

    def run(name: str, **args: Any) -> StepError:
        with pytest.raises(StepError) as caught:
            call(name, **args)
        return caught.value

    return run


def until(wanted: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that another thread brings about."""
    ends = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.01)
