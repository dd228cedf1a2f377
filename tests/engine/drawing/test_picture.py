"""What is to be seen of graphs."""

from __future__ import annotations

from onnlu_engine.drawing import picture_of

from .graphs import BOTH, PREDICT, TRAIN


def test_a_picture_has_the_nodes_and_placeholders_of_each_graph() -> None:
    train, predict = picture_of(BOTH).graphs
    assert [node.name for node in train.nodes] == [
        *("__importer__", "data", "learn", "apply", "decide")
    ]
    assert [node.method for node in train.nodes[:3]] == ["", "Provider.provide", "Words.train"]
    assert [node.name for node in train.nodes if node.is_placeholder] == ["__importer__"]
    assert [node.name for node in train.nodes if node.is_input] == ["data"]
    assert [node.name for node in train.nodes if node.is_target] == ["learn", "decide"]
    assert predict.title == "predict graph"
    ids = [node.id for graph in (train, predict) for node in graph.nodes]
    assert len(set(ids)) == len(ids)
    assert all(id_.isalnum() for id_ in ids)


def test_resources_are_told_from_data_and_lead_from_one_graph_to_the_next() -> None:
    picture = picture_of(BOTH)
    train, predict = ({node.id: node.name for node in graph.nodes} for graph in picture.graphs)
    edges = [
        (train[edge.parent], train[edge.child], edge.label, edge.is_resource)
        for edge in picture.graphs[0].edges
    ]
    assert edges == [
        ("__importer__", "data", "importer", False),
        ("data", "learn", "training_data", False),
        ("data", "apply", "training_data", False),
        ("learn", "apply", "resource", True),
        ("apply", "decide", "training_data", False),
    ]
    assert [(train[e.parent], predict[e.child], e.is_resource) for e in picture.links] == [
        ("learn", "apply", True),
        ("decide", "decide", True),
    ]
    assert picture_of({"predict graph": PREDICT}).links == ()


def test_what_a_run_did_and_how_long_it_took_is_of_the_first_graph() -> None:
    states = {"learn": "restored", "apply": "pruned", "decide": "runs"}
    train, predict = picture_of(BOTH, states, {"decide": 12.3456, "learn": 0.5}).graphs
    drawn = {node.name: node for node in train.nodes}
    assert drawn["learn"].lines == ["learn", "Words.train", "restored, 0.5 s"]
    assert drawn["apply"].lines[2] == "pruned"
    assert drawn["decide"].lines[2] == "runs, 12.3 s"
    assert [node.name for node in train.nodes if node.is_idle] == ["learn", "apply"]
    assert all(len(node.lines) < 3 for node in predict.nodes)


def test_a_parent_that_is_nowhere_is_not_drawn() -> None:
    nodes = {"lost": {"needs": {"a": "nowhere"}, "uses": "Part", "fn": "runs"}}
    (graph,) = picture_of({"g": {"nodes": nodes}}).graphs
    assert (len(graph.nodes), graph.edges) == (1, ())


def test_a_node_shows_what_cannot_be_printed() -> None:
    name = "a\n\x1b[31m\u202eb"
    nodes = {name: TRAIN["nodes"]["data"]}
    (graph,) = picture_of({"g": {"nodes": nodes}}).graphs
    assert graph.nodes[1].lines[0] == r"a\n\x1b[31m\u202eb"
