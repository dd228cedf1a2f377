"""From featurized messages to model data."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from onnlu.decoding.tags import TagSpec, tag_ids
from onnlu.features import SENTENCE, SEQUENCE, has_features
from onnlu.message import ENTITIES, INTENT, TEXT, Message
from onnlu_train.model_data.combined_features import feature_arrays
from onnlu_train.model_data.feature_array import DenseArray, RaggedArray
from onnlu_train.model_data.keys import LABEL_IDS, LABEL_KEY, LENGTHS
from onnlu_train.model_data.rasa_model_data import RasaModelData

LabelOf = Callable[[Message], str | None]


def intent_of(message: Message) -> str | None:
    """Return the intent of a training message, the label that DIET learns."""
    return message.get(INTENT) or None


def text_data(messages: Sequence[Message], featurizers: Sequence[str] = ()) -> RasaModelData:
    """Return what a model predicts from: `text.sequence`, `text.sentence`, `text.lengths`.

    Args:
        messages: featurized messages, each with features for tokens and sentence.
        featurizers: origins of the features to use; empty for all.

    Raises:
        InvalidDataException: the features of one type do not fit each other.
    """
    data = RasaModelData()
    if not messages:
        return data
    lengths = [len(message.tokens[TEXT]) for message in messages]
    for kind, counts in ((SENTENCE, [1] * len(messages)), (SEQUENCE, lengths)):
        data.add_features(TEXT, kind, feature_arrays(messages, TEXT, kind, featurizers, counts))
    data.add_features(TEXT, LENGTHS, [DenseArray(np.array(lengths, np.int64))])
    data.sort()
    return data


def training_data(
    messages: Sequence[Message],
    labels: Sequence[str],
    tag_specs: Sequence[TagSpec],
    featurizers: Sequence[str] = (),
    label_of: LabelOf = intent_of,
) -> RasaModelData:
    """Return what a model is trained on: the texts, their labels' ids and their tags' ids.

    Args:
        messages: featurized messages; each has one of the labels where there are labels.
        labels: labels in the order of their ids; empty for none.
        tag_specs: kinds of tags; empty for no entities.
        featurizers: origins of the features to use; empty for all.
        label_of: returns the label of a message.
    """
    data = RasaModelData(
        LABEL_KEY if labels else None, LABEL_IDS, text_data(messages, featurizers).data
    )
    if labels:
        ids: dict[str | None, int] = {label: number for number, label in enumerate(labels)}
        label_ids = np.array([ids[label_of(message)] for message in messages], np.int32)
        data.add_features(LABEL_KEY, LABEL_IDS, [DenseArray(label_ids)])
    for spec in tag_specs:
        tags = [
            tag_ids(message.tokens[TEXT], message.get(ENTITIES, []), spec) for message in messages
        ]
        data.add_features(
            ENTITIES, spec.name, [RaggedArray.from_matrices([ids[:, None] for ids in tags])]
        )
    data.sort()
    return data


def label_data(
    messages: Sequence[Message],
    labels: Sequence[str],
    featurizers: Sequence[str] = (),
    label_of: LabelOf = intent_of,
    attribute: str = INTENT,
) -> RasaModelData:
    """Return the features of every label, in the order of their ids.

    They come from the first message of each label; where one of them has none, each label is its
    own one-hot vector.

    Args:
        messages: featurized messages, at least one of each label.
        labels: labels in the order of their ids.
        featurizers: origins of the features to use; empty for all.
        label_of: returns the label of a message.
        attribute: of a message, the one whose features describe its label.

    Returns:
        `label.sequence` and `label.sentence`, and the numbers of tokens as `label.lengths`.

    Raises:
        InvalidDataException: the features of one type do not fit each other.
    """
    first: dict[str | None, Message] = {}
    for message in messages:
        first.setdefault(label_of(message), message)
    examples = [first[label] for label in labels]
    if not all(has_features(message, attribute, featurizers) for message in examples):
        return identity_label_data(len(labels))
    data = RasaModelData()
    lengths = [len(message.tokens[attribute]) for message in examples]
    for kind, counts in ((SENTENCE, [1] * len(labels)), (SEQUENCE, lengths)):
        data.add_features(
            LABEL_KEY, kind, feature_arrays(examples, attribute, kind, featurizers, counts)
        )
    data.add_features(LABEL_KEY, LENGTHS, [DenseArray(np.array(lengths, np.int64))])
    data.sort()
    return data


def identity_label_data(number_of_labels: int) -> RasaModelData:
    """Return a one-hot vector for each label: `label.sentence` [labels, 1, labels], no tokens."""
    data = RasaModelData()
    if number_of_labels:
        one_hot = np.eye(number_of_labels, dtype=np.float32)
        array = RaggedArray(one_hot, np.ones(number_of_labels, np.int64))
        data.add_features(LABEL_KEY, LENGTHS, [DenseArray(np.zeros(number_of_labels, np.int64))])
        data.add_features(LABEL_KEY, SENTENCE, [array])
    return data
