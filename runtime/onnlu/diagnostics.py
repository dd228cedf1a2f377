"""What a model shows of how it came to a result: attention weights, and encoded texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy.typing as npt

from onnlu.message import DIAGNOSTIC_DATA, Message

PREFIX: Final = f"{DIAGNOSTIC_DATA}."


def add_diagnostics(message: Message, node: str, outputs: Mapping[str, npt.NDArray[Any]]) -> None:
    """Set what the outputs of one message hold for diagnosis, under the node (as Rasa 3.6).

    Args:
        message: the message, alone in its batch.
        node: who computed the outputs.
        outputs: name -> array; those are taken whose name begins with `diagnostic_data.`.
    """
    found = {
        name.removeprefix(PREFIX): array
        for name, array in outputs.items()
        if name.startswith(PREFIX)
    }
    if found:
        message.set(DIAGNOSTIC_DATA, {**message.get(DIAGNOSTIC_DATA, {}), node: found})
