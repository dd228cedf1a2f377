"""The first node of a predict graph."""

from __future__ import annotations

from typing import Any, Self

from onnlu.message import METADATA, TEXT, Message
from onnlu_engine import ExecutionContext, GraphComponent, ModelStorage, Resource


class NLUMessageConverter(GraphComponent):
    """Makes fresh messages of those to be parsed, so that the caller's stay as they are."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Self:
        """Build the converter; it has nothing to configure."""
        return cls()

    def convert_user_message(self, messages: list[Message]) -> list[Message]:
        """Return new messages that hold text and metadata only."""
        return [
            Message({key: message.data[key] for key in (TEXT, METADATA) if key in message.data})
            for message in messages
        ]
