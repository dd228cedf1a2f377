"""Which class a component's name stands for."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import reduce
from typing import Any

from onnlu_engine.component import GraphComponent
from onnlu_engine.entry_points import GROUP, registered_components
from onnlu_engine.errors import GraphSchemaException, OnnluException, did_you_mean


class ComponentRegistry:
    """Names of components, and the classes they stand for.

    Packages register theirs under the entry point group `onnlu.components`. A class is imported
    only when its name is resolved, and a name is never taken for a place to import from: a model
    cannot name code that its user did not install as a component.

    Args:
        components: further classes, each under its `__name__`; they go before entry points.

    Raises:
        GraphSchemaException: one of them is no component, or two share a name.
    """

    def __init__(self, components: Iterable[type[GraphComponent]] = ()) -> None:
        self._added: dict[str, type[GraphComponent]] = {}
        for component in components:
            name = getattr(component, "__name__", repr(component))
            if self._added.get(name, component) is not component:
                raise GraphSchemaException(
                    f"Two classes are called '{name}': {_place(self._added[name])} and "
                    f"{_place(component)}. Rename one."
                )
            self._added[name] = _checked(name, component)

    def names(self) -> list[str]:
        """Return all names, sorted."""
        return sorted({*self._added, *registered_components()})

    def resolve(self, name: str) -> type[GraphComponent]:
        """Return the class that stands under `name`.

        Raises:
            GraphSchemaException: no such name, two packages claim it, the class cannot be
                imported, or it is no component.
        """
        if name in self._added:
            return self._added[name]
        places = registered_components().get(name)
        if places is None:
            raise GraphSchemaException(
                f"Component '{name}' is not registered. {did_you_mean(name, self.names())} A "
                f"package registers its components as entry points of the group '{GROUP}'; "
                "classes of your own are passed as `components=[...]`."
            )
        if len(places) > 1:
            raise GraphSchemaException(
                f"Several packages register '{name}': {', '.join(places)}. Uninstall all but one."
            )
        return _checked(name, _imported(name, places[0]))

    def name_of(self, component: type[GraphComponent]) -> str:
        """Return the name under which a class is registered.

        Imports nothing but classes of the same name that are registered from another module than
        their own.

        Raises:
            GraphSchemaException: the class is not registered.
        """
        if self._added.get(component.__name__) is component:
            return component.__name__
        registered = registered_components().items()
        own_place = _place(component)
        for name, places in registered:
            if places == (own_place,) and name not in self._added:
                return name
        for name, places in registered:
            same_class_name = places[0].endswith(f":{component.__qualname__}")
            if same_class_name and name not in self._added and self.resolve(name) is component:
                return name
        raise GraphSchemaException(
            f"Class {own_place} is not registered as a component. Register it as an entry point "
            f"of the group '{GROUP}', or pass it as `components=[{component.__name__}]`."
        )


def _place(component: Any) -> str:
    return f"{component.__module__}:{component.__qualname__}"


def _imported(name: str, place: str) -> Any:
    module, _, qualified_name = place.partition(":")
    try:
        return reduce(getattr, qualified_name.split("."), importlib.import_module(module))
    except OnnluException:
        raise
    except Exception as error:
        package = module.partition(".")[0]
        remedy = {
            "onnlu_train": "Install what training needs: pip install 'onnlu[train]'.",
            "onnlu_export": "Install what exporting needs: pip install 'onnlu[export]'.",
        }.get(package, f"Install what the package '{package}' needs, or mend it.")
        raise GraphSchemaException(
            f"Component '{name}' cannot be imported from {place}: "
            f"{type(error).__name__}: {error}. {remedy}"
        ) from error


def _checked(name: str, component: Any) -> type[GraphComponent]:
    if not (isinstance(component, type) and issubclass(component, GraphComponent)):
        raise GraphSchemaException(
            f"'{name}' stands for {component!r}, which is no component. "
            "Derive the class from onnlu_engine.GraphComponent."
        )
    return component
