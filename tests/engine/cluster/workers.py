"""The processes that are the workers of a cluster: started, killed, and what they keep."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from distributed import Client

from .components import ROOT


class Workers:
    """Two processes, each in a folder of its own, which are killed and started again."""

    def __init__(self, scheduler: str, folder: Path) -> None:
        self.scheduler, self.folder = scheduler, folder
        self.processes: list[subprocess.Popen[bytes]] = []
        self.names: dict[int, str] = {}

    def start_missing(self) -> None:
        self.processes = [process for process in self.processes if process.poll() is None]
        while len(self.processes) < 2:
            own = self.folder / f"worker-{time.monotonic_ns()}"
            own.mkdir()
            line = [sys.executable, "-m", "distributed.cli.dask_worker", self.scheduler]
            options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--name", own.name]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            with (own / "log").open("wb") as log:
                process = subprocess.Popen([*line, *options], cwd=own, env=environment, stderr=log)
            self.processes.append(process)
            self.names[process.pid] = own.name

    def wait_for(self, client: Client) -> None:
        """Wait until these workers are the cluster: those that died may still be counted."""
        alive = {self.names[process.pid] for process in self.processes}
        while alive != {worker["name"] for worker in _known(client)}:
            time.sleep(0.01)

    def kill(self, pid: int) -> None:
        (process,) = (process for process in self.processes if process.pid == pid)
        process.kill()
        process.wait()


def killed_when_it_waits(workers: Workers, marker: Path) -> threading.Thread:
    """Kill the worker that notes its process in `marker`."""

    def kill() -> None:
        while not (marker.exists() and marker.read_text().endswith(".")):
            time.sleep(0.01)
        workers.kill(int(marker.read_text().rstrip(".")))

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def kept(client: Client, number: int) -> set[str]:
    """Return what the cluster keeps for this process, when it has let go of all but a number."""
    gc.collect()
    end = time.monotonic() + 30
    while len(client.futures) > number and time.monotonic() < end:
        time.sleep(0.01)  # it is told in the background
    return {key.rpartition("-")[0] for key in client.futures}


def _known(client: Client) -> list[dict[str, Any]]:
    return [*client.scheduler_info(n_workers=-1)["workers"].values()]
