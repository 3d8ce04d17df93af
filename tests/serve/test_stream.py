"""Lines in, lines out."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from claimex.extract import resolve
from claimex.jsonl import encode_extraction, to_line
from claimex.schema import Document
from tests.serve.conftest import PatternTagger, ready, running, wait_until


def test_lines_equal_the_library_s_in_order(server_url: str) -> None:
    texts = [f"{i} boats " * (i % 5 + 1) for i in range(100)]
    content = "".join(json.dumps({"id": f"d{i}", "text": text}) + "\n" for i, text in enumerate(texts))
    answer = httpx.post(f"{server_url}/v1/extract/stream", content=content)
    assert answer.headers["content-type"] == "application/x-ndjson"
    tagger = PatternTagger()
    expected = [
        to_line(encode_extraction(resolve(document, tagger.finish(tagger.begin(document)))))
        for document in (Document(f"d{i}", text) for i, text in enumerate(texts))
    ]
    assert answer.text.splitlines() == expected


def test_a_bad_line_gets_its_number_and_the_stream_goes_on(server_url: str) -> None:
    long = json.dumps({"text": "a" * 1_100_000})
    content = f'{{"text": "3 boats"}}\n\nrubbish\n{{"id": 7}}\n{long}\n{{"text": "4 boats"}}'
    rows = [
        json.loads(line) for line in httpx.post(f"{server_url}/v1/extract/stream", content=content).text.splitlines()
    ]
    assert [row.get("line", row.get("id")) for row in rows] == ["1", 3, 4, 5, "6"]
    assert [row["error"]["type"] for row in rows[1:4]] == ["NotJson", "Invalid", "TooLarge"]


def test_an_empty_body_is_an_empty_answer(server_url: str) -> None:
    answer = httpx.post(f"{server_url}/v1/extract/stream", content=b"")
    assert (answer.status_code, answer.text) == (200, "")


def test_answers_flow_before_the_body_ends(server_url: str) -> None:
    """A client that sends a line only after it has read the answer to the one before."""
    with Duplex(server_url) as client:
        for i in range(5):
            client.send_line({"id": str(i), "text": f"{i} boats"})
            assert client.read_line()["id"] == str(i)
        client.end()
        assert client.read_rest() == b""


def test_reading_stops_while_nobody_takes_the_answers() -> None:
    """Back-pressure: of an endless body the server holds a few documents, no more."""
    taken = 0
    with running(PatternTagger(pause=0.005), stream_documents=4) as (url, worker):
        wait_until(lambda: ready(url))

        def endless() -> Iterator[bytes]:
            nonlocal taken
            line = json.dumps({"text": "no boats " * 100}).encode() + b"\n"
            for _ in range(100):
                taken += 1
                assert worker.waiting <= 6 * 900
                yield line

        with httpx.stream("POST", f"{url}/v1/extract/stream", content=endless(), timeout=60) as answer:
            assert sum(1 for _ in answer.iter_lines()) == 100
    assert taken == 100


def test_a_client_that_leaves_takes_its_work_along() -> None:
    tagger = PatternTagger(pause=0.05)
    with running(tagger) as (url, worker):
        wait_until(lambda: ready(url))
        with Duplex(url) as client:
            for i in range(10):
                client.send_line({"id": str(i), "text": "no boats " * 300})
            client.read_line()
        wait_until(lambda: worker.waiting == 0)
        assert sum(map(len, tagger.read_of)) < 10 * 12


def test_single_requests_find_room_beside_streams() -> None:
    with running(PatternTagger(pause=0.005), queue_characters=20_000) as (url, _):
        wait_until(lambda: ready(url))
        content = (json.dumps({"text": "no boats " * 250}) + "\n").encode() * 15

        def stream() -> None:
            httpx.post(f"{url}/v1/extract/stream", content=content, timeout=60)

        threads = [threading.Thread(target=stream) for _ in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(10):
            answer = httpx.post(f"{url}/v1/extract", json={"documents": [{"text": "no boats " * 100}]}, timeout=60)
            assert answer.status_code == 200
        for thread in threads:
            thread.join()


class Duplex:
    """A chunked request over a bare socket, so that reading and writing take turns."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self.socket = socket.create_connection((where.hostname, where.port or 80), timeout=20)
        self.socket.sendall(b"POST /v1/extract/stream HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.file = self.socket.makefile("rb")
        self.begun = False

    def __enter__(self) -> Duplex:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
        self.socket.close()

    def send_line(self, row: dict[str, str]) -> None:
        line = json.dumps(row).encode() + b"\n"
        self.socket.sendall(b"%x\r\n%s\r\n" % (len(line), line))

    def end(self) -> None:
        self.socket.sendall(b"0\r\n\r\n")

    def _chunk(self) -> bytes:
        if not self.begun:
            assert b"200" in self.file.readline()
            while self.file.readline().strip():
                pass
            self.begun = True
        size = int(self.file.readline(), 16)
        data = self.file.read(size)
        self.file.readline()
        return data

    def read_line(self) -> dict[str, str]:
        row: dict[str, str] = json.loads(self._chunk())
        return row

    def read_rest(self) -> bytes:
        return self._chunk()
