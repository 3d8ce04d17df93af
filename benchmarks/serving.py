"""The server under load, on loopback: throughput beside the Python API, latency, overload, memory, signals.

python -m benchmarks.serving            all of it, about ten minutes
python -m benchmarks.serving --only throughput latency
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

import claimex
from benchmarks.throughput import made_up
from claimex.schema import Document

CLIENTS = 32
WORDS = 200
EXTRACT = "/v1/extract"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One request: its status, 0 where there was no answer at all, and its seconds."""

    status: int
    seconds: float


@contextmanager
def server(**settings: str) -> Iterator[tuple[str, subprocess.Popen[bytes], float]]:
    """A ready server of its own: address, process, seconds from start to ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {f"CLAIMEX_SERVE_{name.upper()}": value for name, value in {"port": str(port), **settings}.items()}
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "serve"], env={**os.environ, **environment}, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        while not _is_ready(url):
            if process.poll() is not None or time.monotonic() - began > 120:
                raise SystemExit("the server did not start: run 'python -m serve' to see why")
            time.sleep(0.02)
        yield url, process, time.monotonic() - began
    finally:
        process.kill()
        process.wait()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def resident(process: subprocess.Popen[bytes]) -> float:
    """Resident memory in MiB."""
    pages = int(Path(f"/proc/{process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def request_of(document: Document) -> dict[str, Any]:
    """The body of a request."""
    return {"documents": [{"id": document.id, "date": str(document.date), "text": document.text}]}


async def post(client: httpx.AsyncClient, document: Document) -> Outcome:
    """One request, timed."""
    began = time.perf_counter()
    try:
        status = (await client.post(EXTRACT, json=request_of(document))).status_code
    except httpx.HTTPError:
        status = 0
    return Outcome(status, time.perf_counter() - began)


def open_client(url: str) -> httpx.AsyncClient:
    """A client with as many connections as it takes."""
    return httpx.AsyncClient(base_url=url, timeout=300, limits=httpx.Limits(max_connections=None))


async def closed_loop(url: str, documents: Sequence[Document], clients: int) -> tuple[list[Outcome], float]:
    """``clients`` callers, each sending its next document once it has an answer; and the seconds it all took."""
    left = iter(documents)
    outcomes: list[Outcome] = []

    async def caller(client: httpx.AsyncClient) -> None:
        for document in left:
            outcome = await post(client, document)
            outcomes.append(outcome)

    async with open_client(url) as client:
        began = time.perf_counter()
        await asyncio.gather(*(caller(client) for _ in range(clients)))
        return outcomes, time.perf_counter() - began


async def open_loop(
    url: str, documents: Sequence[Document], rate: float, seconds: float, *, regular: bool = False
) -> list[Outcome]:
    """``rate`` requests a second, at regular or at random moments, whether or not the ones before are answered."""
    chance = random.Random(7)
    async with open_client(url) as client, asyncio.TaskGroup() as group:
        tasks: list[asyncio.Task[Outcome]] = []
        until = asyncio.get_running_loop().time() + seconds
        at = asyncio.get_running_loop().time()
        while (at := at + (1 / rate if regular else chance.expovariate(rate))) < until:
            await asyncio.sleep(max(0.0, at - asyncio.get_running_loop().time()))
            tasks.append(group.create_task(post(client, documents[len(tasks) % len(documents)])))
    return [task.result() for task in tasks]


def percentile(outcomes: Sequence[Outcome], share: float) -> float:
    """Seconds within which that share of the requests was answered."""
    ordered = sorted(outcome.seconds for outcome in outcomes)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def statuses(outcomes: Sequence[Outcome]) -> str:
    """Counts by status."""
    return ", ".join(f"{status}: {count}" for status, count in sorted(Counter(o.status for o in outcomes).items()))


def api_rate(documents: Sequence[Document]) -> float:
    """Documents a second of the Python API, in a process of its own, as the server is."""
    code = (
        "import sys, time, claimex\nfrom benchmarks.throughput import made_up\n"
        f"documents = list(made_up({len(documents)}, {WORDS}))\nextractor = claimex.load()\n"
        "list(extractor.extract(documents[:8]))\nbegan = time.perf_counter()\nlist(extractor.extract(documents))\n"
        "print(len(documents) / (time.perf_counter() - began))"
    )
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


async def throughput(url: str, documents: Sequence[Document]) -> float:
    """Documents a second at 32 callers."""
    await closed_loop(url, documents[:CLIENTS], CLIENTS)
    _, seconds = await closed_loop(url, documents, CLIENTS)
    return len(documents) / seconds


def show(name: str, value: str) -> None:
    """A line of the table."""
    print(f"{name:58} {value}", flush=True)


def measure_throughput(documents: Sequence[Document]) -> None:
    """The server beside the Python API on the same documents; three runs of each in turn, medians."""
    api, http = [], []
    for _ in range(3):
        api.append(api_rate(documents))
        with server() as (url, _process, _seconds):
            http.append(asyncio.run(throughput(url, documents)))
    rate = statistics.median(http)
    show(f"documents/s, Python API, {WORDS} words each", f"{statistics.median(api):.2f}")
    show(f"documents/s over HTTP, {CLIENTS} clients", f"{rate:.2f} ({rate / statistics.median(api):.2f} of it)")


def measure_latency(documents: Sequence[Document]) -> None:
    """One alone, then at half of what the server can bear."""
    with server() as (url, _process, _seconds):
        rate = asyncio.run(throughput(url, documents))
        alone, _ = asyncio.run(closed_loop(url, documents[:40], 1))
        single = percentile(alone, 0.5)
        halves = {
            name: asyncio.run(open_loop(url, documents, rate / 2, 60, regular=name == "regular"))
            for name in ("regular", "random")
        }
    show("latency of one alone, median", f"{single * 1000:.0f} ms")
    for name, half in halves.items():
        p50, p99 = percentile(half, 0.5), percentile(half, 0.99)
        show(
            f"the same at half load ({rate / 2:.1f}/s, {name} arrivals), p50, p99",
            f"{p50 * 1000:.0f}, {p99 * 1000:.0f} ms ({p99 / single:.1f} times one alone)",
        )


def measure_overload(documents: Sequence[Document]) -> None:
    """Four times the load it can bear, for a minute."""
    with server() as (url, process, _seconds):
        rate = asyncio.run(throughput(url, documents))
        before = resident(process)
        outcomes = asyncio.run(open_loop(url, documents, 4 * rate, 60))
        show(f"four times its load ({4 * rate:.1f}/s for 60 s): answers by status", statuses(outcomes))
        show("resident memory before and after", f"{before:.0f}, {resident(process):.0f} MiB")


def measure_memory(documents: Sequence[Document]) -> None:
    """10,000 requests with short texts, after a warm-up of 1,000 and of long ones."""
    short = [Document(str(i), document.text[:200], document.date) for i, document in enumerate(documents)]
    with server() as (url, process, _seconds):
        asyncio.run(closed_loop(url, [*documents, *(short * 1000)[:1000]], CLIENTS))
        before = resident(process)
        outcomes, seconds = asyncio.run(closed_loop(url, (short * 10_000)[:10_000], CLIENTS))
        after = resident(process)
    show(f"10,000 requests in {seconds:.0f} s: answers by status", statuses(outcomes))
    show("resident memory before and after", f"{before:.0f}, {after:.0f} MiB ({100 * (after / before - 1):+.1f} %)")


def measure_signals(documents: Sequence[Document]) -> None:
    """SIGTERM and SIGKILL under load."""
    with server() as (url, process, seconds):
        show("start to ready", f"{seconds:.1f} s")
        outcomes, took = asyncio.run(interrupted(url, documents[:24], lambda: process.send_signal(signal.SIGTERM)))
        process.wait(60)
        show("SIGTERM with 24 documents accepted: answers by status", statuses(outcomes))
        show("SIGTERM to exit", f"{took:.1f} s, status {process.returncode}")
    with server() as (url, process, _seconds):
        asyncio.run(interrupted(url, documents[:24], process.kill))
    with server() as (_url, _process, seconds):
        show("restart to ready after SIGKILL under load", f"{seconds:.1f} s")


async def interrupted(
    url: str, documents: Sequence[Document], interrupt: Callable[[], None]
) -> tuple[list[Outcome], float]:
    """Outcomes of requests that were under way when ``interrupt`` came, and the seconds from there to the last."""
    async with open_client(url) as client:
        tasks: list[Awaitable[Outcome]] = [asyncio.ensure_future(post(client, document)) for document in documents]
        await asyncio.sleep(0.5)
        began = time.perf_counter()
        interrupt()
        return list(await asyncio.gather(*tasks)), time.perf_counter() - began


PARTS = {
    "throughput": measure_throughput,
    "latency": measure_latency,
    "overload": measure_overload,
    "signals": measure_signals,
    "memory": measure_memory,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--articles", type=int, default=128)
    arguments = parser.parse_args()
    print(f"claimex {claimex.__version__}, {os.cpu_count()} cores")
    documents = list(made_up(arguments.articles, WORDS))
    for name in arguments.only:
        PARTS[name](documents)


if __name__ == "__main__":
    main()
