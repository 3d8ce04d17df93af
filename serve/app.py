"""The HTTP application: routes over the worker. It adds transport and nothing else."""

from __future__ import annotations

import asyncio
import functools
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect

import claimex
from claimex.errors import ClaimexError
from claimex.schema import Tag
from serve.middleware import Envelope, request_id
from serve.settings import Settings
from serve.stream import Stream
from serve.wire import (
    EXAMPLE,
    DeadlinePassed,
    ErrorAnswer,
    ExtractAnswer,
    ExtractRequest,
    InputDocument,
    Invalid,
    Refusal,
    State,
    TooLarge,
    TooSlow,
    Unauthorized,
    error_row,
    parse,
    refusal_of,
)
from serve.worker import Answer, Worker, cancel

T = TypeVar("T")

STATIC = Path(__file__).parent / "static"
REFUSALS: dict[int | str, dict[str, Any]] = {
    refusal.status: {"model": ErrorAnswer, "description": (refusal.__doc__ or "").strip()}
    for refusal in sorted(Refusal.__subclasses__(), key=lambda refusal: refusal.status)
}
PROBE_REFUSALS: dict[int | str, dict[str, Any]] = {503: REFUSALS[503]}


def create_app(settings: Settings, worker: Worker, failed: Callable[[BaseException], None]) -> FastAPI:
    """The application around a worker that is not yet started. ``failed`` hears of an error that ends the worker."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        worker.start(failed)
        yield
        await asyncio.to_thread(worker.stop)

    app = FastAPI(
        title="claimex",
        version=claimex.__version__,
        description="Who claims what number of what, when.",
        lifespan=lifespan,
        docs_url=None,  # they load scripts from elsewhere
        redoc_url=None,
    )
    _add_extraction(app, settings, worker)
    _add_state(app, settings, worker)
    _add_page(app)
    _add_errors(app)
    app.openapi = functools.partial(_openapi, app)  # type: ignore[method-assign]
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    app.add_middleware(Envelope, metrics=worker.metrics)
    return app


def _add_extraction(app: FastAPI, settings: Settings, worker: Worker) -> None:
    @app.post(
        "/v1/extract",
        response_model=None,
        responses={200: {"model": ExtractAnswer}, **REFUSALS},
        openapi_extra=_body("application/json", ExtractRequest, EXAMPLE),
    )
    async def extract(request: Request) -> Response:
        """The claims of one document or more, up to the server's limit, in their order."""
        _authorize(request, settings)
        worker.check_ready()
        until = asyncio.get_running_loop().time() + settings.deadline
        body = await _read_body(request, settings, until)
        documents = parse(ExtractRequest, body).documents
        if len(documents) > settings.max_documents:
            raise Invalid(f"documents: at most {settings.max_documents} in a request: send more requests")
        futures = worker.accept([each.document(place) for place, each in enumerate(documents, start=1)])
        try:
            async with asyncio.timeout_at(until):
                answers = await _unless_gone(request, asyncio.gather(*futures))
        except TimeoutError:
            raise DeadlinePassed(f"no answer within {settings.deadline:g} seconds: send shorter documents") from None
        finally:
            cancel(futures)
        return _answer(answers)

    @app.post(
        "/v1/extract/stream",
        response_model=None,
        responses={
            200: {"content": {"application/x-ndjson": {"schema": {"$ref": "#/components/schemas/OutputExtraction"}}}},
            **{status: REFUSALS[status] for status in (401, 503)},
        },
        openapi_extra=_body("application/x-ndjson", InputDocument, EXAMPLE["documents"][0]),
    )
    async def stream(request: Request) -> Response:
        """The claims of any number of documents, one JSON object a line in and out, as they come and in their order.

        A line that cannot be read gets a line with its number and an "error", and the stream goes on.
        """
        _authorize(request, settings)
        worker.check_ready()
        return Stream(request, settings, worker)


async def _read_body(request: Request, settings: Settings, until: float) -> bytes:
    """The body, counted while it comes. ``until``: the event loop's time at which it is too late."""
    limit = settings.max_bytes
    too_large = TooLarge(f"more than {limit} bytes: send fewer documents at a time")
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout_at(until):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError:
        raise TooSlow(f"the body did not come within {settings.deadline:g} seconds") from None
    return bytes(body)


async def _unless_gone(request: Request, work: Awaitable[T]) -> T:
    """The work's result. Raises ClientDisconnect, and gives the work up, once nobody waits for it any more."""
    working, gone = asyncio.ensure_future(work), asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait([working, gone], return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        gone.cancel()
        working.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _answer(answers: Sequence[Answer]) -> Response:
    """Lines of JSON as they are, so that they equal what the command line writes to the byte."""
    body = f'{{"extractions": [{", ".join(answer.line for answer in answers)}]}}'
    headers = {
        "X-Queue-Time": f"{max(answer.queued for answer in answers):.4f}",
        "X-Inference-Time": f"{max(answer.worked for answer in answers):.4f}",
    }
    return Response(body, media_type="application/json", headers=headers)


def _authorize(request: Request, settings: Settings) -> None:
    if settings.token is None:
        return
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(token.strip().encode(), settings.token.get_secret_value().encode())
    if scheme.lower() != "bearer" or not right:
        raise Unauthorized("send the header Authorization: Bearer TOKEN", WWW_Authenticate="Bearer")


def _body(media_type: str, kind: type[Any], example: Any) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return {"requestBody": {"required": True, "content": {media_type: {"schema": schema, "example": example}}}}


def _openapi(app: FastAPI) -> dict[str, Any]:
    """FastAPI's description, and the bodies that our routes read themselves."""
    if app.openapi_schema is None:
        schema = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        request = ExtractRequest.model_json_schema(ref_template="#/components/schemas/{model}")
        schema["components"]["schemas"] |= {**request.pop("$defs"), ExtractRequest.__name__: request}
        app.openapi_schema = schema
    return app.openapi_schema


def _add_state(app: FastAPI, settings: Settings, worker: Worker) -> None:
    @app.get("/healthz")
    async def healthz() -> State:
        """Alive: the event loop answers."""
        return State(status="alive")

    @app.get("/readyz", responses=PROBE_REFUSALS)
    async def readyz() -> State:
        """Ready: the model is loaded and warm, and the queue has room."""
        worker.check_ready()
        worker.check_room()
        return State(status="ready")

    @app.get("/info")
    async def info() -> dict[str, Any]:
        """What is served, and its limits."""
        limits = ("max_documents", "max_bytes", "queue_characters", "stream_documents", "deadline")
        return {
            "name": "claimex",
            "version": claimex.__version__,
            "model": worker.model,
            "tags": list(Tag),
            "limits": {name: getattr(settings, name) for name in limits},
            "auth": settings.token is not None,
        }

    @app.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """Counters for Prometheus."""
        return Response(worker.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _add_page(app: FastAPI) -> None:
    app.mount("/static", StaticFiles(directory=STATIC), name="static")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(ClaimexError)
    async def refused(request: Request, error: ClaimexError) -> JSONResponse:
        refusal = refusal_of(error)
        return JSONResponse(error_row(refusal, request_id(request.scope)), refusal.status, refusal.headers)

    @app.exception_handler(HTTPException)
    async def not_served(request: Request, error: HTTPException) -> JSONResponse:
        problem = Refusal(f"{error.detail}: the routes are in /openapi.json")
        row = error_row(problem, request_id(request.scope))
        row["error"]["type"] = "NotServed"
        return JSONResponse(row, error.status_code, error.headers)

    @app.exception_handler(ClientDisconnect)
    async def nobody_waits(request: Request, error: ClientDisconnect) -> Response:
        return Response(status_code=499)
