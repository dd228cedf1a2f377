"""The manifest's text, and the digest that names a model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_engine import canonical_json
from onnlu_engine.manifest import model_id, path_problem, same_but_for_case

json_values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(json_values)
def test_canonical_json_reads_back_and_is_stable(value: Any) -> None:
    text = canonical_json(value)
    assert json.loads(text) == value
    assert canonical_json(json.loads(text)) == text


@given(st.dictionaries(st.text(), st.integers(), min_size=2))
def test_canonical_json_does_not_depend_on_the_order_of_keys(value: dict[str, int]) -> None:
    assert canonical_json(dict(reversed(value.items()))) == canonical_json(value)


def test_canonical_json_keeps_unicode_and_leaves_out_blanks() -> None:
    assert canonical_json({"ü": [1, "日本"], "a": {"b": None}}) == '{"a":{"b":null},"ü":[1,"日本"]}'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_canonical_json_has_no_number_that_json_lacks(value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical_json({"loss": value})


def test_canonical_json_takes_no_other_objects() -> None:
    with pytest.raises(TypeError):
        canonical_json({"set": {1}})


def test_a_model_id_is_that_of_the_manifest_without_id_and_date() -> None:
    manifest = {"kind": "onnx", "created": "now", "model_id": "x"}
    # printf '{"kind":"onnx"}' | sha256sum
    expected = "af1695d3c50b000d2e95d2c77fa8844b4772689ef0507cffc66982d03e256201"
    assert model_id(manifest) == expected
    assert model_id({**manifest, "created": "later"}) == model_id(manifest)
    assert model_id({**manifest, "kind": "tensorflow"}) != model_id(manifest)


@pytest.mark.parametrize("path", ["components/a/b.json", "golden/x", "a b/ü", "a/.hidden"])
def test_plain_paths_may_be_listed(path: str) -> None:
    assert path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    [
        *("/etc/passwd", "../x", "a/../x", "a/./x", "a//x", "a/", ""),
        *("a\\b", "C:/x", "a/\0", "a/\x1b[2J", "manifest.json", "MANIFEST.JSON"),
    ],
)
def test_paths_that_lead_astray_may_not(path: str) -> None:
    assert path_problem(path)


def test_paths_that_differ_in_case_only_are_found() -> None:
    assert same_but_for_case({"a/B": 1, "x": 1, "A/b": 1}) == ("a/B", "A/b")
    assert same_but_for_case({"a/straße": 1, "a/STRASSE": 1}) == ("a/straße", "a/STRASSE")
    assert same_but_for_case({"a": 1, "b": 1}) is None
