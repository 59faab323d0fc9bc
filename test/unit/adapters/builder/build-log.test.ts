import { expect, test } from 'vitest';
import { createBuildLog } from '../../../../adapters/builder/build-log.ts';

function logOf(chunks: readonly string[], secrets: readonly string[] = []) {
  const lines: string[] = [];
  const log = createBuildLog((line) => lines.push(line), secrets);
  for (const chunk of chunks) log.write(Buffer.from(chunk));
  log.flush();
  return { lines, tail: log.tail() };
}

test('lines are put together from chunks, the last without its end too', () => {
  expect(logOf(['one\ntw', 'o\nthr', 'ee']).lines).toEqual(['one', 'two', 'three']);
});

test('a character cut in two is whole again', () => {
  const lines: string[] = [];
  const log = createBuildLog((line) => lines.push(line), []);
  const bytes = Buffer.from('né\n');
  log.write(bytes.subarray(0, 2));
  log.write(bytes.subarray(2));
  expect(lines).toEqual(['né']);
});

test('terminal sequences and secrets are taken out', () => {
  const { lines } = logOf(['\u001b[31mred\u001b[0m \u0007token=hunter2\r\n'], ['hunter2']);
  expect(lines).toEqual(['red token=***']);
});

test('a line without end, and a log without end, stay bounded', () => {
  const { lines, tail } = logOf([
    ...Array.from({ length: 100 }, () => 'x'.repeat(10_000)),
    '\n',
    ...Array.from({ length: 60_000 }, (_, at) => `${at}\n`),
  ]);
  expect(lines[0]?.length).toBe(1000);
  expect(lines.length).toBe(50_001);
  expect(lines.at(-1)).toMatch(/more output/);
  expect(tail.length).toBeLessThanOrEqual(16_384);
  expect(tail.endsWith('59998\n59999\n')).toBe(true);
});

test('a secret is struck out wherever a bound cuts', () => {
  const secret = 'hunter2-hunter2';
  const endless = Array.from({ length: 40_000 }, () => `${secret}\n`);
  for (const chunks of [
    [secret.repeat(5000)],
    [...Array(50_001).fill('x\n'), ...endless],
    [...Array(50_001).fill('x\n'), secret.repeat(4000)],
  ]) {
    const { lines, tail } = logOf(chunks, [secret]);
    expect([...lines, tail].join('\n')).not.toMatch(/hunter|unter2|nter2-|ter2|r2-/);
  }
});
