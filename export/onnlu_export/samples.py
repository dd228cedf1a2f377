"""The texts that an export is proven on, and those that its golden vectors are written of."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from onnlu.nlu import NLU
from onnlu_engine.errors import CorruptModelException
from onnlu_train.trained_model import SAMPLE_FILE, SAMPLES

GOLDEN_TEXTS = 24
ODD_TEXTS = ("", " ", "?", "\U0001f600", "\ud800", "\x00", "zzzz qqqq xxxx", "a " * 60)


def golden_sample(ordinary: Sequence[str], undecided: Collection[str]) -> list[str]:
    """Return what golden vectors are written of: some ordinary texts, and the odd ones.

    Args:
        ordinary: texts that were trained on.
        undecided: texts that another machine may decide otherwise: they would prove nothing.
    """
    decided = [text for text in ordinary if text not in undecided]
    odd = [text for text in ODD_TEXTS if text not in undecided]
    return [*decided[:: max(1, len(decided) // GOLDEN_TEXTS)], *odd]


def sample_texts(trained: NLU) -> list[str]:
    """Return the training texts that a model keeps, and odd ones that every model is held to.

    Raises:
        CorruptModelException: the model keeps none.
    """
    path = trained.model.path / SAMPLES / SAMPLE_FILE
    try:
        texts: list[str] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CorruptModelException(f"{path} cannot be read: {error}. Train again.") from error
    return [*texts, *(text for text in ODD_TEXTS if text not in texts)]
