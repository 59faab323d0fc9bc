/** Two signatures over the same file, in two bundles: what each policy counts, and what somebody who changes one of them gets. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand } from './run-command.ts';

let folder: string;
const run = (...args: string[]) => runCommand(args, { cwd: folder });
const keys: Record<string, { privateKey: KeyObject; publicKey: KeyObject }> = {
  classical: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  pq: generateKeyPairSync('ml-dsa-65'),
  stranger: generateKeyPairSync('ml-dsa-65'),
};

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pratique-dual-'));
  for (const [name, { privateKey, publicKey }] of Object.entries(keys)) {
    await writeFile(path.join(folder, `${name}.key`), privateKey.export({ format: 'pem', type: 'pkcs8' }));
    await writeFile(path.join(folder, `${name}.pub`), publicKey.export({ format: 'pem', type: 'spki' }));
  }
  await writeFile(path.join(folder, 'shop.txt'), 'shop\n');
  await writeFile(path.join(folder, 'other.txt'), 'other\n');
  await writeFile(path.join(folder, 'review.json'), '{"ok":true}');
  await writeFile(path.join(folder, 'review-2.json'), '{"ok":false}');
  const dual = ['--key', 'classical.key', '--post-quantum-key'];
  const to = (name: string) => ['--bundle', `${name}.json`, '--post-quantum-bundle', `${name}.pq.json`];
  for (const args of [
    ['sign', 'shop.txt', ...dual, 'pq.key', ...to('shop')],
    ['sign', 'shop.txt', ...dual, 'stranger.key', ...to('stranger')],
    ['sign', 'other.txt', ...dual, 'pq.key', ...to('other')],
    [
      'attest',
      'shop.txt',
      ...dual,
      'pq.key',
      '--type',
      'https://a.example/v1',
      '--predicate',
      'review.json',
      ...to('review'),
    ],
    [
      'attest',
      'shop.txt',
      ...dual,
      'pq.key',
      '--type',
      'https://a.example/v1',
      '--predicate',
      'review-2.json',
      ...to('review-2'),
    ],
  ])
    expect(await run(...args), args.join(' ')).toMatchObject({ code: 0 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a place for the second signature without a key that makes it is a mistake, and says so', async () => {
  for (const verb of [['sign'], ['attest', '--type', 'https://a.example/v1', '--predicate', 'review.json']])
    expect(
      await run(...verb, 'shop.txt', '--key', 'classical.key', '--bundle', 'x.json', '--post-quantum-bundle', 'y.json'),
    ).toMatchObject({ code: 2, stderr: expect.stringContaining('--post-quantum-key') as unknown });
});

const trusted = ['--key', 'classical.pub', '--key', 'pq.pub'];
const verify = (bundle: string, second: string | undefined, policy: string, ...more: string[]) =>
  run(
    ...['verify', 'shop.txt', '--bundle', `${bundle}.json`, '--signatures', policy],
    ...(second === undefined ? [] : ['--post-quantum-bundle', `${second}.json`]),
    ...(more.length === 0 ? trusted : more),
  );

describe('verify --signatures', () => {
  const review = [...trusted, '--type', 'https://a.example/v1'];
  it.each([
    ['both', 'any', 'shop', 'shop.pq', [], 0],
    ['both', 'all', 'shop', 'shop.pq', [], 0],
    ['both', 'classical', 'shop', 'shop.pq', [], 0],
    ['the classical one alone: the other was stripped', 'all', 'shop', undefined, [], 1],
    ['the post-quantum one alone', 'all', 'shop.pq', undefined, [], 1],
    ['the classical one alone', 'any', 'shop', undefined, [], 0],
    ['the post-quantum one alone', 'any', 'shop.pq', undefined, [], 0],
    ['the post-quantum one alone', 'classical', 'shop.pq', undefined, [], 1],
    ['the post-quantum one by a key that is not trusted', 'all', 'shop', 'stranger.pq', [], 1],
    ['the post-quantum one of another file', 'all', 'shop', 'other.pq', [], 1],
    ['the same one twice', 'all', 'shop', 'shop', [], 1],
    ['both, and the post-quantum key is not trusted', 'all', 'shop', 'shop.pq', ['--key', 'classical.pub'], 1],
    ['both statements', 'all', 'review', 'review.pq', review, 0],
    ['the post-quantum one over another statement about the same file', 'all', 'review', 'review-2.pq', review, 1],
    ['a statement, and a signature over the file', 'all', 'review', 'shop.pq', review, 1],
  ])('%s, policy %s', async (_, policy, bundle, second, more, exitCode) => {
    const ran = await verify(bundle, second, policy, ...more);
    expect(ran, ran.stderr + ran.stdout).toMatchObject({ code: exitCode });
  });

  it('says which key signed which bytes, and why one does not count', async () => {
    const both = JSON.parse((await verify('shop', 'shop.pq', 'all', ...trusted, '--json')).stdout);
    const [one, other] = both.evidence;
    expect([one.signed.algorithm, other.signed.algorithm]).toEqual(['classical', 'post-quantum']);
    expect(one.signed.digest).toBe(other.signed.digest);
    const alone = JSON.parse((await verify('shop', undefined, 'all', ...trusted, '--json')).stdout);
    expect(alone.evidence).toMatchObject([
      {
        outcome: 'rejected',
        code: 'SIGNATURE_POLICY',
        reason: expect.stringMatching(/no post-quantum key that is trusted/),
      },
    ]);
  });

  it('counts no spoilt post-quantum signature', async () => {
    const bundle = JSON.parse(await readFile(path.join(folder, 'shop.pq.json'), 'utf8'));
    const signature = Buffer.from(bundle.messageSignature.signature, 'base64');
    for (const at of [0, 1000, signature.length - 1]) {
      const spoilt = Buffer.from(signature);
      spoilt[at] = (spoilt[at] ?? 0) ^ 1;
      bundle.messageSignature.signature = spoilt.toString('base64');
      await writeFile(path.join(folder, 'spoilt.json'), JSON.stringify(bundle));
      expect(await verify('shop', 'spoilt', 'all')).toMatchObject({ code: 1 });
    }
  });
});

it.each([
  [
    'a classical key as the second',
    ['--post-quantum-key', 'classical.key', '--post-quantum-bundle', 'x.json'],
    /ML-DSA-65/,
  ],
  ['one file for both', ['--post-quantum-key', 'pq.key', '--post-quantum-bundle', './never.json'], /name two files/],
  ['no place for the second bundle', ['--post-quantum-key', 'pq.key'], /--post-quantum-bundle/],
])('signs nothing with %s', async (_, more, message) => {
  const ran = await run('sign', 'shop.txt', '--key', 'classical.key', '--bundle', 'never.json', ...more);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toMatch(message);
  await expect(readFile(path.join(folder, 'never.json'))).rejects.toMatchObject({ code: 'ENOENT' });
});
