"""What all featurizers have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from onnlu.components.tokenizer import Tokenizer
from onnlu.features import Features
from onnlu.message import RESPONSE, TEXT, Message
from onnlu.training_data import TrainingData
from onnlu_engine import ExecutionContext, GraphComponent


class Featurizer(GraphComponent):
    """Adds features to messages.

    Attributes:
        origin: what features say they come from: the option `alias`, or the name of the node.
            The node that trains adds no features; those that do have the same name in the train
            graph and in the predict graph.
        featurizes_responses: whether, in training, it describes the texts of responses as well.
    """

    featurizes_responses: ClassVar[bool] = True

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
        """Return the training data with features; other readers of them see none."""
        featurized = training_data.copy()
        self.process(featurized.examples)
        if self.featurizes_responses:
            add_shared_features(featurized.examples, RESPONSE, self.response_features)
        return featurized

    def response_features(self, message: Message) -> Sequence[Features]:
        """Return the features of a message's response: those that it would have as a text."""
        text = Message({TEXT: message.data[RESPONSE]}, {TEXT: message.tokens[RESPONSE]})
        self.featurize(text)
        return [replace(features, attribute=RESPONSE) for features in text.features]


def add_shared_features(
    messages: Sequence[Message], attribute: str, make: Callable[[Message], Sequence[Features]]
) -> None:
    """Add the features of an attribute to messages that have tokens of it, in place.

    Args:
        messages: messages; those with equal attributes share the matrices.
        attribute: "intent", "response", ...
        make: returns the features of a message's attribute.
    """
    made: dict[str, Sequence[Features]] = {}
    for message in messages:
        if message.tokens.get(attribute):
            value = message.data[attribute]
            if value not in made:
                made[value] = make(message)
            message.features += made[value]
