import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { expect, it } from 'vitest';

const root = new URL('../../../../', import.meta.url);
const secret = 'hunter2';

/** The SDK's runtime is one of its process: one of its own, whose stderr is read. `run` of the script runs an activity. */
function logged(script: string): Record<string, unknown>[] {
  const source = `
    import { createLogger } from '${new URL('adapters/telemetry/logger.ts', root).href}';
    import { startTelemetry } from '${new URL('adapters/telemetry/start-telemetry.ts', root).href}';
    import { installRuntimeLogger } from '${new URL('adapters/temporal/runtime-logger.ts', root).href}';
    import { workerInterceptors } from '${new URL('adapters/temporal/worker-interceptors.ts', root).href}';
    import { Activity } from '${import.meta.resolve('@temporalio/worker/lib/activity.js')}';
    import { noopMetricMeter } from '${import.meta.resolve('@temporalio/common')}';
    import { ApplicationFailure, log } from '${import.meta.resolve('@temporalio/activity')}';
    import { Runtime } from '${import.meta.resolve('@temporalio/worker')}';
    const logger = createLogger('test');
    await startTelemetry({ service: 'test' });
    installRuntimeLogger(logger);
    // As a worker runs it, without the server it would be from.
    const run = (act) => new Activity({ base64TaskToken: '${secret}', activityType: 'act', inWorkflow: false },
      ...[undefined, undefined, undefined, undefined, () => undefined, undefined],
      ...[Runtime.instance().logger, noopMetricMeter, workerInterceptors().activity],
    ).runNoEncoding(act, { args: [], headers: {} }).catch(() => undefined);
    ${script}`;
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  expect(stdout).toBe('');
  return stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

it('an activity that fails is one line of JSON, with its code and trace and without what is secret, also where the process ends at once', () => {
  const lines = logged(`
    await run(async () => {
      log.warn('inside', { headers: { authorization: 'Bearer ${secret}' } });
      throw ApplicationFailure.create({
        message: 'could not clone https://bob:${secret}@git.example/shop.git (authorization: Basic ${secret})',
        type: 'SOURCE_UNREACHABLE',
        details: [{ request: { headers: { cookie: '${secret}' } } }],
        cause: new Error('postgres://app:${secret}@db/x'),
      });
    });
    process.exit(0);`);
  expect(JSON.stringify(lines)).not.toContain(secret);
  const [inside, failed] = lines;
  expect(failed).toMatchObject({
    ...{ level: 'warn', message: 'Activity failed', service: 'test', code: 'SOURCE_UNREACHABLE' },
    err: {
      type: 'ApplicationFailure',
      message: expect.stringContaining('could not clone https://[redacted]@git.example'),
    },
    trace_id: expect.stringMatching(/^(?!0+$)[0-9a-f]{32}$/),
  });
  expect(inside).toMatchObject({ level: 'warn', message: 'inside', trace_id: failed?.trace_id });
  expect(lines).toHaveLength(2);
});

it('lines keep their own trace, however late they are written', () => {
  const lines = logged(`
    await run(async () => { throw new Error('first'); });
    await run(async () => { throw new Error('second'); });
    process.exit(0);`);
  const traces = lines.map((line) => line.trace_id);
  expect(new Set(traces).size).toBe(2);
});
