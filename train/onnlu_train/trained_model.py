"""What a trained model holds besides its components."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from platform import python_version
from typing import Any, Final

import numpy as np

from onnlu.message import TEXT
from onnlu.training_data import TrainingData
from onnlu_engine.configuration import GraphModelConfiguration
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.model_data.sparse_feature_sizes import SPARSE_FEATURE_SIZES
from onnlu_train.recipe import Config, custom_components

SAMPLE_TEXTS: Final = 256
SAMPLES: Final = "samples"
SAMPLE_FILE: Final = "texts.json"


def manifest_of(
    config: Config,
    train: dict[str, Any],
    configuration: GraphModelConfiguration,
    data: TrainingData,
    components: Path,
    external_data: Mapping[str, str],
    finetuned_from: str | None = None,
) -> dict[str, Any]:
    """Return the manifest of a trained model.

    Args:
        config: the user's.
        train: keys of `train:` that shaped the model, whether the config or the caller set them.
        configuration: the graphs.
        data: what it was trained on.
        components: where the components persisted themselves.
        external_data: a digest of what each node read besides the data.
        finetuned_from: `model_id` of the model that the training went on from, if there was one.
    """
    registry = ComponentRegistry(custom_components(config))
    return {
        "kind": "tensorflow",
        "versions": versions("onnlu", "numpy", "tensorflow", "keras"),
        "language": configuration.language,
        "assistant_id": configuration.assistant_id,
        "config": _config_values(config, train),
        "train_schema": configuration.train_schema.as_dict(registry),
        "predict_schema": configuration.predict_schema.as_dict(registry),
        "nlu_target": configuration.nlu_target,
        "labels": labels_of(data),
        "sparse_feature_sizes": {
            path.parent.name: json.loads(path.read_text(encoding="utf-8"))
            for path in sorted(components.glob(f"*/{SPARSE_FEATURE_SIZES}"))
        },
        **({"external_data": dict(external_data)} if external_data else {}),
        **({"finetuned_from": finetuned_from} if finetuned_from else {}),
    }


def _config_values(config: Config, train: dict[str, Any]) -> dict[str, Any]:
    values = {
        key: value
        for key, value in config.recipe.without_paths(config.values).items()
        if key != "train" and key not in config.recipe.SKIPPED
    }
    return {**values, "train": train} if train else values


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of Python and of installed packages."""
    return {"python": python_version(), **{name: metadata.version(name) for name in packages}}


def labels_of(data: TrainingData) -> dict[str, list[str]]:
    """Return what a model learns to tell apart, by kind."""
    return {
        "intents": data.intents,
        "entities": data.entity_types,
        "roles": data.entity_roles,
        "groups": data.entity_groups,
    }


def write_samples(folder: Path, data: TrainingData) -> None:
    """Keep some training texts: an export is held to them, and a model verified by them."""
    texts = sorted({message.data[TEXT] for message in data.examples})
    order = np.random.default_rng(0).permutation(len(texts))
    chosen = sorted(texts[index] for index in order[:SAMPLE_TEXTS])
    document = json.dumps(chosen, ensure_ascii=False, indent=0)
    (folder / SAMPLE_FILE).write_text(document, encoding="utf-8")
