"""What Prometheus is told of the exchange, the calls and the pages."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from callcenter.calls.writer import CallWriter
from callcenter.pbx.exchange import Exchange
from callcenter.telephony import LinkState
from callcenter.web.live import LiveHub


class HouseCollector(Collector):
    """Reads the figures at the moment they are asked for."""

    def __init__(self, exchange: Exchange, writer: CallWriter, live: LiveHub) -> None:
        self._exchange = exchange
        self._writer = writer
        self._live = live

    def collect(self) -> Iterable[Metric]:
        """Return the figures of this moment."""
        link = self._exchange.link_status()
        counters = self._exchange.bridge.counters
        yield _gauge("pbx_link_up", "1 while the link to the exchange is up", int(link.state is LinkState.UP))
        yield _gauge("calls_open", "Calls going on", len(self._exchange.open_calls()))
        yield _gauge("calls_waiting_for_database", "Changed calls not yet written", self._writer.pending)
        yield _gauge("live_pages", "Pages that listen to live updates", self._live.clients)
        yield _counter("ami_events", "Messages handed to the tracker", counters.events)
        yield _counter("ami_events_unusable", "Messages that could not be understood", self._exchange.unusable)
        yield _counter("ami_events_failed", "Messages whose handling failed", counters.failures)
        yield _counter("ami_events_forged", "Events refused because a caller wrote into them", counters.forged)
        yield _counter("ami_reconnects", "Times the link came back", counters.reconnects)
        yield _counter("ami_refusals", "Times the exchange did not let us in", counters.refusals)
        yield _counter("ami_overflows", "Connections dropped because too much was unread", counters.overflows)
        yield _counter("ami_action_timeouts", "Actions without an answer in time", counters.timeouts)
        sizes = GaugeMetricFamily("tracker_entries", "Entries the tracker holds", labels=["kind"])
        for kind, count in self._exchange.sizes().items():
            sizes.add_metric([kind], count)
        yield sizes


def register(registry: CollectorRegistry, exchange: Exchange, writer: CallWriter, live: LiveHub) -> None:
    """Let `registry` tell the figures of the house."""
    registry.register(HouseCollector(exchange, writer, live))


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _counter(name: str, words: str, value: float) -> Metric:
    return CounterMetricFamily(name, words, value=value)
