import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createBundleSigner } from '../../../../adapters/sigstore/bundle-signer.ts';
import { readKeySignedStatement } from '../../../../adapters/sigstore/key-signed-statement.ts';
import { createLocalSigner } from '../../../../adapters/sigstore/local-signer.ts';
import { openBundle } from '../../../../adapters/sigstore/open-bundle.ts';
import { preAuthenticationEncoding } from '../../../../domain/trust/pre-authentication-encoding.ts';
import { createStatement } from '../../../../domain/trust/statement.ts';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const statement = createStatement(`sha256:${'a'.repeat(64)}` as never, 'https://example.com/t', {});
const signed = Buffer.from(await createBundleSigner().sign(statement, createLocalSigner(privateKey, 'test')));
const text = signed.toString();

/** What it reads is what everybody reads from these bytes. */
async function expectAlike(bytes: Buffer): Promise<boolean> {
  const read = readKeySignedStatement(bytes);
  if (read === undefined) return false;
  const opened = await openBundle(bytes);
  if (opened.outcome !== 'opened' || opened.bundle.content.$case !== 'dsseEnvelope') throw new Error('not opened');
  const { content, verificationMaterial } = opened.bundle;
  const { payload, payloadType, signatures } = content.dsseEnvelope;
  expect(Buffer.from(read.payload)).toEqual(payload);
  expect(Buffer.from(read.signed)).toEqual(Buffer.from(preAuthenticationEncoding(payloadType, payload)));
  expect(read.signature).toEqual(signatures[0]?.sig);
  expect(verificationMaterial.tlogEntries).toEqual([]);
  expect(verificationMaterial.content).toEqual({ $case: 'publicKey', publicKey: { hint: read.hint } });
  return true;
}

it.each([
  ['as Pratique writes it', text],
  ["as Go's protojson may", text.replaceAll(/(":|",|\},)(?=["{[])/g, '$1 ')],
  ['without a hint', text.replace(/"hint":"[^"]*"/, '"hint":""')],
])('reads a bundle %s', async (_, written) => {
  expect(await expectAlike(Buffer.from(written))).toBe(true);
});

it.each([
  ['a member twice', text.replace('"dsseEnvelope":', '"dsseEnvelope":{},"dsseEnvelope":')],
  ['a payload twice', text.replace('"payload":', '"payload":"e30=","payload":')],
  ['a member that nobody knows', text.replace('{"mediaType"', '{"stranger":1,"mediaType"')],
  ['a log entry', text.replace('"publicKey":', '"tlogEntries":[{}],"publicKey":')],
  ['two signatures', text.replace('"signatures":[', '"signatures":[{"sig":"AA=="},')],
  ['a payload of another type', text.replace('in-toto+json', 'other+json')],
  ['a payload whose base64 has a character that is skipped', text.replace('"payload":"', '"payload":"-\u00e9')],
  ['a payload whose base64 has an escape', text.replace('"payload":"e', '"payload":"\\u0065')],
  ['a signature whose base64 has a line', text.replace('"sig":"', '"sig":"\\n')],
  ['loose base64', text.replace(/=*","payloadType"/, 'A","payloadType"')],
  ['no signature', text.replace(/"sig":"[^"]*"/, '"sig":""')],
  ['an older format', text.replace('v0.3', 'v0.2')],
  ['a line more', `${text}\n`],
  ['a byte order mark', `\ufeff${text}`],
  ['more than fits', text.replace('"payload":"', `"payload":"${'AAAA'.repeat(20_000)}`)],
])('leaves one with %s to others', (_, other) => {
  expect(other).not.toBe(text);
  expect(readKeySignedStatement(Buffer.from(other))).toBeUndefined();
});

it('reads no spoilt bundle in another way than others do', async () => {
  const pieces = ['"', '\\', '=', 'A', '/', ' ', '\n', '\u00ff', ',', '"hint":"",', '{}', '_'];
  const edit = fc.record({ at: fc.nat(text.length), piece: fc.constantFrom(...pieces), dropped: fc.nat(2) });
  let read = 0;
  await fc.assert(
    fc.asyncProperty(edit, async ({ at, piece, dropped }) => {
      if (await expectAlike(Buffer.from(text.slice(0, at) + piece + text.slice(at + dropped)))) read += 1;
    }),
    { numRuns: 2000 },
  );
  expect(read).toBeGreaterThan(5);
});
