"""Shift handover: a report whose every number is in the data, or figures alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from template_kit import Site, example, in_loop


def broken_model(folder: Path) -> dict[str, Any]:
    """Settings with a model file that is none: the report must not need it."""
    file = folder / "broken.gguf"
    file.write_bytes(b"not a model")
    return {"small": {"model": str(file)}}


@in_loop
async def test_a_note_with_a_number_from_nowhere_costs_a_round_and_is_shown_to_the_lead(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life(roles=broken_model(tmp_path)) as life:
        run = await life.start("shift-handover")
        asked = await life.question(run, "lead")
        report = asked.form["value"]["report"]
        assert life.steps(run).count("write") == 2 and "figures" not in life.steps(run)
        assert "About 40 parts" not in report and "About 40 parts" in asked.form["body"]
        assert "line 1 stood still for 25 min because of it." in report
        assert "- all lines: 2722 of 2880 made, 32 scrap, stopped 78 min" in report
        assert "Alarms: 3, the last one: not rated" in report
        edited = {"report": report + "\n- Ask Ines about the rack."}
        await life.answer(asked, "approve_with_changes", "lea", value=edited)
        file = site.files / (await life.end(run)).outputs["file"]
    text = file.read_text("utf-8")
    assert "Ask Ines about the rack." in text and f"Handed over by lea. Run {run}." in text
    told = site.rows("handovers.db", "SELECT * FROM handovers")
    assert told == [("2026-03-03", "late", 2722, 32, 3, "handover/2026-03-03-late.txt")]


@in_loop
async def test_a_shift_whose_notes_hold_at_once_needs_one_round(tmp_path: Path) -> None:
    site, notes = Site(tmp_path / "data"), tmp_path / "notes.txt"
    notes.write_text("PUMP-12 is stopped.\nline 1 stood still for 25 min.\n")
    site.data.mkdir()
    async with site.life(roles=broken_model(tmp_path)) as life:
        run = await life.start("shift-handover", notes=str(notes))
        asked = await life.question(run, "lead")
        assert life.steps(run).count("write") == 1
        assert "Every number in the report occurs in the data." in asked.form["body"]
        await life.answer(asked, "approve")
        await life.end(run)


@in_loop
async def test_where_two_rounds_do_not_help_figures_alone_are_handed_over(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life(roles=broken_model(tmp_path)) as life:
        run = await life.start("shift-handover", notes=example("shift_notes_doubtful.txt"))
        asked = await life.question(run, "lead")
        assert life.steps(run).count("write") == 2 and "figures" in life.steps(run)
        report = asked.form["value"]["report"]
        assert "Notes" not in report and "1650" not in report and "PUMP-12 E142" in report
        assert "all 4 notes" in asked.form["body"]
        await life.answer(asked, "approve")
        await life.end(run)


@in_loop
async def test_missing_notes_and_a_shift_without_alarms_are_no_failure(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await life.start("shift-handover", notes="not-there.txt", day="2026-03-07", shift="early")
        report = (await life.question(run, "lead")).form["value"]["report"]
        assert "Alarms: none" in report and "rate" not in life.steps(run)


@pytest.mark.needs_llama
@in_loop
async def test_the_shipped_model_rates_the_last_alarm(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await life.start("shift-handover")
        report = (await life.question(run, "lead")).form["value"]["report"]
        assert re.search(r"Alarms: 3, the last one: (critical|not rated)", report)


@in_loop
async def test_a_lead_who_stays_silent_is_escalated_and_a_refusal_ends_the_run(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life(roles=broken_model(tmp_path)) as life:
        silent = await life.start("shift-handover")
        await life.question(silent, "lead")
        refused = await life.start("shift-handover", shift="early")
        await life.answer(await life.question(refused, "lead"), "refuse", "lea")
        assert (await life.end(refused)).kind == "RunFailed"
    site.ahead = 1801
    async with site.life(roles=broken_model(tmp_path)) as life:
        assert await life.escalated(silent) == "plant manager"
    site.ahead += 1801
    async with site.life(roles=broken_model(tmp_path)) as life:
        await life.end(silent)
    text = (site.files / "handover" / "2026-03-03-late.txt").read_text("utf-8")
    assert "Handed over by nobody, no answer in time." in text
