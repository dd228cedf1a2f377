"""What a method of a component takes and returns, as its annotations say."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final

from onnlu_engine.methods import public_method

NOT_ANNOTATED: Final = inspect.Signature.empty
_RETURN: Final = "return"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter that has a name.

    Attributes:
        type: `Any` where it is not annotated, or its annotation cannot be resolved.
        is_required: it has no default.
        is_positional_only: it cannot be given by its name.
    """

    type: Any
    is_required: bool
    is_positional_only: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a method takes and returns.

    Attributes:
        name: class and method, such as "DIETClassifier.train".
        parameters: by name, without `self` or `cls`.
        takes_any_keyword: it has `**kwargs`.
        returns: the type; `NOT_ANNOTATED` where nothing says so, and `Any` where its annotation
            cannot be resolved.
        unresolved: parameter, or "return", to why its annotation cannot be resolved.
        needs_instance: it is no class method, and is to be called without an instance.
        is_abstract: subclasses are to implement it.
    """

    name: str
    parameters: Mapping[str, Parameter]
    takes_any_keyword: bool
    returns: Any
    unresolved: Mapping[str, str]
    needs_instance: bool
    is_abstract: bool


def read_signature(component: type, method_name: str, on_instance: bool) -> Signature | None:
    """Read a method's signature; None if the class has no such method.

    Args:
        component: the class.
        method_name: of the method.
        on_instance: whether the method is called on an instance, or on the class.
    """
    method = public_method(component, method_name)
    if method is None:
        return None
    binds_instance = _binds_instance(component, method_name)
    parameters = list(inspect.signature(method).parameters.values())
    if binds_instance:
        parameters = parameters[1:]
    hints, unresolved = _hints(method)
    returns = hints.get(_RETURN, Any if _RETURN in unresolved else NOT_ANNOTATED)
    return Signature(
        name=f"{component.__name__}.{method_name}",
        parameters={
            parameter.name: Parameter(
                hints.get(parameter.name, Any),
                parameter.default is parameter.empty,
                parameter.kind is parameter.POSITIONAL_ONLY,
            )
            for parameter in parameters
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        },
        takes_any_keyword=any(p.kind is p.VAR_KEYWORD for p in parameters),
        returns=component if returns is typing.Self else returns,
        unresolved=unresolved,
        needs_instance=binds_instance and not on_instance,
        is_abstract=getattr(method, "__isabstractmethod__", False),
    )


def _binds_instance(component: type, method_name: str) -> bool:
    method = inspect.getattr_static(component, method_name)
    return hasattr(method, "__get__") and not isinstance(method, classmethod | staticmethod)


def _hints(method: Callable[..., Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the types of parameters and "return", and why others cannot be resolved."""
    try:
        return typing.get_type_hints(method), {}
    except Exception:  # whatever a name in somebody's annotation may lead to
        pass
    function: Any = inspect.unwrap(method)
    hints: dict[str, Any] = {}
    unresolved: dict[str, str] = {}
    for name, annotation in getattr(function, "__annotations__", {}).items():
        alone: Any = SimpleNamespace(
            __annotations__={name: annotation},
            __type_params__=getattr(function, "__type_params__", ()),
        )
        try:
            hints |= typing.get_type_hints(alone, function.__globals__)
        except Exception as error:
            unresolved[name] = f"annotation {annotation!r} cannot be resolved: {error}"
    return hints, unresolved
