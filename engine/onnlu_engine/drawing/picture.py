"""What is to be seen of graphs, whatever the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from onnlu_engine.schema import is_placeholder


@dataclass(frozen=True, slots=True)
class Node:
    """A node as it is drawn.

    Attributes:
        id: letters and digits, another for each node of a picture.
        name: as in the schema.
        method: what runs, as "Component.method"; empty where the run itself gives the value.
        is_placeholder: the run gives the value, as of `__message__`.
        is_input: it reads files.
        is_target: it is asked for.
        state: what a run does with it, "runs", "restored" or "pruned"; empty if not known.
        seconds: how long it took; None if that is not known.
    """

    id: str
    name: str
    method: str = ""
    is_placeholder: bool = False
    is_input: bool = False
    is_target: bool = False
    state: str = ""
    seconds: float | None = None

    @property
    def lines(self) -> list[str]:
        """What is written into the node, its name first; each line printable."""
        run = [self.state] if self.state else []
        if self.seconds is not None:
            run.append(f"{self.seconds:.3g} s")
        return [visible(line) for line in (self.name, self.method, ", ".join(run)) if line]

    @property
    def is_idle(self) -> bool:
        """Whether a run leaves the node alone, as its output is known or nobody needs it."""
        return self.state in ("restored", "pruned")


@dataclass(frozen=True, slots=True)
class Edge:
    """What one node hands to another.

    Attributes:
        parent: id of the node that has it.
        child: id of the node that needs it.
        label: the parameter that it fills.
        is_resource: what was persisted, and no data.
    """

    parent: str
    child: str
    label: str
    is_resource: bool = False


@dataclass(frozen=True, slots=True)
class Graph:
    """One graph of a picture.

    Attributes:
        title: what it is called.
        nodes: in the order of the schema, placeholders where they are needed first.
        edges: between them.
    """

    title: str
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Graphs side by side.

    Attributes:
        graphs: as `picture_of` was given them.
        links: resources that a node of one graph persists for one of another.
    """

    graphs: tuple[Graph, ...]
    links: tuple[Edge, ...]


def picture_of(
    schemas: Mapping[str, Mapping[str, Any]],
    states: Mapping[str, str] | None = None,
    seconds: Mapping[str, float] | None = None,
) -> Picture:
    """Return the picture of some graphs.

    Args:
        schemas: title to graph, as of `GraphSchema.as_dict` or a manifest.
        states: what a run does with nodes of the first graph: "runs", "restored", "pruned".
        seconds: how long nodes of the first graph took.
    """
    graphs: list[Graph] = []
    links: list[Edge] = []
    writers: dict[str, str] = {}
    for number, (title, schema) in enumerate(schemas.items()):
        facts = (states or {}, seconds or {}) if number == 0 else ({}, {})
        nodes = schema["nodes"]
        drawn = _drawn_nodes("abcdefgh"[number], nodes, *facts)
        edges = tuple(_edges(drawn, nodes))
        graphs.append(Graph(title, tuple(drawn.values()), edges))
        links += _links(writers, drawn, nodes)
        writers |= {name: node.id for name, node in drawn.items()}
    return Picture(tuple(graphs), tuple(links))


def visible(text: str) -> str:
    r"""Return a text with what cannot be printed written out.

    >>> visible("a\nb")
    'a\\nb'
    """
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


def _drawn_nodes(
    prefix: str,
    nodes: Mapping[str, Mapping[str, Any]],
    states: Mapping[str, str],
    seconds: Mapping[str, float],
) -> dict[str, Node]:
    """Return nodes and placeholders by name."""
    drawn: dict[str, Node] = {}
    for name, node in nodes.items():
        for parent in node["needs"].values():
            if parent not in nodes and parent not in drawn and is_placeholder(parent):
                drawn[parent] = Node(f"{prefix}{len(drawn)}", parent, is_placeholder=True)
        drawn[name] = Node(
            id=f"{prefix}{len(drawn)}",
            name=name,
            method=f"{node['uses']}.{node['fn']}",
            is_input=node.get("is_input", False),
            is_target=node.get("is_target", False),
            state=states.get(name, ""),
            seconds=seconds.get(name),
        )
    return drawn


def _edges(drawn: Mapping[str, Node], nodes: Mapping[str, Mapping[str, Any]]) -> Iterator[Edge]:
    for name, node in nodes.items():
        for parameter, parent in node["needs"].items():
            if parent in drawn:
                is_resource = parameter == "resource"
                yield Edge(drawn[parent].id, drawn[name].id, parameter, is_resource)


def _links(
    writers: Mapping[str, str],
    drawn: Mapping[str, Node],
    nodes: Mapping[str, Mapping[str, Any]],
) -> Iterator[Edge]:
    """Yield the resources that nodes load, where a node of an earlier graph persists them."""
    for name, node in nodes.items():
        resource = node.get("resource")
        if resource and resource["name"] in writers:
            yield Edge(writers[resource["name"]], drawn[name].id, "resource", is_resource=True)
