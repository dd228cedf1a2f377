"""From the name of a component to the class it stands for, and the options that it has."""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterator
from typing import Final, Literal

from onnlu_engine import GraphComponent
from onnlu_engine.errors import GraphSchemaException, InvalidConfigException, did_you_mean
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.data.yaml_tree import Mapping
from onnlu_train.recipe.support import SupportStatus, component_support

_EXPORTED: Final = "Onnx"
"""`DIETClassifierOnnx` is what `DIETClassifier` becomes in an exported model."""

_HOLDER: Final = {"name": "item", "uses": "node"}

_POLICIES: Final = frozenset(
    {
        *("TEDPolicy", "UnexpecTEDIntentPolicy", "MemoizationPolicy"),
        *("AugmentedMemoizationPolicy", "RulePolicy"),
    }
)


def pipeline_component(name: str, registry: ComponentRegistry) -> type[GraphComponent]:
    """Return the class that an item of a pipeline names; as `component_class`.

    Raises:
        InvalidConfigException: there is no such component, or it is not one for a pipeline.
    """
    component = component_class(name, registry)
    if not hasattr(component, "process"):
        raise InvalidConfigException(
            f"'{name}' has no method 'process', so it is not for a pipeline; remove the item"
        )
    return component


def component_class(
    name: str, registry: ComponentRegistry, *, key: Literal["name", "uses"] = "name"
) -> type[GraphComponent]:
    """Return the class that a config names.

    Args:
        name: a registered name, or the dotted path of a class of the user's own.
        registry: knows the registered names.
        key: under which it stands: `name` in an item of a pipeline, `uses` in a node of a schema.

    Raises:
        InvalidConfigException: there is no such component, or it is none of a training.
    """
    names = registry.names()
    trained = name.removesuffix(_EXPORTED)
    if name in names and trained != name and trained in names:
        raise InvalidConfigException(
            f"'{name}' stands in exported models only; write `{key}: {trained}`"
        )
    if name in names:
        return _resolved(name, registry)
    support = component_support(name, registry)
    if support.status is SupportStatus.SUPPORTED:
        return _imported(name)
    if name in _POLICIES:
        raise InvalidConfigException(
            f"'{name}' is a policy, and dialogue is not trained here; remove the {_HOLDER[key]}"
        )
    if support.status is SupportStatus.UNKNOWN:
        raise InvalidConfigException(f"'{name}' {support.remark}")
    remedy = ", or train with --skip-unsupported to go on without it" if key == "name" else ""
    raise InvalidConfigException(
        f"'{name}' of Rasa is not here: {support.explanation}. Change the {_HOLDER[key]}{remedy}"
    )


def unknown_options(
    name: str, component: type[GraphComponent], config: Mapping, besides: Collection[str] = ()
) -> Iterator[tuple[int, str]]:
    """Yield line and problem of each option that a component does not have.

    Args:
        name: of the component, as written.
        component: the class.
        config: the options, as they stand in the file.
        besides: keys that are no options.
    """
    known = component.get_default_config()
    for key, line in config.lines.items():
        if key not in known and key not in besides:
            yield line, f"unknown key '{key}' of {name}. {did_you_mean(key, known)}"


def _resolved(name: str, registry: ComponentRegistry) -> type[GraphComponent]:
    try:
        return registry.resolve(name)
    except GraphSchemaException as error:
        raise InvalidConfigException(str(error)) from error


def _imported(path: str) -> type[GraphComponent]:
    module, _, class_name = path.rpartition(".")
    try:
        component = getattr(importlib.import_module(module), class_name)
    except Exception as error:
        raise InvalidConfigException(
            f"'{path}' cannot be imported ({type(error).__name__}: {error}); "
            "check the path, and that its folder is on PYTHONPATH"
        ) from error
    if not (isinstance(component, type) and issubclass(component, GraphComponent)):
        raise InvalidConfigException(
            f"'{path}' is no component; derive the class from onnlu_engine.GraphComponent"
        )
    return component
