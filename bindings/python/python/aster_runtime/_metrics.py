"""What a `Metrics` has counted, and how monitoring reads it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, cast

__all__ = ["Distribution", "MetricsSnapshot", "Series"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How long calls took, in seconds."""

    buckets: tuple[tuple[float, int], ...]
    """How many took up to so long, from the shortest time on; the last time is infinite."""
    count: int
    """How many there were."""
    sum: float
    """How long they took together."""


@dataclass(frozen=True, slots=True)
class Series:
    """One figure: of a method, and for counters of an end of its calls."""

    kind: str
    """`"counter"`, `"gauge"` or `"histogram"`."""
    name: str
    """The name, such as `aster_server_calls_total`."""
    labels: dict[str, str]
    """`service`, `method`, and `code` where there is one."""
    value: float | Distribution
    """A number, or for a histogram a `Distribution`."""


@dataclass(frozen=True, slots=True)
class MetricsSnapshot:
    """What was counted until a moment: an iterable of `Series`."""

    series: tuple[Series, ...]
    """All figures, by their names and labels."""

    def __iter__(self) -> Iterator[Series]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)

    def _find(self, name: str, labels: dict[str, str]) -> Iterator[Series]:
        for series in self.series:
            if series.name == name and labels.items() <= series.labels.items():
                yield series

    def value(self, name: str, **labels: str) -> float:
        """The sum of the counters or gauges of that name with these labels; 0 where nothing was counted."""
        found = (series.value for series in self._find(name, labels))
        return sum(value for value in found if not isinstance(value, Distribution))

    def histogram(self, name: str, **labels: str) -> Distribution:
        """The histograms of that name with these labels, taken together."""
        values = (series.value for series in self._find(name, labels))
        found = [value for value in values if isinstance(value, Distribution)]
        ends = [end for end, _ in found[0].buckets] if found else [math.inf]
        counts = [
            sum(each) for each in zip(*([n for _, n in one.buckets] for one in found))
        ]
        return Distribution(
            tuple(zip(ends, counts or [0])),
            sum(one.count for one in found),
            sum(one.sum for one in found),
        )

    def prometheus(self) -> str:
        """The text that Prometheus reads."""
        lines: list[str] = []
        told = ""
        for series in self.series:
            if series.name != told:
                told = series.name
                lines.append(f"# TYPE {told} {series.kind}")
            if isinstance(series.value, Distribution):
                for end, count in series.value.buckets:
                    labels = series.labels | {"le": _shown(end)}
                    lines.append(f"{told}_bucket{_labels(labels)} {count}")
                labelled = _labels(series.labels)
                lines.append(f"{told}_sum{labelled} {_shown(series.value.sum)}")
                lines.append(f"{told}_count{labelled} {series.value.count}")
            else:
                lines.append(f"{told}{_labels(series.labels)} {_shown(series.value)}")
        return "".join(f"{line}\n" for line in lines)


def _shown(number: float) -> str:
    if math.isinf(number):
        return "+Inf"
    return str(int(number)) if number == int(number) else repr(number)


def _labels(labels: dict[str, str]) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return (
        "{"
        + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items())
        + "}"
    )


def snapshot(series: list[tuple[str, str, dict[str, str], Any]]) -> MetricsSnapshot:
    """Makes a snapshot of what the binding has."""

    def value(kind: str, counted: Any) -> float | Distribution:
        if kind != "histogram":
            return int(counted) if kind == "counter" else float(counted)
        histogram = cast("tuple[list[float], list[int], float]", counted)
        ends, counts, total = histogram
        upto = tuple(accumulate(counts))
        return Distribution(tuple(zip([*ends, math.inf], upto)), upto[-1], total)

    return MetricsSnapshot(
        tuple(
            Series(kind, name, labels, value(kind, counted))
            for kind, name, labels, counted in series
        )
    )
