/** The file of Application Default Credentials: https://google.aip.dev/auth/4110, 4112 (service accounts), 4117 (external accounts) */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { KeyError } from '../sigstore/key-error.ts';
import { readCredentialsFile } from './credentials-file.ts';

const quota = { quota_project_id: z.string().optional() };

const serviceAccount = z.object({
  type: z.literal('service_account'),
  client_email: z.string(),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url(),
  ...quota,
});
/** What `gcloud auth application-default login` writes. */
const authorizedUser = z.object({
  type: z.literal('authorized_user'),
  client_id: z.string(),
  client_secret: z.string(),
  refresh_token: z.string(),
  token_uri: z.url().default('https://oauth2.googleapis.com/token'),
  ...quota,
});
const json = z.object({ type: z.literal('json'), subject_token_field_name: z.string() });
const text = z.object({ type: z.literal('text') });
/** Workload identity federation: another identity provider's token is given for one of Google's. */
const externalAccount = z.object({
  type: z.literal('external_account'),
  audience: z.string(),
  subject_token_type: z.string(),
  token_url: z.url(),
  service_account_impersonation_url: z.url().optional(),
  workforce_pool_user_project: z.string().optional(),
  credential_source: z.union([
    z.object({ file: z.string(), format: z.union([json, text]).default({ type: 'text' }) }),
    z.object({ url: z.url(), headers: z.record(z.string(), z.string()).default({}), format: json }),
  ]),
  ...quota,
});
const own = z.discriminatedUnion('type', [serviceAccount, authorizedUser, externalAccount]);
const impersonated = z.object({
  type: z.literal('impersonated_service_account'),
  service_account_impersonation_url: z.url(),
  delegates: z.array(z.string()).default([]),
  source_credentials: own,
  ...quota,
});
const schema = z.discriminatedUnion('type', [serviceAccount, authorizedUser, externalAccount, impersonated]);

export type ServiceAccount = z.infer<typeof serviceAccount>;
export type ExternalAccount = z.infer<typeof externalAccount>;
/** Those that need no other. */
export type OwnCredentials = z.infer<typeof own>;
export type GoogleCredentials = z.infer<typeof schema>;

/** What GOOGLE_APPLICATION_CREDENTIALS names, or what gcloud has written; undefined where there is neither. Throws KEY_STORE_DENIED. */
export async function readGoogleCredentials(
  reference: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<{ readonly file: string; readonly credentials: GoogleCredentials } | undefined> {
  const file = env.GOOGLE_APPLICATION_CREDENTIALS || findWellKnown(env);
  if (file === undefined) return undefined;
  const read = parse(await readCredentialsFile(reference, file, 'GOOGLE_APPLICATION_CREDENTIALS'));
  if (read.success) return { file, credentials: read.data };
  throw new KeyError(
    'KEY_STORE_DENIED',
    `${reference}: ${file} has no credentials that are taken here: service_account, authorized_user, impersonated_service_account, or external_account with a token from a file or, in JSON, from a URL`,
  );
}

function parse(content: string) {
  try {
    return schema.safeParse(JSON.parse(content));
  } catch {
    return schema.safeParse(undefined);
  }
}

function findWellKnown(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const folder = env.CLOUDSDK_CONFIG || (env.HOME ? path.join(env.HOME, '.config/gcloud') : undefined);
  const file = folder === undefined ? undefined : path.join(folder, 'application_default_credentials.json');
  return file !== undefined && existsSync(file) ? file : undefined;
}
