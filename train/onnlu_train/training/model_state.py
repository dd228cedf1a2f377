"""All that a training changes of a model, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from onnlu_engine.errors import CorruptModelException
from onnlu_train.models.rasa_model import RasaModel
from onnlu_train.training.arrays import Arrays, with_prefix


def model_arrays(model: RasaModel) -> Arrays:
    """Return the state of a compiled model, by name.

    `weights/<name>`, and by number the variables of the optimizer and of the running metrics.
    """
    weights = {f"weights/{name}": array for name, array in model.weights_by_name().items()}
    numbered = {name: np.asarray(variable) for name, variable in _numbered(model).items()}
    return weights | numbered


def restore_model(model: RasaModel, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Set all that `model_arrays` returned.

    Raises:
        CorruptModelException: the arrays are not those of this model.
    """
    model.assign_weights(with_prefix("weights/", arrays))
    for name, variable in _numbered(model).items():
        if name not in arrays or arrays[name].shape != tuple(variable.shape):
            raise CorruptModelException(
                f"The checkpoint does not fit the model: '{name}' is missing or has another shape. "
                "Leave out --resume to train from the beginning."
            )
        variable.assign(arrays[name])


def _numbered(model: RasaModel) -> dict[str, Any]:
    """Keras promises no unique names for these; their order is that of their creation."""
    metrics = [variable for metric in model.metrics for variable in metric.variables]
    return {
        **{f"optimizer/{n:04}": v for n, v in enumerate(model.optimizer.variables)},
        **{f"metrics/{n:04}": v for n, v in enumerate(metrics)},
    }
