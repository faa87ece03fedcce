"""The figures of a running bot in Prometheus' format: counted as told, and read at the scrape.

Labels have few values, none of which is a text, a person or a server.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from bot.observer import Observer
from bot.operation.home_size import HomeSize
from index.store.work_state import WorkState

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

HIGH, MEDIUM = 0.75, 0.4
"""Confidence from which a question counts as answered with the tier of that name."""

_SIGN = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Seconds; Discord gives up on a command after three."""
_ANSWER = (0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0)
_QUEUE = (0.01, 0.1, 0.5, 1.0, 3.0, 10.0, 30.0, 60.0, 180.0, 600.0)
_LAG = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Moment:
    """What holds at the moment of a scrape, and need not be counted."""

    connected: bool
    """Whether every connection to Discord stands."""
    under_way: int = 0
    """Questions that are being answered."""
    waiting: int = 0
    """Questions in the queue before that."""
    home: HomeSize | None = None
    """What the home holds, where that is known yet."""


class Figures(Observer):
    """Counts what it is told, in a registry of its own."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

        self._registry = CollectorRegistry()
        self._arrived: dict[int, float] = {}
        register = self._registry
        ProcessCollector(registry=register)
        self._answered = Counter(
            "quoth_questions", "Questions answered.",
            ("status", "engine", "confidence"), registry=register,
        )  # fmt: skip
        self._failed = Counter(
            "quoth_questions_failed", "Questions not answered.", ("reason",), registry=register
        )
        self._sign = Histogram(
            "quoth_first_sign_seconds", "From a command or message to the first sign of life.",
            buckets=_SIGN, registry=register,
        )  # fmt: skip
        self._answer = Histogram(
            "quoth_answer_seconds", "From a question to its answer, as it is shown.",
            buckets=_ANSWER, registry=register,
        )  # fmt: skip
        self._queue = Histogram(
            "quoth_queue_seconds", "From a question to the beginning of the work on it.",
            buckets=_QUEUE, registry=register,
        )  # fmt: skip
        self._lag = Histogram(
            "quoth_event_loop_lag_seconds", "By how much the event loop is late.",
            buckets=_LAG, registry=register,
        )  # fmt: skip
        self._tokens = Counter(
            "quoth_model_tokens", "Tokens of the language model.", registry=register
        )
        self._unsynced = Counter(
            "quoth_sync_failures", "Times the index could not be brought in step.",
            ("what",), registry=register,
        )  # fmt: skip
        self._reconnects = Counter(
            "quoth_gateway_reconnects", "Connections to Discord that were lost and stand again.",
            registry=register,
        )  # fmt: skip
        self._gauges = _Gauges(register)

    def arrived(self, id: int, at: float) -> None:
        """Note since when somebody waits."""
        self._arrived[id] = at

    def signed(self, id: int) -> None:
        """Count the seconds until then."""
        if (at := self._arrived.get(id)) is not None:
            self._sign.observe(time.monotonic() - at)

    def answered(self, id: int, status: str, engine: str, confidence: float) -> None:
        """Count the answer, and the seconds until it was shown."""
        provider = engine.partition("/")[0]
        self._answered.labels(status, provider, _tier(confidence)).inc()
        if (at := self._arrived.get(id)) is not None:
            self._answer.observe(time.monotonic() - at)

    def failed(self, reason: str) -> None:
        """Count it."""
        self._failed.labels(reason).inc()

    def told(self, id: int) -> None:
        """Forget the id."""
        self._arrived.pop(id, None)

    def waited(self, seconds: float) -> None:
        """Count the seconds."""
        self._queue.observe(seconds)

    def spent(self, tokens: int) -> None:
        """Count the tokens."""
        self._tokens.inc(max(0, tokens))

    def synced(self, what: str) -> None:
        """Note the time."""
        self._gauges.synced.labels(what).set_to_current_time()

    def not_synced(self, what: str) -> None:
        """Count it."""
        self._unsynced.labels(what).inc()

    def lagged(self, seconds: float) -> None:
        """Count the seconds."""
        self._lag.observe(max(0.0, seconds))

    def reconnected(self) -> None:
        """Count it."""
        self._reconnects.inc()

    def exposed(self, moment: Moment, accept: str = "") -> tuple[bytes, str]:
        """Return every figure, and the media type in which `accept` has it."""
        from prometheus_client.exposition import choose_encoder

        self._gauges.take(moment)
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type


class _Gauges:
    """What goes up and down."""

    def __init__(self, register: CollectorRegistry) -> None:
        from prometheus_client import Gauge, Info

        Info("quoth", "Which Quoth runs.", registry=register).info({"version": version("quoth")})
        self.synced = Gauge(
            "quoth_sync_last_success_timestamp_seconds",
            "When the index was last in step, in seconds since 1970.",
            ("what",), registry=register,
        )  # fmt: skip
        self._connected = Gauge(
            "quoth_gateway_connected", "1 while the bot is connected to Discord.", registry=register
        )
        self._under_way = Gauge(
            "quoth_questions_under_way", "Questions being answered.", registry=register
        )
        self._waiting = Gauge("quoth_questions_waiting", "Questions queued.", registry=register)
        self._register = register
        self._home: _HomeGauges | None = None

    def take(self, moment: Moment) -> None:
        """Show what holds now; of the home, what was read last."""
        self._connected.set(moment.connected)
        self._under_way.set(moment.under_way)
        self._waiting.set(moment.waiting)
        if moment.home is not None:
            self._home = self._home or _HomeGauges(self._register)
            self._home.take(moment.home)


class _HomeGauges:
    """What a home holds; there from the first reading on, since 0 would say that it is empty."""

    def __init__(self, register: CollectorRegistry) -> None:
        from prometheus_client import Gauge

        self._owed = Gauge(
            "quoth_answers_owed", "Commands and questions nobody was replied to yet.",
            registry=register,
        )  # fmt: skip
        self._sources = Gauge("quoth_index_sources", "Documents in the index.", registry=register)
        self._unread = Gauge(
            "quoth_documents_failed",
            "Files of the documents folder whose newest version cannot be read.",
            registry=register,
        )
        self._passages = Gauge("quoth_index_passages", "Passages in the index.", registry=register)
        self._bytes = Gauge(
            "quoth_disk_bytes", "What a part of the home takes on disk.", ("part",),
            registry=register,
        )  # fmt: skip
        self._free = Gauge("quoth_disk_free_bytes", "Left on the home's disk.", registry=register)
        self._work = _WorkGauges(register)

    def take(self, home: HomeSize) -> None:
        """Show what was read."""
        self._owed.set(home.owed)
        self._sources.set(home.sources)
        self._passages.set(home.passages)
        self._unread.set(home.failed)
        self._free.set(home.free)
        self._work.take(home.work)
        for part, size in home.parts.items():
            self._bytes.labels(part).set(size)


class _WorkGauges:
    """What is still to be done for the index, and how many are at it."""

    def __init__(self, register: CollectorRegistry) -> None:
        from prometheus_client import Gauge

        self._waiting = Gauge(
            "quoth_work_waiting", "Documents to be read, passages without vectors.",
            ("what",), registry=register,
        )  # fmt: skip
        self._taken = Gauge(
            "quoth_work_taken", "How many of those processes that share an index are at.",
            ("what",), registry=register,
        )  # fmt: skip
        self._refused = Gauge(
            "quoth_work_refused", "Documents that a helper could not read, left to the leader.",
            registry=register,
        )  # fmt: skip
        self._oldest = Gauge(
            "quoth_work_oldest_seconds", "How long the oldest of those waits.", registry=register
        )
        self._idle = Gauge(
            "quoth_work_idle_seconds", "How long passages wait and none got its vector.",
            registry=register,
        )  # fmt: skip
        self._workers = Gauge(
            "quoth_workers", "Processes that work on the index.", ("does",), registry=register
        )

    def take(self, work: WorkState) -> None:
        """Show what was read."""
        self._waiting.labels("documents").set(work.documents)
        self._waiting.labels("passages").set(work.passages)
        self._taken.labels("documents").set(work.queue.reading)
        self._taken.labels("passages").set(work.embedding)
        self._refused.set(work.queue.refused)
        self._oldest.set(work.oldest)
        self._idle.set(work.idle)
        self._workers.labels("lead").set(work.leader is not None)
        self._workers.labels("read").set(sum(each.reads for each in work.workers))
        self._workers.labels("embed").set(sum(each.embeds for each in work.workers))


def _tier(confidence: float) -> str:
    if confidence >= HIGH:
        return "high"
    return "medium" if confidence >= MEDIUM else "low"
