import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseSigningConfig } from '../../../../../adapters/sigstore/keyless/signing-config.ts';
import { testData } from '../../../../fixtures/test-data.ts';

const at = new Date('2026-01-01T00:00:00Z');
const service = (url: string, majorApiVersion: number, validFor = {}, operator = 'a') => ({
  url,
  majorApiVersion,
  validFor,
  operator,
});
const config = (changes: object) =>
  new TextEncoder().encode(
    JSON.stringify({
      mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
      caUrls: [service('https://ca.example', 1)],
      rekorTlogUrls: [
        service('https://old.example', 1),
        service('https://new.example/', 2),
        service('https://b.example', 2, {}, 'b'),
      ],
      tsaUrls: [service('https://tsa.example/api/v1/timestamp', 1)],
      ...changes,
    }),
  );
const logsOf = (changes: object) => parseSigningConfig(config(changes), 'config', at).logs.map(({ url }) => url);

describe('the services in force', () => {
  it.each<[string, object, string[]]>([
    ['none without a selector', {}, []],
    ['none of a kind that has none, as cosign writes it', { rekorTlogUrls: [], rekorTlogConfig: {} }, []],
    ['any: the newest version', { rekorTlogConfig: { selector: 'ANY' } }, ['https://new.example']],
    [
      'all: one of each operator',
      { rekorTlogConfig: { selector: 'ALL' } },
      ['https://new.example', 'https://b.example'],
    ],
    ['a number', { rekorTlogConfig: { selector: 'EXACT', count: 2 } }, ['https://new.example', 'https://b.example']],
    [
      'not what is over, has not begun, or speaks a version of tomorrow',
      {
        rekorTlogConfig: { selector: 'ANY' },
        rekorTlogUrls: [
          service('https://over.example', 2, { end: '2025-01-01T00:00:00Z' }),
          service('https://later.example', 2, { start: '2027-01-01T00:00:00Z' }),
          service('https://v3.example', 3),
          service('https://now.example', 1, { start: '2025-01-01T00:00:00Z' }),
        ],
      },
      ['https://now.example'],
    ],
  ])('%s', (_name, changes, expected) => {
    expect(logsOf(changes)).toEqual(expected);
  });
});

it.each<[string, object]>([
  ['more logs than there are', { rekorTlogConfig: { selector: 'EXACT', count: 3 } }],
  ['logs, and not how many of them', { rekorTlogConfig: {} }],
  ['no log in force', { rekorTlogUrls: [], rekorTlogConfig: { selector: 'ANY' } }],
  ['a file URL', { caUrls: [service('file:///etc/passwd', 1)] }],
  ['another version', { mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' }],
])('refused: %s', (_name, changes) => {
  expect(() => parseSigningConfig(config(changes), 'config', at)).toThrow(
    expect.objectContaining({ code: 'SIGNING_CONFIG_INVALID' }) as Error,
  );
});

const vectors = testData('vectors.tar.gz');

it.skipIf(vectors === undefined).each(['signing_config.v0.2.json', 'signing_config_rekor_v2.v0.2.json'])(
  "Sigstore's own %s",
  (name) => {
    const { fulcio, logs } = parseSigningConfig(
      readFileSync(`${vectors}/sigstore-root-signing/targets/${name}`),
      name,
      at,
    );
    expect(fulcio?.url).toBe('https://fulcio.sigstore.dev');
    expect(logs).toHaveLength(1);
  },
);
