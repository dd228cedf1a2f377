"""What all featurizers have in common."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from onnlu.components.tokenizer import Tokenizer
from onnlu.message import Message
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, GraphComponent


class Featurizer(GraphComponent):
    """Adds features to messages.

    Attributes:
        origin: what features say they come from: the option `alias`, or the name of the node.
            The node that trains adds no features; those that do have the same name in the train
            graph and in the predict graph.
    """

    def __init__(self, config: dict[str, Any], execution_context: ExecutionContext) -> None:
        self.origin: str = config["alias"] or execution_context.node_name or type(self).__name__

    @classmethod
    def required_components(cls) -> list[type[GraphComponent]]:
        """Types that must stand before this component in the graph."""
        return [Tokenizer]  # type: ignore[type-abstract]  # any concrete tokenizer will do

    @abstractmethod
    def featurize(self, message: Message) -> None:
        """Add the features of the text to a message that has text tokens."""

    def process(self, messages: list[Message]) -> list[Message]:
        """Add features to messages, in place, and return the same messages."""
        for message in messages:
            self.featurize(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Add features to the examples, in place, and return the same training data."""
        self.process(training_data.examples)
        return training_data
