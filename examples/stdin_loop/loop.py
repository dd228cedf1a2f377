"""Answer each JSON line of stdin with a JSON line on stdout: a model behind a pipe.

    python loop.py MODEL

A line `{"text": "fly to Rome"}`, perhaps with an `id` of any kind, is answered with the result and
that `id`; a line that cannot be answered with `{"error": {"code": ..., "message": ...}}`. The loop
ends with stdin.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import onnlu


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("usage: python loop.py MODEL")
    try:
        nlu = onnlu.load(sys.argv[1])
    except onnlu.OnnluException as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    for line in sys.stdin.buffer:
        if line.strip():
            # ASCII and flushed: whoever reads gets each answer whole and at once.
            print(json.dumps(answer(nlu, line)), flush=True)


def answer(nlu: onnlu.NLU, line: bytes) -> dict[str, Any]:
    """Return the document that answers a line."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        return failure("InvalidRequest", f"The line is no JSON: {error}")
    if not isinstance(request, dict) or not isinstance(request.get("text"), str):
        return failure("InvalidRequest", 'Write one object a line: {"text": "..."}')
    id_ = {"id": request["id"]} if "id" in request else {}
    try:
        return nlu.parse(request["text"]).to_dict() | id_
    except onnlu.OnnluException as error:
        return failure(type(error).__name__, str(error)) | id_


def failure(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


if __name__ == "__main__":
    main()
