"""The inputs of an exported model, from featurized messages."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from onnlu.bags import Bags, Blocks, padded_bags
from onnlu.devices.buckets import Rounding, Tensors, unrounded
from onnlu.errors import TextTooLongException
from onnlu.features import (
    SENTENCE,
    SEQUENCE,
    combined_dense_features,
    sparse_features,
)
from onnlu.message import TEXT, Message
from onnlu_engine.errors import InvalidDataException

SPARSE_INPUTS = ("text.sequence.ids", "text.sentence.ids")
BATCH_TOKENS = 1_024
# What a batch costs beside its tokens, in tokens: most of it is Python and the loops of the CRF.
NEW_BATCH = 10
# Pairs of tokens of a batch, of which attention keeps a number a head: 1 MB with four heads.
BATCH_PAIRS = 65_536
# Entries of the bags of a batch: their rows of a table of 128 units take 4 MB.
BATCH_ENTRIES = 8_192
# How many of them cost a batch as much as a token.
_ENTRIES_OF_TOKEN = 400
_SMALLEST_TIME = 8
ONE_ROW = Blocks(1, 1)


def text_inputs(
    messages: Sequence[Message],
    featurizers: Collection[str] = (),
    names: Collection[str] = SPARSE_INPUTS,
    rounded: Rounding = unrounded,
) -> Tensors:
    """Return the features of tokens and sentences, and the lengths.

    Args:
        messages: [batch], tokenized and featurized.
        featurizers: origins of the features to use; empty for all.
        names: inputs of the model; `.ids` stand for their `.weights`.
        rounded: what sizes are rounded to.

    Returns:
        Of sparse features `text.sequence.ids` int32 [batch, blocks, bag], `text.sequence.weights`
        float32 [batch, blocks, steps, bag] (see `onnlu.bags`), `text.sentence.ids` int32 [batch,
        bag] and `text.sentence.weights` float32 [batch, bag]; of dense ones `text.sequence.dense`
        float32 [batch, blocks * steps, units] and `text.sentence.dense` float32 [batch, units];
        `text.lengths` int64 [batch].

    Raises:
        InvalidDataException: a message lacks dense features, or not for each token one.
    """
    lengths = [len(message.tokens[TEXT]) for message in messages]
    batch, longest = real_sizes(messages)
    missing = rounded(batch, 1) - batch
    blocks = Blocks.of(rounded(longest, _SMALLEST_TIME))
    inputs: Tensors = {"text.lengths": np.array(lengths + [0] * missing, np.int64)}
    if "text.sequence.ids" in names:
        texts = [sparse_features(m, TEXT, SEQUENCE, featurizers) for m in messages]
        inputs |= bag_tensors("text.sequence", padded_bags(texts + [[]] * missing, blocks, rounded))
    if "text.sentence.ids" in names:
        texts = [sparse_features(m, TEXT, SENTENCE, featurizers) for m in messages]
        bags = padded_bags(texts + [[]] * missing, ONE_ROW, rounded)
        inputs |= bag_tensors("text.sentence", one_row(bags))
    if "text.sequence.dense" in names:
        rows = [
            _dense_rows(m, SEQUENCE, count, featurizers)
            for m, count in zip(messages, lengths, strict=True)
        ]
        inputs["text.sequence.dense"] = _padded(rows, len(rows) + missing, blocks.time)
    if "text.sentence.dense" in names:
        rows = [_dense_rows(message, SENTENCE, 1, featurizers) for message in messages]
        inputs["text.sentence.dense"] = _padded(rows, len(rows) + missing, 1)[:, 0]
    return inputs


def real_sizes(messages: Sequence[Message]) -> tuple[int, int]:
    """Return batch and time of messages; those of their inputs may be larger."""
    return len(messages), max(1, *(len(message.tokens[TEXT]) for message in messages))


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


def _padded(
    matrices: Sequence[npt.NDArray[np.float32]], batch: int, time: int
) -> npt.NDArray[np.float32]:
    """Return [batch, time, units], zero where there are no more texts, and no more tokens."""
    padded = np.zeros((batch, time, matrices[0].shape[1]), np.float32)
    for number, matrix in enumerate(matrices):
        padded[number, : len(matrix)] = matrix
    return padded


def one_row(bags: Bags) -> Bags:
    """Drop the axes of blocks and steps of bags with one row a text: both become [batch, bag]."""
    return Bags(bags.ids[:, 0], bags.weights[:, 0, 0])


def bag_tensors(name: str, bags: Bags) -> Tensors:
    """Return bags under the names of the exported graph's inputs."""
    return {f"{name}.ids": bags.ids, f"{name}.weights": bags.weights}


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

    A batch holds at most `BATCH_TOKENS` tokens, `BATCH_PAIRS` pairs of tokens of one text and about
    `BATCH_ENTRIES` entries of bags, padding included but for that of a GPU's buckets, and at least
    one message. It ends where to pad what is in it would cost more than to begin another.
    """
    if len(messages) == 1:
        yield list(messages)
        return
    batch: list[Message] = []
    size = _BatchSize(0, Blocks(0, 0), 0)
    for tokens, bag, message in sorted(map(_sized, messages), key=itemgetter(0, 1)):
        alone = _BatchSize(1, Blocks.of(tokens), bag)
        together = _BatchSize(len(batch) + 1, alone.blocks, max(size.bag, bag))
        padding = together.cost - size.cost - alone.cost
        if batch and (padding > NEW_BATCH or together.is_too_large):
            yield batch
            batch, together = [], alone
        batch.append(message)
        size = together
    if batch:
        yield batch


class _BatchSize(NamedTuple):
    """What the inputs of a batch take.

    Attributes:
        texts: how many.
        blocks: how each is cut.
        bag: length of the bags of its blocks.
    """

    texts: int
    blocks: Blocks
    bag: int

    @property
    def cost(self) -> float:
        """The time of a run, in tokens."""
        return self.texts * self.blocks.time + self._entries / _ENTRIES_OF_TOKEN

    @property
    def is_too_large(self) -> bool:
        """Whether it takes more memory than a batch should."""
        tokens = self.texts * self.blocks.time
        return (
            tokens > BATCH_TOKENS
            or tokens * self.blocks.time > BATCH_PAIRS
            or self._entries > BATCH_ENTRIES
        )

    @property
    def _entries(self) -> int:
        return self.texts * self.blocks.number * self.bag


def _sized(message: Message) -> tuple[int, int, Message]:
    """Return steps and length of bags that a message asks of a batch, and the message."""
    tokens = max(1, len(message.tokens[TEXT]))
    blocks = Blocks.of(tokens)
    rows = [matrix.rows for matrix in sparse_features(message, TEXT, SEQUENCE)]
    if blocks.number == 1 or not rows:
        bag = sum(map(len, rows))
    else:
        fullest = np.bincount(np.concatenate(rows) // blocks.steps).max(initial=0)
        bag = blocks.bag(int(fullest))
    return tokens, bag, message
