"""Rules 3 and 4: components know the language, and what they need is installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import cache

from onnlu_engine.component import GraphComponent
from onnlu_engine.validation.graph import Graph, Problem


def language_is_supported(graph: Graph, language: str | None) -> Iterator[Problem]:
    """The language, if one is set, is one that every component is for."""

    @cache
    def found(component: type[GraphComponent]) -> str | None:
        return _language_problem(component, language)

    for name, node in graph.components.items():
        if message := found(node.uses):
            yield graph.problem(name, message)


def packages_are_installed(graph: Graph) -> Iterator[Problem]:
    """Every package that a component requires can be imported."""
    is_installed = cache(_is_installed)
    for name, node in graph.components.items():
        missing = [p for p in node.uses.required_packages() if not is_installed(p)]
        if missing:
            yield graph.problem(
                name,
                f"{node.uses.__name__} requires packages that are not installed: "
                f"{', '.join(missing)}. Install them, or use another component.",
            )


def _language_problem(component: type[GraphComponent], language: str | None) -> str | None:
    name = component.__name__
    supported, excluded = component.supported_languages(), component.not_supported_languages()
    if supported is not None and excluded is not None:
        return (
            f"{name} lists languages that it is for, and others that it is not for. "
            "Keep `supported_languages` or `not_supported_languages`, and return None from the "
            "other."
        )
    if language is None:
        return None
    remedy = "Use another component, or correct `language`."
    if supported is not None and language not in supported:
        return f"{name} is for {_listed(supported)} only, not for '{language}'. {remedy}"
    if excluded is not None and language in excluded:
        return f"{name} is not for '{language}'; nor for any of {_listed(excluded)}. {remedy}"
    return None


def _listed(languages: list[str]) -> str:
    return ", ".join(f"'{language}'" for language in sorted(languages)) or "no language"


def _is_installed(package: str) -> bool:
    """Look for a package without importing it, but for the packages it stands in."""
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # no parent package; a name without a specification
        return False
