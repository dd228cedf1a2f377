"""How a component with TensorFlow says what the exporter is to make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from onnlu.message import Message

if TYPE_CHECKING:  # TensorFlow comes with it
    from onnlu_train.models.rasa_model import RasaModel


@dataclass(frozen=True)
class ExportSpec:
    """What becomes of a component in the runtime graph.

    Attributes:
        model: its `predict_step` is exported, with the model's predict signature as input. None
            for a component that found nothing to learn.
        counterpart: registered name of the runtime's component; it reads `model.onnx` and
            `facts.json` from the component's resource; without a model, `facts.json` alone.
        facts: plain JSON that the counterpart needs.
    """

    model: RasaModel | None
    counterpart: str
    facts: dict[str, Any]


@runtime_checkable
class Exportable(Protocol):
    """A component that can be exported."""

    def export_spec(self) -> ExportSpec:
        """Return what to export."""

    def infer(self, messages: Sequence[Message]) -> dict[str, Any]:
        """Return the model's outputs for featurized messages, under dotted names.

        The counterpart has the same method: the exporter holds one against the other.
        """
