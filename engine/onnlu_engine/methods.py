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
    method = getattr(component, name, None)
    return None if name.startswith("_") or not callable(method) else method


def public_method_names(component: type) -> list[str]:
    """Return the names of all public methods of a class, sorted."""
    return [name for name in dir(component) if public_method(component, name) is not None]
