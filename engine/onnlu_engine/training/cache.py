"""What a training leaves for the next one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from pathlib import Path
from typing import Any, Protocol, Self, runtime_checkable

from onnlu_engine.storage import ModelStorage
from onnlu_engine.training.node_key import Fingerprint, NodeKey


@runtime_checkable
class Cacheable(Protocol):
    """An output that can be kept and restored; of others only the fingerprint is kept."""

    def to_cache(self, directory: Path, model_storage: ModelStorage) -> None:
        """Write the output into an empty directory."""

    @classmethod
    def from_cache(
        cls, node_name: str, directory: Path, model_storage: ModelStorage, output_fingerprint: str
    ) -> Self:
        """Read what `to_cache` wrote."""


class TrainingCache(ABC):
    """Keeps what nodes gave, by the key of the node.

    A cache never ends a training: what cannot be kept or read is warned of, and the node runs.
    """

    @abstractmethod
    def cache_output(
        self,
        key: NodeKey,
        output: Any,
        output_fingerprint: Fingerprint,
        model_storage: ModelStorage,
    ) -> None:
        """Keep what a node gave.

        Args:
            key: the node's; it has a digest.
            output: kept if it is `Cacheable`; else only its fingerprint is.
            output_fingerprint: the fingerprint of each part of it.
            model_storage: where the components of this training persist themselves.
        """

    @abstractmethod
    def get_cached_output_fingerprint(self, digest: str) -> dict[str, str] | None:
        """Return the fingerprint of what a node gave, part by part; None where nothing is kept.

        Args:
            digest: of the node's key.
        """

    @abstractmethod
    def has_result(self, digest: str, output_type: type) -> bool:
        """Tell whether `get_cached_result` has something to restore; nothing is read for it."""

    @abstractmethod
    def get_cached_result(
        self, digest: str, node_name: str, output_type: type, model_storage: ModelStorage
    ) -> Any | None:
        """Restore what a node gave; None where that is not possible.

        Args:
            digest: of the node's key.
            node_name: the node.
            output_type: what the node returns; a class that a cache names is never imported.
            model_storage: where the components of this training persist themselves.
        """

    @abstractmethod
    def mark_as_used(self, digests: Collection[str]) -> None:
        """Take note that a training has used what is kept; what is least used goes first."""

    @abstractmethod
    def keys_of(self, node_name: str) -> list[dict[str, dict[str, Any]]]:
        """Return the parts of the keys that are kept of a node, the last used one first."""
