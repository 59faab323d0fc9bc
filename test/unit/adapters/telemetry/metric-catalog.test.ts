import { expect, it } from 'vitest';
import { describeMetric, type MetricName, metricCatalog } from '../../../../adapters/telemetry/metric-catalog.ts';

const entries = (Object.keys(metricCatalog) as MetricName[]).map((name) => [name, describeMetric(name)] as const);

// https://prometheus.io/docs/practices/naming/, and OpenMetrics 1.0, section "Metric Naming and Namespaces".
it.each(entries)('%s ends as its kind and unit say', (name, { kind, unit }) => {
  expect(name).toMatch(/^pratique_[a-z]+(?:_[a-z]+)*$/);
  expect(name.endsWith('_total')).toBe(kind === 'counter');
  expect(/_(seconds|bytes)(?:_total)?$/.exec(name)?.[1]).toBe(unit);
  if (kind === 'histogram') expect(unit).toBeDefined();
  // What is measured in time or space says so, also where its unit was forgotten.
  if (/_(?:age|duration|delay|validity|retention|memory|used|unavailable)(?:_|$)/.test(name))
    expect(unit).toBeDefined();
});
