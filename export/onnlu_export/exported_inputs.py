"""The inputs of an exported graph, by the signature of its model."""

from __future__ import annotations

from collections.abc import Iterator

from onnlu_export.graph import Tensor
from onnlu_train.model_data.signature import DataSignature, FeatureSignature, features_of
from onnlu_train.models.rasa_model import RasaModel


def exported_inputs(model: RasaModel) -> tuple[Tensor, ...]:
    """Return the inputs of the exported graph, in the order of the predict signature."""
    inputs: list[Tensor] = []
    for name, sub_key, feature in named_features(model.predict_data_signature):
        inputs += _inputs_of(name, sub_key, feature)
    return tuple(inputs)


def named_features(signature: DataSignature) -> Iterator[tuple[str, str, FeatureSignature]]:
    """Yield (name, sub key, feature) in the order of the signature.

    The name is key and sub key, with a number where several sparse or several dense features would
    have the same inputs.
    """
    for key, sub_key, position, feature in features_of(signature):
        same = [
            number
            for number, other in enumerate(signature[key][sub_key])
            if other.is_sparse == feature.is_sparse
        ]
        number = f".{same.index(position)}" if len(same) > 1 else ""
        yield f"{key}.{sub_key}{number}", sub_key, feature


def _inputs_of(name: str, sub_key: str, feature: FeatureSignature) -> list[Tensor]:
    one_row = sub_key == "sentence"
    rows = ("batch",) if one_row else ("batch", "time")
    if not feature.is_sparse:
        if feature.number_of_dimensions == 1:
            return [Tensor(name, feature.dtype, ("batch",))]
        rows = rows if feature.number_of_dimensions == 3 else ("batch",)
        return [Tensor(f"{name}.dense", feature.dtype, (*rows, feature.units))]
    # Dimensions of its own for each feature: two that share a name would have to be equal.
    bag = f"{name}.bag"
    blocks, steps = ((), ()) if one_row else ((f"{name}.blocks",), (f"{name}.steps",))
    return [
        Tensor(f"{name}.ids", "int32", ("batch", *blocks, bag)),
        Tensor(f"{name}.weights", "float32", ("batch", *blocks, *steps, bag)),
    ]
