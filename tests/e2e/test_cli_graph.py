"""`trainer graph`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from onnlu_engine.errors import InvalidConfigException
from onnlu_train.graph_source import run_of
from onnlu_train.recipe import graph_model_configuration, read_config

from .commands import Run


def test_the_graphs_of_a_config_are_drawn(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    config = tiny_project / "config.yml"
    drawn = run("trainer", "graph", config)
    assert drawn.code == 0, drawn.err
    assert drawn.out.startswith("flowchart TD\n")
    assert "train_DIETClassifier3<br/>DIETClassifier.train" in drawn.out

    out = tmp_path / "graph.svg"
    assert run("trainer", "graph", config, "--out", out, "--graph", "train").out == ""
    root = ElementTree.fromstring(out.read_text(encoding="utf-8"))
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "train graph" in texts
    assert "predict graph" not in texts


@pytest.mark.parametrize(
    "document",
    [
        {
            "ran": ["train_DIETClassifier3"],
            "restored": ["train_CountVectorsFeaturizer2"],
            "seconds": {"train_DIETClassifier3": 4.25},
        },
        {
            "nodes": [
                {"node": "train_DIETClassifier3", "action": "runs", "why": ["config"]},
                {"node": "train_CountVectorsFeaturizer2", "action": "restored", "why": []},
            ]
        },
    ],
)
def test_a_trained_model_is_drawn_with_what_a_fit_told(
    run: Run, trained_model: Path, tmp_path: Path, document: dict[str, Any]
) -> None:
    told = tmp_path / "fit.json"
    told.write_text(json.dumps(document), encoding="utf-8")
    drawn = run("trainer", "graph", trained_model, "--run", told, "--format", "dot")
    assert drawn.code == 0, drawn.err
    did = "ran, 4.25 s" if "ran" in document else "runs"
    assert rf"train_DIETClassifier3\nDIETClassifier.train\n{did}" in drawn.out
    assert r"CountVectorsFeaturizer.train\nrestored" in drawn.out


PIPELINE = "- name: WhitespaceTokenizer\n- name: KeywordIntentClassifier\n"


def test_a_fit_tells_what_it_did_and_what_it_would_do(
    run: Run, tiny_project: Path, tmp_path: Path
) -> None:
    config, told, model = tmp_path / "config.yml", tmp_path / "fit.json", tmp_path / "model"
    config.write_text(f"recipe: default.v1\npipeline:\n{PIPELINE}", encoding="utf-8")
    places = ("--out", model, "--cache", tmp_path / "cache", "--overwrite", "--json")
    places += ("--cache-size", "100")
    fit = ("trainer", "fit", "--config", config, "--data", tiny_project / "nlu.yml", *places)
    train = r"KeywordIntentClassifier\.train<br/>"
    runs = (((), r"ran, [\d.e-]+ s"), (("--dry-run",), "restored"), ((), "restored"))
    for more, drawn in runs:
        done = run(*fit, *more)
        assert done.code == 0, done.err
        told.write_text(done.out, encoding="utf-8")
        picture = run("trainer", "graph", model, "--run", told)
        assert re.search(train + drawn + '"', picture.out), picture.out + picture.err
    predict = run("trainer", "graph", model, "--run", told, "--graph", "predict").out
    assert "KeywordIntentClassifier.process" in predict
    assert "restored" not in predict


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "is not what `trainer fit --json` prints (AttributeError"),
        ("{", "is not what `trainer fit --json` prints (JSONDecodeError"),
        ('{"nodes": [{"action": "runs"}]}', "is not what `trainer fit --json` prints (KeyError"),
        ('{"model": "m"}', "says of no node what became of it"),
    ],
)
def test_what_no_fit_printed_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    told = tmp_path / "fit.json"
    told.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidConfigException) as refused:
        run_of(told)
    assert str(refused.value).startswith(f"{told} {problem}")


def test_an_exported_model_has_a_predict_graph_only(run: Run, exported_model: Path) -> None:
    drawn = run("trainer", "graph", exported_model)
    assert "run_DIETClassifier3<br/>DIETClassifierOnnx.process" in drawn.out
    assert "train graph" not in drawn.out
    refused = run("trainer", "graph", exported_model, "--graph", "train")
    assert refused.code == 3
    assert "which has no train graph" in refused.err


def test_what_a_fit_did_is_not_of_the_graph_of_an_exported_model(
    run: Run, exported_model: Path, tmp_path: Path
) -> None:
    told = tmp_path / "fit.json"
    told.write_text(json.dumps({"ran": ["run_DIETClassifier3"]}), encoding="utf-8")
    drawn = run("trainer", "graph", exported_model, "--run", told)
    assert drawn.code == 0, drawn.err
    assert '"run_DIETClassifier3<br/>DIETClassifierOnnx.process"' in drawn.out


def test_the_name_of_the_file_says_the_format(run: Run, tiny_project: Path, tmp_path: Path) -> None:
    config = tiny_project / "config.yml"
    for name, start in (("g.SVG", "<svg"), ("g.Gv", "digraph"), ("g.mmd", "flow"), ("g", "flow")):
        assert run("trainer", "graph", config, "--out", tmp_path / name).code == 0
        assert (tmp_path / name).read_text(encoding="utf-8").startswith(start)

    png = tmp_path / "graph.png"
    refused = run("trainer", "graph", config, "--out", png)
    assert refused.code == 2
    assert "No format is known by '.png'. End the name in .mmd, " in refused.err
    assert not png.exists()
    assert run("trainer", "graph", config, "--out", png, "--format", "dot").code == 0
    assert png.read_text(encoding="utf-8").startswith("digraph")


def test_with_json_the_graphs_are_a_config(
    run: Run, tiny_project: Path, trained_model: Path, tmp_path: Path
) -> None:
    expected = graph_model_configuration(read_config(tiny_project / "config.yml"))
    for source in (tiny_project / "config.yml", trained_model):
        printed = run("trainer", "graph", source, "--json")
        config = tmp_path / "graphs.yml"
        config.write_text(printed.out, encoding="utf-8")
        configuration = graph_model_configuration(read_config(config))
        assert configuration.train_schema == expected.train_schema
        assert configuration.predict_schema == expected.predict_schema
        assert configuration.nlu_target == expected.nlu_target
        assert configuration.language == "en"
    only = json.loads(run("trainer", "graph", trained_model, "--json", "--graph", "predict").out)
    assert sorted(only) == ["language", "nlu_target", "predict_schema", "recipe"]


def test_a_source_that_cannot_be_read_is_told(run: Run, tmp_path: Path) -> None:
    missing = run("trainer", "graph", tmp_path / "nothing")
    assert missing.code == 3
    assert "Name the directory of a model, or a config file." in missing.err
    assert run("trainer", "graph", tmp_path).code == 5
    config = tmp_path / "config.yml"
    config.write_text("recipe: default.v1\npipeline:\n- name: Nothing\n", encoding="utf-8")
    refused = run("trainer", "graph", config)
    assert refused.code == 3
    assert f"{config}:3: 'Nothing' is no component." in refused.err
