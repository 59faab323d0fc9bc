/** The trust worker's own list: what it says, and what is no such list. */
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../adapters/environment/config-error.ts';
import { parseApproverList } from '../../../../adapters/proof/parse-approver-list.ts';
import { listedHolder, listedPrincipal } from '../../../../domain/identity/approver-list.ts';
import { openSshWorkshop } from '../../../fixtures/ssh-signer.ts';

const workshop = openSshWorkshop();
const ann = workshop.key('ann');
afterAll(() => workshop.close());
const passkey = `SHA256:${'A'.repeat(43)}`;

describe('a list of approvers', () => {
  const list = parseApproverList(
    `approvers:
  ann:
    groups: [release]
    subjects: [ann-laptop]
    sshKeys: ['${ann.publicKey.trim()}']
    passkeys: ['${passkey}']
  ben: { identities: ['https://login.example.com 00u1abcd'] }
required: { prod: 2 }
`,
    'approvers.yaml',
  );

  it('says whose a key, a passkey, an identity and a subject is', () => {
    expect(listedHolder(list, 'ssh-key', ann.fingerprint)).toBe('ann');
    expect(listedHolder(list, 'webauthn', passkey)).toBe('ann');
    expect(listedHolder(list, 'oidc', 'https://login.example.com 00u1abcd')).toBe('ben');
    expect(listedHolder(list, 'ssh-key', passkey)).toBeUndefined();
    expect([listedPrincipal(list, 'ann-laptop'), listedPrincipal(list, 'ann'), listedPrincipal(list, 'eve')]).toEqual([
      'ann',
      'ann',
      'eve',
    ]);
    expect(list).toMatchObject({ required: { prod: 2 }, approvers: { ann: { groups: ['release'] } } });
  });
});

it.each<[string, string, RegExp]>([
  ['no YAML', 'approvers: [', /is no YAML/],
  ['nothing', '', /at ""/],
  ['a member nobody knows', 'approvers: { ann: { keys: [] } }', /approvers.ann/],
  ['a key that is none', "approvers: { ann: { sshKeys: ['ssh-ed25519 AAAA'] } }", /approvers.ann.sshKeys.0/],
  ['a passkey that is none', "approvers: { ann: { passkeys: ['x'] } }", /SHA256/],
  ['an identity without its issuer', "approvers: { ann: { identities: ['ann'] } }", /issuer/],
  ['no one required', 'approvers: {}\nrequired: { prod: 0 }', /required.prod/],
  [
    'one key of two',
    `approvers: { ann: { passkeys: ['${passkey}'] }, ben: { passkeys: ['${passkey}'] } }`,
    /ann's as well as ben's/,
  ],
  ['a subject of two', 'approvers: { ann: { subjects: [ben] }, ben: {} }', /subject ben is ann's as well as ben's/],
  ['a key twice', `approvers: { ann: { passkeys: ['${passkey}', '${passkey}'] } }`, /twice ann's/],
])('%s is refused, with its place', (_, text, why) => {
  expect(() => parseApproverList(text, 'approvers.yaml')).toThrow(ConfigError);
  expect(() => parseApproverList(text, 'approvers.yaml')).toThrow(why);
});
