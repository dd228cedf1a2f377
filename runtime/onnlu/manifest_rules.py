"""What a manifest has to say of a model, besides the list of its files, which the engine checks.

Whoever makes a model's digests anew can write anything here: each value is checked for its shape
before it is used, so that a forgery ends in an error that names the key.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from onnlu.decoding.json_rules import COUNT, NAME, NUMBER, TEXT, Rule, is_name, problems_of
from onnlu_engine.errors import CorruptModelException
from onnlu_engine.model_directory import Model


def check_manifest(model: Model, *, shown: bool = False) -> None:
    """Check what a manifest says of its model.

    Args:
        model: an opened model.
        shown: check what is only shown too, such as the report of the parity.

    Raises:
        CorruptModelException: keys are missing or have a wrong shape; it names all of them.
    """
    manifest, rules = model.manifest, dict(_REQUIRED)
    if shown:
        rules |= {key: rule for key, rule in _SHOWN.items() if manifest.get(key) is not None}
    problems = problems_of(manifest, rules)
    if not problems and manifest["nlu_target"] not in manifest["predict_schema"]["nodes"]:
        problems = [f"'nlu_target' is {manifest['nlu_target']!r}, which is no node"]
    if problems:
        raise CorruptModelException(
            f"{model.path}: manifest.json cannot be used: {'; '.join(problems)}. "
            "Train or export the model again."
        )


def _is_schema(value: Any) -> bool:
    """Tell whether the graph can be shown; `GraphSchema.from_dict` says what is wrong with it."""
    return (
        isinstance(value, Mapping)
        and isinstance(value.get("nodes"), Mapping)
        and all(
            isinstance(node, Mapping)
            and isinstance(node.get("uses"), str)
            and isinstance(node.get("needs"), Mapping)
            and all(map(TEXT.is_right, node["needs"].values()))
            for node in value["nodes"].values()
        )
    )


def _are_labels(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(names, list) and all(map(TEXT.is_right, names)) for names in value.values()
    )


def _are_versions(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(version, str) for version in value.values()
    )


def _is_parity(value: Any) -> bool:
    return not problems_of(value, _PARITY)


def _are_differences(value: Any) -> bool:
    return isinstance(value, Mapping) and not any(
        problems_of(worst, _WORST) for worst in value.values()
    )


def _is_quantization(value: Any) -> bool:
    return not problems_of(value, _QUANTIZATION) and (
        "accuracy" not in value or not problems_of(value["accuracy"], _ACCURACY)
    )


def _are_shares(value: Any) -> bool:
    return isinstance(value, Mapping) and all(map(_SHARE.is_right, value.values()))


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(map(is_name, value))


_SHARE = Rule(lambda value: NUMBER.is_right(value) and 0 <= value <= 1, "a number from 0 to 1")
TOLERANCE = Rule(
    lambda value: not problems_of(value, {"atol": _SHARE, "rtol": _SHARE}) and len(value) == 2,
    "atol and rtol, numbers from 0 to 1",
)
_VERSIONS = Rule(_are_versions, "texts by package")
_WORST = {"difference": NUMBER, "where": TEXT}
_REQUIRED = {
    "kind": NAME,
    "predict_schema": Rule(_is_schema, "a graph of nodes, each with 'uses' and 'needs'"),
    "nlu_target": NAME,
    "labels": Rule(_are_labels, "lists of texts by kind"),
    "versions": _VERSIONS,
}
_PARITY = {
    "texts": COUNT,
    "grid": Rule(_are_names, "a list of shapes"),
    "worst": Rule(_are_differences, "differences by output"),
    "near_ties": COUNT,
    "tolerance": TOLERANCE,
    "versions": _VERSIONS,
    "cpu": TEXT,
}
_FIGURES = Rule(_are_shares, "numbers from 0 to 1 by name")
_AGREEMENT = {"texts": COUNT, "intents": _SHARE, "tags": _SHARE, "entities": _SHARE}
_SIZE = {"float32": COUNT, "int8": COUNT}
_QUANTIZATION = {
    "agreement": Rule(lambda value: not problems_of(value, _AGREEMENT), "shares of decisions"),
    "min_agreement": _SHARE,
    "size": Rule(lambda value: not problems_of(value, _SIZE), "numbers of bytes"),
}
_ACCURACY = {"messages": COUNT, "float32": _FIGURES, "int8": _FIGURES}
_SHOWN = {
    "language": TEXT,
    "finetuned_from": TEXT,
    "parity": Rule(_is_parity, "a whole report, as this version writes it"),
    "quantization": Rule(_is_quantization, "a whole report, as this version writes it"),
    "diagnostics": Rule(_are_names, "a list of nodes"),
}
