"""Lists the texts of the designer and the node types that a language lacks, and those that nothing says any more.

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
from typing import Any, get_args

ROOT = Path(__file__).parents[1]
WORDS = ROOT / "resources" / "translations"


def texts(file: Path) -> Iterator[tuple[str, int]]:
    """Every text that a file hands to `tr`, `tr_later` or `say`, as the key under which it is translated, with its line."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call) and _name(node.func) in ("tr", "tr_later", "say") and node.args:
            context = node.args[1] if len(node.args) > 1 else _keyword(node, "context")
            prefix = f"{context.value}|" if isinstance(context, ast.Constant) and isinstance(context.value, str) else ""
            for text in _constants(node.args[0]):
                yield prefix + text, node.lineno


def _name(called: ast.expr) -> str:
    """`say` is what the pure packages of the document get in place of `tr`."""
    return called.id if isinstance(called, ast.Name) else called.attr if isinstance(called, ast.Attribute) else ""


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in call.keywords if word.arg == name), None)


def _constants(node: ast.expr) -> Iterator[str]:
    """A text, or both texts of `tr("1 step" if n == 1 else "{n} steps")`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
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


def said_by_catalog() -> dict[str, str]:
    """What the node types say of themselves, under the contexts in which the designer shows it."""
    sys.path.insert(0, str(ROOT))
    from engine.nodes.catalog import CATALOG, params_schema
    from engine.workflow.shape import PortType

    found = {f"ports|{kind}": "catalog" for kind in get_args(PortType)}
    found |= {f"nodes|{text}": "catalog/ports" for text in _said_of_ports() if text}
    for name, node_type in CATALOG.items():
        ports = (*node_type.inputs, *node_type.outputs)
        said = [("NodeType", text) for text in (node_type.title, node_type.summary, node_type.category)]
        said += [("nodes", text) for text in (node_type.params.__doc__ or "", *(port.help for port in ports))]
        said += _said_by_schema(params_schema()[name])
        for context, text in said:
            if text:
                found.setdefault(f"{context}|{text}", f"catalog/{name}")
    return found


def _said_of_ports() -> Iterator[str]:
    """The help of all ports: from the code, because many are made only when certain params are set."""
    for file in sorted((ROOT / "engine" / "nodes").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and _name(node.func) in ("Port", "out"):
                help = _keyword(node, "help") or (node.args[2] if len(node.args) > 2 else None)
                yield from _constants(help) if help is not None else ()


def _said_by_schema(schema: Any, field: bool = False) -> list[tuple[str, str]]:
    """Labels, help and choices. The title of what is no field is the name of a class: nobody sees it."""
    if isinstance(schema, list):
        return [said for one in schema for said in _said_by_schema(one, field)]
    if not isinstance(schema, dict):
        return []
    found = [("params", schema[key]) for key in ("title", "description") if field and isinstance(schema.get(key), str)]
    found += [("choices", str(one).replace("_", " ")) for one in schema.get("enum", ()) if not str(one).isupper()]
    for name, inner in schema.items():
        if name in ("properties", "$defs"):
            for one in inner.values():
                found += _said_by_schema(one, name == "properties")
        elif name in ("anyOf", "oneOf", "allOf", "items", "additionalProperties"):
            found += _said_by_schema(inner)
    return found


def everything() -> dict[str, str]:
    """All texts that a person can see, with their places."""
    return {**used([ROOT / "designer"]), **said_by_catalog()}


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


def missing(language: str) -> dict[str, str]:
    """The texts that a language says nothing for, with their places."""
    words = known(language)
    return {
        text: place
        for text, place in everything().items()
        if not words.get(text) and not words.get(text.partition("|")[2] or text)
    }


def unused(language: str) -> list[str]:
    """The texts of a language that nothing says any more."""
    said = everything()
    bare = {text.partition("|")[2] or text for text in said}
    return [text for text in known(language) if text not in said and text not in bare]


def doubled(language: str) -> list[str]:
    """The texts that stand in two files of a language: only one of them would be heard."""
    seen: set[str] = set()
    twice = []
    for file in sorted((WORDS / language).glob("*.json")):
        words = json.loads(file.read_text("utf-8"))
        twice += [text for text in words if text in seen]
        seen |= words.keys()
    return twice


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", nargs="?", default="de")
    parser.add_argument("--add", action="store_true", help="add the missing texts to the files, to be filled in")
    given = parser.parse_args(arguments)
    lacking = missing(given.language)
    for text, place in lacking.items():
        print(f"missing  {place}  {text!r}")
    for text in unused(given.language):
        print(f"unused   {text!r}")
    for text in doubled(given.language):
        print(f"twice    {text!r}")
    if given.add:
        add(given.language, lacking)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
