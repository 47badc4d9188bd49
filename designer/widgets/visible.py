"""Text of models, servers and files, with nothing in it that could hide or turn round what it says."""

from __future__ import annotations

import unicodedata


def visible(text: str) -> str:
    """The text with every such character written out."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(f"⟨{ord(char):04X}⟩" if _hides(char) else char for char in lines)


def _hides(char: str) -> bool:
    return char not in "\n\t\u200d" and unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")
