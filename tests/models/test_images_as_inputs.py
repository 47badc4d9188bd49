"""Images as inputs of ONNX models: stored as files, decoded in the model process."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest

from engine.errors import StepError
from engine.models import Models
from engine.store import Blobs

pytest.importorskip("onnxruntime")
Image = pytest.importorskip("PIL.Image")
DATA = Path(__file__).parent / "data"
ROLE = {"seer": {"model": str(DATA / "tiny_image.onnx")}}


def stored(tmp_path: Path, picture: Any, kind: str = "PNG") -> dict[str, Any]:
    """A picture as `file.read` hands it on."""
    data = io.BytesIO()
    picture.save(data, kind)
    return Blobs(tmp_path / "blobs").put(data.getvalue(), f"image/{kind.lower()}").value()


def grey(*shades: int) -> Any:
    picture = Image.new("L", (4, 2))
    picture.putdata(shades)
    return picture


def red_and_blue() -> Any:
    picture = Image.new("RGB", (2, 1), (255, 0, 0))
    picture.putpixel((1, 0), (0, 0, 255))
    return picture


def test_an_image_becomes_the_tensor_that_its_input_declares(tmp_path: Path, with_models: Any) -> None:
    async def body(models: Models) -> None:
        seen = await models.infer(
            "seer",
            {
                "grey": stored(tmp_path, grey(0, 51, 102, 153, 204, 255, 0, 0)),
                "colour": stored(tmp_path, red_and_blue()),
            },
        )
        rows = [[round(value, 3) for value in row] for row in seen["grey_seen"][0][0]]
        assert rows == [[0.0, 0.2, 0.4, 0.6], [0.8, 1.0, 0.0, 0.0]]
        assert seen["colour_seen"] == [[[[255, 0, 0], [0, 0, 255]]]]

    with_models(body, **ROLE)


def test_an_image_is_brought_to_the_size_and_channels_of_its_input(tmp_path: Path, with_models: Any) -> None:
    async def body(models: Models) -> None:
        large = Image.new("RGB", (40, 20), (255, 255, 255))
        flat = stored(tmp_path, grey(*[7] * 8))
        seen = await models.infer("seer", {"grey": stored(tmp_path, large, "BMP"), "colour": flat})
        assert seen["grey_seen"] == [[[[1.0] * 4] * 2]]
        assert seen["colour_seen"] == [[[[7, 7, 7]] * 4] * 2]

    with_models(body, **ROLE)


def test_several_images_are_one_batch(tmp_path: Path, with_models: Any) -> None:
    async def body(models: Models) -> None:
        shades = [stored(tmp_path, grey(*[shade] * 8)) for shade in (0, 255)]
        seen = await models.infer("seer", {"grey": shades, "colour": stored(tmp_path, red_and_blue())})
        assert [one[0][0][0] for one in seen["grey_seen"]] == [0.0, 1.0]

    with_models(body, **ROLE)


def test_what_is_no_image_or_fits_no_input_is_refused_in_a_sentence(tmp_path: Path, with_models: Any) -> None:
    text = Blobs(tmp_path / "blobs").put(b"no image at all", "image/png").value()
    good, other = stored(tmp_path, red_and_blue()), stored(tmp_path, Image.new("RGB", (3, 1)))
    deep = stored(tmp_path, Image.new("I;16", (4, 2), 40_000))
    cases: list[tuple[dict[str, Any], str, str]] = [
        ({"grey": text, "colour": good}, "schema", "no whole image"),
        ({"grey": deep, "colour": good}, "schema", "more than 8 bits"),
        ({"grey": good, "colour": [good, other]}, "schema", "not of one size"),
        ({"grey": {"$blob": "0" * 64}, "colour": good}, "not_found", "not kept here"),
        ({"grey": {"$blob": "../../etc/passwd"}, "colour": good}, "not_found", "not kept here"),
        ({"grey": {"picture": "x"}, "colour": good}, "schema", "no whole image"),
    ]

    async def body(models: Models) -> None:
        for inputs, cls, part in cases:
            with pytest.raises(StepError) as caught:
                await models.infer("seer", inputs)
            assert caught.value.cls == cls and part in caught.value.message, caught.value.message
        with pytest.raises(StepError, match="takes no image"):
            await models.infer("scorer", {"window": good})

    with_models(body, **ROLE)
