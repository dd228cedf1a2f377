"""The graphs of a model or a config, as a config of the recipe `graph.v1`, and what a fit did."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from onnlu.nlu import in_order
from onnlu_engine.errors import InvalidConfigException
from onnlu_engine.model_directory import open_model
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.recipe import Config, custom_components, graph_model_configuration, read_config
from onnlu_train.training.keys import COMPONENT_KEYS

_KEYS = ("language", "assistant_id", "nlu_target", "train_schema", "predict_schema")


def graphs_of(source: Path, *, skip_unsupported: bool = False) -> tuple[dict[str, Any], list[str]]:
    """Return the graphs of a model or a config file, as plain JSON.

    Args:
        source: the directory of a model, trained or exported, or a config file.
        skip_unsupported: leave out components of Rasa that are not here; of a config.

    Returns:
        A config of the recipe `graph.v1` with these graphs, and what is to be told of it. An
        exported model has no train graph.

    Raises:
        InvalidConfigException: every problem of the config; or there is no such file.
        ModelException: the model is corrupt or incompatible.
    """
    if source.is_dir():
        return _document(_of_model(open_model(source).manifest)), []
    if not source.exists():
        raise InvalidConfigException(
            f"There is no {source}. Name the directory of a model, or a config file."
        )
    config = read_config(source, skip_unsupported=skip_unsupported)
    return _document(_of_config(config)), list(config.notices)


def run_of(path: Path) -> tuple[dict[str, str], dict[str, float]]:
    """Return what became of each node of a train graph, and the seconds that it took.

    Args:
        path: what `trainer fit --json` printed; with `--dry-run` it is what would become of them.

    Raises:
        InvalidConfigException: it is no such document.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        states = {node["node"]: str(node["action"]) for node in document.get("nodes", ())}
        for state in ("ran", "restored"):
            states |= dict.fromkeys(document.get(state, ()), state)
        seconds = {node: float(value) for node, value in document.get("seconds", {}).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidConfigException(
            f"{path} is not what `trainer fit --json` prints ({type(error).__name__}: {error}). "
            "Name a file that holds its output."
        ) from error
    if not states and not seconds:
        raise InvalidConfigException(
            f"{path} says of no node what became of it. Name a file that holds what "
            "`trainer fit --json` printed."
        )
    return states, seconds


def _document(facts: Mapping[str, Any]) -> dict[str, Any]:
    train = {key: v for key, v in facts.get("train", {}).items() if key not in COMPONENT_KEYS}
    graphs = {key: facts[key] for key in _KEYS if facts.get(key) is not None}
    return {"recipe": "graph.v1", **graphs, **({"train": train} if train else {})}


def _of_model(manifest: Mapping[str, Any]) -> dict[str, Any]:
    facts = {**manifest, "train": manifest.get("config", {}).get("train", {})}
    for key in ("train_schema", "predict_schema"):
        if key in facts:
            nodes = facts[key]["nodes"]  # sorted by name, as all in a manifest
            facts[key] = {"nodes": {name: nodes[name] for name in in_order(nodes)}}
    return facts


def _of_config(config: Config) -> dict[str, Any]:
    configuration = graph_model_configuration(config)
    registry = ComponentRegistry(custom_components(config))
    return {
        "language": configuration.language,
        "assistant_id": configuration.assistant_id,
        "nlu_target": configuration.nlu_target,
        "train_schema": configuration.train_schema.as_dict(registry),
        "predict_schema": configuration.predict_schema.as_dict(registry),
        "train": config.train,
    }
