import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

COMMANDS = [
    ("onnlu.cli", []),
    ("onnlu.cli", ["parse"]),
    ("onnlu.cli", ["verify"]),
    ("onnlu.cli", ["info"]),
    ("onnlu.cli", ["bench"]),
    ("onnlu.cli", ["doctor"]),
    ("onnlu_train.cli", []),
    ("onnlu_train.cli", ["init"]),
    ("onnlu_train.cli", ["fit"]),
    ("onnlu_train.cli", ["parse"]),
    ("onnlu_train.cli", ["evaluate"]),
    ("onnlu_train.cli", ["validate"]),
    ("onnlu_train.cli", ["cross-validate"]),
    ("onnlu_train.cli", ["graph"]),
    ("onnlu_export.cli", []),
    ("onnlu_export.cli", ["to-onnx"]),
    ("onnlu_export.cli", ["verify"]),
    ("onnlu_export.cli", ["inspect"]),
]
HEAVY = (
    *("numpy", "onnxruntime", "tensorflow", "keras", "onnx", "tf2onnx", "rich", "ruamel"),
    *("sklearn", "matplotlib", "jinja2"),
)

HELP = """
import json, sys
from {package} import main
try:
    main()
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(("package", "path"), COMMANDS)
def test_help_imports_nothing_heavy(package: str, path: list[str]) -> None:
    line = [sys.executable, "-c", HELP.format(package=package), *path, "--help"]

    done = subprocess.run(line, capture_output=True, text=True, check=True)

    assert done.stdout.startswith("Usage: ")
    assert set(json.loads(done.stderr)).isdisjoint(HEAVY)


def test_importing_onnlu_imports_nothing_heavy() -> None:
    code = "import json, sys, onnlu; print(json.dumps(sorted(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)

    assert set(json.loads(done.stdout)).isdisjoint(HEAVY)


@pytest.mark.parametrize(
    ("name", "package"),
    [("onnlu", "onnlu"), ("trainer", "onnlu_train"), ("exporter", "onnlu_export")],
)
def test_each_command_is_installed(name: str, package: str) -> None:
    (command,) = entry_points(group="console_scripts", name=name)

    assert command.load().__module__ == f"{package}.cli"


def test_the_defaults_of_a_tolerance_are_those_of_the_library() -> None:
    from onnlu.tolerance import Tolerance
    from onnlu_export.cli.tolerance import ATOL, RTOL

    assert Tolerance(ATOL, RTOL) == Tolerance()
