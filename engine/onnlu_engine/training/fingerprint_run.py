"""Looks up what a cache has of each node, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass

from onnlu_engine.plan import topological_order
from onnlu_engine.schema import GraphSchema
from onnlu_engine.training.cache import TrainingCache
from onnlu_engine.training.node_key import Fingerprint, Fingerprints, NodeKey, NodeKeys
from onnlu_engine.training.output_type import cacheable_output_type


@dataclass(frozen=True)
class FingerprintStatus:
    """What a cache has of a node.

    Attributes:
        key: the node's.
        output_fingerprint: of each part of its output; None where it is not known, so that the
            keys of all that depend on it are not known either.
        has_result: whether the output itself can be restored.
    """

    key: NodeKey
    output_fingerprint: Fingerprint | None = None
    has_result: bool = False

    @property
    def is_hit(self) -> bool:
        """Whether the node has given something before, from the same inputs."""
        return self.output_fingerprint is not None


def fingerprint_run(
    schema: GraphSchema, keys: NodeKeys, known: Fingerprints, cache: TrainingCache | None
) -> dict[str, FingerprintStatus]:
    """Return what a cache has of each node whose output is not known.

    Args:
        schema: the train graph.
        keys: makes the keys of its nodes.
        known: fingerprints of the outputs that are known, and of what is given to the graph.
        cache: None for one that has nothing.
    """
    fingerprints = dict(known)
    statuses = {}
    for name in topological_order(schema):
        if name not in fingerprints:
            key = keys.key_of(name, fingerprints)
            statuses[name] = _status(key, cacheable_output_type(schema.nodes[name]), cache)
            fingerprints[name] = statuses[name].output_fingerprint
    return statuses


def _status(
    key: NodeKey, output_type: type | None, cache: TrainingCache | None
) -> FingerprintStatus:
    if key.digest is None or cache is None:
        return FingerprintStatus(key)
    found = cache.get_cached_output_fingerprint(key.digest)
    if found is None or output_type is None:
        return FingerprintStatus(key, found)
    return FingerprintStatus(key, found, cache.has_result(key.digest, output_type))
