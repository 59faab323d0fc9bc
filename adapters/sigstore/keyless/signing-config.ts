/** Sigstore's signing config (protobuf-specs, sigstore_trustroot.proto: SigningConfig v0.2): who certifies, logs and timestamps. */
import { z } from 'zod';
import { parseJson, withoutNulls } from '../open-bundle.ts';
import { KeylessError } from './keyless-error.ts';

export interface Endpoint {
  readonly url: string;
  readonly version: number;
}

/** The services to use now: each log and each timestamp authority here must answer. */
export interface SigningEndpoints {
  readonly fulcio: Endpoint | undefined;
  readonly logs: readonly Endpoint[];
  readonly timestampAuthorities: readonly Endpoint[];
}

const VERSIONS = { fulcio: 1, rekor: 2, tsa: 1 } as const;

const service = z.object({
  url: z.url({ protocol: /^https?$/ }).max(2000),
  majorApiVersion: z.int().min(1),
  validFor: z
    .object({ start: z.iso.datetime({ offset: true }).optional(), end: z.iso.datetime({ offset: true }).optional() })
    .default({}),
  operator: z.string().max(500).default(''),
});
const services = z.array(service).max(100).default([]);
const selection = z
  .object({ selector: z.enum(['ANY', 'ALL', 'EXACT']).optional(), count: z.int().min(1).max(100).optional() })
  .optional();

const configSchema = z.object({
  mediaType: z.literal('application/vnd.dev.sigstore.signingconfig.v0.2+json'),
  caUrls: services,
  rekorTlogUrls: services,
  tsaUrls: services,
  rekorTlogConfig: selection,
  tsaConfig: selection,
});

type Service = z.infer<typeof service>;

/** `at` decides which services are in force. Throws a KeylessError that names `source` and the place. */
export function parseSigningConfig(bytes: Uint8Array, source: string, at: Date): SigningEndpoints {
  const parsed = configSchema.safeParse(withoutNulls(parseJson(bytes)?.value ?? {}));
  if (!parsed.success)
    throw new KeylessError(
      'SIGNING_CONFIG_INVALID',
      `${source}: not a Sigstore signing config v0.2 at "${parsed.error.issues[0]?.path.join('.') ?? ''}"`,
    );
  const { caUrls, rekorTlogUrls, tsaUrls, rekorTlogConfig, tsaConfig } = parsed.data;
  const [fulcio] = inForce(caUrls, VERSIONS.fulcio, at);
  return {
    fulcio,
    logs: select(inForce(rekorTlogUrls, VERSIONS.rekor, at), rekorTlogConfig, `${source}: rekorTlogConfig`),
    timestampAuthorities: select(inForce(tsaUrls, VERSIONS.tsa, at), tsaConfig, `${source}: tsaConfig`),
  };
}

/** Of each operator the newest version that is spoken here, then the service that started last ("the client SHOULD pick"). */
function inForce(all: readonly Service[], newest: number, at: Date): Endpoint[] {
  const usable = all.filter(
    ({ majorApiVersion, validFor: { start, end } }) =>
      majorApiVersion <= newest &&
      (start === undefined || new Date(start) <= at) &&
      (end === undefined || at <= new Date(end)),
  );
  const started = ({ validFor: { start } }: Service) => (start === undefined ? 0 : Date.parse(start));
  const sorted = usable.toSorted((a, b) => b.majorApiVersion - a.majorApiVersion || started(b) - started(a));
  const operators = new Set<string>();
  return sorted
    .filter(({ operator }) => !operators.has(operator) && operators.add(operator))
    .map(({ url, majorApiVersion }) => ({ url: url.replace(/\/+$/, ''), version: majorApiVersion }));
}

function select(available: readonly Endpoint[], wanted: z.infer<typeof selection>, place: string): readonly Endpoint[] {
  if (wanted === undefined) return [];
  if (wanted.selector === undefined) {
    // What cosign writes where there are no services of a kind.
    if (available.length === 0) return [];
    throw new KeylessError(
      'SIGNING_CONFIG_INVALID',
      `${place} does not say how many of its services to use ("selector")`,
    );
  }
  const count = { ANY: 1, ALL: Math.max(1, available.length), EXACT: wanted.count ?? 1 }[wanted.selector];
  if (available.length < count)
    throw new KeylessError(
      'SIGNING_CONFIG_INVALID',
      `${place} asks for ${count} services, and ${available.length} are in force that are spoken to here`,
    );
  return available.slice(0, count);
}
