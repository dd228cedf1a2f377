"""What stands for a value."""

from __future__ import annotations

import subprocess
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_engine.errors import NoFingerprintException
from onnlu_engine.fingerprints import (
    WHOLE,
    Fingerprintable,
    fingerprint,
    fingerprint_parts,
    folder_fingerprint,
    plain_fingerprint,
)


@dataclass
class Named:
    name: str

    def fingerprint(self) -> str:
        return self.name


class Colour(Enum):
    RED = 1
    ROUGE = "1"


DIFFERENT: list[Any] = [
    *(None, True, 1, 1.0, "1", b"1", [1], {1}, {1: 1}, {"1": 1}, {1: "1"}),
    *(False, 0, 0.0, -0.0, "", b"", [], set(), {}, [[]], [[], []]),
    *(["ab", "c"], ["a", "bc"], ["abc"], [["ab"], "c"], [1, 2], [2, 1], {1, 2}),
    *(Named("a"), Named("b"), Colour.RED, Colour.ROUGE),
    *(np.zeros((2, 3), np.float32), np.zeros((3, 2), np.float32), np.zeros((2, 3), np.int32)),
    *(np.ones((2, 3), np.float32), array("d", [1.0])),
]


@pytest.mark.behaviour("2.3/1", "2.3/3")
def test_different_values_have_different_fingerprints() -> None:
    assert len(set(map(fingerprint, DIFFERENT))) == len(DIFFERENT)


@pytest.mark.behaviour("2.3/3")
@given(st.dictionaries(st.text(), st.integers() | st.text(), max_size=6), st.randoms())
def test_the_order_of_a_mapping_does_not_count(value: dict[str, Any], random: Any) -> None:
    items = list(value.items())
    random.shuffle(items)
    assert fingerprint({"deep": [dict(items)]}) == fingerprint({"deep": [value]})


@pytest.mark.behaviour("2.3/3")
@given(st.lists(st.integers(), unique=True, min_size=2))
def test_the_order_of_a_list_counts_and_that_of_a_set_does_not(value: list[int]) -> None:
    assert fingerprint(value) != fingerprint(value[::-1])
    assert fingerprint(set(value)) == fingerprint(frozenset(value))


def test_a_tuple_is_a_list_and_a_path_is_a_text() -> None:
    assert fingerprint((1, (2,))) == fingerprint([1, [2]])
    assert fingerprint(Path("a/b")) == fingerprint("a/b")


def test_an_array_counts_by_content_however_it_lies_in_memory() -> None:
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert fingerprint(values) == fingerprint(np.asfortranarray(values))


@pytest.mark.behaviour("2.3/3")
@pytest.mark.parametrize(
    "value", [object(), [1, {"a": object()}], lambda: 1, Named, np.array([object()])]
)
def test_what_says_nothing_of_its_content_has_no_fingerprint(value: Any) -> None:
    with pytest.raises(NoFingerprintException):
        fingerprint(value)


@pytest.mark.parametrize("of", [fingerprint, plain_fingerprint])
def test_a_list_that_contains_itself_has_no_fingerprint(of: Callable[[Any], str]) -> None:
    endless: list[Any] = []
    endless.append(endless)
    with pytest.raises(NoFingerprintException):
        of(endless)


def test_what_is_nearly_json_has_a_fingerprint_whatever_its_keys_are() -> None:
    values = [{(1, 2): "a"}, {(1, 3): "a"}, {"a": 1, 2: "b"}, {"a": 1, 3: "b"}, {"a": 1}]
    assert len({plain_fingerprint(value) for value in values}) == len(values)
    assert plain_fingerprint({"a": 1, 2: "b"}) == plain_fingerprint({2: "b", "a": 1})


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    code = "from onnlu_engine.fingerprints import *; print(fingerprint({'a': {1, 'b', 2.5}}))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1] == fingerprint({"a": {1, "b", 2.5}}) + "\n"


@pytest.mark.behaviour("2.3/1")
def test_the_protocol_can_be_checked() -> None:
    assert isinstance(Named("a"), Fingerprintable)
    assert not isinstance(1, Fingerprintable)
    assert fingerprint_parts(Named("a")) == {WHOLE: fingerprint(Named("a"))}


def test_a_folder_counts_by_names_and_bytes(tmp_path: Path) -> None:
    found = {folder_fingerprint(tmp_path)}
    (tmp_path / "a").write_bytes(b"1")
    found.add(folder_fingerprint(tmp_path))
    (tmp_path / "a").rename(tmp_path / "b")
    found.add(folder_fingerprint(tmp_path))
    (tmp_path / "b").write_bytes(b"2")
    found.add(folder_fingerprint(tmp_path))
    (tmp_path / "deep").mkdir()
    same = folder_fingerprint(tmp_path)
    (tmp_path / "deep" / "b").write_bytes(b"")
    found.add(folder_fingerprint(tmp_path))
    assert len(found) == 5
    assert same in found


def test_a_folder_with_a_link_has_no_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("elsewhere")
    with pytest.raises(NoFingerprintException, match="link"):
        folder_fingerprint(tmp_path)
