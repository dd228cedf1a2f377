"""A small DIET, and what it learns from."""

from __future__ import annotations

from typing import Any

import numpy as np

from onnlu.decoding.tags import TagSpec
from onnlu.sparse import SparseMatrix
from onnlu_train.components.diet_config import DEFAULTS
from onnlu_train.model_data.feature_array import DenseArray, RaggedArray, SparseArray
from onnlu_train.model_data.from_messages import identity_label_data
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.models.diet import DIET
from onnlu_train.training import TrainingOptions
from onnlu_train.training.loop import train_model

WORDS = ["hi", "hello", "fly", "from", "to", "rome", "oslo", "paris", "now"]
TYPES = TagSpec("entity", ("O", "city"), bilou=False)
ROLES = TagSpec("role", ("O", "origin", "target"), bilou=False)
GROUPS = TagSpec("group", ("O", "1"), bilou=False)
CITIES = {"rome", "oslo", "paris"}
CONFIG = {
    **DEFAULTS,
    "transformer_size": 16,
    "number_of_attention_heads": 2,
    "number_of_transformer_layers": 1,
    "dense_dimension": {"text": 16, "label": 8},
    "embedding_dimension": 8,
    "connection_density": 0.8,
    "regularization_constant": 1e-4,
    "drop_rate": 0.0,
    "random_seed": 1,
}
TEXTS = [
    "hi",
    "hello",
    "hi hello",
    "hello now",
    "fly from rome to oslo",
    "fly to paris",
    "to rome from paris now",
    "fly from oslo",
    "from paris to rome",
    "fly to oslo now",
]


def tags(text: str) -> dict[str, list[int]]:
    words = text.split()
    before = ["", *words]
    return {
        "entity": [int(word in CITIES) for word in words],
        "role": [
            (1 if before[i] == "from" else 2) if word in CITIES else 0
            for i, word in enumerate(words)
        ],
        "group": [int(word == "oslo") for word in words],
    }


def text_part(texts: list[str]) -> RasaModelData:
    rows = [[[WORDS.index(w)] for w in text.split()] for text in texts]
    sentences = [[sorted({c for row in text for c in row})] for text in rows]
    width = len(WORDS)
    data = RasaModelData("label", "ids")
    lengths = np.array([len(text) for text in rows], np.int64)
    data.add_features("text", "lengths", [DenseArray(lengths)])
    for kind, columns in (("sentence", sentences), ("sequence", rows)):
        matrices = [SparseMatrix.from_row_columns(c, width) for c in columns]
        data.add_features("text", kind, [SparseArray.from_matrices(matrices)])
    return data


def training(specs: list[TagSpec], intents: bool = True) -> RasaModelData:
    data = text_part(TEXTS)
    if intents:
        ids = np.array([int("fly" in t or "to" in t.split()) for t in TEXTS], np.int32)
        data.add_features("label", "ids", [DenseArray(ids)])
    for spec in specs:
        rows = [np.array(tags(text)[spec.name], np.int32)[:, None] for text in TEXTS]
        data.add_features("entities", spec.name, [RaggedArray.from_matrices(rows)])
    data.sort()
    return data


def diet(specs: list[TagSpec], intents: bool = True, **changed: Any) -> DIET:
    data = training(specs, intents)
    labels = identity_label_data(2 if intents else 0)
    return DIET({**CONFIG, **changed}, data.signature(), labels, specs)


def trained(specs: list[TagSpec], intents: bool = True) -> DIET:
    model = diet(specs, intents)
    options = TrainingOptions(epochs=80, batch_size=5, learning_rate=0.01)
    train_model(model, training(specs, intents), options)
    return model
