import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { expect, test } from 'vitest';

const root = new URL('../../../../', import.meta.url);

/** What a process of its own writes to stderr: the logger holds that stream for good. */
function logged(script: string): Record<string, unknown>[] {
  const source = `
    import { createLogger } from '${new URL('adapters/telemetry/logger.ts', root).href}';
    import { startTelemetry } from '${new URL('adapters/telemetry/start-telemetry.ts', root).href}';
    import { trace } from '${import.meta.resolve('@opentelemetry/api')}';
    const logger = createLogger('test');
    ${script}`;
  const { stderr, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], { encoding: 'utf8' });
  expect(stdout).toBe('');
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('no secret reaches a line, however deep it sits', () => {
  const secret = 'hunter2';
  const lines = logged(`
    logger.info({ authorization: '${secret}', token: '${secret}' }, 'a');
    logger.info({ request: { headers: { authorization: '${secret}', cookie: '${secret}' } } }, 'b');
    logger.info({ config: { password: '${secret}', databaseUrl: '${secret}', user: 'bob' } }, 'c');`);
  expect(JSON.stringify(lines)).not.toContain(secret);
  expect(lines[2]).toMatchObject({ config: { user: 'bob', password: '[redacted]' }, message: 'c', service: 'test' });
});

test('a line inside a span has its trace, with no collector anywhere', () => {
  const [outside, inside] = logged(`
    const telemetry = await startTelemetry({ service: 'test' });
    logger.info('outside');
    trace.getTracer('t').startActiveSpan('s', (span) => { logger.info('inside'); span.end(); });
    await telemetry.shutdown();`);
  expect(outside).not.toHaveProperty('trace_id');
  expect(inside?.trace_id).toMatch(/^(?!0+$)[0-9a-f]{32}$/);
  expect(inside?.span_id).toMatch(/^(?!0+$)[0-9a-f]{16}$/);
});
