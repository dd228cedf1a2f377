"""A component of another package, as docs/components.md shows it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from onnlu_engine import GraphComponent
from onnlu_engine.entry_points import GROUP

PAGE = Path(__file__).parents[2] / "docs" / "components.md"
NAME = "TokenLengthFeaturizer"
DATA = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning
    - good evening
- intent: travel
  examples: |
    - take me to [Oslo](city)
    - I leave [Trondheim](city) today
    - go to [Bergen](city)
    - bring me to [Stavanger](city)
"""


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def written(folder: Path) -> Path:
    """Write every block of the page that begins with the name of its file."""
    for block in [b for language in ("python", "toml", "yaml") for b in blocks(language)]:
        first, _, content = block.partition("\n")
        path = folder / "onnlu-lengths" / first.removeprefix("# ")
        if path.suffix == ".yml":
            path = folder / path.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (folder / "data").mkdir()
    (folder / "data" / "nlu.yml").write_text(DATA, encoding="utf-8")
    return folder / "onnlu-lengths"


def run(folder: Path, line: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        line, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True
    )


def test_the_test_of_the_page_passes(tmp_path: Path) -> None:
    package = written(tmp_path)
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "tests"]
    done = run(package, line, PYTHONPATH=str(package))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_class_that_is_not_installed_is_named_by_its_path(tmp_path: Path) -> None:
    package = written(tmp_path)
    config = tmp_path / "config.yml"
    path = f"onnlu_lengths.featurizer.{NAME}"
    config.write_text(config.read_text().replace(NAME, path), encoding="utf-8")
    line = [*command("trainer"), "validate", "--config", "config.yml", "--data", "data"]
    done = run(tmp_path, line, PYTHONPATH=str(package))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(rf"{path} +supported", done.stdout)

    unknown = run(tmp_path, line, PYTHONPATH="")
    assert unknown.returncode == 3
    assert f"config.yml:6: '{path}' cannot be imported" in unknown.stdout


def command(program: str) -> list[str]:
    module = {"trainer": "onnlu_train.cli", "exporter": "onnlu_export.cli", "onnlu": "onnlu.cli"}
    return [sys.executable, "-c", f"from {module[program]} import main; main()"]


@pytest.mark.slow
@pytest.mark.behaviour("2.7/2")
def test_a_package_of_the_page_trains_exports_and_serves(tmp_path: Path) -> None:
    package = written(tmp_path)
    site = tmp_path / "site"
    (commands,) = blocks("sh")
    outputs = {}
    for words in map(shlex.split, commands.splitlines()):
        if words[0] == "pip":
            assert words == ["pip", "install", "./onnlu-lengths"]
            pip = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check", "install"]
            options = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(site)]
            done = run(tmp_path, [*pip, *options, str(package)])
        else:
            line = [*command(words[0]), *words[1:]]
            done = run(tmp_path, line, PYTHONPATH=str(site))
        assert done.returncode == 0, done.stdout + done.stderr
        outputs[" ".join(words[:2])] = done.stdout
    assert list(outputs) == [
        *("pip install", "trainer validate", "trainer fit", "exporter to-onnx", "onnlu parse")
    ]
    result = json.loads(outputs["onnlu parse"])
    assert result["intent"]["name"] == "travel"

    exported = tmp_path / "models" / "onnx"
    manifest = json.loads((exported / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["predict_schema"]["nodes"][f"run_{NAME}2"]["uses"] == NAME
    learnt = exported / "components" / f"train_{NAME}2" / "longest.json"
    assert json.loads(learnt.read_text(encoding="utf-8")) == len("Stavanger")

    alone = run(tmp_path, [*command("onnlu"), "parse", str(exported), "hello"], PYTHONPATH="")
    assert alone.returncode == 3
    assert f"Component '{NAME}' is not registered." in alone.stderr


def test_the_page_speaks_of_what_there_is() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert f'"{GROUP}"' in page
    for member in (
        *("create", "load", "get_default_config", "required_components", "required_packages"),
        *("supported_languages", "not_supported_languages", "can_finetune", "fingerprint_addon"),
    ):
        assert hasattr(GraphComponent, member)
        assert f"`{member}" in page
