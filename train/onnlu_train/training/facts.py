"""What a fit trains from what: a checkpoint serves only the fit that it is of."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from onnlu.message import INTENT
from onnlu.training_data import TrainingData
from onnlu_engine import GraphComponent
from onnlu_engine.errors import InvalidConfigException, NoFingerprintException
from onnlu_engine.schema import GraphSchema, SchemaNode
from onnlu_engine.training.node_key import sources_of
from onnlu_train.training.keys import shaping_keys

Facts = dict[str, Any]


def fit_facts(
    *,
    versions: Mapping[str, str],
    schema: GraphSchema,
    train_schema: GraphSchema,
    train: Mapping[str, Any],
    training_data: TrainingData,
    validation_data: TrainingData,
    external_data: Mapping[str, str],
    mixed_precision: bool,
    base: str | None = None,
) -> Facts:
    """Return what decides a model, flat, for JSON.

    Args:
        versions: of the packages that train.
        schema: the predict graph, which has every component once.
        train_schema: the train graph; what a predict node says too is told of that node alone.
        train: keys of `train:`.
        training_data: what is trained on.
        validation_data: what is validated on.
        external_data: a digest of what each node reads besides them.
        mixed_precision: whether the device computes in float16 where that is safe.
        base: `model_id` of the model that is finetuned; None where there is none.
    """
    facts: Facts = {f"version of {name}": version for name, version in versions.items()}
    for name, node in schema.nodes.items():
        facts |= _node_facts(name, node)
    told = [(node.uses, node.config) for node in schema.nodes.values()]
    for name, node in train_schema.nodes.items():
        if (node.uses, node.config) not in told:
            facts |= _node_facts(name, node)
    components = dict.fromkeys(node.uses for node in train_schema.nodes.values())
    facts |= {f"source of {component.__name__}": _source(component) for component in components}
    facts["edges of the train graph"] = f"digest {_digest(_edges(train_schema))}"
    facts |= {f"content of the files of {name}": digest for name, digest in external_data.items()}
    facts |= {f"train.{key}": value for key, value in shaping_keys(train).items()}
    facts["mixed precision on the device"] = "float16" if mixed_precision else "off"
    if base is not None:
        facts["model_id of the model to finetune"] = base
    facts |= _data_facts("training", training_data)
    facts |= _data_facts("validation", validation_data)
    return json.loads(json.dumps(facts, default=str))  # as it will be read again


def check_same(before: Mapping[str, Any], now: Mapping[str, Any], checkpoint: str) -> None:
    """Check that a fit may go on from a checkpoint.

    Raises:
        InvalidConfigException: it is another fit's; the message names every difference.
    """
    differences = list(_differences(before, now))
    if differences:
        raise InvalidConfigException(
            f"The fit cannot go on from {checkpoint}, as something has changed since:\n"
            + "\n".join(f"  {difference}" for difference in differences)
            + "\nUndo the changes, or leave out --resume to train from the beginning."
        )


def _differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys([*before, *now]):
        if before.get(name) != now.get(name):
            yield f"{name}: was {_shown(before, name)}, is {_shown(now, name)}"


def _shown(facts: Mapping[str, Any], name: str) -> str:
    return json.dumps(facts[name], ensure_ascii=False) if name in facts else "not there"


def _node_facts(name: str, node: SchemaNode) -> Facts:
    options = {f"{name}.{key}": value for key, value in node.config.items()}
    return {name: node.uses.__name__, **options}


def _source(component: type[GraphComponent]) -> str | None:
    """Return a digest of the source behind a component; None where nobody knows what it is."""
    try:
        return f"digest {_digest(sources_of(component))}"
    except NoFingerprintException:
        return None


def _edges(schema: GraphSchema) -> Facts:
    return {
        name: [node.uses.__name__, node.constructor_name, node.fn, node.needs]
        for name, node in schema.nodes.items()
    }


def _data_facts(part: str, data: TrainingData) -> Facts:
    """Return number and digest of the examples of each intent, and a digest of all else."""
    examples: dict[str, list[Any]] = defaultdict(list)
    for message in data.examples:
        examples[message.get(INTENT) or ""].append(message.data)
    facts = {
        f"{part} examples of '{intent}'": f"{len(found)}, digest {_digest(found)}"
        for intent, found in sorted(examples.items())
    }
    order = [message.data for message in data.examples]
    rest = [getattr(data, f.name) for f in fields(data) if f.name != "examples"]
    return {
        **facts,
        f"order of the {part} examples": f"digest {_digest(order)}",
        f"{part} synonyms, regexes and the like": f"digest {_digest(rest)}",
    }


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=repr)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]
