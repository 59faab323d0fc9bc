/** What needs no import to call out is looked for by its name: dependency-cruiser sees the imports (`only-egress-calls-out`). */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../../..');
/** The command line calls the gateway that its user names, with a token that follows no redirect; nobody else's address comes in there. */
const named = ['services/cli/api-client.ts', 'services/cli/build-event.ts', 'services/cli/stack-work.ts'];
const calls = /(?<![.\w])fetch\(|\bglobalThis\.fetch\b|\bnew (?:WebSocket|EventSource|XMLHttpRequest)\b|\bsendBeacon\(/;

function sources(): string[] {
  return ['domain', 'workflows', 'activities', 'adapters', 'services'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join(folder, file)),
  );
}

it('nobody but the named ones calls fetch, and these follow no redirect', () => {
  const calling = sources().filter((file) => calls.test(readFileSync(path.join(root, file), 'utf8')));
  expect(calling.toSorted()).toEqual(named);
  for (const file of named) {
    const text = readFileSync(path.join(root, file), 'utf8');
    expect([file, text.match(/(?<![.\w])fetch\(/g)?.length]).toEqual([file, text.match(/redirect: 'error'/g)?.length]);
  }
});

it.each(["await fetch('x')", 'globalThis.fetch(x)', 'new WebSocket(x)'])('would see %s', (text) => {
  expect(calls.test(text)).toBe(true);
});
