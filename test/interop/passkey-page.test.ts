/** The page that approves, in a real browser: a passkey is registered, an administrator says whose it is, it approves. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApprovalProofs } from '../../adapters/proof/open-approval-proofs.ts';
import { workflowIds } from '../../domain/artifact/subject.ts';
import type { ExpectedClaim, ProofReference } from '../../domain/identity/approval-proof.ts';
import { type GatewayFixture, startGateway } from '../integration/gateway/gateway-fixture.ts';
import { createHarbour, digestOf, LEASE_SECONDS, policyText } from '../integration/postgres/harbour.ts';
import { type BrowserPage, findChromium, startChromium } from './chromium.ts';

const program = findChromium();
/** Where pictures are put for whoever wants to look. */
const pictures = process.env.PRATIQUE_PICTURES;

describe.skipIf(program === undefined)('the page of approvals in Chromium (skipped where none is on PATH)', () => {
  let gateway: GatewayFixture;
  let browser: Awaited<ReturnType<typeof startChromium>>;
  let page: BrowserPage;
  let party: { id: string; origin: string; page: string };
  let about: string;
  let token: string;
  const key = { repository: 'shop/web', digest: digestOf('page') };

  beforeAll(async () => {
    // Its port is known when it listens, which is before anybody asks.
    party = { id: 'localhost', origin: '', page: '' };
    gateway = await startGateway({ relyingParty: party });
    const { port } = new URL(await gateway.app.listen({ host: '127.0.0.1', port: 0 }));
    party.origin = `http://localhost:${port}`;
    party.page = `${party.origin}/approve`;
    const harbour = createHarbour(gateway.db);
    const prod = ', production: true, approvals: { required: 1, groups: [release], notCommitter: false }';
    const rest = 'changes: { required: 1, groups: [release] }';
    await harbour.policies.activate(policyText(1, { prod, rest }), 'policy.yaml', 'test');
    const promotion = await harbour.waitingForProd(key);
    about = workflowIds.promotion('prod', key);
    expect(await harbour.promotions.reserve(promotion, LEASE_SECONDS)).toMatchObject({ for: 'approval' });
    await describeGates(gateway);
    token = await gateway.token('approver', { subject: 'ann', groups: ['release'] });
    browser = await startChromium(program as string);
    ({ page } = browser);
  });
  afterAll(async () => {
    await browser?.stop();
    await gateway?.close();
  });

  async function enter(place: string) {
    await page.open(`${party.page}#${place}`);
    await look('token');
    await page.fill('#token', token);
    await page.click('Continue');
  }
  async function look(name: string) {
    if (pictures === undefined) return;
    await mkdir(pictures, { recursive: true });
    for (const width of [1280, 390])
      await writeFile(path.join(pictures, `${name}-${width}.png`), await page.picture(width));
  }
  /** Nothing stands out of the page at the width of a phone. */
  async function wholeWidth() {
    await page.picture(390);
    const [wide, window] = await page.run<[number, number]>(`[document.documentElement.scrollWidth, innerWidth]`);
    expect(wide).toBeLessThanOrEqual(window);
  }
  const admin = async (body: object) =>
    gateway.app.inject({
      ...{ method: 'POST', url: '/api/v1/principals', payload: JSON.stringify(body) },
      headers: { authorization: `Bearer ${await gateway.token('admin')}`, 'content-type': 'application/json' },
    });

  it('registers a passkey, which counts when an administrator has said whose it is', async () => {
    await page.addAuthenticator();
    await enter('passkeys');
    await page.shows('None yet.');
    await page.fill('#name', 'blue key');
    await page.click('Register a passkey');
    await page.shows('Registered. It counts when');
    await look('registered');
    const fingerprint = await page.run<string>(`document.querySelector('li code').textContent`);
    expect((await admin({ principal: 'ann', kind: 'webauthn', value: fingerprint })).json()).toEqual({
      outcome: 'joined',
    });
    await page.click('Waiting');
    await page.shows('shop/web into prod');
    await look('waiting');
    await page.click('Passkeys');
    await page.shows('counts');
    await look('passkeys');
  });

  it('approves what it shows, with a proof that the gateway and the trust worker verify', async () => {
    await enter(about);
    await page.shows('Approve with a passkey');
    await page.shows(digestOf(`prod ${key.digest}`));
    await look('decision');
    await page.fill('#reason', 'reviewed "on" the phone');
    await page.click('Approve with a passkey');
    await page.shows('waiting: one more approval');
    await look('approved');
    const { request } = gateway.calls.findLast(({ port }) => port === 'promotions.decide') as {
      request: { proof: ProofReference };
    };
    expect(request).toMatchObject({ verb: 'approve', reason: 'reviewed "on" the phone', proof: { kind: 'webauthn' } });
    const trust = openApprovalProofs(gateway.db, { issuers: [], audience: 'pratique', relyingParty: party });
    const expected: ExpectedClaim = {
      ...{
        verb: 'approve',
        about,
        decision: digestOf(`prod ${key.digest}`),
        by: 'ann',
        reason: 'reviewed "on" the phone',
      },
    };
    expect(await trust.confirm(request.proof, expected)).toMatchObject({ kind: 'webauthn', by: request.proof.by });
    await trust.close();
  });

  it('lists a release that waits, and shows what is to come out and why it was held', async () => {
    const harbour = createHarbour(gateway.db);
    const held = { repository: 'shop/held', digest: digestOf('held') };
    await harbour.push(held);
    const selector = { kind: 'digest', value: held.digest } as const;
    await harbour.incidents.open({ selector, reason: 'its builder was taken over', actor: 'rita' });
    const asked = { digest: held.digest, reason: 'rebuilt, and the same', actor: 'bob' };
    expect(await harbour.incidents.requestRelease(asked)).toMatchObject({ outcome: 'waiting' });
    await enter('');
    await page.click('shop/held out of quarantine');
    await page.shows('its builder was taken over');
    await page.shows('rebuilt, and the same');
    await look('release');
    await wholeWidth();
  });

  it('shows line by line what a proposed policy changes, and puts it in force by a word with a passkey', async () => {
    const harbour = createHarbour(gateway.db);
    const file = await readFile(path.resolve(import.meta.dirname, '../../infra/policies/default.yaml'), 'utf8');
    const proposed = await harbour.policies.activate(file.replace(/^version: 1$/m, 'version: 2'), 'policy.yaml', 'bob');
    expect(proposed).toMatchObject({ outcome: 'proposed' });
    await enter('');
    await page.shows('policy version 2');
    await look('waiting-policies');
    await wholeWidth();
    await page.click('policy version 2');
    await page.shows('What it changes');
    const changed = await page.run<string[]>(
      `[...document.querySelectorAll('.diff ins')].map((line) => line.textContent)`,
    );
    expect(changed).toContain('version: 2');
    const gone = await page.run<string[]>(
      `[...document.querySelectorAll('.diff del')].map((line) => line.textContent)`,
    );
    expect(gone).toContain('version: 1');
    await look('policy');
    await wholeWidth();
    await page.fill('#reason', 'read all of it');
    await page.click('Approve with a passkey');
    await page.shows('activated: approved by ann');
    expect(await page.run<string>('document.body.innerText')).not.toContain('What it changes');
    await look('policy-approved');
    expect((await harbour.policies.current()).document.version).toBe(2);
  });

  it('says why nothing was signed, and decides nothing', async () => {
    const before = gateway.calls.length;
    await enter(about);
    await page.fill('#reason', 'once more');
    await page.run(`navigator.credentials.get = () => Promise.reject(new DOMException('no', 'NotAllowedError'))`);
    await page.click('Approve with a passkey');
    await page.shows('nothing was signed');
    await look('refused');
    expect(gateway.calls).toHaveLength(before);
  });

  it('is refused nothing by its own rules, and loads nothing from elsewhere', async () => {
    expect(page.complaints).toEqual([]);
    const loaded = await page.run<string[]>(
      `performance.getEntriesByType('resource').map(({ name }) => new URL(name).origin)`,
    );
    expect(new Set(loaded)).toEqual(new Set([party.origin]));
    const inline = `(() => { const s = document.createElement('div'); try { s.innerHTML = '<b>x</b>'; return 'made'; } catch { return 'refused'; } })()`;
    expect(await page.run(inline)).toBe('refused');
  });
});

/** A verdict with something to read in it. */
async function describeGates({ db }: GatewayFixture): Promise<void> {
  const gates = [
    { gate: 'digest', verdict: 'pass', reason: 'the registry still shows the same bytes', evidence: [], details: [] },
    {
      gate: 'provenance',
      verdict: 'pass',
      reason: 'built by https://ci.example.com/builders/main from a signed commit',
      evidence: [],
      details: [],
    },
    {
      ...{
        gate: 'vulnerabilities',
        verdict: 'unknown',
        reason: '2 findings below the limit, 1 that nobody can compare',
        evidence: [],
      },
      details: [
        'GHSA-1234-5678-9012 in pkg:npm/lodash@4.17.20: high',
        'CVE-2026-0001 in pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64: medium',
      ],
    },
  ];
  await sql`update verdict set body = jsonb_set(body, '{gates}', ${JSON.stringify(gates)}::jsonb)`.execute(db);
}
