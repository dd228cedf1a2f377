"""What components read besides the training data, such as files of word vectors."""

from __future__ import annotations

import hashlib

from onnlu_engine.node import merged_config
from onnlu_engine.schema import GraphSchema

DIGEST_LENGTH = 16


def external_data(schema: GraphSchema) -> dict[str, str]:
    """Return a digest of what each node reads besides the training data.

    Args:
        schema: the predict graph, which has every component once.

    Returns:
        By node, in the order of the schema; without those that read nothing else.
    """
    addons = {
        name: node.uses.fingerprint_addon(merged_config(node.uses, node.config))
        for name, node in schema.nodes.items()
    }
    return {name: _digest(addon) for name, addon in addons.items() if addon is not None}


def _digest(addon: str) -> str:
    digest = hashlib.sha256(addon.encode("utf-8", "surrogatepass")).hexdigest()
    return f"digest {digest[:DIGEST_LENGTH]}"
