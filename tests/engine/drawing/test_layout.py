"""Where nodes stand."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from onnlu_engine.drawing.layout import layout

edges_of_ten = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)
GAP = 10.0


def named(edges: list[tuple[int, int]]) -> list[tuple[str, str]]:
    return [(str(a), str(b)) for a, b in edges]


WIDTHS = {str(number): 20.0 + 7 * number for number in range(10)}


@given(edges_of_ten)
def test_nodes_of_a_layer_and_edges_that_pass_it_keep_their_distance(
    edges: list[tuple[int, int]],
) -> None:
    found = layout(WIDTHS, named(edges), GAP)
    rows: dict[int, list[tuple[float, float]]] = {}
    for name, layer in found.layers.items():
        rows.setdefault(layer, []).append((found.x[name], WIDTHS[name]))
    for route in found.routes.values():
        for bend in route:
            rows.setdefault(int(bend.partition("/")[2]), []).append((found.x[bend], 12.0))
    for row in rows.values():
        for (x, width), (other_x, other_width) in combinations(row, 2):
            assert abs(x - other_x) >= (width + other_width) / 2 + GAP - 1e-6
        assert min(x - width / 2 for x, width in row) >= -1e-6
        assert max(x + width / 2 for x, width in row) <= found.width + 1e-6


@given(edges_of_ten)
def test_without_cycles_every_parent_stands_above_its_children(
    edges: list[tuple[int, int]],
) -> None:
    downwards = named([(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]])
    found = layout(WIDTHS, downwards, GAP)
    for parent, child in downwards:
        assert found.layers[parent] < found.layers[child]
        assert len(found.routes[parent, child]) == found.layers[child] - found.layers[parent] - 1
    for name, layer in found.layers.items():
        parents = [found.layers[parent] for parent, child in downwards if child == name]
        assert layer == max(parents, default=-1) + 1


def test_a_chain_is_straight() -> None:
    chain = [(str(number), str(number + 1)) for number in range(9)]
    found = layout(WIDTHS, chain, GAP)
    assert len({round(x, 3) for x in found.x.values()}) == 1


def test_a_crossing_that_need_not_be_is_none() -> None:
    widths = dict.fromkeys("abcdef", 10.0)
    found = layout(widths, [("a", "f"), ("b", "e"), ("c", "d")], GAP)
    for first, second in combinations([("a", "f"), ("b", "e"), ("c", "d")], 2):
        above = found.x[first[0]] - found.x[second[0]]
        below = found.x[first[1]] - found.x[second[1]]
        assert above * below > 0


def test_a_cycle_is_laid_out_too() -> None:
    found = layout({"a": 10.0, "b": 10.0, "c": 10.0}, [("a", "b"), ("b", "a"), ("a", "a")], GAP)
    assert found.layers == {"c": 0, "a": 0, "b": 1}
