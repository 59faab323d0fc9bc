/** Instruments by catalog name. Create them after `startTelemetry`: before it they count nothing. */
import { type Counter, type Histogram, metrics, type ObservableResult } from '@opentelemetry/api';
import { describeMetric, type MetricName, type MetricOfKind } from './metric-catalog.ts';

export function createCounter(name: MetricOfKind<'counter'>): Counter {
  return meter().createCounter(name, optionsOf(name));
}

export function createHistogram(name: MetricOfKind<'histogram'>): Histogram {
  const { buckets } = describeMetric(name);
  return meter().createHistogram(name, {
    ...optionsOf(name),
    ...(buckets === undefined ? {} : { advice: { explicitBucketBoundaries: [...buckets] } }),
  });
}

/** `observe` runs at every scrape. The result stops it. */
export function observeGauge(name: MetricOfKind<'gauge'>, observe: (result: ObservableResult) => void): () => void {
  const gauge = meter().createObservableGauge(name, optionsOf(name));
  gauge.addCallback(observe);
  return () => gauge.removeCallback(observe);
}

function meter() {
  return metrics.getMeter('pratique');
}

function optionsOf(name: MetricName) {
  const { unit, description } = describeMetric(name);
  return { description, ...(unit === undefined ? {} : { unit }) };
}
