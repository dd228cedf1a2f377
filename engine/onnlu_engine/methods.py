"""Which methods of a component a schema may name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def public_method(component: type, name: str) -> Callable[..., Any] | None:
    """Return a method of a class, or None where it has none; private ones are its own business.

    Args:
        component: the class.
        name: of the method.
    """
    if name.startswith("_") or not any(name in vars(base) for base in component.__mro__):
        return None  # `getattr` alone would find what the class of the class has too
    method = getattr(component, name, None)
    return method if callable(method) else None


def public_method_names(component: type) -> list[str]:
    """Return the names of all public methods of a class, sorted."""
    return [name for name in dir(component) if public_method(component, name) is not None]
