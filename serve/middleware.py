"""Around every request: its id, its time, its headers, its line in the log. Texts are never logged."""

from __future__ import annotations

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.metrics import Metrics
from serve.wire import Refusal, error_row

log = logging.getLogger("serve")

PLAIN_ID = re.compile(r"[\w.:-]{1,128}", re.ASCII)
SECURITY = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def request_id(scope: MutableMapping[str, Any]) -> str:
    """The id that the envelope gave this request."""
    return str(scope["claimex.request_id"])


class Envelope:
    """ASGI middleware; the outermost, so that it sees every answer."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.monotonic()
        given = Headers(scope=scope).get("x-request-id", "")
        scope["claimex.request_id"] = given if PLAIN_ID.fullmatch(given) else uuid.uuid4().hex
        status = 0

        async def send_wrapped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update(SECURITY)
                headers["X-Request-ID"] = request_id(scope)
                headers["X-Total-Time"] = f"{time.monotonic() - began:.4f}"
            await send(message)

        try:
            await self.app(scope, receive, send_wrapped)
        except Exception as error:  # its message could quote a text
            log.error("%s\n%s", type(error).__name__, "".join(traceback.format_tb(error.__traceback__)))
            if not status:
                await _fail(scope, send_wrapped)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.monotonic() - began
            self.metrics.request(route, status, seconds)
            log.info("%s %s %d %.3fs %s", scope["method"], route, status, seconds, request_id(scope))


async def _fail(scope: Scope, send: Send) -> None:
    row = error_row(Refusal("a fault of the server: please report it with the request id"), request_id(scope))
    body = json.dumps(row).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 500, "headers": headers})
    await send({"type": "http.response.body", "body": body})
