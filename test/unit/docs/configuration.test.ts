/** docs/configuration.md is what the schemas say: every variable, who reads it, whether it must be set, what it is for. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import type { z } from 'zod';
import type { Variables } from '../../../adapters/environment/parse-environment.ts';
import { variables as builder } from '../../../services/builder/config.ts';
import { variables as builderSigner } from '../../../services/builder-signer/config.ts';
import { variables as dispatcher } from '../../../services/dispatcher/config.ts';
import { variables as gateway } from '../../../services/gateway/config.ts';
import { variables as worker } from '../../../services/worker/config.ts';

const page = readFileSync(path.resolve(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
const services = { gateway, dispatcher, worker, builder, 'builder-signer': builderSigner } satisfies Record<
  string,
  z.ZodObject<Variables>
>;
const names = [...new Set(Object.values(services).flatMap(({ shape }) => Object.keys(shape)))].toSorted();

/** What a schema makes of nothing: a default, unset, or an error. */
function whenUnset(schema: z.ZodType): string {
  const parsed = schema.safeParse(undefined);
  if (!parsed.success) return '**must be set**';
  if (parsed.data === undefined || (Array.isArray(parsed.data) && parsed.data.length === 0)) return '';
  return `\`${String(parsed.data)}\``;
}

/** A row of the page's tables: a service that means the same by it shares it with others. */
function rows(name: string): string[] {
  const byText = Map.groupBy(
    Object.entries(services).flatMap(([service, { shape }]) => {
      const schema = (shape as Variables)[name];
      return schema === undefined ? [] : [{ service, text: `${whenUnset(schema)} | ${schema.description}` }];
    }),
    ({ text }) => text,
  );
  return [...byText].map(([text, readers]) => {
    const all = readers.length === Object.keys(services).length;
    return `| \`${name}\` | ${all ? 'all' : readers.map(({ service }) => service).join(', ')} | ${text} |`;
  });
}

it.each(names)('%s is on the page as its schema has it', (name) => {
  const found = page.split('\n').filter((line) => line.startsWith(`| \`${name}\` |`));
  expect(found).toEqual(rows(name));
});

it('the page has no variable that nobody reads', () => {
  const described = [...page.matchAll(/^\| `([A-Z_0-9]+)` \|/gm)].map(([, name]) => name);
  expect([...new Set(described)].toSorted()).toEqual(names);
});
