"""Layered placement: blocks and the edges between them, in columns from left to right with few crossings.

Own code: the compiled library for it gives other places for the same drawing at times, and ends the whole process on
some drawings with circles, which no `except` catches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

COLUMN_GAP = 72.0
ROW_GAP = 32.0
_SWEEPS = 8
_LONG = 12  # columns that a wire may cross and still get room of its own
_PASSING = (8.0, 8.0)  # the room above and below a wire that passes a column


@dataclass(frozen=True, slots=True)
class Block:
    """A thing to place. Its main card is `lead` px from its left; wires meet it `line` px below its top."""

    width: float
    height: float
    lead: float
    line: float


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge from one block to another; the offsets say how far above or below their lines it begins and ends."""

    source: int
    target: int
    leaves: float = 0.0
    enters: float = 0.0


def placed(blocks: Sequence[Block], wires: Sequence[Wire]) -> list[tuple[float, float]]:
    """The top left of every block, none overlapping another; ties go by the order of the blocks and wires."""
    ahead = _without_circles(len(blocks), wires)
    column = _columns(len(blocks), ahead)
    rows, links = _rows(blocks, ahead, column)
    extent = [(block.line, block.height - block.line) for block in blocks]
    extent += [_PASSING] * (sum(map(len, rows)) - len(blocks))
    _uncross(rows, links, len(extent))
    line = _lines(rows, links, extent)
    left = _lefts(blocks, column)
    return [
        (left[column[i]] - block.lead, line[i] - block.line)  # `left` is where the main cards of a column begin
        for i, block in enumerate(blocks)
    ]


def _without_circles(count: int, wires: Sequence[Wire]) -> list[Wire]:
    """The wires that lead on: those that close a circle, seen from the first blocks on, are left out."""
    after: list[list[Wire]] = [[] for _ in range(count)]
    into = [0] * count
    for wire in wires:
        if wire.source != wire.target:
            after[wire.source].append(wire)
            into[wire.target] += 1
    state = [0] * count  # 1: on the way, 2: done
    kept: list[Wire] = []
    for root in sorted(range(count), key=lambda i: (into[i] > 0, i)):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, 0)]
        while stack:
            block, place = stack.pop()
            if place == len(after[block]):
                state[block] = 2
                continue
            stack.append((block, place + 1))
            wire = after[block][place]
            if state[wire.target] != 1:
                kept.append(wire)
            if state[wire.target] == 0:
                state[wire.target] = 1
                stack.append((wire.target, 0))
    return kept


def _columns(count: int, wires: Sequence[Wire]) -> list[int]:
    """The longest way from a beginning; beginnings then move up to what they lead to."""
    after: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for wire in wires:
        after[wire.source].append(wire.target)
        waiting[wire.target] += 1
    beginnings = [i for i in range(count) if not waiting[i]]
    column, ready = [0] * count, list(beginnings)
    for block in ready:  # grows while it is read
        for target in after[block]:
            column[target] = max(column[target], column[block] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    for block in beginnings:
        if after[block]:
            column[block] = min(column[target] for target in after[block]) - 1
    return column


def _rows(blocks: Sequence[Block], wires: Sequence[Wire], column: Sequence[int]) -> tuple[list[list[int]], list[Wire]]:
    """Blocks by column, with stand-ins where a long wire passes, and the wires from column to column."""
    rows: list[list[int]] = [[] for _ in range(max(column, default=-1) + 1)]
    for block in range(len(blocks)):
        rows[column[block]].append(block)
    links: list[Wire] = []
    count = len(blocks)
    for wire in wires:
        span = column[wire.target] - column[wire.source]
        if span > _LONG:
            continue
        last, leaves = wire.source, wire.leaves
        for step in range(1, span):
            rows[column[wire.source] + step].append(count)
            links.append(Wire(last, count, leaves))
            last, leaves, count = count, 0.0, count + 1
        links.append(Wire(last, wire.target, leaves, wire.enters))
    return rows, links


def _uncross(rows: list[list[int]], links: Sequence[Wire], count: int) -> None:
    """Order each column by the middle of its neighbours, there and back, and keep the best order that was found."""
    before, behind = _neighbours(links, count)
    place = [0.0] * count

    def number(row: list[int]) -> None:
        for index, item in enumerate(row):
            place[item] = float(index)

    for row in rows:
        number(row)
    best, fewest = [list(row) for row in rows], _crossings(rows, links, place)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        near = before if down else behind
        for row in rows[1:] if down else reversed(rows[:-1]):
            middles = {
                item: sum(place[other] + offset / 1000 for other, offset, _ in near[item]) / len(near[item])
                if near[item]
                else place[item]
                for item in row
            }
            row.sort(key=middles.__getitem__)
            number(row)
        now = _crossings(rows, links, place)
        if now < fewest:
            best, fewest = [list(row) for row in rows], now
    rows[:] = best


def _neighbours(
    links: Sequence[Wire], count: int
) -> tuple[list[list[tuple[int, float, float]]], list[list[tuple[int, float, float]]]]:
    """For each item (other, offset there, offset here), before it and behind it."""
    before: list[list[tuple[int, float, float]]] = [[] for _ in range(count)]
    behind: list[list[tuple[int, float, float]]] = [[] for _ in range(count)]
    for link in links:
        before[link.target].append((link.source, link.leaves, link.enters))
        behind[link.source].append((link.target, link.enters, link.leaves))
    return before, behind


def _crossings(rows: Sequence[Sequence[int]], links: Sequence[Wire], place: Sequence[float]) -> int:
    """How often wires cross between neighbouring columns (counted with a Fenwick tree, Barth et al. 2002)."""
    column = {item: index for index, row in enumerate(rows) for item in row}
    between: list[list[tuple[float, float]]] = [[] for _ in rows]
    for link in links:
        start, end = place[link.source] + link.leaves / 1000, place[link.target] + link.enters / 1000
        between[column[link.source]].append((start, end))
    total = 0
    for pairs in between:
        ranks = {end: index + 1 for index, end in enumerate(sorted({end for _, end in pairs}))}
        tree = [0] * (len(ranks) + 1)
        for seen, (_, end) in enumerate(sorted(pairs)):
            lower, index = 0, ranks[end]
            while index:
                lower += tree[index]
                index -= index & -index
            total += seen - lower
            index = ranks[end]
            while index < len(tree):
                tree[index] += 1
                index += index & -index
    return total


def _lines(rows: Sequence[Sequence[int]], links: Sequence[Wire], extent: Sequence[tuple[float, float]]) -> list[float]:
    """Where wires run through every item: as straight as the order and the sizes in each column allow."""
    before, behind = _neighbours(links, len(extent))
    line = [0.0] * len(extent)
    for row in rows:
        top = 0.0
        for item in row:
            line[item] = top + extent[item][0]
            top = line[item] + extent[item][1] + ROW_GAP
    for sweep in range(2 * _SWEEPS):
        down = sweep % 2 == 0
        last = sweep >= _SWEEPS
        for row in rows if down else reversed(rows):
            wanted = []
            for item in row:
                near = before[item] + behind[item] if last else (before if down else behind)[item]
                heavy = [_pull(extent[item], extent[other]) for other, _, _ in near]
                pulls = [
                    (line[other] + there - here) * pull for (other, there, here), pull in zip(near, heavy, strict=True)
                ]
                wanted.append((sum(pulls) / sum(heavy), sum(heavy)) if near else (line[item], 0.1))
            for item, where in zip(row, _apart(row, wanted, extent), strict=True):
                line[item] = where
    return line


def _pull(one: tuple[float, float], other: tuple[float, float]) -> float:
    """How much a piece of wire wants to be level (Gansner et al. 1993): long wires are drawn without a bend."""
    passing = (one is _PASSING) + (other is _PASSING)
    return (1.0, 2.0, 8.0)[passing]


def _apart(
    row: Sequence[int], wanted: Sequence[tuple[float, float]], extent: Sequence[tuple[float, float]]
) -> list[float]:
    """The places nearest to the wanted ones (squares, weighted) in this order with gaps: pool adjacent violators."""
    shift = [0.0] * len(row)
    for index in range(1, len(row)):
        shift[index] = shift[index - 1] + extent[row[index - 1]][1] + ROW_GAP + extent[row[index]][0]
    pools: list[list[float]] = []  # sum of weighted places, weight, how many
    for index, (where, weight) in enumerate(wanted):
        pools.append([(where - shift[index]) * weight, weight, 1])
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            total, heavy, many = pools.pop()
            pools[-1] = [pools[-1][0] + total, pools[-1][1] + heavy, pools[-1][2] + many]
    flat = [total / weight for total, weight, many in pools for _ in range(int(many))]
    return [where + moved for where, moved in zip(flat, shift, strict=True)]


def _lefts(blocks: Sequence[Block], column: Sequence[int]) -> list[float]:
    """Where the main cards of each column begin."""
    count = max(column, default=-1) + 1
    lead, rest = [0.0] * count, [0.0] * count
    for block, index in zip(blocks, column, strict=True):
        lead[index] = max(lead[index], block.lead)
        rest[index] = max(rest[index], block.width - block.lead)
    lefts, x = [], 0.0
    for index in range(count):
        lefts.append(x + lead[index])
        x += lead[index] + rest[index] + COLUMN_GAP
    return lefts
