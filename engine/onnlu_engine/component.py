"""The interface of whatever runs in a graph."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from typing import Any, Final, Self

from onnlu_engine.context import ExecutionContext
from onnlu_engine.resource import Resource
from onnlu_engine.storage import ModelStorage

IMPORTED_AT: Final = time.time()
"""When the first component of this process was imported: what is edited later is not what runs."""


class GraphComponent(ABC):
    """A component that a graph node builds and runs.

    A node calls `create` or `load`, and then the method that its schema names.
    """

    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        """Types that must stand before this component in the graph."""
        return []

    @classmethod
    @abstractmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build an untrained component.

        Args:
            config: the default config, overridden by the user's.
            model_storage: where the component persists itself.
            resource: under which name.
            execution_context: facts of this graph run.
        """

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> Self:
        """Build a component from what it persisted; by default the same as `create`.

        Args:
            config: the default config, overridden by the user's.
            model_storage: where the component persisted itself.
            resource: under which name.
            execution_context: facts of this graph run.
            kwargs: outputs of parent nodes that the constructor asked for.
        """
        return cls.create(config, model_storage, resource, execution_context)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Every key the component understands, with its default."""
        return {}

    @classmethod
    def default_config_for(cls, user_config: Mapping[str, Any]) -> dict[str, Any]:
        """Return the defaults of one config; a component may let them depend on what it holds.

        Args:
            user_config: what the user set; need not hold every key.
        """
        return cls.get_default_config()

    @staticmethod
    def supported_languages() -> list[str] | None:
        """Languages the component is for; None for all."""
        return None

    @staticmethod
    def not_supported_languages() -> list[str] | None:
        """Languages the component is not for; None for none."""
        return None

    @staticmethod
    def required_packages() -> list[str]:
        """Import names of packages the component needs."""
        return []

    @staticmethod
    def can_finetune() -> bool:
        """Whether `load` and then `train` go on from what was learnt; else it is learnt anew."""
        return False

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Stand-in for external data that the graph does not provide, such as a file's digest."""
        return None

    @classmethod
    def fingerprint_settings(
        cls, config: dict[str, Any], settings: Mapping[str, Any]
    ) -> dict[str, Any]:
        """What shapes a component's work besides its config: facts of the run, by name.

        Args:
            config: the default config, overridden by the user's.
            settings: those of the execution context.
        """
        return {}

    @classmethod
    def parts_read(cls, method: str, config: dict[str, Any]) -> Collection[str] | None:
        """Parts of its inputs that a method's result depends on; None for all of them.

        A cached result serves again although other parts have changed. Inputs that have no parts
        always count as a whole. It holds for the very class that says it, as a subclass may read
        more.

        Args:
            method: the method that runs.
            config: the default config, overridden by the user's.
        """
        return None
