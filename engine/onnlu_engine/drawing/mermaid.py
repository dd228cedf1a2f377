"""Pictures as Mermaid, which GitHub and many editors draw."""

from __future__ import annotations

from collections.abc import Iterator

from onnlu_engine.drawing.picture import Edge, Graph, Node, Picture, visible

_CLASSES = (
    "classDef placeholder fill:#fff,stroke:#8c959f,stroke-dasharray:2",
    "classDef input fill:#dafbe1,stroke:#2da44e",
    "classDef target fill:#ddf4ff,stroke:#0969da",
    "classDef idle fill:#f6f8fa,stroke:#8c959f,color:#6e7781,stroke-dasharray:4",
)


def mermaid(picture: Picture) -> str:
    """Return a flowchart: resources on dotted edges, targets with double borders."""
    lines = ["flowchart TD"]
    for number, graph in enumerate(picture.graphs):
        lines.append(f'  subgraph g{number}["{_escaped(graph.title)}"]')
        lines += [f"    {line}" for line in _graph_lines(graph)]
        lines.append("  end")
    lines += [f"  {_edge(edge)}" for edge in picture.links]
    lines += [f"  {line}" for line in _CLASSES]
    return "\n".join(lines) + "\n"


def _graph_lines(graph: Graph) -> Iterator[str]:
    for node in graph.nodes:
        label = "<br/>".join(map(_escaped, node.lines))
        opening, closing = _shape(node)
        kind = _class(node)
        yield f'{node.id}{opening}"{label}"{closing}{f":::{kind}" if kind else ""}'
    yield from map(_edge, graph.edges)


def _shape(node: Node) -> tuple[str, str]:
    if node.is_placeholder:
        return "([", "])"
    return ("[[", "]]") if node.is_target else ("[", "]")


def _class(node: Node) -> str:
    if node.is_idle:
        return "idle"
    if node.is_placeholder:
        return "placeholder"
    if node.is_input:
        return "input"
    return "target" if node.is_target else ""


def _edge(edge: Edge) -> str:
    arrow = "-.->" if edge.is_resource else "-->"
    return f'{edge.parent} {arrow}|"{_escaped(edge.label)}"| {edge.child}'


def _escaped(text: str) -> str:
    """Write all that is no letter, digit or plain mark as the code of its character."""
    return "".join(
        character if character.isalnum() or character in " ._-,:()" else f"#{ord(character)};"
        for character in visible(text)
    )
