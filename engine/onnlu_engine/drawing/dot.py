"""Pictures as DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator

from onnlu_engine.drawing.picture import Edge, Graph, Node, Picture, visible

_DEFAULTS = (
    'graph [fontname="sans-serif", compound=true]',
    'node [fontname="sans-serif", fontsize=11, shape=box, style="rounded,filled",'
    ' fillcolor=white, color="#57606a"]',
    'edge [fontname="sans-serif", fontsize=9, color="#57606a", fontcolor="#57606a"]',
)


def dot(picture: Picture) -> str:
    """Return a digraph: resources on dashed edges, targets with double borders."""
    lines = ["digraph {", *(f"  {line}" for line in _DEFAULTS)]
    for number, graph in enumerate(picture.graphs):
        lines.append(f"  subgraph cluster_{number} {{")
        lines += [f"    {line}" for line in _graph_lines(graph)]
        lines.append("  }")
    lines += [f"  {_edge(edge)}" for edge in picture.links]
    return "\n".join([*lines, "}"]) + "\n"


def _graph_lines(graph: Graph) -> Iterator[str]:
    yield f'label={_quoted(graph.title)}; color="#d0d7de"'
    for node in graph.nodes:
        attributes = "".join(f", {name}={value}" for name, value in _attributes(node).items())
        yield f"{node.id} [label={_quoted(*node.lines)}{attributes}]"
    yield from map(_edge, graph.edges)


def _attributes(node: Node) -> dict[str, str]:
    attributes = {}
    if node.is_placeholder:
        attributes = {"shape": "ellipse", "style": "dashed"}
    elif node.is_input:
        attributes = {"fillcolor": '"#dafbe1"', "color": '"#2da44e"'}
    elif node.is_target:
        attributes = {"fillcolor": '"#ddf4ff"', "color": '"#0969da"', "peripheries": "2"}
    if node.is_idle:
        attributes |= {
            "style": '"rounded,filled,dashed"',
            "fillcolor": '"#f6f8fa"',
            "fontcolor": '"#6e7781"',
        }
    return attributes


def _edge(edge: Edge) -> str:
    style = ", style=dashed" if edge.is_resource else ""
    return f"{edge.parent} -> {edge.child} [label={_quoted(edge.label)}{style}]"


def _quoted(*lines: str) -> str:
    r"""Return lines as one string, in which only the breaks between them are escapes.

    >>> print(_quoted('a "b"', r"c\N"))
    "a \"b\"\nc\\N"
    """
    escaped = (visible(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(escaped) + '"'
