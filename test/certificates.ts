/** A certificate authority for a test, and what it signs, as server and as client. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { element, signCertificate } from '../infra/dev/self-signed-certificate.ts';

const BOOLEAN_TRUE = Buffer.from('0101ff', 'hex');
const OCTET_STRING = 0x04;
const SEQUENCE = 0x30;
/** GeneralName (RFC 5280, 4.2.1.6): `[2]` dNSName, `[7]` iPAddress. */
const DNS_NAME = 0x82;
const IP_ADDRESS = 0x87;

// 2.5.29.19 basicConstraints, 2.5.29.17 subjectAltName, 2.5.29.37 extKeyUsage with serverAuth and clientAuth.
const BASIC_CONSTRAINTS = Buffer.from('0603551d13', 'hex');
const SUBJECT_ALT_NAME = Buffer.from('0603551d11', 'hex');
const EXT_KEY_USAGE = Buffer.from('0603551d25', 'hex');
const BOTH_USES = element(
  SEQUENCE,
  Buffer.from('06082b06010505070301', 'hex'),
  Buffer.from('06082b06010505070302', 'hex'),
);

/** PEM; keys are PKCS #8. */
export interface CertifiedKey {
  readonly cert: string;
  readonly key: string;
}

export interface TestAuthority {
  /** PEM. */
  readonly ca: string;
  /** A key with a certificate for `names`: hosts and IPv4 addresses. */
  issue(subject: string, names?: readonly string[]): CertifiedKey;
}

const validity = () => ({ notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) });
const newKey = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }).toString();

export function createTestAuthority(name: string): TestAuthority {
  const { privateKey: key, publicKey } = newKey();
  const isAuthority = element(SEQUENCE, BASIC_CONSTRAINTS, BOOLEAN_TRUE, octets(element(SEQUENCE, BOOLEAN_TRUE)));
  const signed = { key, issuer: name, ...validity() };
  return {
    ca: signCertificate({ ...signed, subject: name, subjectKey: publicKey, extensions: [isAuthority] }),
    issue(subject, names = ['localhost', '127.0.0.1']) {
      const own = newKey();
      const alternatives = names.map((one) =>
        isIPv4(one)
          ? element(IP_ADDRESS, Buffer.from(one.split('.').map(Number)))
          : element(DNS_NAME, Buffer.from(one)),
      );
      const extensions = [
        element(SEQUENCE, SUBJECT_ALT_NAME, octets(element(SEQUENCE, ...alternatives))),
        element(SEQUENCE, EXT_KEY_USAGE, octets(BOTH_USES)),
      ];
      return {
        cert: signCertificate({ ...signed, subject, subjectKey: own.publicKey, extensions }),
        key: pem(own.privateKey),
      };
    },
  };
}

function octets(content: Uint8Array): Buffer {
  return element(OCTET_STRING, content);
}

/** Writes each text to a file of its name in `folder`; the paths, by the same names. */
export function writeFiles<T extends string>(folder: string, texts: Readonly<Record<T, string>>): Record<T, string> {
  return Object.fromEntries(
    Object.entries<string>(texts).map(([name, text]) => {
      const file = join(folder, name);
      writeFileSync(file, text, { mode: 0o600 });
      return [name, file];
    }),
  ) as Record<T, string>;
}
