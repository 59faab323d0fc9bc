/** A new evidence key: what it signs again is signed for each place where it lies. */
import { expect, it } from 'vitest';
import { type RotateDependencies, resignLive } from '../../../../activities/trust/rotate.ts';
import type { Digest } from '../../../../domain/artifact/digest.ts';
import { predicateTypes, type Statement } from '../../../../domain/trust/statement.ts';
import { inActivity } from '../../../in-activity.ts';
import { createPolicy, digestOf, hashes, now } from '../../domain/policy/judged-artifact.ts';

const digest = digestOf('shop/web');
const place = { environment: 'dev', destination: 'dev/shop/web', digest, repository: 'shop/web', generation: 1 };
type Item = { readonly bundle: Uint8Array };

it('SBOMs name the environment’s repository there, and where it was pushed there', async () => {
  const attached: { readonly repository: string; readonly named: unknown }[] = [];
  const outcomes: unknown[] = [];
  const signer = { keyId: 'new=', publicKeyPem: '', sign: async () => new Uint8Array() };
  const deps = {
    ...{ sha256: hashes.sha256, now: () => new Date(now) },
    installation: { uri: 'https://p.example', version: '1', registryHost: 'registry.example' },
    keys: { evidence: async () => signer },
    registry: {
      resolve: async (_: string, about: Digest) => ({ mediaType: 'application/json', digest: about, size: 7 }),
    },
    rotations: {
      read: async () => ({ key: 'evidence', state: 'signing' }),
      lacking: async () => [place],
      record: async (_id: string, _pass: number, _place: unknown, outcome: unknown) => void outcomes.push(outcome),
      recordCreated: async () => true,
      overlap: async () => undefined,
    },
    verdicts: { policy: async () => createPolicy() },
    stocks: {
      platforms: async () => [{ digest, stock: 7, platform: 'linux/amd64' }],
      newestScan: async () => undefined,
      stock: async () => ({ components: [] }),
    },
    sboms: {
      publish: async (format: 'cyclonedx' | 'spdx', { repository }: { repository: string }) => ({
        ...{ format, content: { named: repository }, stored: { digest, size: 7, mediaType: 'application/json' } },
      }),
    },
    evidence: {
      signed: async (steps: readonly unknown[]) => steps.map(() => undefined),
      keep: async (made: readonly Item[]) => made.map(({ bundle }) => ({ bundle, signedAt: now })),
      record: async () => undefined,
      recordedWithChildren: async () => [],
    },
    bundles: { sign: async (statement: Statement) => Buffer.from(JSON.stringify(statement)) },
    desk: {
      manifestOf: ({ bundle }: Item) => hashes.sha256(bundle),
      attach: async (repository: string, items: readonly Item[]) =>
        items.map(({ bundle }) => {
          const { predicateType, predicate } = JSON.parse(Buffer.from(bundle).toString()) as Statement;
          expect([predicateTypes.cycloneDx, predicateTypes.spdx]).toContain(predicateType);
          attached.push({ repository, named: (predicate as { named: string }).named });
          return { manifest: hashes.sha256(bundle), bundle: hashes.sha256(bundle) };
        }),
    },
  } as unknown as RotateDependencies;
  await inActivity(() => resignLive(deps, 'r', 1));
  expect(outcomes).toEqual([{ outcome: 'signed', reason: '' }]);
  const of = (repository: string) => ({ repository, named: repository });
  expect(attached).toEqual(['dev/shop/web', 'dev/shop/web', 'shop/web', 'shop/web'].map(of));
});
