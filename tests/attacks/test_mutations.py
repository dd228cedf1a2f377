"""Bits flipped and ends cut off: whatever byte of a model is changed, it is refused."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

import onnlu
from onnlu_engine import open_model

from .forgeries import copied


def flipped(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    changed[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(content: bytes, rng: random.Random) -> bytes:
    return content[: rng.randrange(len(content))]


def lengthened(content: bytes, rng: random.Random) -> bytes:
    return content + rng.randbytes(rng.randint(1, 9))


MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (flipped, cut, lengthened)


def is_another_date(one: bytes, other: bytes) -> bool:
    """Whether two manifests differ in digits of the date alone, which is no part of the id."""
    start = one.index(b'"created":"') + len(b'"created":"')
    end = one.index(b'"', start)
    same_but_for_it = one[:start] == other[:start] and one[end:] == other[end:]
    return len(one) == len(other) and same_but_for_it and other[start:end][4:5] == b"-"


@pytest.mark.parametrize("number", [600, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_mutated_model_is_refused(exported_model: Path, tmp_path: Path, number: int) -> None:
    rng = random.Random(number)
    model = copied(exported_model, tmp_path)
    files = sorted(path for path in model.rglob("*") if path.is_file())
    accepted = []
    for index in range(number):
        path = files[index % len(files)]  # each file as often as the others
        content = path.read_bytes()
        changed = rng.choice(MUTATIONS)(content, rng)
        path.write_bytes(changed)
        try:
            onnlu.load(model, device="cpu")
        except onnlu.ModelException as error:
            assert error.exit_code == 5
        else:
            accepted.append((path, content, changed))
        path.write_bytes(content)

    assert [path.name for path, *versions in accepted if not is_another_date(*versions)] == []
    assert len(accepted) < number / 100
    open_model(model)
