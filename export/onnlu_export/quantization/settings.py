"""What a quantised export is held to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # help needs the defaults, and no numpy
    from onnlu.message import Message

MIN_AGREEMENT = 0.98
MAX_ACCURACY_LOSS = 0.01


@dataclass(frozen=True)
class Int8:
    """An export to int8.

    Attributes:
        min_agreement: least share of intents, tags and entities that have to be TensorFlow's.
        max_accuracy_loss: by how much intent accuracy and entity F1 may be worse than in float32.
        labelled: messages whose intents and entities are known, to measure the accuracy on; without
            them, agreement alone is judged.
    """

    min_agreement: float = MIN_AGREEMENT
    max_accuracy_loss: float = MAX_ACCURACY_LOSS
    labelled: Sequence[Message] = ()
