"""What a component keeps of its model besides the weights, as JSON in its resource."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.serialisation import model_data_from_json, model_data_to_json
from onnlu_train.model_data.signature import (
    DataSignature,
    signature_from_json,
    signature_to_json,
)
from onnlu_train.model_data.sparse_feature_sizes import SPARSE_FEATURE_SIZES, NamedSizes

DESCRIPTION: Final = "model.json"


@dataclass(frozen=True)
class ModelDescription:
    """What a model is and what it was trained on; of a component without model, the facts alone.

    Attributes:
        facts: what a decoder of the model has to know, as plain JSON.
        config: the component's options, with the random seed that was used.
        data_signature: what a training batch looks like.
        label_data: features of every label, in the order of their ids.
        sizes: widths of the sparse features.
    """

    facts: dict[str, Any]
    config: dict[str, Any] = field(default_factory=dict)
    data_signature: DataSignature = field(default_factory=dict)
    label_data: RasaModelData = field(default_factory=RasaModelData)
    sizes: NamedSizes = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write it into a resource."""
        document: dict[str, Any] = {"facts": self.facts}
        if self.config:
            document |= {
                "config": self.config,
                "data_signature": signature_to_json(self.data_signature),
                "label_data": model_data_to_json(self.label_data),
            }
            _write(folder / SPARSE_FEATURE_SIZES, self.sizes)
        _write(folder / DESCRIPTION, document)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what `write` wrote.

        Raises:
            OSError: a file cannot be read.
            ValueError, KeyError, TypeError: it holds something else.
        """
        document = _read(folder / DESCRIPTION)
        if set(document) == {"facts"}:
            return cls(document["facts"])
        return cls(
            facts=document["facts"],
            config=document["config"],
            data_signature=signature_from_json(document["data_signature"]),
            label_data=model_data_from_json(document["label_data"]),
            sizes=_read(folder / SPARSE_FEATURE_SIZES),
        )


def _write(file: Path, document: Any) -> None:
    text = json.dumps(document, ensure_ascii=False, sort_keys=True)
    file.write_text(text, encoding="utf-8")


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))
