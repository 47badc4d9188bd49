"""How well a few typed letters fit a text: for the palette, quick-add and every filter."""

from __future__ import annotations

WORD_START, RUN, GAP = 10.0, 6.0, 0.15


def fuzzy(query: str, text: str) -> float | None:
    """A score, higher is better, or None where the letters do not all occur in order. An empty query fits all alike."""
    found = spots(query, text)
    if found is None:
        return None
    score = -0.02 * len(text)
    for nth, at in enumerate(found):
        follows = nth > 0 and found[nth - 1] == at - 1
        score += WORD_START if _starts_word(text, at) else 1.0
        score += RUN if follows else -GAP * (at - found[nth - 1] if nth else at)
    if query.strip() and text.casefold().startswith(query.strip().casefold()):
        score += 20.0
    return score


def spots(query: str, text: str) -> tuple[int, ...] | None:
    """Which letters of the text the query hits, for showing them; None where it does not fit."""
    wanted = "".join(query.split()).casefold()
    low = text.casefold()
    if len(low) != len(text):  # a letter that folds to two: positions would slip
        low = text.lower() if len(text.lower()) == len(text) else text
    whole = low.find(query.strip().casefold())
    if whole >= 0 and query.strip():
        starts = [at for at in _all(low, query.strip().casefold()) if _starts_word(text, at)]
        whole = starts[0] if starts else whole
        return tuple(at for at in range(whole, whole + len(query.strip())) if not text[at].isspace())
    return _by_word_starts(wanted, low, text) or _in_order(wanted, low)


def _all(text: str, part: str) -> list[int]:
    return [at for at in range(len(text) - len(part) + 1) if text.startswith(part, at)]


def _starts_word(text: str, at: int) -> bool:
    return at == 0 or not text[at - 1].isalnum() or (text[at].isupper() and text[at - 1].islower())


def _by_word_starts(wanted: str, low: str, text: str) -> tuple[int, ...] | None:
    """So "rf" means Read File before it means any other r and f."""
    found: list[int] = []
    for at in range(len(low)):
        if len(found) == len(wanted):
            break
        follows = bool(found) and found[-1] == at - 1
        if low[at] == wanted[len(found)] and (follows or _starts_word(text, at)):
            found.append(at)
    return tuple(found) if found and len(found) == len(wanted) else None


def _in_order(wanted: str, low: str) -> tuple[int, ...] | None:
    found: list[int] = []
    for letter in wanted:
        at = low.find(letter, found[-1] + 1 if found else 0)
        if at < 0:
            return None
        found.append(at)
    return tuple(found)
