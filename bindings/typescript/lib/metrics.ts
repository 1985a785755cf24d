// What a `Metrics` has counted, and how monitoring reads it.

import { guarded } from "./failure.js";
import { inner, type NativeMetrics, type NativeSeries, native } from "./native.js";

/** How long calls took, in seconds. */
export interface Distribution {
  /** How many took up to so long, from the shortest time on; the last time is infinite. */
  readonly buckets: readonly (readonly [end: number, count: number])[];
  /** How many there were. */
  readonly count: number;
  /** How long they took together. */
  readonly sum: number;
}

/** One figure: of a method, and for counters of an end of its calls. The value of a counter or a gauge is a whole number. */
export type Series = {
  /** The name, such as `aster_server_calls_total`. */
  readonly name: string;
  /** `service`, `method`, and `code` where there is one. */
  readonly labels: Readonly<Record<string, string>>;
} & (
  | { readonly kind: "counter" | "gauge"; readonly value: number }
  | { readonly kind: "histogram"; readonly value: Distribution }
);

/** Counts and times calls, at a server and at a client: an interceptor that runs without JavaScript. */
export class Metrics {
  /** @internal */
  readonly [inner]: NativeMetrics;

  /** `buckets` are the upper ends of those of histograms, in seconds. Throws a `RangeError` for ends that do not grow. */
  constructor(options: { readonly buckets?: readonly number[] | undefined } = {}) {
    const { buckets } = options;
    this[inner] = guarded(() => new (native().Metrics)(buckets));
  }

  /** What was counted until now. */
  snapshot(): MetricsSnapshot {
    return new MetricsSnapshot(this[inner].snapshot().map(seriesOf));
  }
}

/** What was counted until a moment. */
export class MetricsSnapshot implements Iterable<Series> {
  /** All figures, by their names and labels. */
  readonly series: readonly Series[];

  /** Made by `Metrics.snapshot`. */
  constructor(series: readonly Series[]) {
    this.series = series;
  }

  /** All figures, as `series` has them. */
  [Symbol.iterator](): Iterator<Series> {
    return this.series[Symbol.iterator]();
  }

  /** The sum of the counters or gauges of that name with these labels; 0 where nothing was counted. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    let sum = 0;
    for (const series of this.#find(name, labels)) {
      if (series.kind !== "histogram") sum += series.value;
    }
    return sum;
  }

  /** The histograms of that name with these labels, taken together. */
  histogram(name: string, labels: Readonly<Record<string, string>> = {}): Distribution {
    let all: Distribution | undefined;
    for (const { kind, value } of this.#find(name, labels)) {
      if (kind === "histogram") all = all === undefined ? value : together(all, value);
    }
    return all ?? { buckets: [[Infinity, 0]], count: 0, sum: 0 };
  }

  /** The text that Prometheus reads. */
  prometheus(): string {
    const lines = [];
    let told;
    for (const { name, labels, kind, value } of this.series) {
      if (name !== told) lines.push(`# TYPE ${name} ${kind}`);
      told = name;
      if (kind === "histogram") {
        for (const [end, count] of value.buckets) {
          lines.push(`${name}_bucket${braced({ ...labels, le: shown(end) })} ${String(count)}`);
        }
        lines.push(`${name}_sum${braced(labels)} ${shown(value.sum)}`);
        lines.push(`${name}_count${braced(labels)} ${String(value.count)}`);
      } else {
        lines.push(`${name}${braced(labels)} ${shown(value)}`);
      }
    }
    return lines.map((line) => `${line}\n`).join("");
  }

  *#find(name: string, labels: Readonly<Record<string, string>>): Generator<Series> {
    const wanted = Object.entries(labels);
    for (const series of this.series) {
      const has = ([label, value]: [string, string]) => series.labels[label] === value;
      if (series.name === name && wanted.every(has)) yield series;
    }
  }
}

/** Both of one `Metrics`, so that their buckets are the same. */
function together(one: Distribution, other: Distribution): Distribution {
  return {
    buckets: one.buckets.map(([end, count], index) => [
      end,
      count + (other.buckets[index]?.[1] ?? 0),
    ]),
    count: one.count + other.count,
    sum: one.sum + other.sum,
  };
}

function shown(number: number): string {
  return number === Infinity ? "+Inf" : String(number);
}

function braced(labels: Readonly<Record<string, string>>): string {
  const escaped = (value: string): string =>
    value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  const all = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return `{${all.join(",")}}`;
}

function seriesOf(native: NativeSeries): Series {
  const { kind, name, labels: flat, value, ends, counts } = native;
  const labels = Object.create(null) as Record<string, string>;
  for (let at = 0; at + 1 < flat.length; at += 2)
    labels[flat[at] as string] = flat[at + 1] as string;
  if (kind !== "histogram") return { kind, name, labels, value };
  let count = 0;
  const buckets = counts.map((more, index): [number, number] => [
    ends[index] ?? Infinity,
    (count += more),
  ]);
  return { kind, name, labels, value: { buckets, count, sum: value } };
}
