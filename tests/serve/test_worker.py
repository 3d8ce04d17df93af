"""Scheduling: fair, bounded, and deaf to callers that went away."""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimex.extract import Tagged
from claimex.schema import Document
from claimex.tagger import Reading
from claimex.tokens import Tokens
from claimex.windows import Window
from serve.metrics import Metrics
from serve.settings import Settings
from serve.wire import NotReady, QueueFull, Refusal
from serve.worker import Answer, Worker, _Task, next_batch
from tests.serve.conftest import PatternTagger

LIMITS = Settings(batch_tokens=64, queue_characters=2000)


def task(name: str, *sizes: int) -> _Task:
    reading = Reading(Document(name, ""), Tokens([], [], []), [], np.zeros((0, 0), dtype=np.float32))
    return _Task(reading.document, Future(), 0.0, 0.0, reading, deque(Window(0, size, 0, size) for size in sizes))


async def loaded(worker: Worker) -> None:
    worker.start(lambda error: None)
    while not worker.ready:
        await asyncio.sleep(0.001)


@settings(deadline=None)
@given(
    st.lists(st.lists(st.integers(1, 60), min_size=1, max_size=8), min_size=1, max_size=8),
    st.integers(1, 200),
    st.booleans(),
)
def test_batches_keep_the_budget_and_every_window_is_read_once(
    sizes: list[list[int]], budget: int, oldest: bool
) -> None:
    active = [task(str(i), *each) for i, each in enumerate(sizes)]
    read: list[tuple[str, int]] = []
    while active:
        head = active[0] if oldest else min(active, key=lambda each: len(each.pending))
        batch = next_batch(active, budget, oldest=oldest)
        assert batch[0][0] is head
        longest = max(window.size for _, window in batch)
        assert len(batch) == 1 or len(batch) * (longest + 2) <= budget
        assert longest == batch[0][1].size
        read += [(each.document.id, window.size) for each, window in batch]
        active = [each for each in active if each.pending]
    for i, each in enumerate(sizes):
        assert [size for name, size in read if name == str(i)] == each


def test_short_ones_do_not_starve_a_long_document() -> None:
    async def scene() -> bool:
        tagger = PatternTagger(pause=0.002)
        worker = Worker(lambda: (tagger, {}), Settings(batch_tokens=64, queue_characters=10**6), Metrics())
        await loaded(worker)
        [long] = worker.accept([Document("long", "no boats " * 400)])
        shorts = worker.accept([Document(str(i), f"{i} boats") for i in range(2000)])
        await long
        unfinished = sum(not short.done() for short in shorts)
        await asyncio.gather(*shorts)
        await asyncio.to_thread(worker.stop)
        return unfinished > 100

    assert asyncio.run(scene())


def test_a_long_document_does_not_starve_short_ones() -> None:
    async def scene() -> bool:
        tagger = PatternTagger(pause=0.01)
        worker = Worker(lambda: (tagger, {}), Settings(batch_tokens=64, queue_characters=10**6), Metrics())
        await loaded(worker)
        documents = [Document("long", "no boats " * 3000)] + [Document(str(i), f"{i} boats") for i in range(20)]
        futures = worker.accept(documents)
        await asyncio.gather(*futures[1:])
        still_at_it = not futures[0].done()
        futures[0].cancel()
        await asyncio.to_thread(worker.stop)
        return still_at_it

    assert asyncio.run(scene())


def test_a_batch_fills_from_many_callers_within_its_wait() -> None:
    async def scene() -> list[list[str]]:
        tagger = PatternTagger()
        worker = Worker(lambda: (tagger, {}), Settings(batch_wait=0.2, batch_tokens=1000), Metrics())
        await loaded(worker)
        futures = worker.accept([Document("a", "3 boats")])
        await asyncio.sleep(0.01)
        futures += worker.accept([Document("b", "4 boats")])
        await asyncio.gather(*futures)
        await asyncio.to_thread(worker.stop)
        return tagger.read_of

    assert asyncio.run(scene()) == [["a", "b"]]


def test_whoever_went_away_is_skipped() -> None:
    async def scene() -> list[list[str]]:
        tagger = PatternTagger(pause=0.05)
        worker = Worker(lambda: (tagger, {}), LIMITS, Metrics())
        await loaded(worker)
        futures = worker.accept([Document(name, "3 boats") for name in "abc"])
        futures[1].cancel()
        await asyncio.gather(futures[0], futures[2])
        assert worker.waiting == 0
        await asyncio.to_thread(worker.stop)
        return tagger.read_of

    assert "b" not in {name for batch in asyncio.run(scene()) for name in batch}


def test_the_queue_is_bounded_but_one_request_always_fits() -> None:
    async def scene() -> None:
        tagger = PatternTagger(pause=0.01)
        worker = Worker(lambda: (tagger, {}), LIMITS, Metrics())
        await loaded(worker)
        [large] = worker.accept([Document("large", "no boats " * 1000)])
        with pytest.raises(QueueFull, match="try again") as refused:
            worker.accept([Document("small", "")])
        assert int(refused.value.headers["Retry-After"]) >= 1
        with pytest.raises(NotReady, match="full"):
            worker.check_room()
        large.cancel()
        await asyncio.sleep(0)
        assert worker.waiting == 0
        await asyncio.gather(*worker.accept([Document("small", "")]))
        await asyncio.to_thread(worker.stop)

    asyncio.run(scene())


def test_streams_leave_half_of_the_queue() -> None:
    async def scene() -> None:
        tagger = PatternTagger(pause=0.02)
        worker = Worker(lambda: (tagger, {}), LIMITS, Metrics())
        await loaded(worker)
        first = await worker.accept_in_turn(Document("a", "x" * 900))
        second = asyncio.ensure_future(worker.accept_in_turn(Document("b", "x" * 900)))
        await asyncio.sleep(0)
        assert not second.done()
        [single] = worker.accept([Document("c", "x" * 900)])
        await first
        await single
        await (await second)
        await asyncio.to_thread(worker.stop)

    asyncio.run(scene())


def test_what_is_not_done_at_the_end_is_refused_not_lost() -> None:
    async def scene() -> None:
        tagger = PatternTagger(pause=0.05)
        worker = Worker(lambda: (tagger, {}), LIMITS, Metrics())
        await loaded(worker)
        futures = worker.accept([Document(str(i), "no boats " * 200) for i in range(3)])
        worker.abandon()
        results = await asyncio.gather(*futures, return_exceptions=True)
        assert all(isinstance(result, NotReady) for result in results)
        with pytest.raises(NotReady, match="about to stop"):
            worker.accept([Document("late", "")])
        await asyncio.to_thread(worker.stop)

    asyncio.run(scene())


class Stumbling(PatternTagger):
    """Cannot finish the document "a"."""

    def finish(self, reading: Reading) -> Tagged:
        if reading.document.id == "a":
            raise RuntimeError(reading.document.text)
        return super().finish(reading)


def test_a_fault_of_one_document_is_its_own() -> None:
    async def scene() -> None:
        worker = Worker(lambda: (Stumbling(), {}), LIMITS, Metrics())
        await loaded(worker)
        futures = worker.accept([Document("a", "3 secret boats"), Document("b", "4 boats")])
        broken, fine = await asyncio.gather(*futures, return_exceptions=True)
        await asyncio.to_thread(worker.stop)
        assert isinstance(broken, Refusal)
        assert "secret" not in str(broken)
        assert isinstance(fine, Answer)

    asyncio.run(scene())
