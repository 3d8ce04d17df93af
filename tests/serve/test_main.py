"""The process: its settings, its signals, its end. With the released weights, as users start it."""

from __future__ import annotations

import json
import re
import signal
import threading
import time

import httpx
import pytest

import claimex
from claimex.jsonl import encode_extraction, to_line
from claimex.schema import Document
from tests.serve.process import served, start

ARTICLE = "At least 57 people drowned on Monday, the coast guard said. It had saved 12 sailors in 2019. " * 30


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"port": "nonsense"}, "CLAIMEX_SERVE_PORT"),
        ({"prot": "80"}, "CLAIMEX_SERVE_PROT: no such setting"),
        ({"model": "/no/such/directory", "port": "0"}, "/no/such/directory: no such weights directory"),
    ],
)
def test_what_cannot_work_ends_with_status_2_and_one_line_that_says_why(settings: dict[str, str], words: str) -> None:
    process = start(**settings)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert words in errors.splitlines()[-1]
    assert "Traceback" not in errors


SCORE = re.compile(r'"score": ([\d.]+)')


def test_answers_equal_the_python_api_s_and_sigterm_loses_none() -> None:
    documents = [Document(str(i), ARTICLE[: 1500 + 90 * i], None) for i in range(8)]
    expected = [
        to_line(encode_extraction(extraction)) for extraction in claimex.load(dtype="float32").extract(documents)
    ]
    with served(dtype="float32") as (url, process):
        info = httpx.get(f"{url}/info").json()
        assert len(info["model"]["revision"]) == 12
        assert info["model"]["dtype"] == "float32"
        answers: dict[str, httpx.Response] = {}

        def post(document: Document) -> None:
            body = {"documents": [{"id": document.id, "text": document.text}]}
            answers[document.id] = httpx.post(f"{url}/v1/extract", json=body, timeout=60)

        threads = [threading.Thread(target=post, args=(document,)) for document in documents]
        for thread in threads:
            thread.start()
        time.sleep(0.7)  # time to be accepted, but not to be done
        process.send_signal(signal.SIGTERM)
        for thread in threads:
            thread.join()
        assert process.wait(60) == 0
        assert process.stderr is not None
        log = process.stderr.read()
    assert {answer.status_code for answer in answers.values()} == {200}
    rows = [json.dumps(answers[d.id].json()["extractions"][0], ensure_ascii=False) for d in documents]
    # Company in a batch may move a score by its last digit.
    scores, alone = ([float(score) for score in SCORE.findall("".join(each))] for each in (rows, expected))
    assert [SCORE.sub("", row) for row in rows] == [SCORE.sub("", row) for row in expected]
    assert scores == pytest.approx(alone, abs=2e-4)
    assert "CLAIMEX_SERVE_PORT=" in log
    assert "coast guard" not in log
