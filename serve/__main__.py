"""``python -m serve``: settings from the environment, one process, one model."""

from __future__ import annotations

import argparse
import asyncio
import datetime as dt
import gc
import hashlib
import logging
import os
import signal
import sys
from importlib.resources import files
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

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
    gc.disable()  # a second of collecting nothing while thousands of modules are imported
    import torch

    from claimex import tagger

    if settings.threads:
        torch.set_num_threads(settings.threads)
    loaded = tagger.load(settings.model, device=settings.device)
    list(Extractor(loaded).extract([WARM_UP]))
    about = {
        "name": settings.model or "released",
        "revision": revision(settings.model, loaded.model.config),
        "dtype": str(loaded.model.dtype).removeprefix("torch."),
        "device": str(loaded.model.device),
        "window": loaded.settings.window,
    }
    gc.freeze()
    gc.enable()
    log.info("ready: %s", about)
    return loaded, about


def revision(model: str | None, config: Any) -> str:
    """Of a directory the digest of its weights, of a Hub id the commit."""
    directory = Path(str(files("claimex") / "weights")) if model is None else Path(model)
    if not directory.is_dir():
        return str(getattr(config, "_commit_hash", None))
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.safetensors")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


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
