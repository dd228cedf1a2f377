"""Whether a value of one annotated type may stand where another is expected.

As a type checker would, with types that are known at run time: generics are covariant, `Any` fits
everywhere, and a generic without arguments, such as `list`, is one of `Any`.
"""

from __future__ import annotations

import functools
import inspect
import operator
import re
import types
import typing
from collections.abc import Iterable, Mapping
from typing import Any, Final

_PROMOTED: Final[dict[Any, tuple[type, ...]]] = {float: (int,), complex: (int, float)}
_ELEMENTS: Final[dict[Any, tuple[Any, ...]]] = {str: (str,), bytes: (int,), range: (int,)}
_QUALIFIERS: Final = (
    *(typing.Annotated, typing.Final, typing.ClassVar),
    *(typing.Required, typing.NotRequired),
)
_UNIONS: Final = (typing.Union, types.UnionType)
_NOTHING: Final = (typing.Never, typing.NoReturn)
_MODULES: Final = re.compile(r"(?:[\w<>]+\.)+(?=\w)")


def is_subtype(found: Any, expected: Any) -> bool:
    """Return whether every value of type `found` is one of type `expected`, or may be.

    >>> is_subtype(list[bool], typing.Sequence[int])
    True
    >>> is_subtype(list[int] | None, list[int])
    False
    """
    found, expected = _plain(found), _plain(expected)
    if expected is Any or expected is object or found is Any or found in _NOTHING:
        return True
    if typing.get_origin(found) in _UNIONS:
        return all(is_subtype(member, expected) for member in typing.get_args(found))
    if typing.get_origin(expected) in _UNIONS:
        return any(is_subtype(found, member) for member in typing.get_args(expected))
    if typing.Literal in (typing.get_origin(found), typing.get_origin(expected)):
        return _literal_fits(found, expected)
    if isinstance(found, typing.NewType):
        return found is expected or is_subtype(found.__supertype__, expected)
    return _class_fits(found, expected) and _arguments_fit(found, expected)


def type_names(found: Any, expected: Any) -> tuple[str, str]:
    """Return how two types are called, with their modules only where these tell them apart.

    >>> type_names(list[int], re.Pattern)
    ('list[int]', 'Pattern')
    """
    long = (_long_name(found), _long_name(expected))
    short = (_MODULES.sub("", long[0]), _MODULES.sub("", long[1]))
    return long if short[0] == short[1] else short


def type_name(hint: Any) -> str:
    """Return how a type is called.

    >>> type_name(dict[str, typing.Optional[re.Pattern]])
    'dict[str, Optional[Pattern]]'
    """
    return _MODULES.sub("", _long_name(hint))


def _long_name(hint: Any) -> str:
    return "None" if hint in (None, types.NoneType) else inspect.formatannotation(hint)


def _plain(hint: Any) -> Any:
    """Return what a type comes down to without qualifiers, aliases and type variables."""
    while True:
        if hint is None:
            return types.NoneType
        if hint is typing.LiteralString:
            return str
        if hint is typing.Self:
            return Any
        if typing.get_origin(hint) in _QUALIFIERS:
            hint = typing.get_args(hint)[0]
        elif type(hint).__name__ == "TypeAliasType":  # `type A = ...` of Python 3.12
            hint = hint.__value__
        elif isinstance(hint, typing.TypeVar):
            hint = _union(hint.__constraints__) if hint.__constraints__ else _bound(hint)
        else:
            return hint


def _bound(variable: typing.TypeVar) -> Any:
    return Any if variable.__bound__ is None else variable.__bound__


def _union(members: Iterable[Any]) -> Any:
    return functools.reduce(operator.or_, members)


def _literal_fits(found: Any, expected: Any) -> bool:
    if typing.get_origin(found) is not typing.Literal:
        return False
    if typing.get_origin(expected) is typing.Literal:
        return set(typing.get_args(found)) <= set(typing.get_args(expected))
    return all(is_subtype(type(value), expected) for value in typing.get_args(found))


def _class_fits(found: Any, expected: Any) -> bool:
    one, other = _origin(found), _origin(expected)
    if not (isinstance(one, type) and isinstance(other, type)):
        # What has no class, such as the parameters of a callable, nobody can compare here.
        return not isinstance(other, typing.NewType)
    try:
        return issubclass(one, other) or one in _PROMOTED.get(other, ())
    except TypeError:  # a protocol that is not for run time, a TypedDict
        return other in one.__mro__ or _has_members(one, other)


def _has_members(one: type, protocol: type) -> bool:
    """Return whether a class has all that a protocol asks for."""
    if not getattr(protocol, "_is_protocol", False):
        return False
    annotated = {name for base in one.__mro__ for name in _annotated(base)}
    return all(name in annotated or hasattr(one, name) for name in _members(protocol))


def _members(protocol: type) -> set[str]:
    bases = [base for base in protocol.__mro__ if getattr(base, "_is_protocol", False)]
    names = {name for base in bases for name in (*vars(base), *_annotated(base))}
    return {name for name in names if not name.startswith("_")}


def _annotated(owner: type) -> Iterable[str]:
    annotations: Mapping[str, Any] = vars(owner).get("__annotations__", {})
    return annotations


def _arguments_fit(found: Any, expected: Any) -> bool:
    wanted = typing.get_args(expected)
    target = _origin(expected)
    given = _arguments_as(found, target) if wanted else ()
    if not given:
        return True
    if target is tuple:
        return _tuple_fits(given, wanted)
    return all(
        is_subtype(one, other)
        for one, other in zip(given, wanted, strict=False)  # a dict is an iterable of its keys
        if not isinstance(one, list)  # the parameters of a callable
    )


def _tuple_fits(given: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    if wanted[-1] is Ellipsis:
        return all(is_subtype(one, wanted[0]) for one in given if one is not Ellipsis)
    return (
        given[-1] is not Ellipsis
        and len(given) == len(wanted)
        and all(is_subtype(one, other) for one, other in zip(given, wanted, strict=True))
    )


def _arguments_as(found: Any, target: Any) -> tuple[Any, ...]:
    """Return the arguments that a type has as one of a base class, where they are known."""
    origin, arguments = _origin(found), typing.get_args(found)
    if origin is target:
        return arguments
    if origin in _ELEMENTS:
        return _ELEMENTS[origin]
    if origin is tuple:
        elements = tuple(argument for argument in arguments if argument is not Ellipsis)
        return (_union(elements),) if elements else ()
    bases = vars(origin).get("__orig_bases__")
    if bases is None and arguments:
        return arguments  # a builtin container: its first parameters mean the same in its bases
    known = dict(zip(getattr(origin, "__parameters__", ()), arguments, strict=False))
    for base in bases or origin.__bases__:
        if isinstance(_origin(base), type) and _class_fits(base, target):
            return _arguments_as(_substituted(base, known), target)
    return ()


def _substituted(base: Any, known: Mapping[Any, Any]) -> Any:
    parameters = getattr(base, "__parameters__", ()) if typing.get_args(base) else ()
    return base[tuple(known.get(p, Any) for p in parameters)] if parameters else base


def _origin(hint: Any) -> Any:
    return typing.get_origin(hint) or hint
