"""Our DIET with the weights that Rasa 3.6.21 learnt, and what Rasa computed with them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

from onnlu.decoding.facts import PredictionFacts
from onnlu.decoding.tags import TagSpec
from onnlu.message import Message, Token
from onnlu.sparse import SparseMatrix
from onnlu_train.components.diet_config import AS_RASA, DEFAULTS
from onnlu_train.model_data.feature_array import DenseArray, SparseArray
from onnlu_train.model_data.rasa_model_data import RasaModelData
from onnlu_train.model_data.signature import FeatureSignature
from onnlu_train.models.diet import DIET

_PREFIX = "model/_tf_layers/"
_TEXT = "sequence_layer..text/_tf_layers/"
_LAYER = _TEXT + "transformer/_enc_layers/{layer}/"


def oracle_diet(folder: Path, **options: Any) -> DIET:
    """Build DIET with the options, and others, and the weights of an oracle."""
    config = {**oracle_config(folder), **options}
    facts = json.loads((folder / "label_data.json").read_text())
    text = facts["predict_data_signature"]["text"]
    specs = oracle_tag_specs(facts, config["BILOU_flag"])
    signature = {
        "entities": {spec.name: [FeatureSignature(False, 1, 3, "int32")] for spec in specs},
        "label": {"ids": [FeatureSignature(False, 1, 1, "int32")]},
        "text": {
            "lengths": [FeatureSignature(False, 1, 1, "int64")],
            "sentence": [FeatureSignature(True, text["sentence"][0][1], 3)],
            "sequence": [FeatureSignature(True, text["sequence"][0][1], 3)],
        },
    }
    model = DIET(config, signature, _labels(folder, facts), specs)
    weights = np.load(folder / "weights.npz")
    named = model._named_weights()
    for ours, theirs in weight_names(config, specs).items():
        value = weights[_PREFIX + theirs]
        if f"{_PREFIX}{theirs}_mask" in weights:
            value = value * weights[f"{_PREFIX}{theirs}_mask"]
        named[ours].assign(value)
        if (mask := ours.replace("/kernel", "/mask")) in named and mask != ours:
            named[mask].assign(weights[f"{_PREFIX}{theirs}_mask"])
    return model


def oracle_config(folder: Path) -> dict[str, Any]:
    """Return the options of an oracle's classifier."""
    pipeline = YAML(typ="safe").load(folder / "config.yml")["pipeline"]
    options = next(item for item in pipeline if item["name"] == "DIETClassifier")
    return {**DEFAULTS, **AS_RASA, **{k: v for k, v in options.items() if k != "name"}}


def oracle_messages(folder: Path) -> list[Message]:
    """Return the texts of an oracle, tokenized by the original."""
    texts = json.loads((folder / "label_data.json").read_text())["texts"]
    features = np.load(folder / "features.npz")
    return [
        Message(
            {"text": text},
            {"text": [Token(text[a:b], a, b) for a, b in features[f"{i}/tokens"].tolist()]},
        )
        for i, text in enumerate(texts)
    ]


def oracle_facts(folder: Path) -> dict[str, Any]:
    """Return what a decoder has to know of an oracle."""
    config = oracle_config(folder)
    facts = json.loads((folder / "label_data.json").read_text())
    labels = facts["index_label_id_mapping"]
    return PredictionFacts(
        labels=tuple(labels[str(number)] for number in range(len(labels))),
        tag_specs=tuple(oracle_tag_specs(facts, config["BILOU_flag"])),
        bilou=config["BILOU_flag"],
        ranking_length=config["ranking_length"],
        renormalize_confidences=config["renormalize_confidences"],
        split_entities_by_comma=config["split_entities_by_comma"],
        extractor="DIETClassifier",
    ).to_json()


def oracle_tag_specs(facts: dict[str, Any], bilou: bool) -> list[TagSpec]:
    """Return the kinds of tags of an oracle."""
    return [
        TagSpec(
            s["tag_name"],
            ("O", *(s["ids_to_tags"][str(i)] for i in range(1, s["num_tags"]))),
            bilou,
        )
        for s in facts["entity_tag_specs"]
    ]


def weight_names(config: Mapping[str, Any], specs: list[TagSpec]) -> dict[str, str]:
    """Return Rasa's checkpoint path of each of our weights."""
    features = _TEXT + "feature_combining/_tf_layers/sparse_dense..{}/_tf_layers/sparse_to_dense/"
    names = {
        "text.features.sequence.sparse_to_dense": features.format("sequence"),
        "text.features.sentence.sparse_to_dense": features.format("sentence"),
        "label.sequence.sparse_to_dense": "feature_combining_layer..label/_tf_layers/"
        "sparse_dense..sequence/_tf_layers/sparse_to_dense/",
        "embed.text": "embed..text/_dense/",
        "embed.label": "embed..label/_dense/",
    }
    all_names = {f"{s.name}.crf/transitions": f"crf..{s.name}/transitions" for s in specs}
    # Between its dense layers the original counts the dropouts.
    for ours, theirs in (("text", _TEXT + "ffnn/"), ("label", "ffnn..label/")):
        for number in range(len(config["hidden_layers_sizes"][ours])):
            names[f"{ours}.hidden.{number}"] = theirs + f"_ffn_layers/{2 * number}/"
    norms, without_bias = {}, {}
    if config["number_of_transformer_layers"]:
        names["text.encoder.embedding"] = _TEXT + "transformer/_embedding/"
        norms["text.encoder.norm"] = _TEXT + "transformer/_layer_norm/"
    for number in range(config["number_of_transformer_layers"]):
        ours, theirs = f"text.encoder.{number}", _LAYER.format(layer=number)
        norms[f"{ours}.attention_norm"] = theirs + "_layer_norm/"
        norms[f"{ours}.feed_forward_norm"] = theirs + "_ffn_layers/0/"
        names[f"{ours}.expand"] = theirs + "_ffn_layers/1/"
        names[f"{ours}.contract"] = theirs + "_ffn_layers/3/"
        names[f"{ours}.attention.output"] = theirs + "_mha/_output_dense_layer/"
        for part in ("query", "key", "value"):
            without_bias[f"{ours}.attention.{part}"] = theirs + f"_mha/_{part}_dense_layer/"
        for part in ("key", "value"):
            if config[f"use_{part}_relative_attention"]:
                all_names[f"{ours}.attention.{part}_relative/embeddings"] = (
                    theirs + f"_mha/{part}_relative_embeddings"
                )
    for spec in specs:
        names[f"{spec.name}.logits"] = f"embed..{spec.name}..logits/_dense/"
        if spec.name != "entity":
            names[f"{spec.name}.parent"] = f"embed..{spec.name}..tags/_dense/"
    for parts, ours_to_theirs in (
        (("kernel", "bias"), names),
        (("kernel",), without_bias),
        (("gamma", "beta"), norms),
    ):
        for ours, theirs in ours_to_theirs.items():
            all_names |= {f"{ours}/{part}": theirs + part for part in parts}
    return all_names


def _labels(folder: Path, facts: dict[str, Any]) -> RasaModelData:
    """Return each intent as the one column that the intent vocabulary has for it."""
    vocabularies = json.loads((folder / "vocabularies.json").read_text())
    intents = next(v["intent"] for k, v in vocabularies.items() if "Featurizer3/vocab" in k)
    labels = [facts["index_label_id_mapping"][str(i)] for i in range(len(intents))]
    rows = [
        SparseMatrix.from_row_columns([[intents[label.lower()]]], len(intents)) for label in labels
    ]
    data = RasaModelData()
    data.add_features("label", "lengths", [DenseArray(np.ones(len(labels), np.int64))])
    data.add_features("label", "sequence", [SparseArray.from_matrices(rows)])
    return data


def oracle_batches(folder: Path) -> list[tuple[tuple[Any, ...], dict[str, Any]]]:
    """Return each flat batch, in our order, with Rasa's outputs."""
    arrays = np.load(folder / "batches.npz")
    numbers = {int(name.split("/")[0]) for name in arrays.files}
    batches = []
    for number in sorted(numbers):
        tensors = [arrays[f"{number}/in/{i}"] for i in range(8)]
        lengths = tensors[7].reshape(-1).astype(np.int64)
        outputs = {
            name.split("/out/")[1]: arrays[name]
            for name in arrays.files
            if name.startswith(f"{number}/out/")
        }
        # Rasa: mask, sentence (3), sequence (3), lengths. Ours: lengths, sentence, sequence.
        batches.append(((lengths, *tensors[1:7]), outputs))
    return batches
