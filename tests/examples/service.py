"""A service as a process, and requests to it."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

PATIENCE = 120  # seconds that a start may take on a busy machine


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def asked(port: int, path: str, body: object = None) -> tuple[int, Any]:
    """Return status and document of a GET, or of a POST where there is a body."""
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = Request(f"http://127.0.0.1:{port}{path}", data, {"Content-Type": "application/json"})
    try:
        with urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)


@contextmanager
def serving(
    command: Sequence[str], port: int, *, cwd: Path, env: Mapping[str, str], **options: Any
) -> Iterator[subprocess.Popen[bytes]]:
    """Yield the process of a service that answers on a port; end it afterwards."""
    process = subprocess.Popen(command, cwd=cwd, env=env, stderr=subprocess.PIPE, **options)
    try:
        wait_for(port, process)
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(10 * PATIENCE):
        if process.poll() is not None:
            _, said = process.communicate()
            raise RuntimeError(f"the service ended with {process.returncode}: {said.decode()}")
        try:
            asked(port, "/health")
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"no answer on port {port}")
