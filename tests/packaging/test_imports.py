"""What a process that serves imports, and what it does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

# What costs a start time or memory, and what has no business in a process that parses texts. (numpy
# itself imports ctypes, inspect, pickle and urllib.parse.)
NEEDLESS = {
    *("asyncio", "concurrent", "ctypes.util", "email", "ftplib", "http", "importlib.metadata"),
    *("multiprocessing", "select", "selectors", "socket", "ssl", "subprocess", "tempfile"),
    *("unittest", "urllib.request", "xml", "zipfile", "sqlite3", "argparse", "difflib"),
    *("click", "onnlu.cli", "onnlu.golden", "onnlu_engine.training", "onnlu_engine.validation"),
    *("onnlu_engine.atomic", "onnlu_engine.dask_runner", "distributed"),
    *("numpy.ma", "numpy.random", "numpy.testing", "numpy.f2py"),
    *("onnxruntime.quantization", "onnxruntime.tools", "onnxruntime.transformers", "sympy"),
    *("google.protobuf", "onnx", "tensorflow", "keras", "scipy", "sklearn", "safetensors"),
}
SCRIPT = """
import json, sys
before = set(sys.modules)
{code}
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def imported(code: str, *arguments: object) -> set[str]:
    """Return what a fresh process imports for some lines of Python, parents included."""
    command = [sys.executable, "-c", SCRIPT.format(code=code), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_import_alone_needs_neither_numpy_nor_the_engine() -> None:
    found = {name.partition(".")[0] for name in imported("import onnlu")}

    assert "onnlu" in found
    assert not found & {"numpy", "onnxruntime", "onnlu_engine", "logging", "json", "pathlib"}


def test_numpy_is_imported_while_the_files_are_read_and_not_before() -> None:
    found = {name.partition(".")[0] for name in imported("import onnlu; onnlu.load")}

    assert "onnlu_engine" in found
    assert not found & {"numpy", "onnxruntime"}


def test_nothing_needless_is_imported_to_parse(exported_model: Path) -> None:
    code = "import onnlu; onnlu.load(sys.argv[1], device='cpu').parse_batch(['fly to Rome', '?'])"

    found = imported(code, exported_model)

    assert "numpy" in found
    assert found & NEEDLESS == set()


def test_onnx_runtime_is_imported_where_a_model_is_loaded_and_not_before(
    exported_model: Path,
) -> None:
    assert "onnxruntime" not in imported("import onnlu; onnlu.load")
    assert "onnxruntime" in imported("import onnlu; onnlu.load(sys.argv[1])", exported_model)
