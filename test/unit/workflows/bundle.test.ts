/** Workflows run again from their history: nothing they reach may answer differently the second time. */
import { describe, expect, it } from 'vitest';
import type { Logger } from '../../../adapters/telemetry/logger.ts';
import { bundleWorkflows, freshWorkflowBundle } from '../../../adapters/temporal/workflow-bundle.ts';

const root = new URL('../../../', import.meta.url);
const timeout = 60_000;

/**
 * What the sandbox lets through, or would only refuse when it runs. Date, Math.random and setTimeout are replaced by
 * Temporal; built-in modules of Node are refused by its bundler.
 */
const forbidden: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['fetch', /\bfetch\s*\(/],
  ['setInterval', /\bset(?:Interval|Immediate)\b/],
  ['process', /(?<![\w.-])process\./],
  ['crypto', /\bcrypto\.|\bgetRandomValues\b|\brandomUUID\b/],
  ['performance', /\bperformance\.now\b/],
  ['garbage collection', /\bWeakRef\b|\bFinalizationRegistry\b/],
  ['dynamic import', /\bimport\s*\(/],
  ['locale', /\bIntl\.|\.toLocale\w*String\b|\.localeCompare\b/],
];

/** What a source reaches for and must not; comments do not count. */
function violations(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(?<!:)\/\/.*$/gm, '');
  return forbidden.filter(([, pattern]) => pattern.test(code)).map(([name]) => name);
}

/** Path and text of everything in a bundle, from the source map at its end. */
function sourcesOf(code: string): { path: string; text: string }[] {
  const encoded = /sourceMappingURL=data:[^,]*,([A-Za-z0-9+/=]+)\s*$/.exec(code)?.[1];
  if (encoded === undefined) throw new Error('the bundle has no source map');
  const map = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as {
    sources: string[];
    sourcesContent: string[];
  };
  return map.sources.map((path, index) => ({ path, text: map.sourcesContent[index] ?? '' }));
}

describe('the bundle of the workflows', () => {
  it('is made also where nothing is kept, and of ours it holds nothing that is not deterministic', {
    timeout,
  }, async () => {
    const { code } = await freshWorkflowBundle(root);
    expect(code).toContain('artifactPipeline');
    const ours = sourcesOf(code).filter(({ path }) => /\.ts$/.test(path) && !path.includes('node_modules'));
    expect(ours.map(({ path }) => path.slice(path.lastIndexOf('/workflows/') + 1))).toContain(
      'workflows/promotion/workflow.ts',
    );
    expect(ours.filter(({ path }) => !/\/(workflows|domain)\//.test(path))).toEqual([]);
    for (const { path, text } of ours) expect(violations(text), path).toEqual([]);
  });

  it('is refused where a workflow imports a built-in module of Node', { timeout }, async () => {
    const said: string[] = [];
    const note = ({ message }: { message: string }) => said.push(message);
    const logger = { warn: note, error: note } as unknown as Logger;
    const fixture = new URL('../../fixtures/workflows/reads-a-file.ts', import.meta.url);
    await expect(bundleWorkflows(fixture, logger)).rejects.toThrow();
    expect(said.join('\n')).toContain('node:fs');
  });
});

describe('the scan of its sources', () => {
  it.each([
    ['const answer = await fetch(url);', ['fetch']],
    ['setInterval(beat, 1000);', ['setInterval']],
    ['const home = process.env.HOME;', ['process']],
    ['const id = crypto.randomUUID();', ['crypto']],
    ["const { x } = await import('./x.ts');", ['dynamic import']],
    ['names.sort((a, b) => a.localeCompare(b));', ['locale']],
    ['// fetch() is for activities\nconst process = 1;', []],
    ['const now = Date.now() + Math.random();', []],
  ])('%s', (source, found) => {
    expect(violations(source)).toEqual(found);
  });
});
