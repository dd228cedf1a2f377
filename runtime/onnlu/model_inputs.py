"""The inputs of an exported model, from featurized messages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from onnlu.bags import Bags, padded_bags
from onnlu.errors import TextTooLongException
from onnlu.features import (
    SENTENCE,
    SEQUENCE,
    combined_dense_features,
    sparse_features,
)
from onnlu.message import TEXT, Message
from onnlu.session import Tensors
from onnlu_engine.errors import InvalidDataException

SPARSE_INPUTS = ("text.sequence.ids", "text.sentence.ids")
MAX_TOKENS = 512
BATCH_TOKENS = 2_048
# What a batch costs beside its tokens, in tokens: most of it is Python and the loops of the CRF.
NEW_BATCH = 10


def text_inputs(
    messages: Sequence[Message],
    featurizers: Collection[str] = (),
    names: Collection[str] = SPARSE_INPUTS,
) -> Tensors:
    """Return the features of tokens and sentences, and the lengths.

    Args:
        messages: [batch], tokenized and featurized.
        featurizers: origins of the features to use; empty for all.
        names: inputs of the model; those that are there stand for their companions.

    Returns:
        Of sparse features `text.sequence.ids` int32 [batch, time, bag] and `text.sentence.ids`
        int32 [batch, bag] with their companions (see `onnlu.bags`), of dense ones
        `text.sequence.dense` float32 [batch, time, units] and `text.sentence.dense` float32
        [batch, units]; `text.lengths` int64 [batch].

    Raises:
        InvalidDataException: a message lacks dense features, or not for each token one.
    """
    lengths = [len(message.tokens[TEXT]) for message in messages]
    time = max(1, *lengths)
    inputs: Tensors = {"text.lengths": np.array(lengths, np.int64)}
    if "text.sequence.ids" in names:
        sequences = [sparse_features(m, TEXT, SEQUENCE, featurizers) for m in messages]
        inputs |= bag_tensors("text.sequence", padded_bags(sequences, time))
    if "text.sentence.ids" in names:
        sentences = [sparse_features(m, TEXT, SENTENCE, featurizers) for m in messages]
        inputs |= bag_tensors("text.sentence", one_row(padded_bags(sentences, 1)))
    if "text.sequence.dense" in names:
        rows = [
            _dense_rows(m, SEQUENCE, count, featurizers)
            for m, count in zip(messages, lengths, strict=True)
        ]
        inputs["text.sequence.dense"] = _padded(rows, time)
    if "text.sentence.dense" in names:
        rows = [_dense_rows(message, SENTENCE, 1, featurizers) for message in messages]
        inputs["text.sentence.dense"] = np.concatenate(rows)
    return inputs


def _dense_rows(
    message: Message, feature_type: str, count: int, featurizers: Collection[str]
) -> npt.NDArray[np.float32]:
    matrix = combined_dense_features(message, TEXT, feature_type, featurizers)
    if matrix is None or len(matrix) != count:
        found = "none" if matrix is None else f"{len(matrix)} rows"
        raise InvalidDataException(
            f"The model reads dense {feature_type} features, {count} rows for "
            f"{message.data[TEXT]!r}, but the featurizers gave {found}."
        )
    return matrix


def _padded(matrices: Sequence[npt.NDArray[np.float32]], time: int) -> npt.NDArray[np.float32]:
    """Return [batch, time, units], zero where a text has no more tokens."""
    padded = np.zeros((len(matrices), time, matrices[0].shape[1]), np.float32)
    for number, matrix in enumerate(matrices):
        padded[number, : len(matrix)] = matrix
    return padded


def one_row(bags: Bags) -> Bags:
    """Drop the time axis of bags with one row a text: [batch, 1, bag] to [batch, bag]."""
    return bags._replace(ids=bags.ids[:, 0], weights=bags.weights[:, 0])


def bag_tensors(name: str, bags: Bags) -> Tensors:
    """Return bags under the names of the exported graph's inputs."""
    return {
        f"{name}.ids": bags.ids,
        f"{name}.weights": bags.weights,
        f"{name}.overflow.ids": bags.overflow_ids,
        f"{name}.overflow.weights": bags.overflow_weights,
        f"{name}.overflow.rows": bags.overflow_rows,
    }


def check_token_limit(messages: Sequence[Message], limit: int) -> None:
    """Refuse texts with too many tokens: attention takes the square of their number.

    Raises:
        TextTooLongException: a text has more tokens than `limit`.
    """
    for message in messages:
        tokens = message.tokens[TEXT]
        if len(tokens) > limit:
            raise TextTooLongException(
                f"A text of {len(tokens)} tokens exceeds the limit of {limit}. Split it, load the "
                "model with a higher max_tokens, or parse with on_too_long='truncate'.",
                text=message.data[TEXT],
                keep=tokens[limit - 1].end,
            )


def batches(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Yield messages of similar length together, so that little is padding and memory is bounded.

    A batch holds at most `BATCH_TOKENS` tokens, padding included, and at least one message. It ends
    where to pad what is in it would cost more than to begin another.
    """
    batch: list[Message] = []
    longest = 0
    for message in sorted(messages, key=lambda message: len(message.tokens[TEXT])):
        tokens = len(message.tokens[TEXT]) + 1  # and the sentence's slot
        padding = len(batch) * (tokens - longest)
        if batch and (padding > NEW_BATCH or (len(batch) + 1) * tokens > BATCH_TOKENS):
            yield batch
            batch = []
        batch.append(message)
        longest = tokens
    if batch:
        yield batch
