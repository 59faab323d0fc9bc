import { DefaultLogger, makeTelemetryFilterString, Runtime } from '@temporalio/worker';

/** Failing tries are part of these tests: not worth a warning each. Once per process; later calls change nothing. */
export function quietTemporal(): void {
  if (Runtime._instance !== undefined) return;
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('ERROR', () => undefined),
    telemetryOptions: { logging: { filter: makeTelemetryFilterString({ core: 'ERROR', other: 'ERROR' }) } },
  });
}
