"""Camera defect triage: sure pictures, an unsure one, silence, and a model that cannot be loaded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from template_kit import Site, example, in_loop

pytest.importorskip("onnxruntime")
pytest.importorskip("PIL")
VERDICTS = "SELECT part, label, decided_by FROM verdicts"


@in_loop
async def test_a_picture_that_the_model_is_sure_of_needs_no_person(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        good = await life.start("camera-defect", part="P-01", picture=example("surfaces/P-01.png"))
        await life.end(good)
        bad = await life.start("camera-defect", part="P-02", picture=example("surfaces/P-02.png"))
        await life.end(bad)
        assert "eject" not in life.steps(good) and "inspect" not in life.steps(bad)
        assert life.effects(bad, "eject") == ["at_most_once"], "nobody can ask a signal whether it happened"
    assert site.rows("surfaces.db", VERDICTS) == [
        ("P-01", "good", "model surface"),
        ("P-02", "scratch", "model surface"),
    ]
    assert (site.files / "signals" / "eject.csv").read_text() == f"P-02,scratch,{bad}\n"


@in_loop
async def test_an_unsure_picture_goes_to_the_inspector_and_a_correction_is_kept_to_train_with(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await life.start("camera-defect")
        asked = await life.question(run, "inspect")
        case = asked.form["value"]
        assert case["picture"]["media_type"] == "image/png" and case["label"] == "good"
        assert case["second_model"].startswith("good"), "both lean to good"
        assert case["lately"] == "no parts before it", "which is no failure"
        await life.answer(asked, "approve_with_changes", "ines", value={**case, "label": "scratch"})
        assert (await life.end(run)).outputs == {"label": "scratch", "decided_by": "ines"}
    assert site.rows("surfaces.db", VERDICTS) == [("P-21", "scratch", "ines")]
    kept = site.files / "samples" / "scratch" / "P-21.png"
    assert kept.read_bytes() == Path(example("surfaces/P-21.png")).read_bytes()
    assert (site.files / "samples" / "labels.csv").read_text() == "samples/scratch/P-21.png,scratch\n"


@in_loop
async def test_without_an_answer_the_next_one_is_asked_and_then_the_part_is_held(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with site.life() as life:
        run = await life.start("camera-defect")
        await life.question(run, "inspect")
    site.ahead = 121
    async with site.life() as life:
        assert await life.escalated(run) == "quality lead"
    site.ahead += 601
    async with site.life() as life:
        assert (await life.end(run)).outputs == {"label": "held", "decided_by": "nobody"}
        assert "eject" not in life.steps(run)
    assert json.loads((site.files / "held" / "P-21.json").read_text())["label"] == "held"


@pytest.mark.parametrize("broken", ["surface", "texture"])
@in_loop
async def test_with_a_model_that_cannot_be_loaded_a_person_decides(tmp_path: Path, broken: str) -> None:
    site, file = Site(tmp_path), tmp_path / "broken.onnx"
    file.write_bytes(b"not a model")
    roles = {broken: {"model": str(file)}}
    picture = example("surfaces/P-02.png" if broken == "surface" else "surfaces/P-21.png")
    async with site.life(roles=roles) as life:
        run = await life.start("camera-defect", picture=picture)
        asked = await life.question(run, "inspect")
        told = asked.form["value"]
        assert told["first_model" if broken == "surface" else "second_model"].startswith(("unknown", "did not answer"))
        await life.answer(asked, "approve", "ines")
        assert (await life.end(run)).outputs["decided_by"] == "ines"
