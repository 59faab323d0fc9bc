import { monitorEventLoopDelay } from 'node:perf_hooks';
import process from 'node:process';
import { observeGauge } from './instruments.ts';

const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

/** Memory and event loop delay of this process. Returns what stops it. */
export function observeProcess(): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const stops = [
    observeGauge('pratique_process_resident_memory_bytes', (result) => result.observe(process.memoryUsage.rss())),
    observeGauge('pratique_process_heap_used_bytes', (result) => result.observe(process.memoryUsage().heapUsed)),
    observeGauge('pratique_process_event_loop_delay_seconds', (result) => {
      if (delay.count === 0) return;
      result.observe(delay.percentile(50) / NANOSECONDS, { quantile: '0.5' });
      result.observe(delay.percentile(99) / NANOSECONDS, { quantile: '0.99' });
      result.observe(delay.max / NANOSECONDS, { quantile: '1' });
      delay.reset();
    }),
  ];
  return () => {
    for (const stop of stops) stop();
    delay.disable();
  };
}
