"""A real server on loopback around a tagger by regular expressions, so that a test knows the answer."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import httpx
import numpy as np
import pytest
import uvicorn

from claimex.bio import LABELS
from claimex.extract import Tagged
from claimex.schema import Document, Span, Tag
from claimex.tagger import Portion, Reading
from claimex.tokens import SMALL, Tokens
from claimex.windows import windows
from serve.app import create_app
from serve.metrics import Metrics
from serve.settings import Settings
from serve.worker import Loaded, Worker

PATTERN = re.compile(r"(?P<QUANTITY>\d+)(?: (?P<UNIT>[^\W\d]+))?|(?P<DATE>\w+day)|(?P<CLAIMANT>the ministry)")


class PatternTagger:
    """Finds digits, the word after them, weekdays and "the ministry". Each window takes ``pause`` seconds to read."""

    def __init__(self, pause: float = 0.0) -> None:
        self.pause = pause
        self.read_of: list[list[str]] = []  # the documents of each batch
        self.broken = False

    def begin(self, document: Document) -> Reading:
        ranges = [match.span() for match in re.finditer(r"\w+|[^\w\s]", document.text)]
        cut = windows(len(ranges), 64, 8)
        empty = np.zeros((len(ranges), len(LABELS)), dtype=np.float32)
        return Reading(document, Tokens([0] * len(ranges), ranges, [SMALL] * len(ranges)), cut, empty)

    def read(self, batch: Sequence[Portion]) -> None:
        self.read_of.append([reading.document.id for reading, _ in batch])
        time.sleep(self.pause * len(batch))
        if self.broken:
            raise RuntimeError(batch[0][0].document.text)

    def finish(self, reading: Reading) -> Tagged:
        return Tagged(
            [
                Span(*match.span(tag), tag, 0.9)
                for match in PATTERN.finditer(reading.document.text)
                for tag in Tag
                if match[tag]
            ]
        )


@contextmanager
def running(
    tagger: PatternTagger, load: Callable[[], Loaded] | None = None, **changes: object
) -> Iterator[tuple[str, Worker]]:
    """The server's address, once it accepts connections, and its worker."""
    settings = Settings(port=0, **changes)  # type: ignore[arg-type]
    worker = Worker(load or (lambda: (tagger, {"name": "pattern", "revision": "0"})), settings, Metrics())
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(settings, worker, lambda error: None), log_config=None, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        try:
            wait_until(lambda: server.started)
            yield url, worker
        finally:
            server.should_exit = True
            thread.join()


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.005)


def ready(url: str) -> bool:
    return httpx.get(f"{url}/readyz").status_code == 200


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """A server with the default settings, ready."""
    with running(PatternTagger()) as (url, _):
        wait_until(lambda: ready(url))
        yield url
