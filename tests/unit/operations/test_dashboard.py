"""The Grafana dashboard shows figures that the application exports, by labels that they have."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.core import Metric

from callcenter.clock import SystemClock
from callcenter.main import build
from callcenter.settings import ROOT, load
from callcenter.web.app import PARTS

DASHBOARD: dict[str, Any] = json.loads((ROOT / "docs" / "grafana-dashboard.json").read_text(encoding="utf-8"))
EXPRESSIONS = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
WORDS_OF_PROMQL = {"sum", "min", "max", "rate", "increase", "histogram_quantile", "by"}
SAMPLES = {
    "counter": ("_total",),
    "gauge": ("",),
    "histogram": ("_bucket", "_count", "_sum"),
}


@pytest.fixture
async def exported(tmp_path: Path) -> dict[str, Metric]:
    """Every sample name that the real application offers at /metrics, with its family."""
    application = build(load(environment={"CALLCENTER_VAR": str(tmp_path)}), SystemClock())
    families = application[PARTS].metrics.collect()
    return {f"{family.name}{end}": family for family in families for end in SAMPLES[family.type]}


def names_in(expression: str) -> set[str]:
    """The metrics that a PromQL expression names."""
    bare = re.sub(r"\{[^}]*\}|by \([^)]*\)|\[[^\]]*\]", " ", expression)
    return set(re.findall(r"[a-z_]{2,}", bare)) - WORDS_OF_PROMQL


@pytest.mark.parametrize("expression", EXPRESSIONS)
async def test_given_the_dashboard_when_it_names_a_metric_then_the_application_exports_it(
    expression: str, exported: dict[str, Metric]
) -> None:
    names = names_in(expression)
    assert names
    assert names <= exported.keys()


def test_given_the_dashboard_when_drawn_then_no_panel_lies_on_another_and_ids_differ() -> None:
    squares: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        taken = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert max(x for x, _ in taken) < 24
        assert not taken & squares
        squares |= taken
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(ids) == len(set(ids))
