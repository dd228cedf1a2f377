"""What a node returns, by the annotation of its run method."""

from __future__ import annotations

from typing import get_type_hints

from onnlu_engine.schema import SchemaNode
from onnlu_engine.training.cache import Cacheable


def cacheable_output_type(node: SchemaNode) -> type | None:
    """Return the class of a node's output if it can be restored; None where it cannot."""
    try:
        returned = get_type_hints(getattr(node.uses, node.fn)).get("return")
    except (NameError, TypeError, AttributeError):
        return None
    return returned if isinstance(returned, type) and issubclass(returned, Cacheable) else None
