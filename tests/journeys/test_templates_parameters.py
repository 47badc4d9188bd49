"""Controlled parameter change: two other people, read-back, what is put back, and answers that do not come."""

from __future__ import annotations

from pathlib import Path

from template_kit import Life, Site, in_loop, machine

WISH = {"speed": 1300, "temperature": 62.5, "pressure": 4.2, "reason": "Thicker product since Monday"}
WRITTEN = [("speed_set", 1300.0), ("temperature_set", 62.5), ("pressure_set", 4.2)]
OLD = [("speed_set", 1200.0), ("temperature_set", 60.0), ("pressure_set", 4.0)]


async def asked(life: Life, plant: str, **changed: object) -> str:
    run = await life.start("parameter-change", plant=plant)
    await life.answer(await life.question(run, "request"), "submit", "ann", form={**WISH, **changed})
    return run


async def approved(life: Life, run: str) -> None:
    question = await life.question(run, "approve")
    for who in ("bea", "cem"):
        await life.answer(question, "approve", who)


@in_loop
async def test_two_others_approve_and_every_value_is_written_once_and_read_back(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at), site.life() as life:
        run = await asked(life, at["modbus"])
        question = await life.question(run, "approve")
        assert "Speed: 1200 to 1300 rpm" in question.form["body"] and question.required == 2
        assert "somebody else" in await life.refused(question, "approve", "ann")
        await approved(life, run)
        done = await life.end(run)
        assert done.outputs["status"] == "changed" and plant.written() == WRITTEN
    assert '"approved_by": [\n    "bea",\n    "cem"\n  ]' in (site.files / done.outputs["file"]).read_text("utf-8")


@in_loop
async def test_a_wish_outside_the_limits_reaches_nobody(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at), site.life() as life:
        run = await asked(life, at["modbus"], speed=1600, pressure=5.5, temperature=75)
        end = await life.end(run)
        assert "800 to 1500 rpm" in end.error.message and "too close to the alarm" in end.error.message
        assert plant.written() == []


@in_loop
async def test_a_controller_that_keeps_other_values_gets_the_old_ones_back(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at), site.life() as life:
        run = await asked(life, at["modbus"])
        await life.question(run, "approve")
        plant.set_fault("ignored", 1)
        await approved(life, run)
        done = await life.end(run)
        assert done.outputs["status"] == "restored" and plant.written() == [*WRITTEN[1:], *OLD]
    text = (site.files / done.outputs["file"]).read_text("utf-8")
    assert "other values than were written" in text and "The old values are back: speed 1200 rpm" in text


@in_loop
async def test_a_lost_answer_is_looked_up_and_nothing_is_written_twice(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at), site.life() as life:
        run = await asked(life, at["modbus"])
        await life.question(run, "approve")
        plant.set_fault("dropped", 2)
        await approved(life, run)
        assert (await life.end(run)).outputs["status"] == "changed"
        assert plant.written() == WRITTEN


@in_loop
async def test_nobody_in_time_is_escalated_and_then_nothing_is_written(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with machine(modbus=0) as (plant, at):
        async with site.life() as life:
            run = await asked(life, at["modbus"])
            await life.question(run, "approve")
        site.ahead = 1801
        async with site.life() as life:
            assert await life.escalated(run) == "plant manager"
        site.ahead += 1801
        async with site.life() as life:
            assert "Nothing was written" in (await life.end(run)).error.message
        assert plant.written() == []
