"""What is counted of recognition, for Prometheus and for `health`. No texts, no callers."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.1, 0.2, 0.3, 0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)


class Metrics:
    """One set for one server; two servers in one process do not share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.streams = self._gauge("streams", "Connections from Asterisk: callers who may speak")
        self.questions = self._gauge("questions", "Answers being recognised now")
        self.workers_ready = self._gauge("workers_ready", "Workers that recognise")
        self.real_time_factor = self._gauge("real_time_factor", "Time of work for a second of audio, since the start")
        self.lag = self._gauge("lag_seconds", "How long audio waits in the slowest worker")
        self.results = Counter(
            "ivr_listen_results", "Answers by outcome", ["outcome"], registry=self.registry
        )  # heard, no_match, empty, failed
        self.barges = self._counter("barges", "Prompts stopped because the caller spoke")
        self.worker_restarts = self._counter("worker_restarts", "Workers started again")
        self.dropped_frames = self._counter("dropped_frames", "Audio that came faster than it could be heard")
        self.bad_messages = self._counter("bad_messages", "Messages that are not of the protocol")
        self.refused_questions = self._counter("refused_questions", "Questions without a free worker or vocabulary")
        self.answer_seconds = Histogram(
            "ivr_listen_answer_seconds",
            "From the end of speech to its result",
            buckets=_SECONDS,
            registry=self.registry,
        )
        for outcome in ("heard", "no_match", "empty", "failed"):
            self.results.labels(outcome)

    def no_match_share(self) -> float:
        """Of the answers that came to an end, those that nobody understood."""
        counts = {outcome: self.value("results_total", outcome=outcome) for outcome in ("heard", "no_match", "empty")}
        return (counts["no_match"] + counts["empty"]) / max(sum(counts.values()), 1.0)

    def value(self, name: str, **labels: str) -> float:
        """One figure by its name without prefix, as in the text for Prometheus."""
        return self.registry.get_sample_value(f"ivr_listen_{name}", labels) or 0.0

    def text(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)

    def _gauge(self, name: str, about: str) -> Gauge:
        return Gauge(f"ivr_listen_{name}", about, registry=self.registry)

    def _counter(self, name: str, about: str) -> Counter:
        return Counter(f"ivr_listen_{name}", about, registry=self.registry)
