"""deploy/monitoring: what the dashboard and the alarms ask for is there."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.test import Client
from prometheus_client import REGISTRY, Counter, Gauge, Histogram

FOLDER = Path(settings.BASE_DIR) / "deploy" / "monitoring"
NAME = re.compile(r"\btidings_\w+")
SELECTED = re.compile(r"\b(tidings_\w+)\{([^}]*)\}")
GROUPED = re.compile(r"by \(([^)]*)\)")
NOT_OURS = {"le", "instance"}


def panels() -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads((FOLDER / "grafana.json").read_text())["panels"]
    return [panel for panel in shown if panel["type"] != "row"]


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    yield from (target["expr"] for panel in panels() for target in panel["targets"])
    yield from (rule["expr"] for rule in rules())


def counted() -> dict[str, tuple[str, ...]]:
    """Series → labels, of all that processes count."""
    found = {}
    for made in {one for one in REGISTRY._collector_to_names if isinstance(one, Counter | Gauge | Histogram)}:
        for name in REGISTRY._collector_to_names[made]:
            found[name] = tuple(made._labelnames)
    return found


@pytest.fixture
def scraped(client: Client, db: None) -> set[str]:
    """The families of a real scrape."""
    lines = client.get("/metrics").content.decode().splitlines()
    return {line.split()[2] for line in lines if line.startswith("# TYPE")}


def test_every_metric_that_is_asked_for_exists(scraped: set[str]) -> None:
    known = scraped | set(counted())
    asked = {name for expression in expressions() for name in NAME.findall(expression)}
    assert asked - known == set()
    assert len(asked) > 20, "or they were not found"


def test_every_label_that_is_asked_for_exists() -> None:
    labels = {label for names in counted().values() for label in names}
    labels |= {"server", "transport", "channel", "state", "job"}  # of notifications/insight/gauges.py
    asked = {label.strip() for text in expressions() for group in GROUPED.findall(text) for label in group.split(",")}
    assert asked - labels - NOT_OURS == set()
    for text in expressions():
        for name, selector in SELECTED.findall(text):
            wanted = set(re.findall(r"(\w+)[=!]", selector))
            assert wanted <= set(counted().get(name, labels)), text


@pytest.mark.once
def test_every_alarm_says_what_is_the_matter_and_how_bad_it_is() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}, rule["alert"]
        assert rule["annotations"]["summary"].endswith((".", "?")), rule["alert"]
    assert len({rule["alert"] for rule in rules()}) == len(rules())


@pytest.mark.once
def test_every_metric_and_alarm_is_explained() -> None:
    told = (Path(settings.BASE_DIR) / "docs" / "observability.md").read_text()
    missing = {name for name in counted() if name.startswith("tidings_")} - set(NAME.findall(told))
    bare = {name for name in missing if not name.endswith(("_bucket", "_sum", "_count", "_created"))}
    assert bare - {name.removesuffix("_total") for name in NAME.findall(told)} == set()
    assert [rule["alert"] for rule in rules() if rule["alert"] not in told] == []


@pytest.mark.once
def test_panels_fill_the_page_and_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
