"""Plain values to YAML text that reads back the same and is nice to review: literal blocks, chosen one-line maps."""

from __future__ import annotations

import re
from typing import Any, cast

import yaml

from engine.workflow.yaml_reader import RESOLVERS

_STR = "tag:yaml.org,2002:str"
# Characters that a block or plain scalar would change or hide: controls, exotic line ends, the byte order mark.
_NEEDS_ESCAPE = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_TAB_FIRST = re.compile(r"^[\n ]*\t")


class OneLine(dict[str, Any]):
    """A mapping written as `{a: 1, b: 2}`."""


class OneLineList(list[Any]):
    """A list written as `[a, b]`."""


def write_yaml(value: Any) -> str:
    """YAML text ending in a line break; the order of keys is kept."""
    return str(
        yaml.dump(
            value,
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            width=10**9,
            default_flow_style=False,
            indent=2,
        )
    )


class _Dumper(yaml.SafeDumper):
    """The pure-Python emitter: the native one escapes emoji and cannot indent lists."""

    yaml_implicit_resolvers = {first: list(rules) for first, rules in yaml.SafeDumper.yaml_implicit_resolvers.items()}

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)

    def analyze_scalar(self, scalar: str) -> Any:
        analysis = super().analyze_scalar(scalar)
        if _NEEDS_ESCAPE.search(scalar):
            analysis.allow_block = analysis.allow_flow_plain = False
            analysis.allow_block_plain = analysis.allow_single_quoted = False
        elif "\n" in scalar:
            # The stock rule forbids tabs and trailing spaces in blocks, which read back well; a tab that comes first
            # does not.
            analysis.allow_block = bool(scalar.strip("\n")) and not _TAB_FIRST.match(scalar)
        return analysis

    def choose_scalar_style(self) -> Any:
        """Double quotes where nothing needs escaping: expressions hold single-quoted texts."""
        style, event = super().choose_scalar_style(), cast(Any, self.event)
        return '"' if style == "'" and not set('"\\') & set(event.value) else style


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar(_STR, text, style="|" if "\n" in text else None)


def _one_line(dumper: Any, value: OneLine) -> Any:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=True)


def _one_line_list(dumper: Any, value: OneLineList) -> Any:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=True)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(OneLine, _one_line)
_Dumper.add_representer(OneLineList, _one_line_list)
# Both worlds' scalars are quoted: readers of YAML 1.1 (`yes`) and ours (`1e3`) must see a text where there is one.
for _tag, _pattern, _first in RESOLVERS:
    _Dumper.add_implicit_resolver(_tag, _pattern, ["" if sign == "\0" else sign for sign in _first])
