"""Whether an int8 model decides enough like the model that it was made of."""

from __future__ import annotations

from collections.abc import Mapping

from onnlu_export.errors import ParityException
from onnlu_export.quantization.agreement import Agreement

_REMEDY = "Export without --quantize, or allow more with"


def check_agreement(found: Agreement, minimum: float) -> None:
    """Refuse a model that decides too often otherwise than TensorFlow.

    Raises:
        ParityException: with every share that is too small.
    """
    low = [
        f"{share:.2%} of the {name}" for name, share in found.shares.items() if not share >= minimum
    ]
    if low:
        raise ParityException(
            f"In int8 the model decides on {found.texts} texts as TensorFlow does for "
            f"{', '.join(low)} only; {minimum:.2%} are needed. {_REMEDY} --min-agreement."
        )


def check_accuracy(
    int8: Mapping[str, float], float32: Mapping[str, float], largest_loss: float
) -> None:
    """Refuse a model that does worse than in float32.

    Raises:
        ParityException: with every figure that lost too much.
    """
    lost = [
        f"{name} {int8.get(name, 0.0):.4f} instead of {figure:.4f}"
        for name, figure in float32.items()
        if not figure - int8.get(name, 0.0) <= largest_loss
    ]
    if lost:
        raise ParityException(
            f"In int8 the model does worse on the labelled data: {', '.join(lost)}; a loss of "
            f"{largest_loss:g} is allowed. {_REMEDY} --max-accuracy-loss."
        )
