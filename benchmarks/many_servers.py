"""A simulation, not a measurement: a day of one bot in ten thousand servers of Discord.

Nothing is connected and nobody is asked. Sizes of servers, questions and documents are drawn from
assumptions that stand below as options; what a question costs is what was measured on one machine
(docs/evaluation.md), and what Discord allows is what it publishes. It prints how many shards there
are and how long they take to start, how many questions come in a second, how long they would wait
for so many cores, what Discord's limit of requests leaves, and what the indexes take on disk.

    python -m benchmarks.many_servers [--servers N] [--cores N] [--quality best|fast] ...
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

SHARD_SERVERS = 2500
"""Servers that Discord lets one connection have at most."""

RECOMMENDED = 1000
"""Servers a shard that Discord itself recommends, about."""

IDENTIFY_SECONDS = 5.0
"""Seconds between two connections that begin anew, for a bot of ordinary size."""

IDENTIFIES = 1000
"""Connections that may begin anew in a day."""

REQUESTS_A_SECOND = 50
"""Requests a second that a bot may send by HTTP, all servers together; replies to interactions do
not count."""

COSTS = {"best": (0.352, 0.634), "fast": (0.097, 0.207)}
"""Seconds of one core for an answer, p50 and p95, as measured."""

PASSAGE_BYTES = 6_950
"""Bytes of the home for a passage, as measured at 100,859 of them: 697 MB."""

PASSAGE_CHARACTERS = 665
"""Characters of text in a passage, as measured there: 72 MB."""

HOURS = (1, 1, 1, 1, 1, 2, 3, 5, 8, 9, 9, 8, 7, 8, 9, 9, 8, 7, 6, 5, 4, 3, 2, 1)
"""How the questions of a day are spread over its hours."""

HOUR = 3600.0
NORMAL_95 = 1.645


@dataclass(frozen=True)
class Crowd:
    """What is assumed of the servers."""

    servers: int
    people: float
    """Members of the server in the middle."""
    spread: float
    """How much sizes differ: the deviation of their logarithm."""
    active: float
    """Share of members who ask at all."""
    questions: float
    """Questions a day of one who asks."""
    passages: float
    """Passages of the server in the middle."""
    by_message: float
    """Share of questions that are asked by a message, whose answers count as requests."""
    requests: float
    """Requests for such an answer: a sign of life, the answer, its edits."""


@dataclass(frozen=True)
class Hour:
    """What came of the busiest hour."""

    questions: int
    busiest_second: int
    waits: Sequence[float]
    """Seconds that each question waited for a core."""
    work: float
    """Seconds of cores that the answers took."""


def main() -> None:
    """Simulate and print."""
    given = _options()
    crowd = Crowd(
        servers=given.servers,
        people=given.people,
        spread=given.spread,
        active=given.active,
        questions=given.questions,
        passages=given.passages,
        by_message=given.by_message,
        requests=given.requests,
    )
    chance = random.Random(given.seed)
    sizes = [_around(chance, crowd.people, crowd.spread) for _ in range(crowd.servers)]
    asked = sum(sizes) * crowd.active * crowd.questions
    print(f"{crowd.servers:,} servers, {sum(sizes):,.0f} people, {asked:,.0f} questions a day")
    _print_shards(crowd.servers)
    hour = simulated_hour(chance, asked * max(HOURS) / sum(HOURS), given.cores, given.quality)
    _print_hour(hour, given.cores, given.quality)
    _print_requests(crowd, hour)
    held = [_around(chance, crowd.passages, crowd.spread) for _ in range(crowd.servers)]
    _print_sizes(held)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--servers", type=int, default=10_000)
    parser.add_argument("--people", type=float, default=40, help="members, in the middle")
    parser.add_argument("--spread", type=float, default=1.3, help="deviation of log sizes")
    parser.add_argument("--active", type=float, default=0.03, help="share of members who ask")
    parser.add_argument("--questions", type=float, default=2, help="a day, of one who asks")
    parser.add_argument("--passages", type=float, default=300, help="of a server, in the middle")
    parser.add_argument("--by-message", type=float, default=0.4, help="share not by /ask")
    parser.add_argument("--requests", type=float, default=4, help="for an answer to a message")
    parser.add_argument("--cores", type=int, default=4)
    parser.add_argument("--quality", choices=sorted(COSTS), default="best")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _around(chance: random.Random, middle: float, spread: float) -> float:
    """Draw a size: most are near the middle, a few are many times as large."""
    return chance.lognormvariate(math.log(middle), spread)


def simulated_hour(chance: random.Random, expected: float, cores: int, quality: str) -> Hour:
    """Let questions arrive at random and wait for the first free core, in their order."""
    p50, p95 = COSTS[quality]
    spread = math.log(p95 / p50) / NORMAL_95
    free = [0.0] * cores
    at, waits, work, seconds = 0.0, [], 0.0, [0] * int(HOUR)
    while (at := at + chance.expovariate(expected / HOUR)) < HOUR:
        cost = _around(chance, p50, spread)
        begun = max(at, heapq.heappop(free))
        heapq.heappush(free, begun + cost)
        waits.append(begun - at)
        seconds[int(at)] += 1
        work += cost
    return Hour(len(waits), max(seconds), waits, work)


def _print_shards(servers: int) -> None:
    least, advised = (math.ceil(servers / each) for each in (SHARD_SERVERS, RECOMMENDED))
    print("\nConnections")
    print(f"  shards: at least {least}, as Discord advises {advised}")
    print(f"  to start all of them: {advised * IDENTIFY_SECONDS:.0f} s, one each 5 s")
    print(f"  starts a day, of {IDENTIFIES:,} allowed: at most {IDENTIFIES // advised}")


def _print_hour(hour: Hour, cores: int, quality: str) -> None:
    load = hour.work / HOUR / cores
    print(f"\nThe busiest hour, {cores} cores, {quality}")
    print(f"  questions: {hour.questions:,}, {hour.questions / HOUR:.1f} a second on average, "
          f"{hour.busiest_second} in the busiest")  # fmt: skip
    print(f"  cores busy: {load:.0%}")
    waits = sorted(hour.waits)
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
        print(f"  waits for a core, {name}: {waits[int(share * (len(waits) - 1))]:.2f} s")


def _print_requests(crowd: Crowd, hour: Hour) -> None:
    average = hour.questions / HOUR * crowd.by_message * crowd.requests
    peak = hour.busiest_second * crowd.by_message * crowd.requests
    print("\nRequests to Discord that count, a second")
    print(f"  on average {average:.1f}, in the busiest second {peak:.0f}, "
          f"of {REQUESTS_A_SECOND} allowed")  # fmt: skip


def _print_sizes(passages: Sequence[float]) -> None:
    whole, largest = sum(passages), max(passages)
    gigabytes = PASSAGE_BYTES / 1e9
    print("\nIndexes")
    print(f"  passages: {whole:,.0f}, of the largest server {largest:,.0f}")
    print(f"  text: {whole * PASSAGE_CHARACTERS / 1e9:,.1f} GB; the home: {whole * gigabytes:,.0f} "
          f"GB, of the largest server {largest * gigabytes:,.1f} GB")  # fmt: skip


if __name__ == "__main__":
    main()
