"""What Prometheus reads at ``/metrics``."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
TOKENS = (16, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384)


class Metrics:
    """The counters of one server, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "claimex_requests", "Requests answered, by route and status.", ["route", "status"], registry=self.registry
        )
        self._seconds = Histogram(
            "claimex_request_seconds", "From request to answer.", ["route"], buckets=SECONDS, registry=self.registry
        )
        self._documents = Counter("claimex_documents", "Documents extracted.", registry=self.registry)
        self._claims = Counter("claimex_claims", "Claims in them.", registry=self.registry)
        self._queued = Histogram("claimex_queue_seconds", "A document's wait.", buckets=SECONDS, registry=self.registry)
        self._worked = Histogram(
            "claimex_inference_seconds", "A document's work.", buckets=SECONDS, registry=self.registry
        )
        self._waiting = Gauge(
            "claimex_queue_characters", "Characters accepted and not yet answered.", registry=self.registry
        )
        self._batch_tokens = Histogram(
            "claimex_batch_tokens", "Tokens of a forward pass.", buckets=TOKENS, registry=self.registry
        )
        self._windows = Counter("claimex_windows", "Windows read.", registry=self.registry)

    def request(self, route: str, status: int, seconds: float) -> None:
        """An answered request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def document(self, *, claims: int, queued: float, worked: float) -> None:
        """An extracted document."""
        self._documents.inc()
        self._claims.inc(claims)
        self._queued.observe(queued)
        self._worked.observe(worked)

    def waiting(self, characters: int) -> None:
        """The queue's length now."""
        self._waiting.set(characters)

    def batch(self, *, windows: int, tokens: int) -> None:
        """A forward pass."""
        self._windows.inc(windows)
        self._batch_tokens.observe(tokens)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
