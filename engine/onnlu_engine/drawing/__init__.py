"""Pictures of graphs: as Mermaid, as DOT, as SVG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from onnlu_engine.drawing.dot import dot
from onnlu_engine.drawing.mermaid import mermaid
from onnlu_engine.drawing.picture import Edge, Graph, Node, Picture, picture_of
from onnlu_engine.drawing.svg import svg

FORMATS: Final[dict[str, Callable[[Picture], str]]] = {"mermaid": mermaid, "dot": dot, "svg": svg}
"""What draws a picture, by the name of the format."""

__all__ = ["FORMATS", "Edge", "Graph", "Node", "Picture", "dot", "mermaid", "picture_of", "svg"]
