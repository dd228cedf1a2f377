"""Putting other nodes in the place of nodes of a graph."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import onnx

from onnlu_export.nodes import Nodes

Rewrite = Callable[[Nodes], None]
"""Appends what stands for a node."""


def rewrite_nodes(graph: onnx.GraphProto, rewrites: Mapping[str, Rewrite], prefix: str) -> None:
    """Replace nodes where they stand; constants that nothing reads any more are dropped.

    Args:
        graph: changed in place.
        rewrites: by the name of a node's first output.
        prefix: put before all new names, unique in the graph.
    """
    built = onnx.GraphProto()
    nodes = Nodes(built, prefix)
    for node in graph.node:
        rewrite = rewrites.get(node.output[0])
        if rewrite is None:
            built.node.append(node)
        else:
            rewrite(nodes)
    read = {name for node in built.node for name in node.input}
    for node in built.node:
        for attribute in node.attribute:
            read |= {name for inner in attribute.g.node for name in inner.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in read]
    built.initializer.extend(kept)
    graph.ClearField("node")
    graph.ClearField("initializer")
    graph.node.extend(built.node)
    graph.initializer.extend(built.initializer)
