"""``python -m serve`` as a process of its own, with the released weights."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx


@contextmanager
def served(**settings: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = start(port=str(port), **settings)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + 120
        while not is_ready(url):
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.05)
        yield url, process
    finally:
        process.kill()
        process.communicate()


def start(**settings: str) -> subprocess.Popen[str]:
    environment = {f"CLAIMEX_SERVE_{name.upper()}": value for name, value in settings.items()}
    return subprocess.Popen(
        [sys.executable, "-m", "serve"],
        env={**os.environ, "PYTHONWARNINGS": "ignore", **environment},
        stderr=subprocess.PIPE,
        text=True,
    )


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz").status_code == 200
    except httpx.TransportError:
        return False
