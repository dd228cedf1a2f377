"""Pictures as texts: each is read back by a reader of its own."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onnlu_engine.drawing import dot, mermaid, picture_of, svg
from onnlu_engine.drawing.picture import visible

from .graphs import BOTH

SVG = "{http://www.w3.org/2000/svg}"
ODD = ['"', "\\", "<b>&amp;", "a#59;b", "]]>", "`x`", "-->|y|", "\\N", "end", "ä字", "a;b", "%%c"]
names = st.one_of(st.sampled_from(ODD), st.text(min_size=1, max_size=4))


def chain(*names: str) -> dict[str, Any]:
    """Return a graph in which each node needs the one before it."""
    nodes = {
        name: {"needs": {parent: parent} if parent else {}, "uses": name, "fn": name}
        for parent, name in zip(("", *names), names, strict=False)
    }
    return {"g": {"nodes": nodes}}


def test_mermaid_is_a_flowchart() -> None:
    states = {"learn": "restored", "decide": "runs"}
    text = mermaid(picture_of(BOTH, states, {"decide": 2}))
    assert text.startswith('flowchart TD\n  subgraph g0["train graph"]\n')
    for line in (
        '    a0(["__importer__"]):::placeholder',
        '    a1["data<br/>Provider.provide"]:::input',
        '    a2[["learn<br/>Words.train<br/>restored"]]:::idle',
        '    a4[["decide<br/>Decider.train<br/>runs, 2 s"]]:::target',
        '    a1 -->|"training_data"| a2',
        '    a2 -.->|"resource"| a3',
        '  a2 -.->|"resource"| b2',
    ):
        assert f"{line}\n" in text
    assert text.count("  subgraph ") == text.count("  end\n") == 2


def test_dot_is_a_digraph() -> None:
    text = dot(picture_of(BOTH, {"learn": "restored"}))
    for line in (
        "  subgraph cluster_1 {",
        r'    a1 [label="data\nProvider.provide", fillcolor="#dafbe1", color="#2da44e"]',
        '    a1 -> a2 [label="training_data"]',
        '    a2 -> a3 [label="resource", style=dashed]',
        '  a2 -> b2 [label="resource", style=dashed]',
    ):
        assert f"{line}\n" in text
    (learn,) = [line for line in text.splitlines() if "learn" in line]
    assert "peripheries=2" in learn
    assert 'style="rounded,filled,dashed"' in learn
    assert text.count("{") == text.count("}")


@given(st.lists(names, min_size=1, max_size=4, unique=True))
def test_mermaid_shows_any_name_as_it_is(drawn: list[str]) -> None:
    text = mermaid(picture_of(chain(*drawn)))
    labels = re.findall(r'^    a\d+\["([^"]*)"\]$', text, re.MULTILINE)
    shown = [
        re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label).split("<br/>")[0]
        for label in labels
    ]
    assert shown == [visible(name) for name in drawn]
    assert all(re.fullmatch(r"[\w ._,:()#;/<>-]*", label) for label in labels)


@given(st.lists(names, min_size=1, max_size=4, unique=True))
def test_dot_shows_any_name_as_it_is(drawn: list[str]) -> None:
    lines = dot(picture_of(chain(*drawn))).splitlines()
    string = r'"((?:[^"\\]|\\.)*)"'
    labels = [m[1] for line in lines if (m := re.match(rf"    a\d+ \[label={string}\]$", line))]
    for name, label in zip(drawn, labels, strict=True):
        assert label.startswith(visible(name).replace("\\", "\\\\").replace('"', '\\"') + "\\n")


@given(st.lists(names, min_size=1, max_size=4, unique=True))
def test_svg_shows_any_name_as_it_is(drawn: list[str]) -> None:
    root = ElementTree.fromstring(svg(picture_of(chain(*drawn))))
    shown = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "name"]
    assert shown == [visible(name) for name in drawn]


def test_an_svg_draws_every_node_edge_and_label() -> None:
    root = ElementTree.fromstring(svg(picture_of(BOTH, {"learn": "restored"}, {"learn": 1.5})))
    kinds = [rect.get("class") for rect in root.iter(f"{SVG}rect")]
    assert kinds.count("frame") == 2
    assert sorted(kind for kind in kinds if kind and kind.startswith("node")) == [
        *("node", "node", "node", "node"),
        *("node input", "node placeholder", "node placeholder", "node target"),
        "node target idle",
    ]
    paths = [path.get("class") for path in root.iter(f"{SVG}path") if path.get("class")]
    assert sorted(paths) == ["edge"] * 7 + ["edge resource"] * 3
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"train graph", "predict graph", "restored, 1.5 s", "Words.train"} <= set(texts)
    assert texts.count("training_data") == 3


def test_a_long_name_is_cut_in_its_box_and_whole_in_its_tooltip() -> None:
    long = "x" * 90
    root = ElementTree.fromstring(svg(picture_of(chain(long))))
    (name,) = [text.text for text in root.iter(f"{SVG}text") if text.get("class") == "name"]
    assert name == "x" * 47 + "…"
    (group,) = root.iter(f"{SVG}g")
    assert group.find(f"{SVG}title").text.startswith(long)


@pytest.mark.parametrize("draw", [mermaid, dot, svg])
def test_an_empty_graph_is_drawn(draw: Any) -> None:
    assert draw(picture_of({"nothing": {"nodes": {}}}))
