/** Who signs for this installation without a key: a file in YAML, with an identity each for evidence and for the admissions of environments. */
import { z } from 'zod';
import { ConfigError } from '../../adapters/environment/config-error.ts';
import { parseConfigFile } from '../../adapters/environment/parse-config-file.ts';
import { identityName } from '../../domain/trust/evidence.ts';

const VARIABLE = 'PRATIQUE_SIGNING_IDENTITIES';

const identity = z.strictObject({
  /** As the certificate will name them. */
  subject: z.string().min(1).max(2000),
  issuer: z.url().max(2000),
  /** Where the token is: a file (a Kubernetes projected token), read anew each time, or a variable. */
  token: z.union([z.strictObject({ file: z.string().min(1) }), z.strictObject({ variable: z.string().min(1) })]),
});
export type SigningIdentity = z.infer<typeof identity>;

const fileSchema = z.strictObject({
  evidence: identity.optional(),
  admission: z.record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/), identity).default({}),
});
export type SigningIdentities = z.infer<typeof fileSchema>;

/** Throws a ConfigError that names the place; one identity for two kinds of work is refused, as one key would be. */
export function parseSigningIdentities(text: string, file: string): SigningIdentities {
  const identities = parseConfigFile(fileSchema, text, { variable: VARIABLE, file });
  const roles = new Map<string, string>();
  const all: [role: string, identity: SigningIdentity][] = Object.entries(identities.admission).map(([name, of]) => [
    `the admissions of ${name}`,
    of,
  ]);
  if (identities.evidence !== undefined) all.push(['evidence', identities.evidence]);
  for (const [role, { subject, issuer }] of all) {
    const name = identityName({ kind: 'certificate', subject, issuer });
    const other = roles.get(name);
    if (other !== undefined)
      throw new ConfigError(
        `${VARIABLE}: ${file}: ${subject} signs ${other} and ${role}: with one identity for both, what is denied looks admitted. Name another`,
      );
    roles.set(name, role);
  }
  return identities;
}
