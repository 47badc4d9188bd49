"""Images as tensors: decoded, brought to the size and the channels that a model's input wants."""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from engine.errors import StepError

FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")
MAX_PIXELS = 50_000_000
_MODES = {1: "L", 3: "RGB"}


def image_tensor(name: str, wanted: list[Any], number: Any, images: list[bytes]) -> Any:
    """Images as one batch for the input `name` of shape N × C × H × W or N × H × W × C. StepError if they do not fit.

    Floating-point inputs get 0 to 1, whole-number ones 0 to 255. A side that the model leaves open stays as it is.
    """
    if len(wanted) != 4 or not (_channels(wanted[1]) or _channels(wanted[3])):
        raise _misfit(f"The input `{name}` takes no image: it has not one or three channels beside height and width.")
    first = _channels(wanted[1]) is not None
    channels, sides = (wanted[1], wanted[2:4]) if first else (wanted[3], wanted[1:3])
    pixels = [_pixels(name, data, _MODES[channels], sides) for data in images]
    if len({one.shape for one in pixels}) > 1:
        raise _misfit(f"The images for the input `{name}` are not of one size.")
    batch = np.stack(pixels).reshape(len(pixels), *pixels[0].shape[:2], channels)
    if first:
        batch = batch.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(batch if np.dtype(number).kind in "iu" else batch / 255.0, dtype=number)


def _channels(side: Any) -> int | None:
    return side if isinstance(side, int) and side in _MODES else None


def _pixels(name: str, data: bytes, mode: str, sides: list[Any]) -> Any:
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                size = f"{opened.width} × {opened.height}"
                raise _misfit(f"The image for the input `{name}` has {size} pixels; the most is {MAX_PIXELS:,}.")
            if opened.mode[0] in "IF":  # they would be cut off at 255, not scaled
                raise _misfit(f"The image for the input `{name}` has more than 8 bits a channel; save it with 8.")
            upright = ImageOps.exif_transpose(opened).convert(mode)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        known = ", ".join(FORMATS)
        raise _misfit(f"The file for the input `{name}` is no whole image ({known}).") from None
    height, width = (side if isinstance(side, int) else None for side in sides)
    side = (width or upright.width, height or upright.height)
    return np.asarray(upright if upright.size == side else upright.resize(side, Image.Resampling.BOX))


def _misfit(text: str) -> StepError:
    return StepError("schema", text, retryable=False)
