"""What all classifiers of intents have in common."""

from __future__ import annotations

from abc import abstractmethod

from onnlu.message import Message
from onnlu_engine import GraphComponent


class IntentClassifier(GraphComponent):
    """Sets `intent`, {"name", "confidence"}, on messages, and perhaps `intent_ranking`."""

    @abstractmethod
    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intents of messages, in place, and return the same messages."""
