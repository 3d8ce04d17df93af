"""The one thread that owns tokenizer and model, and the bounded queue that feeds it."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from claimex.errors import ClaimexError
from claimex.extract import Tagged, resolve
from claimex.jsonl import encode_extraction, to_line
from claimex.schema import Document
from claimex.windows import Window
from serve.metrics import Metrics
from serve.settings import Settings
from serve.wire import NotReady, QueueFull, Refusal

if TYPE_CHECKING:  # its libraries load beside the model, while the server answers probes
    from claimex.tagger import Portion, Reading

log = logging.getLogger("serve")

LEAST_COST = 256  # characters that a document counts in the queue at least: an empty one costs something too
OLDEST_EVERY = 4  # batches: a long document gets on, however many short ones come
FINISHERS = 2  # one long document in the making does not keep short ones from their answer


class SteppedTagger(Protocol):
    """A tagger that reads window by window, so that documents can share its time."""

    def begin(self, document: Document) -> Reading:
        """A document cut into windows."""
        ...

    def read(self, batch: Sequence[Portion]) -> None:
        """One forward pass."""
        ...

    def finish(self, reading: Reading) -> Tagged:
        """What the document holds, once all windows are read."""
        ...


Loaded: TypeAlias = tuple[SteppedTagger, dict[str, Any]]  # and what /info says about it


@dataclass(frozen=True, slots=True)
class Answer:
    """A document's line of JSON, and the seconds that it waited and was worked on."""

    line: str
    queued: float
    worked: float


@dataclass(slots=True, eq=False)
class _Task:
    """A document on its way. Its caller is gone when the future is cancelled."""

    document: Document
    future: Future[Answer]
    accepted: float
    began: float = 0.0
    reading: Reading | None = None
    pending: deque[Window] = field(default_factory=deque)


def cost(document: Document) -> int:
    """What a document counts in the queue, in characters."""
    return max(LEAST_COST, len(document.text))


class Worker:
    """Accepts documents on the event loop, reads them on its own thread, answers through futures."""

    def __init__(self, load: Callable[[], Loaded], settings: Settings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.ready = False
        self.draining = False
        self.waiting = 0  # characters accepted and not yet answered
        self._rate = 0.0  # characters a second, of late
        self._space = asyncio.Event()
        self._load = load
        self._turn = 0
        self._queue: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._finishers = ThreadPoolExecutor(FINISHERS, thread_name_prefix="finish")
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self._failed: Callable[[BaseException], None] = lambda error: None
        self.model: dict[str, Any] = {}

    # On the event loop.

    def start(self, failed: Callable[[BaseException], None]) -> None:
        """Starts loading; ``failed`` hears, on the worker's thread, of an error that ends it."""
        self._failed = failed
        self._thread.start()

    def accept(self, documents: Sequence[Document]) -> list[asyncio.Future[Answer]]:
        """Takes all documents of a request or none. Raises NotReady or QueueFull.

        Cancelling a future gives its document up.
        """
        self.check_ready()
        if self.waiting and self.waiting + sum(map(cost, documents)) > self.settings.queue_characters:
            raise QueueFull("too much work is waiting: try again later", Retry_After=str(self.patience()))
        return [self._submit(document) for document in documents]

    async def accept_in_turn(self, document: Document) -> asyncio.Future[Answer]:
        """Waits until half of the queue is free for it: streams leave the other half to single requests."""
        share = self.settings.queue_characters // 2
        while self.waiting and self.waiting + cost(document) > share:
            self._space.clear()
            await self._space.wait()
        self.check_ready()
        return self._submit(document)

    def check_ready(self) -> None:
        """Raises NotReady while no document can be accepted."""
        if self.draining:
            raise NotReady("the server is about to stop: send this to another", Retry_After="5")
        if not self.ready:
            raise NotReady("the model is still loading: try again in a few seconds", Retry_After="5")

    def check_room(self) -> None:
        """Raises NotReady where even a short document would be refused."""
        if self.waiting + LEAST_COST > self.settings.queue_characters:
            raise NotReady("the queue is full", Retry_After=str(self.patience()))

    def patience(self) -> int:
        """Seconds until the work that waits now is done, at the rate of late; at least one."""
        return max(1, round(self.waiting / self._rate)) if self._rate else 1

    def _submit(self, document: Document) -> asyncio.Future[Answer]:
        task = _Task(document, Future(), time.monotonic())
        self.waiting += cost(document)
        self.metrics.waiting(self.waiting)
        answer = asyncio.wrap_future(task.future)
        answer.add_done_callback(lambda _: self._release(document))
        self._queue.put(task)
        return answer

    def _release(self, document: Document) -> None:
        self.waiting -= cost(document)
        self.metrics.waiting(self.waiting)
        self._space.set()

    def abandon(self) -> None:
        """Has the thread end after the forward pass at hand; what it then still holds is refused."""
        self.draining = True
        self._queue.put(None)

    def stop(self) -> None:
        """Abandons what is left and waits for the thread's end."""
        self.abandon()
        self._thread.join()
        self._finishers.shutdown()

    # On the worker's thread.

    def _run(self) -> None:
        try:
            tagger, self.model = self._load()
            self.ready = True
            self._serve(tagger)
        except BaseException as error:
            self.ready = False
            self._failed(error)

    def _serve(self, tagger: SteppedTagger) -> None:
        active: list[_Task] = []
        while self._take(tagger, active):
            for task in [task for task in active if task.future.cancelled()]:
                active.remove(task)
            if active:
                self._read(tagger, active)
        while not self._queue.empty():
            active.extend(task for task in [self._queue.get()] if task)
        for task in active:
            _fail(task.future, NotReady("the server stopped before this was done: send it to another"))

    def _take(self, tagger: SteppedTagger, active: list[_Task]) -> bool:
        """Moves new tasks to ``active``. False to stop.

        Blocks for the first; then waits a moment for a batch to fill, but not while others are at work already.
        """
        until = time.monotonic()
        while True:
            idle = not active
            try:
                if idle:
                    task = self._queue.get()
                    until = time.monotonic() + self.settings.batch_wait
                elif _fills(active, self.settings.batch_tokens):
                    task = self._queue.get_nowait()
                else:
                    task = self._queue.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                return True
            if task is None:
                return False
            self._begin(tagger, task, active)

    def _begin(self, tagger: SteppedTagger, task: _Task, active: list[_Task]) -> None:
        if task.future.cancelled():
            return
        task.began = time.monotonic()
        try:
            task.reading = tagger.begin(task.document)
        except Exception as error:
            _fail(task.future, error)
            return
        task.pending.extend(task.reading.windows)
        if task.pending:
            active.append(task)
        else:
            self._finishers.submit(self._finish, tagger, task)

    def _read(self, tagger: SteppedTagger, active: list[_Task]) -> None:
        self._turn += 1
        batch = next_batch(active, self.settings.batch_tokens, oldest=self._turn % OLDEST_EVERY == 0)
        portions = [(task.reading, window) for task, window in batch if task.reading]
        self.metrics.batch(windows=len(portions), tokens=sum(window.size for _, window in portions))
        began = time.monotonic()
        try:
            tagger.read(portions)
        except Exception as error:
            for task, _ in batch:
                _fail(task.future, error)
                task.pending.clear()
        self._learn_rate(sum(map(_characters, portions)), time.monotonic() - began)
        for task in [task for task in active if not task.pending]:
            active.remove(task)
            if not task.future.done():
                self._finishers.submit(self._finish, tagger, task)

    def _finish(self, tagger: SteppedTagger, task: _Task) -> None:
        try:
            assert task.reading
            extraction = resolve(task.document, tagger.finish(task.reading))
            line = to_line(encode_extraction(extraction))
        except Exception as error:
            _fail(task.future, error)
            return
        now = time.monotonic()
        answer = Answer(line, task.began - task.accepted, now - task.began)
        if task.future.set_running_or_notify_cancel():
            self.metrics.document(claims=len(extraction.claims), queued=answer.queued, worked=answer.worked)
            task.future.set_result(answer)

    def _learn_rate(self, characters: int, seconds: float) -> None:
        """A moving average over forward passes, which are nearly all of the work."""
        rate = characters / max(seconds, 1e-6)
        self._rate += (rate - self._rate) * (0.1 if self._rate else 1.0)


def _characters(portion: Portion) -> int:
    reading, window = portion
    return reading.tokens.ranges[window.last - 1][1] - reading.tokens.ranges[window.first][0]


def _fills(active: Iterable[_Task], batch_tokens: int) -> bool:
    for task in active:
        for window in task.pending:
            batch_tokens -= window.size
            if batch_tokens <= 0:
                return True
    return False


def next_batch(active: Sequence[_Task], batch_tokens: int, *, oldest: bool = False) -> list[tuple[_Task, Window]]:
    """Takes the next batch of windows from the tasks, which stand in the order in which they came.

    First comes the task that is nearest to its end, which keeps the mean wait short, or the oldest one; then, shortest
    first, what still fits, of windows that do not lengthen the batch (padding is wasted).
    """
    order = sorted(active, key=lambda task: len(task.pending))
    if oldest:
        order = [active[0], *(task for task in order if task is not active[0])]
    size = order[0].pending[0].size
    count = max(1, batch_tokens // (size + 2))
    batch: list[tuple[_Task, Window]] = []
    for task in order:
        while len(batch) < count and task.pending and task.pending[0].size <= size:
            batch.append((task, task.pending.popleft()))
    return batch


def _fail(future: Future[Answer], error: Exception) -> None:
    """Passes an error of ours on; another's message could quote the text, which belongs in no log and no answer."""
    if not isinstance(error, ClaimexError):
        where = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s while a document was worked on\n%s", type(error).__name__, where)
        error = Refusal(f"{type(error).__name__} while the document was worked on: please report it")
    if not future.done() and future.set_running_or_notify_cancel():
        future.set_exception(error)


def cancel(futures: Iterable[asyncio.Future[Answer]]) -> None:
    """Gives documents up."""
    for future in futures:
        future.cancel()
