"""Pictures as SVG, for browsers and documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import east_asian_width
from xml.sax.saxutils import escape, quoteattr

from onnlu_engine.drawing.layout import Layout, layout
from onnlu_engine.drawing.picture import Edge, Graph, Node, Picture, visible

_MARGIN, _TITLE, _BETWEEN = 24.0, 30.0, 56.0
_GAP, _LAYER_GAP = 28.0, 44.0
_LINE, _PADDING = 16.0, 12.0
_LETTER, _BOLD_LETTER, _SMALL_LETTER = 6.6, 8.0, 5.6
"""Mean widths of letters of 11 to 12, and of 10 pixels; East Asian ones are twice as wide."""
_LONGEST = 48
_STYLE = """
text { font: 12px ui-sans-serif, system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.name { font-weight: 600; }
.more, .label { fill: #57606a; font-size: 11px; }
.label { font-size: 10px; }
.behind { fill: #fff; }
.frame { fill: none; stroke: #d0d7de; }
.node { fill: #fff; stroke: #57606a; }
.placeholder { stroke-dasharray: 2 2; stroke: #8c959f; }
.input { fill: #dafbe1; stroke: #2da44e; }
.target { fill: #ddf4ff; stroke: #0969da; stroke-width: 2; }
.idle { fill: #f6f8fa; stroke: #8c959f; stroke-width: 1; stroke-dasharray: 4 3; }
.idle + text { fill: #6e7781; }
.edge { fill: none; stroke: #8c959f; marker-end: url(#arrow); }
.resource { stroke: #0969da; stroke-dasharray: 4 3; marker-end: url(#resource-arrow); }
"""  # noqa: E501
_ARROW = (
    '<marker id="{id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
    'orient="auto"><path d="M0 0 8 4 0 8z" fill="{colour}"/></marker>'
)


@dataclass(frozen=True, slots=True)
class _Box:
    """A node in its place: its middle, upper border, and size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class _Frame:
    """A graph in its place."""

    graph: Graph
    x: float
    width: float
    height: float
    boxes: dict[str, _Box]
    bends: dict[tuple[str, str], list[tuple[float, float, float]]]


def svg(picture: Picture) -> str:
    """Return a document: resources on dashed edges, targets blue, inputs green, idle nodes grey."""
    frames: list[_Frame] = []
    x = _MARGIN
    for graph in picture.graphs:
        frames.append(_placed(graph, x))
        x += frames[-1].width + _BETWEEN
    width = x - _BETWEEN + _MARGIN
    height = max(frame.height for frame in frames) + 2 * _MARGIN
    boxes = {id_: box for frame in frames for id_, box in frame.boxes.items()}
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}">',
        f"<style>{_STYLE}</style>",
        "<defs>",
        _ARROW.format(id="arrow", colour="#8c959f"),
        _ARROW.format(id="resource-arrow", colour="#0969da"),
        "</defs>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        *(line for frame in frames for line in _frame_lines(frame)),
        *(_link(edge, boxes) for edge in picture.links),
        *(line for frame in frames for line in _content_lines(frame)),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def _placed(graph: Graph, left: float) -> _Frame:
    labels = {node.id: [e.label for e in graph.edges if e.child == node.id] for node in graph.nodes}
    widths = {node.id: _width(node, labels[node.id]) for node in graph.nodes}
    heights = {node.id: len(node.lines) * _LINE + _PADDING for node in graph.nodes}
    found = layout(widths, [(edge.parent, edge.child) for edge in graph.edges], _GAP)
    tops, bottom = _tops(found, heights)
    x = {name: left + _PADDING + place for name, place in found.x.items()}
    boxes = {
        id_: _Box(x[id_], tops[layer][0], widths[id_], heights[id_])
        for id_, layer in found.layers.items()
    }
    bends = {
        edge: [(x[bend], *tops[int(bend.partition("/")[2])]) for bend in route]
        for edge, route in found.routes.items()
    }
    width = max(found.width, _text_width(graph.title, 10)) + 2 * _PADDING
    return _Frame(graph, left, width, bottom - _MARGIN + _PADDING, boxes, bends)


def _tops(found: Layout, heights: dict[str, float]) -> tuple[list[tuple[float, float]], float]:
    """Return upper and lower border of each layer, and the lowest border."""
    tops: list[tuple[float, float]] = []
    y = _MARGIN + _TITLE
    for layer in range(max(found.layers.values(), default=-1) + 1):
        height = max(heights[name] for name, own in found.layers.items() if own == layer)
        tops.append((y, y + height))
        y += height + _LAYER_GAP
    return tops, y - _LAYER_GAP if tops else y


def _frame_lines(frame: _Frame) -> Iterator[str]:
    graph = frame.graph
    yield (
        f'<rect class="frame" x="{frame.x:.1f}" y="{_MARGIN:.1f}" width="{frame.width:.1f}" '
        f'height="{frame.height:.1f}" rx="8"/>'
    )
    yield _text("title", frame.x + _PADDING, _MARGIN + 20, graph.title)
    for pair, (edges, entry) in _edges(frame).items():
        yield _edge_line(frame, pair, edges, entry)


def _content_lines(frame: _Frame) -> Iterator[str]:
    """Yield what stands in front of all edges: the nodes, and the labels of the edges."""
    for node in frame.graph.nodes:
        yield from _node_lines(node, frame.boxes[node.id])
    for (_, child), (edges, entry) in _edges(frame).items():
        text = ", ".join(edge.label for edge in edges)
        width = _text_width(_cut(text), _SMALL_LETTER)
        y = frame.boxes[child].y - 13
        yield (
            f'<rect class="behind" x="{entry - width / 2:.1f}" y="{y - 9:.1f}" '
            f'width="{width:.1f}" height="12"/>'
        )
        yield _text("label", entry, y, _cut(text), anchor="middle")


def _edges(frame: _Frame) -> dict[tuple[str, str], tuple[list[Edge], float]]:
    """Return by parent and child what the one hands to the other, and where that enters."""
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in frame.graph.edges:
        if edge.parent != edge.child:
            found.setdefault((edge.parent, edge.child), []).append(edge)
    entries = _entries(frame, list(found))
    return {pair: (edges, entries[pair]) for pair, edges in found.items()}


def _entries(frame: _Frame, pairs: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """Return where each edge enters its child: side by side, in the order they come from."""
    entering: dict[str, list[tuple[str, str]]] = {}
    for pair in pairs:
        entering.setdefault(pair[1], []).append(pair)
    entries = {}
    for child, found in entering.items():
        box = frame.boxes[child]
        ordered = sorted(found, key=lambda pair: _last_point(frame, pair)[0])
        for number, pair in enumerate(ordered, 1):
            entries[pair] = box.x - box.width / 2 + box.width * number / (len(ordered) + 1)
    return entries


def _last_point(frame: _Frame, pair: tuple[str, str]) -> tuple[float, float]:
    """Return where an edge comes from when it enters its child."""
    bends = frame.bends.get(pair)
    if bends:
        return bends[-1][0], bends[-1][2]
    parent = frame.boxes[pair[0]]
    return parent.x, parent.y + parent.height


def _edge_line(frame: _Frame, pair: tuple[str, str], edges: list[Edge], entry: float) -> str:
    parent, child = (frame.boxes[id_] for id_ in pair)
    points = [(parent.x, parent.y + parent.height)]
    for x, top, bottom in frame.bends.get(pair, ()):
        points += [(x, top), (x, bottom)]
    points.append((entry, child.y))
    kind = "edge resource" if all(edge.is_resource for edge in edges) else "edge"
    title = visible(", ".join(edge.label for edge in edges))
    return f'<path class="{kind}" d="{_curve(points)}"><title>{escape(title)}</title></path>'


def _link(edge: Edge, boxes: dict[str, _Box]) -> str:
    """Return an edge from the side of a node to the side of one in another graph."""
    parent, child = boxes[edge.parent], boxes[edge.child]
    start = (parent.x + parent.width / 2, parent.y + parent.height / 2)
    end = (child.x - child.width / 2, child.y + child.height / 2)
    middle = (start[0] + end[0]) / 2
    path = (
        f"M{start[0]:.1f} {start[1]:.1f}"
        f"C{middle:.1f} {start[1]:.1f} {middle:.1f} {end[1]:.1f} {end[0]:.1f} {end[1]:.1f}"
    )
    title = escape(visible(edge.label))
    return f'<path class="edge resource" d="{path}"><title>{title}</title></path>'


def _curve(points: list[tuple[float, float]]) -> str:
    """Return a path that leaves and enters every point vertically."""
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x, y), (next_x, next_y) in pairwise(points):
        middle = (y + next_y) / 2
        path += f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}"
    return path


def _node_lines(node: Node, box: _Box) -> Iterator[str]:
    radius = box.height / 2 if node.is_placeholder else 5
    title = ": ".join(node.lines)
    yield "<g>"
    yield f"<title>{escape(title)}</title>"
    yield (
        f'<rect class={quoteattr(_classes(node))} x="{box.x - box.width / 2:.1f}" '
        f'y="{box.y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="{radius:.1f}"/>'
    )
    for number, line in enumerate(node.lines):
        y = box.y + _PADDING / 2 + _LINE * number + 12
        yield _text("more" if number else "name", box.x, y, _cut(line), anchor="middle")
    yield "</g>"


def _classes(node: Node) -> str:
    marks = {
        "placeholder": node.is_placeholder,
        "input": node.is_input,
        "target": node.is_target,
        "idle": node.is_idle,
    }
    return " ".join(["node", *(name for name, holds in marks.items() if holds)])


def _text(kind: str, x: float, y: float, text: str, anchor: str = "start") -> str:
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">'
        f"{escape(visible(text))}</text>"
    )


def _width(node: Node, labels: list[str]) -> float:
    """Return the width that a node's lines take, and the labels of its edges side by side."""
    name, *more = map(_cut, node.lines)
    widths = [_text_width(name, _BOLD_LETTER), *(_text_width(line) for line in more)]
    widest = max((_text_width(_cut(label), _SMALL_LETTER) for label in labels), default=0.0)
    return max(max(widths) + 2 * _PADDING, widest * (len(labels) + 1) if len(labels) > 1 else 0.0)


def _text_width(text: str, letter: float = _LETTER) -> float:
    return sum(2 * letter if east_asian_width(c) in "WF" else letter for c in visible(text))


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
