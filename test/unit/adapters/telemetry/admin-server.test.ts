import { metrics } from '@opentelemetry/api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminServer, type HealthReport, startAdminServer } from '../../../../adapters/telemetry/admin-server.ts';
import { createCounter, createHistogram, observeGauge } from '../../../../adapters/telemetry/instruments.ts';
import { describeMetric, type MetricName, metricCatalog } from '../../../../adapters/telemetry/metric-catalog.ts';
import { startTelemetry, type Telemetry } from '../../../../adapters/telemetry/start-telemetry.ts';

let telemetry: Telemetry;
let server: AdminServer;
let health: () => Promise<HealthReport>;
beforeAll(async () => {
  // Of another file of this process.
  metrics.disable();
  telemetry = await startTelemetry({ service: 'test' });
  server = await startAdminServer({ port: 0, telemetry, health: () => health() });
});
afterAll(async () => {
  await server.close();
  await telemetry.shutdown();
  metrics.disable();
});
const get = (path: string) => fetch(`http://127.0.0.1:${server.port}${path}`);

test("metrics can be scraped, with the catalog's descriptions and buckets", async () => {
  const instruments: readonly [MetricName, () => void][] = [
    ['pratique_webhook_calls_total', () => createCounter('pratique_webhook_calls_total').add(1, { kind: 'k' })],
    ['pratique_kafka_record_age_seconds', () => createHistogram('pratique_kafka_record_age_seconds').record(2)],
    ['pratique_kafka_consumer_lag', () => void observeGauge('pratique_kafka_consumer_lag', (r) => r.observe(5))],
  ];
  for (const [, use] of instruments) use();
  const text = await (await get('/metrics')).text();
  for (const [name] of instruments) {
    expect(text).toContain(describeMetric(name).description);
    expect(metricCatalog).toHaveProperty(name);
  }
  expect(text).toContain('pratique_webhook_calls_total{kind="k"} 1');
  expect(text).toContain('pratique_kafka_record_age_seconds_bucket{le="5"} 1');
  expect(text).toContain('pratique_kafka_consumer_lag 5');
  // OpenMetrics 1.0: a unit is the end of the name, and there is none where nothing is measured in one.
  for (const [, name = '', unit = ''] of text.matchAll(/^# UNIT (\S+) (.*)$/gm))
    expect(name.endsWith(`_${unit}`)).toBe(true);
  expect(text).toContain('# UNIT pratique_kafka_record_age_seconds seconds');
  expect(text).toMatch(/pratique_process_resident_memory_bytes \d{7,}/);
});

test.each([
  [200, () => Promise.resolve({ healthy: true, checks: { kafka: 'ok' } })],
  [503, () => Promise.resolve({ healthy: false, checks: { kafka: 'does not answer' } })],
  [503, () => Promise.reject(new Error('secret detail'))],
])('health is %i', async (status, report) => {
  health = report;
  const response = await get('/healthz');
  expect(response.status).toBe(status);
  expect(await response.text()).not.toContain('secret detail');
});

test('anything else is 404', async () => {
  expect((await get('/')).status).toBe(404);
});
