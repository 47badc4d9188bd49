"""SIGKILL at every named fault point over every workflow shape: nothing lost, nothing doubled (DESIGN §9)."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

import lives
import oracle
import pytest
import sweep
from shapes import WORLD, shapes

from engine.executor.faults import POINTS

pytestmark = pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="lives are forked; Windows has no fork")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sweep.prepare(tmp_path_factory.mktemp("prepared"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("shape", WORLD)
def test_a_kill_at_any_point_loses_and_doubles_nothing(shape: str, empty: Path, tmp_path: Path) -> None:
    killed = 0
    wrong = {}
    for case in sweep.cases(1):
        if case.shape == shape:
            folder = tmp_path / str(case)
            folder.mkdir()
            with oracle.oracle() as url:
                outcome = sweep.run_case(case, folder, empty, url)
            killed += outcome.killed
            if outcome.faults_found:
                wrong[str(case)] = outcome.faults_found
    assert wrong == {}
    assert killed >= len(POINTS) // 2, "most points must be passed, or the sweep sweeps nothing"


@pytest.mark.sweep
@pytest.mark.timeout(5400)
def test_more_passings_of_every_point_lose_and_double_nothing(empty: Path, tmp_path: Path) -> None:
    wrong = {}
    killed = 0
    for case in sweep.cases(4):
        folder = tmp_path / str(case).replace("*", "any")
        folder.mkdir()
        with oracle.oracle() as url:
            outcome = sweep.run_case(case, folder, empty, url)
        killed += outcome.killed
        if outcome.faults_found:
            wrong[str(case)] = outcome.faults_found
        shutil.rmtree(folder)
    print(f"{killed} kills at named points")
    assert wrong == {}


@pytest.mark.sweep
@pytest.mark.timeout(5400)
def test_five_hundred_kills_at_random_moments_lose_and_double_nothing(empty: Path, tmp_path: Path) -> None:
    chance = random.Random(20261122)
    killed = rounds = 0
    wrong = []
    while killed < 500:
        rounds += 1
        shape = chance.choice(list(WORLD))
        folder = tmp_path / str(rounds)
        data = folder / "data"
        folder.mkdir()
        shutil.copytree(empty, data)
        with oracle.oracle() as url:
            workflows = shapes(url)
            for _ in range(chance.randint(1, 4)):
                pid = lives.fork_life(data, workflows, shape, url, None)
                time.sleep(chance.uniform(0.02, 0.5))
                lives.kill(pid)
                killed += lives.wait(pid) == -9
            code = lives.wait(lives.fork_life(data, workflows, shape, url, None))
            found = sweep.judged(shape, data, url)[1] if code == 0 else (f"the last life ended with {code}",)
        if found:
            wrong.append((shape, rounds, found))
        shutil.rmtree(folder)
    print(f"{killed} kills at random moments in {rounds} runs")
    assert wrong == []
