import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type ApproverList, findSharedProof } from '../../domain/identity/approver-list.ts';
import { ConfigError } from '../environment/config-error.ts';
import { parseConfigFile } from '../environment/parse-config-file.ts';
import { SshError } from '../ssh/ssh-error.ts';
import { parseSshKeyLine } from '../ssh/ssh-public-key.ts';

const VARIABLE = 'PRATIQUE_APPROVERS_FILE';
const fingerprint = z.string().regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'expected SHA256:… as it was shown');
const subject = z.string().min(1).max(128);

/** A fingerprint, or a line of a public key. */
const sshKey = z.string().transform((text, context) => {
  if (fingerprint.safeParse(text).success) return text;
  try {
    return parseSshKeyLine(text).fingerprint;
  } catch (error) {
    if (!(error instanceof SshError)) throw error;
    context.addIssue({ code: 'custom', message: error.message });
    return z.NEVER;
  }
});

const approver = z.strictObject({
  groups: z.array(z.string().min(1)).default([]),
  subjects: z.array(subject).default([]),
  sshKeys: z.array(sshKey).default([]),
  passkeys: z.array(fingerprint).default([]),
  identities: z.array(z.string().regex(/^https?:\/\/\S+ \S.*$/, 'expected "<issuer> <subject>"')).default([]),
});

const fileSchema = z.strictObject({
  approvers: z.record(subject, approver),
  required: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/), z.number().int().min(1).max(10)).default({}),
});

/** The trust worker's own list, in YAML (docs/policy.md). Throws a ConfigError that names the place. */
export function parseApproverList(text: string, file: string): ApproverList {
  const { required, approvers: listed } = parseConfigFile(fileSchema, text, { variable: VARIABLE, file });
  const entries = Object.entries(listed).map(([principal, { sshKeys, passkeys, identities, ...rest }]) => {
    const proofs = [
      ...sshKeys.map((key) => ({ kind: 'ssh-key', value: key }) as const),
      ...passkeys.map((key) => ({ kind: 'webauthn', value: key }) as const),
      ...identities.map((identity) => ({ kind: 'oidc', value: identity }) as const),
    ];
    return [principal, { ...rest, proofs }] as const;
  });
  const approvers = Object.fromEntries(entries);
  const shared = findSharedProof(approvers);
  if (shared !== undefined) throw new ConfigError(`${VARIABLE}: ${file}: ${shared}. One person is one of them`);
  return { approvers, required, digest: `sha256:${createHash('sha256').update(text).digest('hex')}` };
}
