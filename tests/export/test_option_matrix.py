"""Every option of DIET can be exported: each row trains, passes the gate, reloads and predicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ruamel.yaml import YAML

import onnlu
from onnlu.comparison import compare_results
from onnlu.errors import VerificationException
from onnlu.golden import GOLDEN, TENSORS_FILE, verify_golden
from onnlu.tolerance import Tolerance
from onnlu_engine.errors import InvalidConfigException
from onnlu_export.exporting import to_onnx
from onnlu_export.inspection import inspect_export
from onnlu_train.components.diet_config import DEFAULTS, check_config
from onnlu_train.fit import Fit, FitOptions
from onnlu_train.loading import load

from .conftest import TRAVEL

SMALL = {
    "epochs": 1,
    "batch_size": [4, 6],
    "random_seed": 7,
    "learning_rate": 0.01,
    "learning_rate_schedule": "constant",
    "warmup": 0.0,
    "transformer_size": 12,
    "number_of_attention_heads": 2,
    "number_of_transformer_layers": 1,
    "dense_dimension": {"text": 12, "label": 6},
    "embedding_dimension": 5,
    "number_of_negative_examples": 4,
    "drop_rate": 0.3,
}
WORDS: dict[str, Any] = {"name": "CountVectorsFeaturizer", "alias": "words"}
CHARACTERS: dict[str, Any] = {"name": "CountVectorsFeaturizer", "analyzer": "char_wb"}
SHAPES: dict[str, Any] = {"name": "LexicalSyntacticFeaturizer"}
VECTORS: dict[str, Any] = {"name": "WordVectorsFeaturizer", "file": "vectors.vec"}
SPARSE_AND_DENSE = {"ids", "dense"}

ROWS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "relative attention": (
        [WORDS, CHARACTERS],
        {
            "use_value_relative_attention": True,
            "max_relative_position": 2,
            "number_of_transformer_layers": 2,
            "drop_rate_attention": 0.2,
            "connection_density": 0.5,
            "constrain_similarities": True,
            "scale_loss": True,
            "use_key_relative_attention": True,
            "rasa_compat": True,
        },
    ),
    "unidirectional masked language model": (
        [WORDS, VECTORS],
        {
            "unidirectional_encoder": True,
            "use_masked_language_model": True,
            "intent_classification": False,
            "BILOU_flag": False,
            "connection_density": 1.0,
            "regularization_constant": 0.0,
            "use_sparse_input_dropout": False,
            "batch_size": 6,
            "split_entities_by_comma": {"size": False},
        },
    ),
    "no transformer": (
        [WORDS],
        {
            "number_of_transformer_layers": 0,
            "transformer_size": None,
            "hidden_layers_sizes": {"text": [12, 8], "label": [6]},
            "ranking_length": 2,
            "renormalize_confidences": True,
            "use_dense_input_dropout": False,
            "batch_strategy": "sequence",
            "drop_small_last_batch": True,
        },
    ),
    "margin loss on features of different width": (
        [SHAPES, VECTORS],
        {
            "concat_dimension": {"text": 10, "label": 4},
            "loss_type": "margin",
            "maximum_positive_similarity": 0.7,
            "maximum_negative_similarity": -0.2,
            "use_maximum_negative_similarity": False,
            "negative_margin_scale": 0.5,
            "ranking_length": 0,
            "use_key_relative_attention": False,
            "use_value_relative_attention": True,
            "unidirectional_encoder": True,
        },
    ),
    "dense features alone": (
        [VECTORS],
        {
            "similarity_type": "cosine",
            "model_confidence": "auto",
            "entity_recognition": False,
            "use_key_relative_attention": False,
            "number_of_attention_heads": 3,
        },
    ),
    "shared hidden layers": (
        [{**WORDS, "use_shared_vocab": True}, CHARACTERS],
        {
            "featurizers": ["words"],
            "share_hidden_layers": True,
            "hidden_layers_sizes": {"text": [8], "label": [8]},
            "similarity_type": "inner",
        },
    ),
}


def fit(folder: Path, featurizers: list[dict[str, Any]], options: dict[str, Any]) -> Path:
    """Train a tiny model on the featurizers and options of one row."""
    words = sorted(set(TRAVEL.replace("[", " ").replace("]", " ").split()))
    rng = np.random.default_rng(0)
    lines = [f"{word} {' '.join(f'{v:.3f}' for v in rng.standard_normal(4))}" for word in words]
    (folder / "vectors.vec").write_text("\n".join(lines) + "\n")
    found = [
        {**item, "file": str(folder / item["file"])} if "file" in item else item
        for item in featurizers
    ]
    tokenizer = {"name": "WhitespaceTokenizer"}
    pipeline = [tokenizer, *found, {"name": "DIETClassifier", **SMALL, **options}]
    config = {"recipe": "default.v1", "language": "en", "pipeline": pipeline}
    with (folder / "config.yml").open("w") as file:
        YAML(typ="safe").dump(config, file)
    (folder / "nlu.yml").write_text(TRAVEL)
    out = folder / "trained"
    Fit(FitOptions(folder / "config.yml", [folder / "nlu.yml"], out, device="cpu")).run()
    return out


def inspected(folder: Path) -> dict[str, Any]:
    """Return what is in the one graph of an exported model."""
    (graph,) = inspect_export(folder)["graphs"].values()
    return graph


@pytest.fixture(scope="module")
def exports(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Train and export a row of options, once; `trained` and `onnx` are in the folder returned."""
    folders: dict[str, Path] = {}

    def export(name: str) -> Path:
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp("row")
            to_onnx(fit(folders[name], *ROWS[name]), folders[name] / "onnx")
        return folders[name]

    return export


@pytest.mark.parametrize("name", ROWS)
def test_a_row_of_options_is_exported(name: str, exports: Callable[[str], Path]):
    folder = exports(name)
    trained, exported = load(folder / "trained"), onnlu.load(folder / "onnx")
    for text in ["fly from oslo to paris", "bring me a large tea", "unheard words, or none", ""]:
        ours, reference = (nlu.parse(text).to_dict() for nlu in (exported, trained))
        assert compare_results(ours, reference, Tolerance()).difference is None
    assert verify_golden(exported).cases > 0
    featurizers, options = ROWS[name]
    graph = inspected(folder / "onnx")
    kinds = {value["name"].rpartition(".")[2] for value in graph["inputs"]}
    expected = {"dense" if item is VECTORS else "ids" for item in featurizers}
    assert kinds & SPARSE_AND_DENSE == expected
    outputs = {value["name"] for value in graph["outputs"]}
    assert ("intent.confidences" in outputs) == options.get("intent_classification", True)
    assert ("entity.tags" in outputs) == options.get("entity_recognition", True)


def test_golden_vectors_hold_dense_features(exports: Callable[[str], Path]):
    exported = onnlu.load(exports("dense features alone") / "onnx")
    file = exported.model.path / GOLDEN / TENSORS_FILE
    original = file.read_bytes()
    with np.load(file) as arrays:
        recorded = dict(arrays)
    name = next(name for name in recorded if "/features/" in name and recorded[name].any())
    try:
        np.savez(file, **{**recorded, name: recorded[name] + np.float32(0.01)})
        with pytest.raises(VerificationException, match=r"features/\d is off by 0\.01"):
            verify_golden(exported)
    finally:
        file.write_bytes(original)


def test_dense_inputs_have_the_width_of_the_vectors(exports: Callable[[str], Path]):
    graph = inspected(exports("dense features alone") / "onnx")
    assert [(value["name"], value["dims"]) for value in graph["inputs"]] == [
        ("text.lengths", ("batch",)),
        ("text.sentence.dense", ("batch", 4)),
        ("text.sequence.dense", ("batch", "time", 4)),
    ]


def test_every_option_that_shapes_a_model_has_another_value_than_by_default():
    of_training = {
        "checkpoint_model",
        "evaluate_every_number_of_epochs",
        "evaluate_on_number_of_examples",
        "run_eagerly",
        "tensorboard_log_directory",
        "tensorboard_log_level",
    }
    changed = {
        key
        for _, options in ROWS.values()
        for key, value in {**SMALL, **options}.items()
        if value != DEFAULTS[key]
    }
    assert changed == DEFAULTS.keys() - of_training


CHOICES: dict[str, list[Any]] = {
    "number_of_transformer_layers": [0, 1, 2],
    "transformer_size": [8, 12, None],
    "use_key_relative_attention": [False, True],
    "use_value_relative_attention": [False, True],
    "unidirectional_encoder": [False, True],
    "max_relative_position": [1, 4],
    "hidden_layers_sizes": [{"text": [], "label": []}, {"text": [7], "label": [7]}],
    "connection_density": [0.2, 1.0],
    "loss_type": ["cross_entropy", "margin"],
    "similarity_type": ["auto", "inner", "cosine"],
    "model_confidence": ["softmax", "auto"],
    "renormalize_confidences": [False, True],
    "constrain_similarities": [False, True],
    "scale_loss": [False, True],
    "use_masked_language_model": [False, True],
    "intent_classification": [False, True],
    "entity_recognition": [False, True],
    "BILOU_flag": [False, True],
    "rasa_compat": [False, True],
    "ranking_length": [0, 2],
}
FEATURIZERS = [[WORDS], [SHAPES, VECTORS], [VECTORS], [WORDS, CHARACTERS, VECTORS]]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(16))
def test_random_options_that_are_right_together_are_exported(seed: int, tmp_path: Path):
    rng = np.random.default_rng(seed)
    while True:
        options = {key: values[rng.integers(len(values))] for key, values in CHOICES.items()}
        try:
            check_config({**DEFAULTS, **SMALL, **options})
        except InvalidConfigException:
            continue
        break
    to_onnx(fit(tmp_path, FEATURIZERS[seed % 4], options), tmp_path / "onnx")
    assert verify_golden(onnlu.load(tmp_path / "onnx")).cases > 0
