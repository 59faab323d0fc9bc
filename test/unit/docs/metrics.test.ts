/** docs/metrics.md is what the catalog says. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { describeMetric, type MetricName, metricCatalog } from '../../../adapters/telemetry/metric-catalog.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/metrics.md'), 'utf8');
const names = Object.keys(metricCatalog) as MetricName[];

it('lists every metric as it is', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `'));
  expect(rows).toEqual(
    names.map((name) => {
      const { kind, description } = describeMetric(name);
      return `| \`${name}\` | ${kind} | ${description} |`;
    }),
  );
});

it('has alerts on metrics that there are', () => {
  const used = [...page.matchAll(/pratique_[a-z_]+/g)].map(([name]) => name.replace(/_count$/, ''));
  expect(used.filter((name) => !(names as string[]).includes(name))).toEqual([]);
});
