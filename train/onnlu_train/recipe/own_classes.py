"""Classes of the user's own, which a config names by dotted paths and a model by their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from onnlu_engine import GraphComponent
from onnlu_engine.errors import GraphSchemaException
from onnlu_engine.registry import ComponentRegistry
from onnlu_train.recipe.configured import ConfiguredComponent


def class_name(path: str) -> str:
    """Return the name alone of a class that a config names.

    >>> class_name("bot.shouting.Shout")
    'Shout'
    >>> class_name("DIETClassifier")
    'DIETClassifier'
    """
    return path.strip().rpartition(".")[2]


def is_registered(component: type[GraphComponent], registry: ComponentRegistry) -> bool:
    """Tell whether a registry knows a class, under whatever name."""
    try:
        registry.name_of(component)
    except GraphSchemaException:
        return False
    return True


def name_problems(
    items: Iterable[ConfiguredComponent], registry: ComponentRegistry
) -> Iterator[tuple[int | None, str]]:
    """Yield line and problem of each class whose name in a model stands for another one.

    Args:
        items: what a config names.
        registry: knows the registered names.
    """
    names = registry.names()
    first: dict[str, ConfiguredComponent] = {}
    told: set[type[GraphComponent]] = set()
    for item in items:
        component, name = item.component, item.component.__name__
        if component in told or is_registered(component, registry):
            continue
        told.add(component)
        path = f"{component.__module__}.{component.__qualname__}"
        if name in names:
            yield (
                item.line,
                f"a model names the class '{path}' '{name}', which is registered for another "
                "component; rename the class",
            )
        elif first.setdefault(name, item) is not item:
            other = first[name].component
            yield (
                item.line,
                f"a model names the class '{path}' '{name}', as it does "
                f"'{other.__module__}.{other.__qualname__}' of line {first[name].line}; rename "
                "one of them",
            )
