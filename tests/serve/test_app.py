"""What the routes answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest

from claimex.extract import resolve
from claimex.jsonl import encode_extraction, to_line
from claimex.schema import Document
from serve.wire import ExtractAnswer
from tests.serve.conftest import PatternTagger, ready, running, wait_until

TEXTS = [
    "The ministry counted 57 wrecks on Monday 🙂, 12 men among them. Then the ministry left.",
    "",
    "e\u0301te\u0301 1200 kg, said the ministry\r\n\u200b7 \u00a0sheep",
    "No number at all.",
    "x 3 boats " * 200,
]


def expected(document: Document) -> str:
    tagger = PatternTagger()
    return to_line(encode_extraction(resolve(document, tagger.finish(tagger.begin(document)))))


def body(*texts: str, **more: Any) -> dict[str, Any]:
    return {"documents": [{"id": f"d{i}", "date": "2024-03-14", "text": text, **more} for i, text in enumerate(texts)]}


def documents(*texts: str) -> list[Document]:
    import datetime as dt

    return [Document(f"d{i}", text, dt.date(2024, 3, 14)) for i, text in enumerate(texts)]


def test_the_answer_equals_the_library_s_to_the_byte(server_url: str) -> None:
    answer = httpx.post(f"{server_url}/v1/extract", json=body(*TEXTS))
    assert answer.status_code == 200
    rows = ", ".join(expected(document) for document in documents(*TEXTS))
    assert answer.text == f'{{"extractions": [{rows}]}}'
    assert answer.headers["content-type"] == "application/json"
    assert {"x-request-id", "x-total-time", "x-queue-time", "x-inference-time"} <= set(answer.headers)
    found = ExtractAnswer.model_validate_json(answer.text)
    assert [len(each.claims) for each in found.extractions] == [2, 0, 2, 0, 200]


def test_without_id_and_date(server_url: str) -> None:
    answer = httpx.post(f"{server_url}/v1/extract", json={"documents": [{"text": "a"}, {"text": "b"}]}).json()
    assert [(row["id"], row["date"]) for row in answer["extractions"]] == [("1", None), ("2", None)]


def test_a_request_id_comes_back_and_a_wild_one_is_replaced(server_url: str) -> None:
    assert httpx.get(f"{server_url}/healthz", headers={"X-Request-ID": "abc-1"}).headers["x-request-id"] == "abc-1"
    assert httpx.get(f"{server_url}/healthz", headers={"X-Request-ID": "a b<c>"}).headers["x-request-id"] != "a b<c>"


@pytest.mark.parametrize(
    ("content", "status", "kind", "words"),
    [
        (b"", 400, "NotJson", "no JSON"),
        (b"{", 400, "NotJson", "no JSON"),
        (b"\xff\xfe{}", 400, "NotJson", "no JSON"),
        (b"[" * 100_000, 400, "NotJson", "no JSON"),
        (b"[]", 422, "Invalid", "object"),
        (b"{}", 422, "Invalid", "documents: Field required"),
        (b'{"documents": []}', 422, "Invalid", "documents: "),
        (b'{"documents": [{"id": "a"}]}', 422, "Invalid", "documents[0].text: Field required"),
        (b'{"documents": [{"text": 7}]}', 422, "Invalid", "documents[0].text: "),
        (b'{"documents": [{"text": "a", "date": "2024-02-30"}]}', 422, "Invalid", "write an existing day"),
        (b'{"documents": [{"text": "a", "date": 20240230}]}', 422, "Invalid", "write an existing day"),
        (json.dumps({"documents": [{"text": "a"}] * 33}).encode(), 422, "Invalid", "at most 32"),
        (b'{"documents": [{"text": "%s"}]}' % (b"a" * 1_000_000), 413, "TooLarge", "more than 1000000 bytes"),
    ],
)
def test_a_bad_body_is_refused_with_its_fault_and_mend(
    server_url: str, content: bytes, status: int, kind: str, words: str
) -> None:
    answer = httpx.post(f"{server_url}/v1/extract", content=content, headers={"X-Request-ID": "r1"})
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["request_id"]) == (status, kind, "r1")
    assert words in error["message"]
    assert ready(server_url)


def test_a_chunked_body_is_counted_while_it_comes(server_url: str) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(10_000):
            yield b" " * 10_000

    with suppress(httpx.WriteError):  # the server may hang up on whoever does not stop
        assert httpx.post(f"{server_url}/v1/extract", content=chunks()).status_code == 413
    assert ready(server_url)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/v1/extract", 405), ("GET", "/nowhere", 404)])
def test_what_is_not_served_is_json_too(server_url: str, method: str, path: str, status: int) -> None:
    answer = httpx.request(method, f"{server_url}{path}")
    assert answer.status_code == status
    assert answer.json()["error"]["type"] == "NotServed"


def test_half_a_surrogate_pair_is_refused(server_url: str) -> None:
    answer = httpx.post(f"{server_url}/v1/extract", content=rb'{"documents": [{"text": "\ud83d"}]}')
    assert answer.status_code in (400, 422)


def test_info_states_model_tags_and_limits(server_url: str) -> None:
    info = httpx.get(f"{server_url}/info").json()
    assert info["tags"] == ["QUANTITY", "UNIT", "DATE", "CLAIMANT"]
    assert info["model"] == {"name": "pattern", "revision": "0"}
    assert info["limits"]["max_documents"] == 32
    assert info["auth"] is False


def test_metrics_count_requests_by_outcome_and_documents() -> None:
    with running(PatternTagger()) as (url, _):
        wait_until(lambda: ready(url))
        httpx.post(f"{url}/v1/extract", json=body("3 boats", "4 boats and 5 men"))
        httpx.post(f"{url}/v1/extract", content=b"{")
        httpx.get(f"{url}/{'x' * 50}")
        text = httpx.get(f"{url}/metrics").text
    assert 'claimex_requests_total{route="/v1/extract",status="200"} 1.0' in text
    assert 'claimex_requests_total{route="/v1/extract",status="400"} 1.0' in text
    assert 'claimex_requests_total{route="other",status="404"} 1.0' in text
    assert "claimex_documents_total 2.0" in text
    assert "claimex_claims_total 3.0" in text
    assert "claimex_queue_characters 0.0" in text


def test_openapi_describes_bodies_and_answers(server_url: str) -> None:
    schema = httpx.get(f"{server_url}/openapi.json").json()
    post = schema["paths"]["/v1/extract"]["post"]
    assert {"200", "400", "413", "422", "429", "503", "504"} <= set(post["responses"])
    content = post["requestBody"]["content"]["application/json"]
    assert content["schema"] == {"$ref": "#/components/schemas/ExtractRequest"}
    assert httpx.post(f"{server_url}/v1/extract", json=content["example"]).status_code == 200
    assert {"ExtractRequest", "InputDocument", "OutputExtraction"} <= set(schema["components"]["schemas"])


def test_the_page_may_load_nothing_from_elsewhere(server_url: str) -> None:
    answer = httpx.get(f"{server_url}/")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_token_is_wanted_where_one_is_set() -> None:
    with running(PatternTagger(), token="open sesame") as (url, _):
        wait_until(lambda: ready(url))
        for headers in ({}, {"Authorization": "Bearer open"}, {"Authorization": "Basic open sesame"}):
            answer = httpx.post(f"{url}/v1/extract", json=body("3 boats"), headers=headers)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        right = {"Authorization": "Bearer open sesame"}
        assert httpx.post(f"{url}/v1/extract", json=body("3 boats"), headers=right).status_code == 200
        assert httpx.get(f"{url}/info").json()["auth"] is True


def test_other_origins_are_closed_unless_listed(server_url: str) -> None:
    asking = {"Origin": "https://desk.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in httpx.get(f"{server_url}/healthz", headers=asking).headers
    with running(PatternTagger(), cors_origins=["https://desk.example"]) as (url, _):
        preflight = httpx.options(f"{url}/v1/extract", headers=asking)
        assert preflight.headers["access-control-allow-origin"] == "https://desk.example"


def test_a_full_queue_says_429_and_when_to_come_back() -> None:
    with running(PatternTagger(pause=0.01), queue_characters=3000) as (url, worker):
        wait_until(lambda: ready(url))
        with ThreadPoolExecutor(16) as pool:
            post = lambda _: httpx.post(f"{url}/v1/extract", json=body("no boats " * 100), timeout=60)  # noqa: E731
            answers = list(pool.map(post, range(16)))
        by_status = {status: [a for a in answers if a.status_code == status] for status in (200, 429)}
        assert len(by_status[200]) + len(by_status[429]) == 16
        assert len(by_status[200]) >= 3
        assert by_status[429]
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in by_status[429])
        assert by_status[429][0].json()["error"]["type"] == "QueueFull"
        wait_until(lambda: worker.waiting == 0)
        assert httpx.post(f"{url}/v1/extract", json=body("no boats " * 2000), timeout=60).status_code == 200


def test_past_the_deadline_504_and_the_work_is_given_up() -> None:
    tagger = PatternTagger(pause=0.3)
    with running(tagger, deadline=0.5, batch_tokens=64) as (url, worker):
        wait_until(lambda: ready(url))
        answer = httpx.post(f"{url}/v1/extract", json=body("no boats " * 1000), timeout=60)
        assert answer.status_code == 504
        wait_until(lambda: worker.waiting == 0)
        assert len(tagger.read_of) < 10
        assert httpx.post(f"{url}/v1/extract", json=body("3 boats"), timeout=60).status_code == 200


def test_until_the_model_is_loaded_and_once_draining_503() -> None:
    import threading

    tagger, loaded = PatternTagger(), threading.Event()

    def load() -> Any:
        loaded.wait()
        return tagger, {}

    with running(tagger, load) as (url, worker):
        assert httpx.get(f"{url}/healthz").status_code == 200
        assert httpx.get(f"{url}/readyz").status_code == 503
        assert httpx.post(f"{url}/v1/extract", json=body("3 boats")).status_code == 503
        loaded.set()
        wait_until(lambda: ready(url))
        worker.draining = True
        answer = httpx.post(f"{url}/v1/extract", json=body("3 boats"))
        assert (answer.status_code, answer.json()["error"]["type"]) == (503, "NotReady")
        assert not ready(url)


def test_a_fault_of_ours_is_a_500_that_does_not_quote_the_text(caplog: pytest.LogCaptureFixture) -> None:
    tagger = PatternTagger()
    with running(tagger) as (url, _):
        wait_until(lambda: ready(url))
        tagger.broken = True
        answer = httpx.post(f"{url}/v1/extract", json=body("3 secret boats"))
        assert answer.status_code == 500
        assert "RuntimeError" in answer.json()["error"]["message"]
        assert "secret" not in answer.text
        assert "secret" not in caplog.text
        tagger.broken = False
        assert httpx.post(f"{url}/v1/extract", json=body("3 boats")).status_code == 200
