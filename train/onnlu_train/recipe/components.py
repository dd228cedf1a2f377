"""From the name of a pipeline item to the class it stands for."""

from __future__ import annotations

import importlib
from typing import Final

from onnlu_engine import GraphComponent
from onnlu_engine.errors import GraphSchemaException, InvalidConfigException, did_you_mean
from onnlu_engine.registry import ComponentRegistry

_EXPORTED: Final = "Onnx"
"""`DIETClassifierOnnx` is what `DIETClassifier` becomes in an exported model."""

_ELSEWHERE: Final = frozenset(
    {
        *("SpacyNLP", "SpacyTokenizer", "SpacyFeaturizer", "SpacyEntityExtractor"),
        *("MitieNLP", "MitieTokenizer", "MitieFeaturizer", "MitieEntityExtractor"),
        *("MitieIntentClassifier", "JiebaTokenizer", "HFTransformersNLP"),
        *("ConveRTTokenizer", "ConveRTFeaturizer", "LanguageModelTokenizer"),
        *("LanguageModelFeaturizer", "CRFEntityExtractor", "RegexEntityExtractor"),
        *("DucklingEntityExtractor", "DucklingHTTPExtractor", "KeywordIntentClassifier"),
        *("SklearnIntentClassifier", "LogisticRegressionClassifier", "FallbackClassifier"),
        "ResponseSelector",
    }
)
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
    if name.startswith("rasa."):
        short = name.rpartition(".")[2]
        raise InvalidConfigException(f"'{name}' is a class of Rasa; write `name: {short}`")
    if name in names:
        return _for_pipeline(name, _resolved(name, registry), names)
    if "." in name:
        return _for_pipeline(name, _imported(name), names)
    if name in _POLICIES:
        raise InvalidConfigException(
            f"'{name}' is a policy, and dialogue is not trained here; remove the item"
        )
    if name in _ELSEWHERE:
        raise InvalidConfigException(
            f"'{name}' of Rasa is not supported here; remove the item, or install a package that "
            "registers a component of this name"
        )
    raise InvalidConfigException(f"unknown component '{name}'. {did_you_mean(name, names)}")


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
