"""Lists the texts of the designer that a language lacks, and those that no code says any more.

python packaging/translations.py [de]        exit 1 when something is missing
python packaging/translations.py de --add    write the missing ones into the files, to be filled in
"""

from __future__ import annotations

import argparse
import ast
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
WORDS = ROOT / "resources" / "translations"


def texts(file: Path) -> Iterator[tuple[str, int]]:
    """Every text that a file hands to `tr` or `tr_later`, as the key under which it is translated, with its line."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "tr_later") and node.args:
            context = node.args[1] if len(node.args) > 1 else _keyword(node, "context")
            prefix = f"{context.value}|" if isinstance(context, ast.Constant) and isinstance(context.value, str) else ""
            for text in _constants(node.args[0]):
                yield prefix + text, node.lineno


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in call.keywords if word.arg == name), None)


def _constants(node: ast.expr) -> Iterator[str]:
    """A text, or both texts of `tr("1 step" if n == 1 else "{n} steps")`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)


def used(folders: Iterable[Path]) -> dict[str, str]:
    """All texts of some packages with the place where each stands first."""
    found: dict[str, str] = {}
    for folder in folders:
        for file in sorted(folder.rglob("*.py")) if folder.is_dir() else [folder]:
            for text, line in texts(file):
                found.setdefault(text, f"{file.relative_to(ROOT).as_posix()}:{line}")
    return found


def known(language: str) -> dict[str, str]:
    """What a language has."""
    words: dict[str, str] = {}
    for file in sorted((WORDS / language).glob("*.json")):
        words.update(json.loads(file.read_text("utf-8")))
    return words


def add(language: str, lacking: dict[str, str]) -> None:
    """Put texts without a translation into the file of the package that says them."""
    for text, place in lacking.items():
        package = place.split("/")[1].partition(".")[0]
        file = WORDS / language / f"{package}.json"
        words = json.loads(file.read_text("utf-8")) if file.is_file() else {}
        file.parent.mkdir(exist_ok=True)
        whole = json.dumps({**words, text: ""}, indent=1, ensure_ascii=False)
        file.write_text(whole + "\n", "utf-8")


def missing(language: str, folders: Iterable[Path]) -> dict[str, str]:
    """The texts of some packages that a language says nothing for, with their places."""
    words = known(language)
    return {
        text: place
        for text, place in used(folders).items()
        if not words.get(text) and not words.get(text.partition("|")[2] or text)
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", nargs="?", default="de")
    parser.add_argument("--add", action="store_true", help="add the missing texts to the files, to be filled in")
    given = parser.parse_args(arguments)
    everything = [ROOT / "designer"]
    lacking = missing(given.language, everything)
    for text, place in lacking.items():
        print(f"missing  {place}  {text!r}")
    said = used(everything)
    for text in known(given.language):
        if text not in said and not any(key.endswith(f"|{text}") for key in said):
            print(f"unused   {text!r}")
    if given.add:
        add(given.language, lacking)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
