"""From featurized messages to model data."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from onnlu.decoding.tags import TagSpec, tag_ids
from onnlu.features import SENTENCE, SEQUENCE, has_features
from onnlu.message import ENTITIES, INTENT, TEXT, Message
from onnlu_train.model_data.combined_features import feature_arrays
from onnlu_train.model_data.feature_array import DenseArray, RaggedArray
from onnlu_train.model_data.keys import LABEL_IDS, LABEL_KEY, LENGTHS
from onnlu_train.model_data.rasa_model_data import RasaModelData


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


SPARSE_FEATURE_SIZES = "sparse_feature_sizes.json"


def sparse_feature_sizes(
    message: Message, featurizers: Sequence[str] = ()
) -> dict[str, dict[str, list[int]]]:
    """Return the widths of a text's sparse features by type, one for each featurizer in order."""
    sizes: dict[str, list[int]] = {SENTENCE: [], SEQUENCE: []}
    for features in message.features:
        used = not featurizers or features.origin in featurizers
        if used and features.is_sparse and features.attribute == TEXT:
            sizes[features.type].append(int(features.matrix.shape[1]))
    return {TEXT: sizes}


def training_data(
    messages: Sequence[Message],
    labels: Sequence[str],
    tag_specs: Sequence[TagSpec],
    featurizers: Sequence[str] = (),
) -> RasaModelData:
    """Return what a model is trained on: the texts, their labels' ids and their tags' ids.

    Args:
        messages: featurized messages; each has one of the labels where there are labels.
        labels: intent names in the order of their ids; empty for no intents.
        tag_specs: kinds of tags; empty for no entities.
        featurizers: origins of the features to use; empty for all.
    """
    data = RasaModelData(
        LABEL_KEY if labels else None, LABEL_IDS, text_data(messages, featurizers).data
    )
    if labels:
        ids = {label: number for number, label in enumerate(labels)}
        label_ids = np.array([ids[message.data[INTENT]] for message in messages], np.int32)
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
    messages: Sequence[Message], labels: Sequence[str], featurizers: Sequence[str] = ()
) -> RasaModelData:
    """Return the features of every label, in the order of their ids.

    They come from the first message of each label; where one of them has none, each label is its
    own one-hot vector.

    Returns:
        `label.sequence` and `label.sentence`, and the numbers of tokens as `label.lengths`.

    Raises:
        InvalidDataException: the features of one type do not fit each other.
    """
    first: dict[str, Message] = {}
    for message in messages:
        first.setdefault(message.get(INTENT), message)
    examples = [first[label] for label in labels]
    if not all(has_features(message, INTENT, featurizers) for message in examples):
        return identity_label_data(len(labels))
    data = RasaModelData()
    lengths = [len(message.tokens[INTENT]) for message in examples]
    for kind, counts in ((SENTENCE, [1] * len(labels)), (SEQUENCE, lengths)):
        data.add_features(
            LABEL_KEY, kind, feature_arrays(examples, INTENT, kind, featurizers, counts)
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
