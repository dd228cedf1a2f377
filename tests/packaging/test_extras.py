"""What each extra of the package asks for."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def requirements(extra: str) -> dict[str, str]:
    """Return the versions that an extra asks for, by package; `[and-cuda]` is part of its name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {}
    for requirement in project["optional-dependencies"][extra]:
        match = re.fullmatch(r"([\w.-]+(?:\[[\w,-]+\])?)(.*)", requirement)
        assert match is not None, requirement
        found[match.group(1)] = match.group(2)
    return found


def test_training_on_gpus_asks_for_the_same_but_for_cuda():
    cpu, gpu = requirements("train"), requirements("train-gpu")
    assert gpu.pop("onnxruntime-gpu")
    assert gpu.pop("tensorflow[and-cuda]") == cpu.pop("tensorflow")
    assert gpu == cpu
