"""When a request is sent once more, and after how long: the whole policy in one place.

Sent again are replies 408, 429, 5xx, replies that are no JSON, and lost connections: at most 6
tries and no new one later than 150 s after the first, with full jitter (a random wait between 0
and 1, 2, 4 ... 32 s). A refusal for quota waits for the minute's refill. ``Retry-After`` is obeyed.
A spreadsheet that was there before and is suddenly not found (Google does that after heavy writes)
is asked for 3 times. A write that carries no token is never sent again once it may have been
carried out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import Random

from sheetsync.backends.google.wire import Lost, Reply

RATE_LIMITS = frozenset({"RATE_LIMIT_EXCEEDED", "rateLimitExceeded", "userRateLimitExceeded"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Tries and seconds; the defaults are the promise, tests with sockets bring shorter ones."""

    tries: int = 6
    not_found_tries: int = 3
    connect: float = 10.0
    read: float = 60.0
    write: float = 190.0
    total: float = 150.0
    base: float = 1.0
    cap: float = 32.0
    refill: float = 60.0


@dataclass(slots=True)
class Call:
    """What is known of one call while it is tried: may it be repeated, has it been carried out."""

    writes: bool
    repeatable: bool
    seen: bool
    started: float
    tries: int = 0
    unsure: bool = False
    """Whether a write may have been carried out although no good reply came."""
    refreshed: bool = False


def wait_before_next(
    call: Call, outcome: Reply | Lost, now: float, limits: Limits, jitter: Random
) -> float | None:
    """Seconds to wait before the next try; None where there is to be none."""
    if (call.unsure and not call.repeatable) or not _worth(call, outcome, limits):
        return None
    seconds = _wait(call, outcome, limits, jitter)
    return seconds if now + seconds - call.started <= limits.total else None


def may_be_done(outcome: Reply | Lost) -> bool:
    """Tell whether a write that ended so may have been carried out all the same."""
    if isinstance(outcome, Lost):
        return outcome.sent
    return outcome.status < 400 or outcome.status == 408 or outcome.status >= 500


def rate_limited(reply: Reply) -> bool:
    """Tell whether Google refused for the number of requests; such a request did nothing."""
    return reply.status == 429 or (reply.status == 403 and bool(RATE_LIMITS & reply.reasons))


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that ``Retry-After`` asks for, as a number or as a moment; 0 without one.

    A moment is compared with the reply's own ``Date``: this computer's clock may be wrong.
    """
    told = headers.get("Retry-After", "").strip()
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        until, sent = (parsedate_to_datetime(text) for text in (told, headers.get("Date", "")))
        return max(0.0, (until - sent).total_seconds())
    except (ValueError, TypeError):
        return 0.0


def _worth(call: Call, outcome: Reply | Lost, limits: Limits) -> bool:
    if isinstance(outcome, Lost):
        return outcome.cause != "certificate" and call.tries < limits.tries
    if outcome.status == 404:
        return call.seen and call.tries < limits.not_found_tries
    again = may_be_done(outcome) or rate_limited(outcome)
    return again and call.tries < limits.tries


def _wait(call: Call, outcome: Reply | Lost, limits: Limits, jitter: Random) -> float:
    seconds = jitter.uniform(0.0, min(limits.cap, limits.base * 2.0 ** (call.tries - 1)))
    if isinstance(outcome, Lost):
        return seconds
    asked = retry_after(outcome.headers)
    if not asked and rate_limited(outcome):
        asked = limits.refill
    return asked + seconds
