"""Use a model in every way there is, in a process of its own, since a crash would end it.

Reads paths of models from stdin, one a line, and answers each with a line: what each use came to.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnlu
from onnlu.cli import onnlu as onnlu_commands
from onnlu.cli.boundary import run
from onnlu_export.cli import exporter

TEXTS = ["fly to Rome", "hello", "", "? zzz", "/greet"]


def main() -> None:
    """Answer until stdin ends."""
    for line in sys.stdin:
        sys.stdout.write(json.dumps(uses(Path(line.removesuffix("\n")))) + "\n")
        sys.stdout.flush()


def uses(model: Path) -> dict[str, str]:
    """Return by use the name of the error it ended in, "ok", or what went wrong."""
    return {
        "load and parse": _outcome(lambda: _parsed(model)),
        "onnlu verify": _command(onnlu_commands, "onnlu", "verify", str(model)),
        "onnlu info": _command(onnlu_commands, "onnlu", "info", str(model)),
        "exporter inspect": _command(exporter, "exporter", "inspect", str(model)),
    }


def _parsed(model: Path) -> None:
    nlu = onnlu.load(model, device="cpu")
    one_by_one = [nlu.parse(text) for text in TEXTS]
    json.dumps([result.to_dict() for result in [*one_by_one, *nlu.parse_batch(TEXTS)]])
    json.dumps(nlu.info())


def _outcome(use: Callable[[], None]) -> str:
    try:
        use()
    except onnlu.OnnluException as error:
        return type(error).__name__
    except Exception as error:
        return f"untyped {type(error).__name__}: {error}"[:300]
    return "ok"


def _command(group: Any, name: str, *arguments: str) -> str:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(group, name, arguments)
    err.seek(0)
    said = err.read()
    if code == 0:
        return "ok"
    problem = "internal error" in said or "Traceback" in said
    return f"untyped {said[:300]}" if problem else f"exit code {code}"


if __name__ == "__main__":
    main()
