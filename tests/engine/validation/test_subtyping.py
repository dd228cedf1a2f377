"""Which type fits where which other is expected."""

from __future__ import annotations

import collections.abc
import sys
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Generic, Literal, NewType, Optional, Protocol, TypedDict, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_engine.validation.subtyping import is_subtype, type_name, type_names

T = TypeVar("T")
K = TypeVar("K")
N = TypeVar("N", bound=int)
C = TypeVar("C", int, str)
UserId = NewType("UserId", int)


class Box(Generic[T]):
    pass


class IntBox(Box[int]):
    pass


class Swapped(dict[T, K], Generic[K, T]):
    pass


class Names(list[str]):
    pass


class Named(Protocol):
    name: str

    def rename(self, name: str) -> None: ...


class Dog:
    name: str = "Rex"

    def rename(self, name: str) -> None: ...


class Stone:
    def rename(self, name: str) -> None: ...


class Row(TypedDict):
    text: str


class Point(typing.NamedTuple):
    x: int
    y: int


FITS: list[tuple[Any, Any]] = [
    (int, int),
    (bool, int),
    (int, object),
    (int, Any),
    (Any, int),
    (int, float),
    (None, None),
    (type(None), None),
    (None, Optional[int]),  # noqa: UP045
    (int, int | None),
    (int | str, int | str | None),
    (bool | int, typing.Union[str, int]),  # noqa: UP007
    (list[int], list),
    (list, list[int]),
    (list[bool], list[int]),
    (list[int], Sequence[int]),
    (typing.List[int], collections.abc.Iterable[int]),  # noqa: UP006
    (Sequence[int], Iterable[int]),
    (list[int], Iterable[int | None]),
    (list[list[bool]], Sequence[Sequence[int]]),
    (dict[str, bool], Mapping[str, int]),
    (dict[str, bool], Iterable[str]),
    (tuple[int, ...], Sequence[int]),
    (tuple[int, str], Sequence[int | str]),
    (tuple[bool, str], tuple[int, str]),
    (tuple[int, int], tuple[int, ...]),
    (tuple[int, ...], tuple[float, ...]),
    (Point, tuple[int, int]),
    (str, Sequence[str]),
    (bytes, Iterable[int]),
    (Names, Sequence[str]),
    (Box[bool], Box[int]),
    (IntBox, Box[int]),
    (IntBox, Box),
    (Swapped[int, str], Mapping[str, int]),
    (Iterator[int], Iterable[int]),
    (Annotated[int, "unit"], int),
    (int, Annotated[int, "unit"]),
    (Literal["a"], str),
    (Literal["a"], Literal["a", "b"]),
    (UserId, int),
    (UserId, UserId),
    (int, N),
    (N, int),
    (C, int | str),
    (int, C),
    (Dog, Named),
    (Row, dict),
    (Row, Mapping[str, Any]),
    (Row, Row),
    (type[bool], type[int]),
    (Callable[[int], bool], Callable[[int], int]),
    (Callable[[int], int], Callable[..., int]),
    (typing.NoReturn, int),
    (typing.LiteralString, str),
    (list[int], list[typing.Self]),  # type: ignore[misc]
]

DOES_NOT_FIT: list[tuple[Any, Any]] = [
    (int, str),
    (int, bool),
    (float, int),
    (object, int),
    (None, int),
    (int, None),
    (int | None, int),
    (int | str, int),
    (int, list[int]),
    (list[int], list[str]),
    (list[int], Sequence[str]),
    (list[int | None], list[int]),
    (Sequence[int], list[int]),
    (Sequence[int], Iterable[str]),
    (dict[str, int], Mapping[str, str]),
    (dict[int, str], Iterable[str]),
    (tuple[int, ...], Sequence[str]),
    (tuple[int, str], Sequence[int]),
    (tuple[int, str], tuple[int, int]),
    (tuple[int], tuple[int, int]),
    (tuple[int, ...], tuple[int, int]),
    (str, Sequence[int]),
    (Names, Sequence[int]),
    (Box[str], Box[int]),
    (IntBox, Box[str]),
    (Box[int], IntBox),
    (Swapped[int, str], Mapping[int, str]),
    (Literal["a", "b"], Literal["a"]),
    (Literal["a"], int),
    (str, Literal["a"]),
    (int, UserId),
    (str, N),
    (float, C),
    (Stone, Named),
    (int, Named),
    (dict, Row),
    (type[int], type[str]),
    (int, Callable[[], int]),
]


@pytest.mark.parametrize(("found", "expected"), FITS, ids=str)
def test_what_fits(found: Any, expected: Any) -> None:
    assert is_subtype(found, expected)


@pytest.mark.parametrize(("found", "expected"), DOES_NOT_FIT, ids=str)
def test_what_does_not_fit(found: Any, expected: Any) -> None:
    assert not is_subtype(found, expected)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="`type` statements are of Python 3.12")
def test_a_type_statement_stands_for_its_value() -> None:
    numbers = typing.TypeAliasType("numbers", list[int])
    assert is_subtype(numbers, Sequence[int])
    assert not is_subtype(list[str], numbers)


classes = st.sampled_from([object, int, bool, str, Dog, type(None)])
hints = st.recursive(
    classes,
    lambda inner: st.one_of(
        inner.map(lambda item: list[item]),  # type: ignore[valid-type]
        inner.map(lambda item: Sequence[item]),  # type: ignore[valid-type]
        st.tuples(inner, inner).map(lambda pair: pair[0] | pair[1]),
        st.tuples(inner, inner).map(lambda pair: tuple[pair]),  # type: ignore[valid-type]
    ),
    max_leaves=5,
)


@given(hints)
def test_every_type_fits_itself_any_union_with_it_and_object(hint: Any) -> None:
    assert is_subtype(hint, hint)
    assert is_subtype(hint, hint | bytes)
    assert is_subtype(hint, object)


@given(hints, hints, hints)
def test_fitting_is_transitive(one: Any, two: Any, three: Any) -> None:
    if is_subtype(one, two) and is_subtype(two, three):
        assert is_subtype(one, three)


def test_types_are_named_as_they_are_written() -> None:
    assert type_name(None) == "None"
    assert type_name(list[Dog] | None) == "list[Dog] | None"
    assert type_name(tuple[Dog, ...]) == "tuple[Dog, ...]"
    assert type_names(list[Dog], Stone) == ("list[Dog]", "Stone")
