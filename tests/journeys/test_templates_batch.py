"""Batch record review: deviations, two different signatures, silence, and what stays of it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from template_kit import Life, Site, example, in_loop

ROWS = "SELECT batch, status, deviations, reviewer, quality FROM batches"
REVIEWED, RELEASED = "I have reviewed this record", "I release this batch"


def signature(name: str, meaning: str) -> dict[str, Any]:
    return {"name": name, "meaning": meaning}


async def reviewed(life: Life, **inputs: Any) -> str:
    """A run whose reviewer, ann, has signed."""
    run = await life.start("batch-record-review", **inputs)
    await life.answer(await life.question(run, "review"), "approve", "ann", form=signature("Ann Moser", REVIEWED))
    return run


@in_loop
async def test_a_clean_record_is_released_by_two_people(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await reviewed(life, record=example("batch_B-0418.csv"))
        asked = await life.question(run, "sign")
        assert "no deviation" in asked.form["body"]
        await life.answer(asked, "approve", "bea", form=signature("Bea Koch", RELEASED))
        done = await life.end(run)
        assert done.outputs["status"] == "released" and "draft" not in life.steps(run)
    assert site.rows("batches.db", ROWS) == [("B-0418", "released", 0, "Ann Moser (ann)", "Bea Koch (bea)")]


@in_loop
async def test_every_planted_deviation_is_found_and_the_reviewers_words_are_kept(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await life.start("batch-record-review")
        asked = await life.question(run, "review")
        value = asked.form["value"]
        for words in (
            "Step 50, Blending time: the second signature is missing",
            "Step 60, Tablet hardness: the value is missing",
            "Step 30, Loss on drying: 2.9 % is outside 1 to 2.5",
            "Step 70, Coating pan exhaust air: j.weiss has recorded and checked it",
            "4 of 16 entries deviate, 1 of them from a limit",
        ):
            assert words in value["report"]
        changed = {**value, "report": value["report"] + "\nDried again for 20 minutes."}
        form = signature("Ann Moser", REVIEWED)
        await life.answer(asked, "approve_with_changes", "ann", value=changed, form=form)
        await life.answer(
            await life.question(run, "sign"), "approve", "bea", form=signature("Bea Koch", RELEASED)
        )  # fmt: skip
        file = site.files / (await life.end(run)).outputs["evidence"]
    text = file.read_text("utf-8")
    assert "Dried again for 20 minutes." in text and f"Released: Bea Koch (bea): {RELEASED}" in text
    assert text.count(" | ") == 16 * 5
    told = site.rows("batches.db", "SELECT sha256 FROM batches")
    assert told == [(hashlib.sha256(file.read_bytes()).hexdigest(),)]


@in_loop
async def test_the_reviewer_cannot_release_and_is_told_so(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await reviewed(life)
        own = signature("Ann Moser", RELEASED)
        await life.answer(await life.question(run, "sign"), "approve", "ann", form=own)
        again = await life.question(run, "sign", 2)
        assert "ann has signed as reviewer already: another person has to sign." in again.form["body"]
        await life.answer(again, "approve", "bea", form=signature("Bea Koch", RELEASED))
        assert (await life.end(run)).outputs["status"] == "released"


@in_loop
async def test_three_times_the_same_person_blocks_the_batch(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await reviewed(life)
        for count in (1, 2, 3):
            asked = await life.question(run, "sign", count)
            await life.answer(asked, "approve", "ann", form=signature("Ann Moser", RELEASED))
        assert (await life.end(run)).outputs["status"] == "blocked"
    assert site.rows("batches.db", ROWS) == [("B-0417", "blocked", 4, "Ann Moser (ann)", "")]


@in_loop
async def test_a_refusal_is_filed_with_its_reason(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        first = await life.start("batch-record-review")
        await life.answer(await life.question(first, "review"), "refuse", "ann", "the dryer was not calibrated")
        text = (site.files / (await life.end(first)).outputs["evidence"]).read_text("utf-8")
        assert "Status: rejected, the dryer was not calibrated" in text and "Reviewed: not signed" in text
        second = await reviewed(life)
        await life.answer(await life.question(second, "sign"), "refuse", "bea", "no")
        assert (await life.end(second)).outputs["status"] == "rejected"


@in_loop
async def test_quality_assurance_that_stays_silent_is_escalated_and_then_nothing_is_released(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await reviewed(life)
        await life.question(run, "sign")
    site.ahead = 86_401
    async with site.life() as life:
        assert await life.escalated(run) == "head of quality"
    site.ahead += 86_401
    async with site.life() as life:
        assert (await life.end(run)).outputs["status"] == "not decided"
