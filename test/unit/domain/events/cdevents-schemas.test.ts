import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import type { CloudEventJson } from '../../../../domain/events/cdevents.ts';
import { encodeIntakeEvent } from '../../../../domain/events/encode-intake-event.ts';
import { encodeOutcomeEvent } from '../../../../domain/events/encode-outcome-event.ts';
import { testData } from '../../../fixtures/test-data.ts';

const digest = `sha256:${'ab'.repeat(32)}` as Digest;
const base = { id: 'i', source: '/registries/r', occurredAt: '2026-01-02T03:04:05Z', repository: 'team/app', digest };
const registry = 'registry.test';
const builder = { id: 'https://ci.test/b', host: 'h' };
const build = { commit: 'c0'.repeat(20), sourceRepository: 'https://git.test/a', builder, toolchain: { node: '24' } };

const cases: readonly (readonly [string, CloudEventJson])[] = [
  [
    'artifactpublished',
    encodeIntakeEvent({ ...base, kind: 'artifact-pushed', mediaType: 'm', tag: 't', actor: 'a' }, registry),
  ],
  ['artifactdeleted', encodeIntakeEvent({ ...base, kind: 'artifact-deleted' }, registry)],
  ['buildfinished', encodeIntakeEvent({ ...base, kind: 'build-finished', ...build }, registry)],
  ...['promotion.live', 'artifact.tag-moved'].map(
    (type) =>
      [
        'custom',
        encodeOutcomeEvent({
          subject: `team/app@${digest}`,
          sequence: 3,
          type,
          actor: 'bob',
          data: { a: 1 },
          createdAt: base.occurredAt,
        }),
      ] as const,
  ),
];

const folder = testData('vectors.tar.gz');

describe.skipIf(folder === undefined)("what is sent satisfies the CDEvents specification's own schemas", () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  const read = async (path: string) =>
    JSON.parse(await readFile(join(folder ?? '', 'cdevents-spec', path), 'utf8')) as Record<string, unknown>;
  beforeAll(async () => {
    for (const name of await readdir(join(folder ?? '', 'cdevents-spec', 'schemas', 'links')))
      ajv.addSchema(await read(`schemas/links/${name}`));
  });

  test.each(cases)('%s: %o', async (name, event) => {
    const schema = await read(name === 'custom' ? 'custom/schema.json' : `schemas/${name}.json`);
    const validate = ajv.getSchema(String(schema.$id)) ?? ajv.compile(schema);
    expect(validate(event.data), JSON.stringify(validate.errors)).toBe(true);
    expect(event).toMatchObject({
      type: event.data.context.type,
      id: event.data.context.id,
      subject: event.data.subject.id,
    });
  });
});

test('the id of an outcome is its subject and sequence', () => {
  const row = { subject: 's', sequence: 7, type: 'promotion.live', actor: 'a', data: {}, createdAt: base.occurredAt };
  expect(encodeOutcomeEvent(row)).toMatchObject({ id: 's#7', type: 'dev.cdeventsx.pratique-promotion.live.0.1.0' });
  expect(() => encodeOutcomeEvent({ ...row, type: 'Promotion' })).toThrow(TypeError);
});
