import { globSync, readFileSync } from 'node:fs';
import pc from 'picocolors';
import { expect, test } from 'vitest';
import { describeEvent } from '../../../../services/cli/describe-event.ts';

const written = /(?:type: |note\([^)]*, )'((?:artifact|promotion|incident)\.[a-z-]+)'/g;

/** Types of events as the code that records them writes them. */
const types = new Set(
  globSync('adapters/postgres/*.ts').flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(written)].map(([, type]) => type as string),
  ),
);

const now = new Date('2026-11-21T12:00:00.000Z');
const style = { paint: pc.createColors(false), full: false, now };
const entry = { at: now.toISOString(), from: 'outcome', actor: 'system', sequence: 1, trace: null } as const;

test('a promotion that is taken back, and waits for nothing, is looked at again', () => {
  const data = { environment: 'prod', reason: 'the decision is another one' };
  const { what } = describeEvent({ ...entry, type: 'promotion.waiting', data }, style);
  expect(what).toBe('promotion into prod is looked at again');
});

test('what happens to an artifact has words of its own, whatever records it', () => {
  expect(types.size).toBeGreaterThan(25);
  const wordless = [...types].filter((type) => describeEvent({ ...entry, type, data: {} }, style).what === type);
  expect(wordless).toEqual([]);
});
