"""What Prometheus is told of recordings."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class RecordingMetrics:
    """The figures of ingest and disk, in the application's registry; made once and shared by both."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.taken = Counter(
            "recordings_taken", "Raw files dealt with, by what became of them", ["result"], registry=registry
        )
        self.failures = Counter(
            "recordings_intake_failures",
            "Attempts to take a raw file in that failed and are repeated",
            registry=registry,
        )
        self.waiting = Gauge(
            "recordings_waiting", "Raw files in the exchange's folder, those of live calls included", registry=registry
        )
        self.set_aside = Gauge(
            "recordings_set_aside", "Damaged raw files in quarantine, waiting for a person", registry=registry
        )
        self.missing = Gauge(
            "recordings_missing", "Calls of the last hour whose recording never appeared", registry=registry
        )
        self.free_bytes = Gauge(
            "recording_disk_free_bytes", "Free space where recordings are written", ["folder"], registry=registry
        )
        self.writable = Gauge(
            "recording_folder_writable", "1 if a file could be written at the last look", ["folder"], registry=registry
        )
