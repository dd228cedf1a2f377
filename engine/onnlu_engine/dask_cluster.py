"""A cluster of Dask, as the graph runner on it needs one; the extra `dask` installs what it takes.

Whoever may connect to a scheduler may run any code in its workers, and they in its clients: keep
it on the loopback or in a network of your own.
"""

from __future__ import annotations

import asyncio
import signal
import time
import uuid
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import CancelledError
from concurrent.futures import wait as wait_for_any
from contextlib import contextmanager, suppress
from typing import Any, Final

import dask
from dask.system import CPU_COUNT
from distributed import Client, Future, KilledWorker, LocalCluster, WorkerPlugin, wait
from distributed.security import Security

from onnlu_engine.errors import GraphRunError

# More nodes are seldom ready side by side, and each process may load a TensorFlow of its own.
LOCAL_WORKERS: Final = min(4, CPU_COUNT)
SECONDS_BETWEEN_LOOKS: Final = 1.0
SECONDS_TO_CONNECT: Final = 5.0
_TLS: Final = "ssl_context"


@contextmanager
def dask_cluster(scheduler: str | None = None) -> Iterator[Cluster]:
    """Connect to a cluster.

    Args:
        scheduler: address of a running one, such as `tcp://10.0.0.5:8786`. By default one is
            started for as long as this takes, on the loopback of this machine: a process a worker,
            as a training fills an interpreter, and TensorFlow is not made for two in one.

    Raises:
        GraphRunError: nothing answers at the address, or it asks for TLS, which is not configured.
    """
    if scheduler is None:
        with (
            LocalCluster(
                n_workers=LOCAL_WORKERS,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                memory_limit=0,  # as much as a run in this process may have
                silence_logs="CRITICAL",  # whoever ends a run knows that its workers end
            ) as local,
            Client(local, set_as_default=False) as client,
        ):
            client.register_plugin(_LeavesInterruptsAlone())
            yield Cluster(client)
        return
    if scheduler.startswith("tls://") and not Security().get_connection_args("client")[_TLS]:
        raise GraphRunError(
            f"{scheduler} asks for TLS, and Dask has no certificates here. Name them in its "
            "configuration (distributed.comm.tls), or an address with tcp://."
        )
    try:
        client = Client(scheduler, set_as_default=False, timeout=SECONDS_TO_CONNECT)
    except (OSError, ValueError) as error:
        raise GraphRunError(
            f"There is no scheduler to talk to at {scheduler}: {error}. Start one with "
            "`dask scheduler`, and name the address that it shows."
        ) from error
    with client:
        yield Cluster(client)


class Cluster:
    """Runs tasks somewhere, and again elsewhere where a worker dies.

    Args:
        client: is connected to it.
        patience: how long to wait for a worker where there is none, in seconds.
    """

    def __init__(self, client: Client, patience: float = 60.0) -> None:
        self._client = client
        self._patience = patience
        self._alone_since: float | None = None

    @property
    def threads(self) -> int:
        """How many tasks it can run at a time; 0 while it has no worker.

        Raises:
            GraphRunError: it has had none for too long, or the scheduler is gone.
        """
        try:
            threads: int = sum(self._client.nthreads().values())
        except (OSError, TimeoutError) as error:
            raise GraphRunError(f"The scheduler of the cluster is gone: {error}") from error
        now = time.monotonic()
        if threads:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
        elif now - self._alone_since > self._patience:
            raise GraphRunError(
                f"The cluster has had no worker for {self._patience:g} seconds. Start some: "
                "`dask worker <address of the scheduler>`."
            )
        return threads

    def keep(self, value: Any) -> Future[Any]:
        """Send a value once, for any number of tasks.

        The scheduler keeps it, and not a worker: those may die.
        """
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TB"}):
            return self.submit("value", _same, value)

    def submit(self, name: str, task: Callable[..., Any], *arguments: Any) -> Future[Any]:
        """Have a task run; it comes again where its worker dies, so it must not raise.

        Args:
            name: what the cluster's own pages call it.
            task: a function of a module that workers can import.
            arguments: what it is called with; the result of a future in its place.
        """
        key = f"{name}-{uuid.uuid4().hex}"
        return self._client.submit(task, *arguments, key=key, pure=False)

    def finished(self, futures: Collection[Future[Any]]) -> set[Future[Any]]:
        """Wait for any of some tasks to end, but not for long.

        Returns:
            Those that have ended; after a second perhaps none.

        Raises:
            GraphRunError: there has been no worker for too long, or the scheduler is gone.
        """
        try:
            with self._client.as_current():
                done: set[Future[Any]] = wait(
                    list(futures), timeout=SECONDS_BETWEEN_LOOKS, return_when="FIRST_COMPLETED"
                ).done
        except TimeoutError:
            self.threads  # noqa: B018  # fails where nobody is left to wait for
            return set()
        except CancelledError as error:
            raise GraphRunError(f"The cluster has let the run go: {error}") from error
        return done

    def result(self, what: str, future: Future[Any]) -> Any:
        """Wait for what a task returns.

        Args:
            what: names the task in an error.
            future: the task.

        Raises:
            GraphRunError: the cluster could not run it, has had no worker for too long, or the
                scheduler is gone.
        """
        while not self.finished([future]):
            pass
        try:
            return self._gathered(future)
        except GraphRunError:
            raise
        except KilledWorker as error:
            raise GraphRunError(
                f"{what}: one worker after the other died that took it up. One that is killed has "
                f"often too little memory; its log says more. {error}"
            ) from error
        except Exception as error:
            raise GraphRunError(
                f"{what}: the cluster could not run it: {type(error).__name__}: {error}. Have its "
                "workers and this process use the same Python and the same packages."
            ) from error

    def _gathered(self, future: Future[Any]) -> Any:
        """Fetch a result; where its worker dies over that, what made it runs again elsewhere."""
        loop: Any = self._client.loop
        coming = asyncio.run_coroutine_threadsafe(
            self._client.gather(future, asynchronous=True), loop.asyncio_loop
        )
        try:
            while not wait_for_any([coming], SECONDS_BETWEEN_LOOKS).done:
                self.threads  # noqa: B018  # fails where nobody is left to wait for
            return coming.result()
        finally:
            coming.cancel()

    def let_go(self, futures: Collection[Future[Any]]) -> None:
        """Give up tasks: what has not begun never will."""
        with suppress(OSError, TimeoutError, CancelledError):
            self._client.cancel(list(futures))


class _LeavesInterruptsAlone(WorkerPlugin):
    """Has a worker ignore Ctrl-C, which reaches every process of a terminal: the client decides."""

    def setup(self, worker: Any) -> None:
        """Prepare a worker's process."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def _same(value: Any) -> Any:
    return value
