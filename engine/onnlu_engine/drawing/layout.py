"""Where the nodes of a graph stand: in layers, parents above children, with few crossings.

The method of Sugiyama, Tagawa and Toda (1981): layers by the longest path, an order in each by the
mean place of the neighbours, then coordinates as near to the neighbours as widths allow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

Neighbours = Mapping[str, tuple[list[str], list[str]]]
"""Those above and those below of each node and bend."""

_SWEEPS = 12
_BEND = 12.0
"""Width that an edge takes where it passes a layer."""


class Layout(NamedTuple):
    """Where everything stands.

    Attributes:
        layers: number of the layer by node.
        x: the middle of each node, and of each bend of an edge; the smallest left border is 0.
        routes: by edge the names of its bends, from parent to child, each in a layer of its own.
        width: from the left border of the leftmost to the right one of the rightmost.
    """

    layers: dict[str, int]
    x: dict[str, float]
    routes: dict[tuple[str, str], tuple[str, ...]]
    width: float


def layout(widths: Mapping[str, float], edges: Iterable[tuple[str, str]], gap: float) -> Layout:
    """Lay out a graph.

    Args:
        widths: of the nodes, in an order that decides where nothing else does.
        edges: (parent, child); they may form cycles, whose last edge then points upwards.
        gap: between two that stand side by side.
    """
    edges = [edge for edge in dict.fromkeys(edges) if edge[0] != edge[1]]
    layers = _layers(widths, edges)
    routes = {edge: _bends(number, edge, layers) for number, edge in enumerate(edges)}
    sizes = dict(widths)
    rows: list[list[str]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for name in widths:
        rows[layers[name]].append(name)
    neighbours: dict[str, tuple[list[str], list[str]]] = {name: ([], []) for name in widths}
    for (parent, child), bends in routes.items():
        top = min(layers[parent], layers[child])
        for depth, bend in enumerate(bends, top + 1):
            sizes[bend] = _BEND
            rows[depth].append(bend)
            neighbours[bend] = ([], [])
        path = (parent, *bends, child)
        for above, below in pairwise(path if layers[parent] <= layers[child] else path[::-1]):
            neighbours[above][1].append(below)
            neighbours[below][0].append(above)
    _order(rows, neighbours)
    x = _coordinates(rows, neighbours, sizes, gap)
    left = min((x[name] - sizes[name] / 2 for name in x), default=0.0)
    right = max((x[name] + sizes[name] / 2 for name in x), default=0.0)
    return Layout(layers, {name: place - left for name, place in x.items()}, routes, right - left)


def _layers(names: Iterable[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return each node's layer, one below the lowest of its parents."""
    parents: dict[str, list[str]] = {name: [] for name in names}
    children: dict[str, list[str]] = {name: [] for name in parents}
    for parent, child in edges:
        parents[child].append(parent)
        children[parent].append(child)
    waits_for = {name: len(found) for name, found in parents.items()}
    ready = deque(name for name, number in waits_for.items() if number == 0)
    layers: dict[str, int] = {}
    while len(layers) < len(parents):
        # In a cycle none is ready: the first one goes before its parents.
        name = ready.popleft() if ready else next(n for n in parents if n not in layers)
        if name in layers:
            continue
        layers[name] = max((layers[p] + 1 for p in parents[name] if p in layers), default=0)
        for child in children[name]:
            waits_for[child] -= 1
            if waits_for[child] == 0:
                ready.append(child)
    return layers


def _bends(number: int, edge: tuple[str, str], layers: Mapping[str, int]) -> tuple[str, ...]:
    """Return a name for each layer that an edge passes, from parent to child."""
    start, end = layers[edge[0]], layers[edge[1]]
    step = 1 if start < end else -1
    return tuple(f"{number}/{layer}" for layer in range(start + step, end, step))


def _order(rows: list[list[str]], neighbours: Neighbours) -> None:
    """Sort each row by the mean place of the neighbours in the row before, down and up in turns."""
    for sweep in range(_SWEEPS):
        side = sweep % 2  # 0: by those above, 1: by those below
        ordered = rows if side == 0 else rows[::-1]
        for row_before, row in pairwise(ordered):
            places = {name: place for place, name in enumerate(row_before)}
            own = {name: place for place, name in enumerate(row)}
            row.sort(
                key=lambda name: _mean(
                    [places[n] for n in neighbours[name][side] if n in places], own[name]
                )
            )


def _coordinates(
    rows: Sequence[Sequence[str]], neighbours: Neighbours, sizes: Mapping[str, float], gap: float
) -> dict[str, float]:
    """Return the middle of each node: as near to its neighbours as the others allow."""
    x = {name: place for row in rows for name, place in _spread(row, {}, sizes, gap).items()}
    for sweep in range(_SWEEPS):
        side = sweep % 2
        for row in rows if side == 0 else rows[::-1]:
            wanted = {}
            for name in row:
                near = neighbours[name][side] or neighbours[name][1 - side]
                wanted[name] = _mean([x[n] for n in near], x[name])
            x |= _spread(row, wanted, sizes, gap)
    return x


def _spread(
    row: Sequence[str], wanted: Mapping[str, float], sizes: Mapping[str, float], gap: float
) -> dict[str, float]:
    """Place a row in its order, without overlaps, at the least squared distance from `wanted`.

    Neighbours that would overlap become a block, which stands at the mean of what they want
    (isotonic regression by pooling adjacent violators).
    """
    offset = 0.0
    offsets: dict[str, float] = {}  # of each middle, were all packed from 0 on
    for name in row:
        offsets[name] = offset + sizes[name] / 2
        offset += sizes[name] + gap
    blocks: list[list[float]] = []  # sum of what its members want of the row's start, number
    for name in row:
        blocks.append([wanted.get(name, offsets[name]) - offsets[name], 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, number = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += number
    shifts = [total / number for total, number in blocks for _ in range(int(number))]
    return {name: offsets[name] + shift for name, shift in zip(row, shifts, strict=True)}


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
