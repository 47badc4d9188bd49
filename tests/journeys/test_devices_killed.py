"""Writes to devices and kill -9: never done twice, and a person is asked where the device cannot tell."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from template_kit import Life, Site, in_loop, machine

from engine.store import DATA_FILE, open_store

MODBUS = """
format: 1
name: write
nodes:
  write:
    type: modbus.write
    params:
      device: {modbus}
      effect: {effect}
      points: [{{name: speed, address: 0, value: 1300}}]
outputs: {{equal: "{{{{ steps.write.output.equal }}}}"}}
"""
MQTT = """
format: 1
name: write
nodes:
  write:
    type: mqtt.publish
    params: {{broker: "{mqtt}", topic: plant/speed_set/set, payload: 1300, effect: {effect}}}
"""
RETRY = "    policy: {max_attempts: 2, backoff: {first_s: 0.05}}\n    params:\n"
DONE = [("speed_set", 1300.0)]


async def killed(site: Site, text: str, point: str) -> str:
    """The run of an engine that is killed at the point; its id."""
    site.data.mkdir(exist_ok=True)
    file = site.data / "write.workflow.yaml"
    file.write_text(text, "utf-8")
    command = [sys.executable, "-m", "engine.cli", "run", str(file), "--data-dir", str(site.data)]
    environment = {**os.environ, "SIGNALBOX_FAULT": point}
    ended = await asyncio.to_thread(subprocess.run, command, env=environment, capture_output=True, timeout=60)
    assert ended.returncode == -9, ended.stderr.decode()
    with open_store(site.data / DATA_FILE, role="client") as store:
        return store.journal.runs()[0].id


@pytest.mark.skipif(sys.platform == "win32", reason="the exit code of a kill is another one")
@in_loop
async def test_a_write_that_was_answered_and_not_noted_is_looked_up(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at):
        run = await killed(site, MODBUS.format(modbus=at["modbus"], effect="checkable"), "effect.after_call:2")
        assert plant.written() == DONE
        async with site.life() as life:
            assert (await life.end(run)).outputs == {"equal": True}
        assert plant.written() == DONE


@pytest.mark.skipif(sys.platform == "win32", reason="the exit code of a kill is another one")
@in_loop
async def test_a_write_that_nobody_can_tell_of_is_asked_about_and_then_done(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at):
        run = await killed(site, MODBUS.format(modbus=at["modbus"], effect="checkable"), "effect.after_start:2")
        assert plant.written() == []
        async with site.life() as life:
            asked = await life.question(run, "write")
            assert asked.type == "doubt" and "1200 as before" in str(asked.form)
            assert plant.written() == []
            await life.answer(asked, "do_it")
            assert (await life.end(run)).outputs == {"equal": True}
        assert plant.written() == DONE


@pytest.mark.skipif(sys.platform == "win32", reason="the exit code of a kill is another one")
@pytest.mark.parametrize("effect", ["at_most_once", "idempotent"])
def test_a_message_is_asked_about_unless_it_may_be_sent_again(tmp_path: Path, effect: str) -> None:
    @in_loop
    async def go() -> None:
        site = Site(tmp_path)
        async with machine(mqtt=0) as (plant, at):
            run = await killed(site, MQTT.format(mqtt=at["mqtt"], effect=effect), "effect.after_call:1")
            assert plant.written() == DONE
            async with site.life() as life:
                if effect == "at_most_once":
                    await settled(life, run)
                await life.end(run)
            assert plant.written() == (DONE if effect == "at_most_once" else DONE * 2)

    go()


async def settled(life: Life, run: str) -> None:
    asked = await life.question(run, "write")
    assert asked.type == "doubt"
    await life.answer(asked, "happened")


@in_loop
async def test_a_lost_answer_is_looked_up_by_the_next_attempt(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at):
        plant.set_fault("dropped", 1)
        text = MODBUS.format(modbus=at["modbus"], effect="checkable")
        retrying = text.replace("    params:\n", RETRY)
        async with site.life() as life:
            run = await life.start_text(retrying)
            assert (await life.end(run)).outputs == {"equal": True}
        assert plant.written() == DONE


@in_loop
async def test_a_lost_answer_that_cannot_be_looked_up_asks_a_person_in_the_next_attempt(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at):
        plant.set_fault("cut", 1)
        text = MODBUS.format(modbus=at["modbus"], effect="checkable")
        retrying = text.replace("    params:\n", RETRY)
        async with site.life() as life:
            run = await life.start_text(retrying)
            asked = await life.question(run, "write")
            assert asked.type == "doubt" and plant.written() == []
            await life.answer(asked, "do_it")
            assert (await life.end(run)).outputs == {"equal": True}
        assert plant.written() == DONE
