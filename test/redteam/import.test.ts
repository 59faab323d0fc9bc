/** One whole Pratique, and somebody who would have what lies around called let in, because it was there before. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Digest } from '../../domain/artifact/digest.ts';
import type { Registry } from '../../domain/artifact/registry.ts';
import { readSecret } from '../../infra/dev/secrets.ts';
import { runCli } from '../../services/cli/run-cli.ts';
import { enforcing } from '../e2e/policies.ts';
import { eventually, type Pratique, pushTagged, smallImage, startPratique } from '../e2e/stack.ts';
import { openStranger, type Stranger } from './stranger.ts';

let pratique: Pratique;
let stranger: Stranger;
let before: Registry;
let token: string;
beforeAll(async () => {
  pratique = await startPratique(enforcing);
  const { temporalAddress, temporalNamespace } = pratique.record.connection;
  stranger = await openStranger(temporalAddress, temporalNamespace);
  // Whoever wrote to the environments before they were Pratique's.
  before = pratique.registryAs('promote', await readSecret(pratique.stack.home.registryPasswordFile('promote')));
  token = await pratique.tokenFor('olga', 'operator');
});
afterAll(async () => {
  await stranger?.close();
  await pratique?.close();
});

const until = () => new Date(Date.now() + 30 * 86_400_000).toISOString();

/** `pratique …`, as an operator types it, with `--json`. */
async function pratiqueJson(...argv: readonly string[]) {
  const caught = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    write(text: string) {
      caught[name] += text;
    },
  });
  const code = await runCli([...argv, '--json'], {
    ...{ out: stream('out'), err: stream('err') },
    in: (async function* () {})(),
    env: { PRATIQUE_URL: pratique.record.connection.gatewayUrl, PRATIQUE_TOKEN: token },
    cwd: tmpdir(),
    signal: AbortSignal.timeout(150_000),
  });
  return { code, err: caught.err, answer: caught.out === '' ? undefined : JSON.parse(caught.out) };
}

const importFrom = (...source: readonly string[]) =>
  pratiqueJson('import', ...source, '--environment', 'prod', '--until', until(), '--reason', 'before Pratique');

async function laidBefore(repository: string): Promise<Digest> {
  return pushTagged(before, `prod/${repository}`, await smallImage(repository), '1.0');
}

async function judged(repository: string, digest: Digest) {
  return eventually(`${repository}@${digest} to be judged`, async () => {
    const { status, body } = await pratique.admin.get('/api/v1/artifact', { ref: `${repository}@${digest}` });
    return status === 200 && body.generation?.state === 'closed' && body.verdicts.length > 0 ? body : undefined;
  });
}

describe('an import', () => {
  it.each(['viewer', 'approver', 'responder'] as const)('is not made by a %s', async (role) => {
    const client = await pratique.as(`some-${role}`, role);
    const asked = { environment: 'prod', until: until(), reason: 'x', sourceKind: 'registry', source: 'prod/red/x' };
    expect((await client.post('/api/v1/imports', asked)).status).toBe(403);
  });

  it('leaves what its gates deny where it was, and has nothing signed that says it passed', async () => {
    const repository = 'red/was-there';
    const digest = await laidBefore(repository);
    const { code, answer } = await importFrom('--registry', 'prod/red/was-*');
    expect({ code, counts: answer.counts }).toEqual({ code: 0, counts: { taken: 1 } });
    const detail = await judged(repository, digest);
    const verdict = detail.verdicts.find(({ environment }: { environment: string }) => environment === 'prod');
    expect(verdict).toMatchObject({ outcome: 'fail', admitted: false });
    expect(detail.grandfatherings).toMatchObject([{ environment: 'prod', state: 'stands', madeBy: 'olga' }]);
    expect(detail.promotions).toEqual([]);
    // Nothing of ours lies beside it in prod; the queue gets no admission for it either.
    expect(await pratique.registry.listReferrers(`prod/${repository}`, digest)).toEqual([]);
    const key = { environment: 'prod', repository, digest, generation: 1 };
    expect(await stranger.run('trust', 'admit', key)).toMatchObject({ failed: 'PROMOTION_UNKNOWN' });
    expect(await pratique.registry.listReferrers(`prod/${repository}`, digest)).toEqual([]);
    expect((await pratique.registry.resolve(`prod/${repository}`, '1.0'))?.digest).toBe(digest);

    const report = await pratiqueJson('policy', 'report', '--environment', 'prod');
    const item = report.answer.items.find((one: { digest: string }) => one.digest === digest);
    expect(item).toMatchObject({
      outcome: 'fail',
      wouldBeDenied: true,
      admitted: false,
      grandfathered: { ended: false },
    });
    expect(item.gates.map(({ gate }: { gate: string }) => gate)).toEqual(
      expect.arrayContaining(['signature', 'provenance']),
    );
    const again = await importFrom('--registry', 'prod/red/was-*');
    // Another instant is another record; the artifact is the same, and is there once.
    expect(again.answer.counts).toEqual({ taken: 1 });
    expect((await pratique.query('select 1 from placement where digest = $1', [digest])).length).toBe(1);
  });

  it('lets in nothing that is quarantined, and a quarantine takes out what was imported', async () => {
    const repository = 'red/bad-before';
    const digest = await laidBefore(repository);
    expect((await importFrom('--registry', `prod/${repository}`)).code).toBe(0);
    const responder = await pratique.as('rene', 'responder');
    const opened = await responder.post('/api/v1/incidents', { selector: digest, reason: 'known to be bad' });
    expect(opened.status).toBe(201);
    await eventually('it to be out', async () =>
      (await pratique.registry.resolve(`prod/${repository}`, digest)) === undefined ? true : undefined,
    );
    await laidBefore(repository);
    const { code, answer } = await importFrom('--registry', `prod/${repository}`);
    expect({ code, counts: answer.counts }).toEqual({ code: 1, counts: { refused: 1 } });
    expect(answer.items[0].reason).toMatch(/quarantined by incident/);
  });

  it('guesses nothing of what a cluster runs from elsewhere', async () => {
    const repository = 'red/runs';
    const { registry: host } = pratique.record.connection;
    const digest = await pushTagged(pratique.registry, repository, await smallImage(repository), '1.0');
    const folder = await mkdtemp(path.join(tmpdir(), 'pratique-import-'));
    const file = path.join(folder, 'pods.json');
    const container = (name: string, image: string) => ({ name, image });
    const pod = {
      ...{ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-1', namespace: 'shop' } },
      spec: { containers: [container('app', `${host}/${repository}:1.0`), container('side', 'nginx')] },
      status: { containerStatuses: [{ name: 'app', imageID: `${host}/${repository}@${digest}` }] },
    };
    await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [pod] }));
    const { code, answer } = await importFrom('--cluster', file);
    await rm(folder, { recursive: true });
    expect({ code, counts: answer.counts }).toEqual({ code: 3, counts: { taken: 1, unresolved: 1 } });
    expect(answer.items).toMatchObject([
      { outcome: 'taken', repository, digest, place: 'shop/Pod/web-1: container app' },
      { outcome: 'unresolved', reason: expect.stringMatching(/its registry is docker.io/) },
    ]);
  });
});
