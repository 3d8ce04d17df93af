"""Rubbish, by the OpenAPI description and by bare sockets: no 5xx, no hang, and a good answer after each."""

from __future__ import annotations

import json
import socket
import time
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

GOOD = {"documents": [{"text": "3 boats"}]}


@schemathesis.serializer("application/x-ndjson")
def ndjson(_: object, value: object) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


def test_openapi_requests_get_what_it_promises(server_url: str) -> None:
    """schemathesis makes valid and invalid requests of each operation, and checks each answer against its schema."""
    schema = schemathesis.openapi.from_url(f"{server_url}/openapi.json")
    operations = [cast(Any, result).ok() for result in schema.get_all_operations()]
    assert {operation.path for operation in operations} >= {"/v1/extract", "/v1/extract/stream", "/readyz"}
    for operation in operations:

        @settings(
            max_examples=25,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case: Any) -> None:
            case.call_and_validate()

        check()
    assert is_good(server_url)


BODY = json.dumps(GOOD).encode()
HEAD = b"POST /v1/extract HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00" * 1000,
        b"GET",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/extract HTTP/1.1\r\n\r\n",
        HEAD + b"Content-Length: 1000\r\n\r\n" + BODY,  # truncated
        HEAD + b"Content-Length: -1\r\n\r\n" + BODY,
        HEAD + b"Content-Length: 99999999999999999999\r\n\r\n" + BODY,
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + BODY,
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\nabc",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + BODY,
        HEAD + b"X-Long: " + b"a" * 200_000 + b"\r\n\r\n",
        HEAD + b"X-Request-ID: \xff\xfe\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY,
        HEAD + b"Content-Length: 4\r\n\r\n\xff\xfe\x00\x00",
        HEAD + b"Content-Length: 200000\r\n\r\n" + b'{"documents":' * 15_384 + b"aaaaaaaa",
        HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY + b"GARBAGE AFTER IT",
        b"GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /static/..%2f..%2fsettings.py HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
)
def test_a_raw_socket_s_rubbish(server_url: str, sent: bytes) -> None:
    status, _ = talk(server_url, sent)
    assert status is None or 200 <= status < 500
    assert is_good(server_url)


@settings(max_examples=40, deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_bodies_of_random_bytes(server_url: str, noise: bytes, at: int) -> None:
    """Noise within a good body, and in its stead."""
    with httpx.Client(base_url=server_url) as client:
        for body in (noise, BODY[:at] + noise + BODY[at:]):
            for path in ("/v1/extract", "/v1/extract/stream"):
                assert client.post(path, content=body).status_code < 500


def test_slow_senders_do_not_keep_others_waiting(server_url: str) -> None:
    slow = [open_socket(server_url) for _ in range(50)]
    try:
        for each in slow:
            each.sendall(HEAD + b"Content-Length: 1000\r\n\r\n{")
        for byte in b'"doc':
            began = time.monotonic()
            assert is_good(server_url)
            assert time.monotonic() - began < 5
            for each in slow:
                each.sendall(bytes([byte]))
    finally:
        for each in slow:
            each.close()


def test_null_characters_are_text_like_any_other(server_url: str) -> None:
    answer = httpx.post(f"{server_url}/v1/extract", json={"documents": [{"text": "\0 3 boats \0"}]})
    [row] = answer.json()["extractions"]
    assert [span["text"] for span in row["spans"]] == ["3", "boats"]


def is_good(url: str) -> bool:
    answer = httpx.post(f"{url}/v1/extract", json=GOOD, timeout=20)
    return answer.status_code == 200 and len(answer.json()["extractions"][0]["claims"]) == 1


def open_socket(url: str) -> socket.socket:
    where = urlsplit(url)
    return socket.create_connection((where.hostname, where.port or 80), timeout=20)


def talk(url: str, sent: bytes) -> tuple[int | None, bytes]:
    """Sends and half-closes, as a client that died; the status that came back, if any, within the timeout."""
    with open_socket(url) as connection:
        received = b""
        try:
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except OSError:
            pass  # hanging up is an answer too
    status = received.split(b" ", 2)[1:2]
    return (int(status[0]) if status else None), received
