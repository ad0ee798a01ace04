"""What is told of each request that was answered: a line of the log, and the series of /metrics."""

import time
from functools import lru_cache

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from factcheck.log.actors import Actor
from factcheck.logs import access
from factcheck.rules.matching.ranking import ModelUse

METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})


class Watch:
    """Counts and times the requests of one application, and writes the line of each."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        answered = Counter(
            "factcheck_requests_total", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        took = Histogram("factcheck_request_seconds", "Time to answer.", ["route"], registry=self.registry)
        self.lag = Gauge(
            "factcheck_follower_lag_entries", "Log entries not taken in yet.", ["follower"], registry=self.registry
        )
        self.watches = Gauge(
            "factcheck_watches",
            "Articles that are watched, fail, or should have been checked.",
            ["state"],
            registry=self.registry,
        )
        self.feeds = Gauge(
            "factcheck_feeds", "Feeds that are read, fail, or should have been read.", ["state"], registry=self.registry
        )
        self.model = Counter(
            "factcheck_model_matches_total",
            "Texts compared with claims by the sentence model (used), or by words alone (unavailable).",
            ["model"],
            registry=self.registry,
        )
        for use in ModelUse:
            self.model.labels(use)
        self.stamps = Counter(
            "factcheck_time_stamps_total",
            "Checkpoints for which a time stamp was requested, by outcome.",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in ("stamped", "failed"):
            self.stamps.labels(outcome)
        self.dumps = Counter(
            "factcheck_data_dumps_total", "Dumps of what is published, by outcome.", ["outcome"], registry=self.registry
        )
        for outcome in ("made", "failed"):
            self.dumps.labels(outcome)
        # Finding a series by its labels costs more than counting.
        self._count = lru_cache(maxsize=4096)(answered.labels)
        self._timer = lru_cache(maxsize=1024)(took.labels)

    def register(self, app: Flask) -> None:
        app.extensions["factcheck.metrics"] = self.registry
        app.extensions["factcheck.lag"] = self.lag
        app.extensions["factcheck.watches"] = self.watches
        app.extensions["factcheck.feeds"] = self.feeds
        app.extensions["factcheck.model_matches"] = self.model
        app.extensions["factcheck.time_stamps"] = self.stamps
        app.extensions["factcheck.dumps_made"] = self.dumps
        app.before_request(self._begin)
        app.after_request(self._end)

    def told(
        self,
        method: str,
        route: str,
        status: int,
        began: float,
        request_id: str | None,
        caller: Actor | None,
        address: str | None,
    ) -> None:
        """Tell of a request that was answered; `began` is its `time.perf_counter()`."""
        seconds = time.perf_counter() - began
        self._count(method, route, status).inc()
        self._timer(route).observe(seconds)
        access(
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 2),
            request_id=request_id,
            person=caller.id if caller else None,
            # Where it came from is kept of what was turned away: who guesses must be found, who reads need not be.
            **({"address": address} if status in (401, 403, 429) else {}),
        )

    def _begin(self) -> None:
        g.began = time.perf_counter()

    def _end(self, response: Response) -> Response:
        self.told(
            request.method if request.method in METHODS else "(other)",
            # The route and not the path: a path may hold a secret, or be one of endlessly many.
            request.url_rule.rule if request.url_rule else "(none)",
            response.status_code,
            g.get("began", time.perf_counter()),
            g.get("request_id"),
            g.get("caller"),
            request.remote_addr,
        )
        return response
