"""The soak: the same messages for the same seed, of all kinds; and what it reports."""

from __future__ import annotations

from itertools import chain, islice
from pathlib import Path

import pytest

import onnlu

from .scripts import module

soak_messages, soak = module("soak_messages"), module("soak")


def messages(seed: int, number: int) -> list[str]:
    drawn = chain.from_iterable(soak_messages.batches(seed, ["fly", "to", "Rome"]))
    return list(islice(drawn, number))


def test_a_seed_decides_the_messages() -> None:
    assert messages(1, 500) == messages(1, 500)
    assert messages(1, 500) != messages(2, 500)


def test_messages_are_of_all_kinds() -> None:
    drawn = messages(1, 5_000)
    assert len(set(drawn)) < 0.95 * len(drawn)  # some repeat
    assert any(set(message.split()) <= {"fly", "to", "Rome"} for message in drawn)
    assert any("\ud800" <= character <= "\udfff" for message in drawn for character in message)
    assert any(len(word) > 1_000 for message in drawn for word in message.split(" "))
    assert "" in drawn


def test_a_short_soak_parses_all_and_reports_its_memory(exported_model: Path) -> None:
    found = soak.soak(onnlu.load(exported_model, device="cpu"), 200, seed=3)
    assert found["messages"] >= 200
    assert sum(found["intents"].values()) == found["messages"]
    assert found["refused"] == 0
    growth = found["rss_at_the_end_mb"] - found["rss_after_warm_up_mb"]
    assert found["growth_mb"] == pytest.approx(growth, abs=0.02)
