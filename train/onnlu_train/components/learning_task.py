"""What a component's model is to learn from training data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from onnlu.decoding.tags import TagSpec
from onnlu.message import Message
from onnlu_train.model_data.from_messages import label_data, training_data
from onnlu_train.model_data.labelling import Labelling
from onnlu_train.model_data.rasa_model_data import RasaModelData


@dataclass(frozen=True)
class LearningTask:
    """What is to be learnt, and from which messages.

    Attributes:
        examples: featurized messages, each with a label where labels are learnt.
        labelling: the labels.
        facts: what a decoder of the model has to know, as plain JSON.
        featurizers: origins of the features to use; empty for all.
        tag_specs: the kinds of tags that are learnt.
    """

    examples: list[Message]
    labelling: Labelling
    facts: dict[str, Any]
    featurizers: Sequence[str] = ()
    tag_specs: Sequence[TagSpec] = ()

    def is_learnable(self, message: Message) -> bool:
        """Tell whether a message has one of the labels, where labels are learnt."""
        labels = self.labelling.labels
        return not labels or self.labelling.right(message) in labels

    def model_data(self, messages: Sequence[Message]) -> RasaModelData:
        """Return messages as the model is trained on them."""
        labelling = self.labelling
        return training_data(
            messages, labelling.labels, self.tag_specs, self.featurizers, labelling.right
        )

    def label_data(self, messages: Sequence[Message]) -> RasaModelData:
        """Return the features of every label; empty where none are learnt."""
        labelling = self.labelling
        if not labelling.labels:
            return RasaModelData()
        return label_data(
            messages, labelling.labels, self.featurizers, labelling.right, labelling.attribute
        )
