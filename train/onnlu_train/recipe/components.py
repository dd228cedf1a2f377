"""From the name of a pipeline item to the class it stands for."""

from __future__ import annotations

import importlib
from typing import Final

from onnlu_engine import GraphComponent
from onnlu_engine.errors import GraphSchemaException, InvalidConfigException
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.recipe.support import SupportStatus, component_support

_EXPORTED: Final = "Onnx"
"""`DIETClassifierOnnx` is what `DIETClassifier` becomes in an exported model."""

_POLICIES: Final = frozenset(
    {
        *("TEDPolicy", "UnexpecTEDIntentPolicy", "MemoizationPolicy"),
        *("AugmentedMemoizationPolicy", "RulePolicy"),
    }
)


def component_class(name: str, registry: ComponentRegistry) -> type[GraphComponent]:
    """Return the class that a pipeline item names.

    Args:
        name: a registered name, or the dotted path of a class of the user's own.
        registry: knows the registered names.

    Raises:
        InvalidConfigException: there is no such component, or it is not one for a pipeline.
    """
    names = registry.names()
    if name in names:
        return _for_pipeline(name, _resolved(name, registry), names)
    support = component_support(name, registry)
    if support.status is SupportStatus.SUPPORTED:
        return _for_pipeline(name, _imported(name), names)
    if name in _POLICIES:
        raise InvalidConfigException(
            f"'{name}' is a policy, and dialogue is not trained here; remove the item"
        )
    if support.status is SupportStatus.UNKNOWN:
        raise InvalidConfigException(f"'{name}' {support.remark}")
    raise InvalidConfigException(
        f"'{name}' of Rasa is not here: {support.explanation}. Change the item, or train "
        "with --skip-unsupported to go on without it"
    )


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


def _for_pipeline(
    name: str, component: type[GraphComponent], names: list[str]
) -> type[GraphComponent]:
    trained = name.removesuffix(_EXPORTED)
    if trained != name and trained in names:
        raise InvalidConfigException(
            f"'{name}' stands in exported models only; write `name: {trained}`"
        )
    if not hasattr(component, "process"):
        raise InvalidConfigException(
            f"'{name}' has no method 'process', so it is not for a pipeline; remove the item"
        )
    return component
