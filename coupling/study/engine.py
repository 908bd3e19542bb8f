"""Solves designs on dask.distributed: a local cluster of single-threaded processes, or a scheduler elsewhere."""

from __future__ import annotations

import contextlib
import logging
import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from coupling.process import THREADS
from coupling.study.design import Design, Evaluate
from coupling.study.solve import Row, solve_designs
from meshes.errors import InputError, VascoolError

BATCH_SECONDS = 0.5
"""Work that is sent together where designs are quick [s]."""
LARGEST_BATCH = 64
ATTEMPTS = 3
"""Workers that a design may take down with it before it is a row with that reason."""
PATIENCE = "20s"
"""For a scheduler to answer."""
log = logging.getLogger(__name__)
Take = Callable[[list[Row]], None]


class Engine:
    """Workers that solve designs."""

    def __init__(self, client: Any, dashboard: str) -> None:
        self._client = client
        self.dashboard = dashboard

    @property
    def workers(self) -> int:
        """Number of workers now."""
        return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))

    def solve(self, evaluate: Evaluate, designs: Sequence[Design], take: Take) -> None:
        """Solve all designs; ``take`` gets rows as they come, in no order.

        Raises
        ------
        VascoolError
            If the scheduler is lost.
        """
        from distributed import as_completed

        waiting = deque(designs)
        sent: dict[str, tuple[Any, list[Design]]] = {}
        finished = as_completed()
        pace = _Pace()

        def send(batch: list[Design]) -> None:
            future = self._client.submit(solve_designs, evaluate, batch, pure=False)
            sent[future.key] = (future, batch)
            finished.add(future)

        def refill() -> None:
            while waiting and len(sent) < 2 * self.workers + 1:
                send([waiting.popleft() for _ in range(min(pace.batch, len(waiting)))])

        refill()
        while sent:
            rows: list[Row] = []
            for future in finished.next_batch(block=True):
                _, batch = sent.pop(future.key)
                if future.status == "finished":
                    rows += future.result()
                elif future.status in ("cancelled", "lost"):
                    raise VascoolError("sweep: the scheduler is lost; --resume goes on with what is missing")
                elif len(batch) > 1:
                    for design in batch:
                        send([design])
                else:
                    rows.append(_lost(batch[0], future.exception()))
            pace.learn(rows)
            if rows:
                take(rows)
            refill()


class InPlace:
    """Solves designs one after the other in this process: for work that is done before workers would have started."""

    workers = 1
    dashboard = ""

    def solve(self, evaluate: Evaluate, designs: Sequence[Design], take: Take) -> None:
        """Solve all designs; ``take`` gets each row as it comes."""
        for design in designs:
            take(solve_designs(evaluate, [design]))


AnyEngine = Engine | InPlace
"""What solves the designs of a plan."""


class _Pace:
    """How many designs go together, so that sending them costs little beside solving them."""

    def __init__(self) -> None:
        self.batch = 1
        self._seconds: deque[float] = deque(maxlen=50)

    def learn(self, rows: list[Row]) -> None:
        self._seconds.extend(row["seconds"] for row in rows)
        if self._seconds:
            mean = sum(self._seconds) / len(self._seconds)
            self.batch = int(min(max(BATCH_SECONDS / max(mean, 1e-9), 1), LARGEST_BATCH))


def _lost(design: Design, error: BaseException | None) -> Row:
    reason = f"{type(error).__name__}: {error}" if error is not None else "unknown"
    if type(error).__name__ == "KilledWorker":
        reason = f"it took down {ATTEMPTS} workers (out of memory, or a crash in native code)"
    return {"key": design.key, "status": "error", "reason": reason[:500], "seconds": 0.0}


@contextlib.contextmanager
def local_engine(workers: int | None) -> Iterator[Engine]:
    """Workers on this machine, as many as cores unless told otherwise; spawned, one thread each."""
    import dask
    from distributed import Client, LocalCluster

    settings = {
        "distributed.worker.multiprocessing-method": "spawn",
        "distributed.scheduler.allowed-failures": ATTEMPTS - 1,
        "distributed.comm.timeouts.connect": "60s",
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=workers or cores(),
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            env=THREADS,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        yield Engine(client, _dashboard(client))


@contextlib.contextmanager
def remote_engine(address: str) -> Iterator[Engine]:
    """Workers of the scheduler at ``address``, such as ``tcp://10.0.0.1:8786``.

    They need this program in the same version, and the case's files at the same paths.

    Raises
    ------
    InputError
        If no scheduler answers there.
    """
    from distributed import Client

    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise InputError(f"--scheduler {address}: no scheduler answers ({error})") from None
    with client:
        yield Engine(client, _dashboard(client))


def _dashboard(client: Any) -> str:
    import importlib.util

    return client.dashboard_link if importlib.util.find_spec("bokeh") else ""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))
