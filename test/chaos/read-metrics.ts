/** What our processes export, from their own ports. */
import type { Stack } from '../../infra/dev/stack.ts';

/** Prometheus' sample name with its labels → value. */
export type Metrics = ReadonlyMap<string, number>;

/** Samples of every service whose line matches; of equal ones the highest. A service that does not answer has none. */
export async function readMetrics(stack: Stack, pattern: RegExp): Promise<Metrics> {
  const { parts } = await stack.record();
  const samples = new Map<string, number>();
  for (const { kind, name, ports } of parts) {
    if (kind !== 'service') continue;
    const text = await fetch(`http://127.0.0.1:${ports.admin}/metrics`, { signal: AbortSignal.timeout(5000) })
      .then((response) => response.text())
      .catch(() => '');
    for (const line of text.split('\n').filter((each) => pattern.test(each) && !each.startsWith('#'))) {
      const [sample = '', value = ''] = line.split(/ (?=[^ ]+$)/);
      const key = `${name} ${sample}`;
      samples.set(key, Math.max(samples.get(key) ?? 0, Number(value)));
    }
  }
  return samples;
}
