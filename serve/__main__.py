"""``python -m serve``: settings from the environment, one process, one model."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gc
import logging
import os
import signal
import sys
from types import FrameType

import uvicorn

from claimex.checkpoint import directory_of, revision
from claimex.errors import ClaimexError
from claimex.extract import Extractor
from claimex.schema import Document
from serve.app import create_app
from serve.metrics import Metrics
from serve.settings import Settings, read_settings, shown
from serve.worker import Loaded, Worker

log = logging.getLogger("serve")

WARM_UP = Document("warm-up", "At least 57 people drowned on Monday, the coast guard said.", dt.date(2024, 3, 14))


class Server(uvicorn.Server):
    """uvicorn, which on SIGTERM turns new work away at once and refuses in time what it cannot finish."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.error: BaseException | None = None
        self.worker = Worker(lambda: load(settings), settings, Metrics())
        super().__init__(
            uvicorn.Config(
                create_app(settings, self.worker, self.failed),
                host=settings.host,
                port=settings.port,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=round(settings.drain) + 2,
            )
        )

    def failed(self, error: BaseException) -> None:
        """The worker ended by an error: so does the server."""
        self.error = error
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal to stop; the second one stops at once. uvicorn's own would end by raising the signal again."""
        self.force_exit = self.should_exit
        self.should_exit = True
        self.worker.draining = True
        log.info("%s: finishing what was accepted, %g s at most", signal.Signals(sig).name, self.settings.drain)
        asyncio.get_running_loop().call_later(self.settings.drain, self.worker.abandon)


def load(settings: Settings) -> Loaded:
    """The tagger, warm, and what ``/info`` says about it. Raises ModelError."""
    gc.disable()  # time spent on collecting nothing while hundreds of modules are imported
    from claimex import tagger

    loaded = tagger.load(settings.model, device=settings.device, threads=settings.threads, dtype=settings.dtype)
    list(Extractor(loaded).extract([WARM_UP]))
    about = {
        "name": settings.model or "released",
        "revision": revision(directory_of(settings.model)),
        "engine": loaded.network.name,
        "dtype": loaded.network.dtype,
        "device": loaded.network.device,
        "window": loaded.settings.window,
    }
    gc.freeze()
    gc.enable()
    log.info("ready: %s", about)
    return loaded, about


def main() -> int:
    """Serves until told to stop. 2 on wrong settings or a model that cannot be loaded."""
    argparse.ArgumentParser(prog="python -m serve", description="Serve claimex over HTTP.").parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    # Threads that spin while they wait keep the others' cores busy: seconds of latency as soon as the cores are shared.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        settings = read_settings()
        log.info("settings:\n%s", shown(settings))
        server = Server(settings)
        server.run()
        if isinstance(server.error, ClaimexError):
            raise server.error
    except ClaimexError as error:
        log.error("%s", error)
        return 2
    return 1 if server.error or not server.started else 0


if __name__ == "__main__":
    sys.exit(main())
