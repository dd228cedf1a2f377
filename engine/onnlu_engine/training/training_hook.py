"""Keeps what nodes give, and restores what turns out to be known."""

from __future__ import annotations

import logging
from typing import Any, Final

from onnlu_engine.context import ExecutionContext
from onnlu_engine.errors import NoFingerprintException
from onnlu_engine.fingerprints import WHOLE, fingerprint_parts
from onnlu_engine.hooks import GraphNodeHook, KnownOutput
from onnlu_engine.resource import Resource
from onnlu_engine.storage import ModelStorage
from onnlu_engine.training.cache import TrainingCache
from onnlu_engine.training.node_key import NodeKey
from onnlu_engine.training.output_type import cacheable_output_type
from onnlu_engine.training.training_plan import TrainingPlan

logger = logging.getLogger(__name__)

_KEY: Final = "key"


class TrainingHook(GraphNodeHook):
    """Keeps what each node gives in a cache.

    A node whose inputs were not known when the training was planned may be given what it has been
    given before: it is restored then, and does not run.

    Args:
        cache: keeps the outputs.
        plan: of this training.
        model_storage: where the components of this training persist themselves.
        reads: restore what the cache has; else it is only filled.
        keeps: keep what nodes give; else it is only read.

    Attributes:
        restored: nodes that turned out to be known.
    """

    def __init__(
        self,
        cache: TrainingCache,
        plan: TrainingPlan,
        model_storage: ModelStorage,
        *,
        reads: bool = True,
        keeps: bool = True,
    ) -> None:
        self._cache = cache
        self._plan = plan
        self._model_storage = model_storage
        self._reads = reads
        self._keeps = keeps
        self._fingerprints = dict(plan.fingerprints)
        self.restored: list[str] = []

    def on_before_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        received_inputs: dict[str, Any],
    ) -> dict[str, Any]:
        """Make the node's key of what its inputs turned out to be."""
        if node_name in self._plan.outputs:
            return {}
        return {_KEY: self._plan.keys.key_of(node_name, self._fingerprints)}

    def known_output(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        input_hook_data: dict[str, Any],
    ) -> KnownOutput | None:
        """Return the result that the cache has of the node, if it has one."""
        key: NodeKey | None = input_hook_data.get(_KEY)
        output_type = cacheable_output_type(self._plan.schema.nodes[node_name])
        if not self._reads or key is None or key.digest is None or output_type is None:
            return None
        output = self._cache.get_cached_result(
            key.digest, node_name, output_type, self._model_storage
        )
        if output is None:
            return None
        self.restored.append(node_name)
        self._fingerprints[node_name] = self._cache.get_cached_output_fingerprint(key.digest)
        return KnownOutput(output)

    def on_after_node(
        self,
        node_name: str,
        execution_context: ExecutionContext,
        config: dict[str, Any],
        output: Any,
        input_hook_data: dict[str, Any],
    ) -> None:
        """Take the fingerprint of what the node gave, and keep both."""
        key: NodeKey | None = input_hook_data.get(_KEY)
        if key is None or node_name in self.restored:
            return
        found = output_fingerprint(output, self._model_storage)
        self._fingerprints[node_name] = found
        if found is None or key.digest is None or not self._keeps:
            return
        if not self._plan.keys.still_holds(key):
            logger.warning(
                "What '%s' gave is not kept in the cache: source files or others of the component "
                "have changed since the training began.",
                node_name,
            )
            return
        self._cache.cache_output(key, output, found, self._model_storage)


def output_fingerprint(output: Any, model_storage: ModelStorage) -> dict[str, str] | None:
    """Return the fingerprint of each part of an output, by its content; None if it has none.

    Args:
        output: what a node gave.
        model_storage: where the resource is, if it is one.
    """
    try:
        if isinstance(output, Resource):
            return {WHOLE: output.content_fingerprint(model_storage)}
        return fingerprint_parts(output)
    except NoFingerprintException:
        return None
