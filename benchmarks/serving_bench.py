"""What `onnlu bench` says of a model, as its users run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from child import ChildFailed

ONNLU = Path(sys.executable).with_name("onnlu")


def measure(model: Path, *, quick: bool) -> dict[str, Any]:
    """Return the document of `onnlu bench --json`, without the place of the model on this machine.

    Raises:
        ChildFailed: it ended with an error, which it told the user itself.
    """
    line = [str(ONNLU), "bench", str(model), "--json", *(["--quick"] if quick else [])]
    done = subprocess.run(line, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ChildFailed(f"onnlu bench ended with {done.returncode}")
    document: dict[str, Any] = json.loads(done.stdout)
    document["model"]["path"] = model.name
    return document
