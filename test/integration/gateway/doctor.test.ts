/** The doctor's questions, to real servers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPolicyStore } from '../../../adapters/postgres/policy-store.ts';
import { type GatewayFixture, startGateway } from './gateway-fixture.ts';

const POLICY = `apiVersion: pratique.dev/v1
kind: Policy
version: 1
intake: { repositories: ['**'] }
environments:
  - { name: prod, repository: 'prod/{repository}', mode: audit, gates: [{ gate: digest }] }
signers: []
builders: []
`;

let gateway: GatewayFixture;
beforeAll(async () => {
  gateway = await startGateway();
  await createPolicyStore(gateway.db).activate(POLICY, 'policy.yaml', 'the test');
});
afterAll(() => gateway?.close());

const ask = async (role: 'admin' | 'viewer') =>
  gateway.app.inject({ url: '/api/v1/doctor', headers: { authorization: `Bearer ${await gateway.token(role)}` } });

it('clocks, versions, search attributes, schedules and topics are what they are', async () => {
  const response = await ask('admin');
  expect(response.statusCode).toBe(200);
  const { checks, environments } = response.json();
  expect(environments).toEqual([{ name: 'prod', probe: 'prod/pratique-doctor/probe' }]);
  const levels = Object.fromEntries(
    checks.map(({ name, findings }: { name: string; findings: { level: string }[] }) => [
      name,
      findings.map(({ level }) => level),
    ]),
  );
  expect(levels).toEqual({
    clocks: ['ok', 'ok', 'ok'],
    keys: ['ok'],
    approvers: ['ok'],
    grandfathered: ['ok'],
    versions: ['ok', 'ok', 'ok', 'ok'],
    temporal: ['ok', 'ok'],
    // One broker, whose disk is the only one.
    topics: ['warn', 'warn', 'warn', 'warn'],
    // A new database.
    advisories: ['fail'],
  });
});

it('is for those who run the installation', async () => {
  expect((await ask('viewer')).statusCode).toBe(403);
});
