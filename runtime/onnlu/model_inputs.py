"""The inputs of an exported model, from featurized messages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np

from onnlu.bags import Bags, padded_bags
from onnlu.errors import TextTooLongException
from onnlu.features import SENTENCE, SEQUENCE, combined_sparse_features
from onnlu.message import TEXT, Message
from onnlu.session import Tensors

MAX_TOKENS = 512
BATCH_TOKENS = 2_048


def text_inputs(messages: Sequence[Message], featurizers: Collection[str] = ()) -> Tensors:
    """Return padded bags of the sparse features of tokens and sentences, and the lengths.

    Args:
        messages: [batch], tokenized and featurized.
        featurizers: origins of the features to use; empty for all.

    Returns:
        `text.sequence.ids` int32 [batch, time, bag] and its companions (see `onnlu.bags`),
        `text.sentence.ids` int32 [batch, bag] and its companions, `text.lengths` int64 [batch].
    """
    lengths = [len(message.tokens[TEXT]) for message in messages]
    time = max(1, *lengths)
    sequences = [combined_sparse_features(m, TEXT, SEQUENCE, featurizers) for m in messages]
    sentences = [combined_sparse_features(m, TEXT, SENTENCE, featurizers) for m in messages]
    sentence_bags = padded_bags(sentences, 1)
    return {
        "text.lengths": np.array(lengths, np.int64),
        **bag_tensors("text.sequence", padded_bags(sequences, time)),
        **bag_tensors("text.sentence", one_row(sentence_bags)),
    }


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

    A batch holds at most `BATCH_TOKENS` tokens, padding included, and at least one message.
    """
    batch: list[Message] = []
    for message in sorted(messages, key=lambda message: len(message.tokens[TEXT])):
        if batch and (len(batch) + 1) * (len(message.tokens[TEXT]) + 1) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(message)
    if batch:
        yield batch
