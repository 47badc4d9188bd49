"""Where the commands of `models` begin: the data folder, its settings, and a list of models that can be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.settings import Settings


def library(data_dir: Path | None) -> tuple[Path, Settings]:
    """The data folder and its settings; a damaged list of models is put aside, and that is said."""
    from engine.cli.failures import say
    from engine.cli.reading import folder
    from engine.models.library import DAMAGED, FOLDER, begin_anew

    path, settings = folder(data_dir)
    if begin_anew(path):
        say(
            f"{path / FOLDER / DAMAGED}: The list of models was damaged and is kept here; a new one is begun. "
            "The model files stay; notes, licences and the places of files that are used where they are have to be "
            "added again."
        )
    return path, settings
