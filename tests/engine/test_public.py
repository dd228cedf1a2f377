"""The public surface of the engine."""

from __future__ import annotations

import inspect
import subprocess
import sys

import onnlu_engine
from onnlu_engine import errors

PUBLIC = {
    "ComponentRegistry",
    "ExecutionContext",
    "FORMAT",
    "GraphComponent",
    "GraphModelConfiguration",
    "GraphNode",
    "GraphNodeHook",
    "GraphRunner",
    "GraphSchema",
    "LocalModelStorage",
    "Model",
    "ModelStorage",
    "Resource",
    "SchemaNode",
    "SequentialGraphRunner",
    "TrainingType",
    "canonical_json",
    "check_target",
    "merged_config",
    "open_model",
    "write_model",
}


def test_the_package_exports_these_names_and_no_others() -> None:
    assert set(onnlu_engine.__all__) == PUBLIC
    visible = {
        name
        for name, value in vars(onnlu_engine).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert visible == PUBLIC


def test_the_engine_imports_nothing_but_the_standard_library() -> None:
    code = (
        "import sys, onnlu_engine, onnlu_engine.atomic\n"
        "roots = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted({'numpy', 'onnxruntime', 'click', 'tensorflow', 'onnlu'} & roots))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_every_error_is_drawn_with_its_exit_code() -> None:
    drawing = errors.__doc__ or ""
    for name, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, errors.OnnluException):
            line = next(line for line in drawing.splitlines() if f" {name} " in line)
            assert line.split(name)[1].split()[0] == str(error.exit_code)


def test_model_errors_end_a_command_with_5() -> None:
    for error in (errors.CorruptModelException, errors.IncompatibleModelException):
        assert issubclass(error, errors.ModelException)
        assert error.exit_code == 5
