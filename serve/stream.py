"""Lines in, lines out, in the same order, any number of them: a response that reads its request as it goes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import TypeAlias

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from claimex.errors import ClaimexError
from serve.middleware import request_id
from serve.settings import Settings
from serve.wire import InputDocument, NotReady, Refusal, TooLarge, error_row, parse, refusal_of
from serve.worker import Answer, Worker

# A line's number and what will answer it; None ends the stream.
Pending: TypeAlias = tuple[int, "asyncio.Future[Answer] | Refusal"]


class Stream(Response):
    """Answers each line of the request's body. Reads no further than ``stream_documents`` ahead of what is answered.

    A framework's own streaming response would listen for the client's end while the body still comes, and swallow it.
    """

    def __init__(self, request: Request, settings: Settings, worker: Worker) -> None:
        super().__init__(media_type="application/x-ndjson")
        self.request = request
        self.settings = settings
        self.worker = worker
        self.pending: asyncio.Queue[Pending | None] = asyncio.Queue(settings.stream_documents)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs reading and writing side by side; the end of the client ends both."""
        headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        reading = asyncio.ensure_future(self._read())
        writing = asyncio.ensure_future(self._write(send))
        try:
            await asyncio.wait([reading, writing], return_when=asyncio.FIRST_COMPLETED)
            if writing.done():
                await writing
                await send({"type": "http.response.body", "body": b""})
            else:
                await reading  # it ends first only by an error: the client is gone
        except ClientDisconnect:
            return
        finally:
            reading.cancel()
            writing.cancel()
            self._give_up()

    async def _read(self) -> None:
        number = 0
        async for line in self._lines():
            number += 1
            if isinstance(line, Refusal):
                await self.pending.put((number, line))
            elif line.strip():
                answer = await self._accept(line, number)
                await self.pending.put((number, answer))
                if isinstance(answer, NotReady):  # the server is about to stop: the rest would fare no better
                    break
        await self.pending.put(None)
        while (await self.request.receive())["type"] != "http.disconnect":
            pass
        raise ClientDisconnect

    async def _accept(self, line: bytes, number: int) -> asyncio.Future[Answer] | Refusal:
        try:
            document = parse(InputDocument, line).document(number)
            return await self.worker.accept_in_turn(document)
        except ClaimexError as error:
            return refusal_of(error)

    async def _write(self, send: Send) -> None:
        while (item := await self.pending.get()) is not None:
            row = await self._row(*item)
            await send({"type": "http.response.body", "body": f"{row}\n".encode(), "more_body": True})

    async def _row(self, number: int, answer: asyncio.Future[Answer] | Refusal) -> str:
        try:
            if isinstance(answer, Refusal):
                raise answer
            return (await answer).line
        except ClaimexError as error:
            return json.dumps(error_row(refusal_of(error), request_id(self.request.scope), line=number))

    async def _lines(self) -> AsyncIterator[bytes | Refusal]:
        """The body's lines; one that is too long becomes a refusal, and is thrown away up to its end."""
        limit = self.settings.max_bytes
        rest, skipping = bytearray(), False
        async for chunk in self.request.stream():
            *whole, last = chunk.split(b"\n")
            for part in whole:
                rest += part
                if not skipping:
                    yield bytes(rest) if len(rest) <= limit else self._too_long()
                rest.clear()
                skipping = False
            rest += last
            if len(rest) > limit:
                if not skipping:
                    yield self._too_long()
                rest.clear()
                skipping = True
        if rest and not skipping:
            yield bytes(rest)

    def _too_long(self) -> Refusal:
        return TooLarge(f"a line of more than {self.settings.max_bytes} bytes: cut the document")

    def _give_up(self) -> None:
        while not self.pending.empty():
            item = self.pending.get_nowait()
            if item and not isinstance(item[1], Refusal):
                item[1].cancel()
