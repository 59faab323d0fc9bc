/**
 * Advisories in the Open Source Vulnerability format (https://ossf.github.io/osv-schema/), read leniently where the
 * schema is lenient (null lists) and cut down to what matching needs: a record parses to the same value again.
 */
import { z } from 'zod';

/** Bounds of one record; real ones stay far below. */
const MAXIMUM = {
  affected: 5_000,
  versions: 50_000,
  events: 10_000,
  names: 2_000,
  text: 512,
} as const;

/** Characters of prose that are kept: what is longer is cut, as no advisory is worse for its length. */
const KEPT = { summary: 10_000, details: 100_000 } as const;

const text = z.string().min(1).max(MAXIMUM.text);
/** RFC 3339, UTC. */
const timestamp = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, 'expected an RFC 3339 time in UTC');
/** Never half of a surrogate pair, which can not be stored. */
const prose = (kept: number) =>
  z
    .string()
    .transform((whole) => (whole.length <= kept ? whole : whole.slice(0, kept).replace(/[\uD800-\uDBFF]$/, '')))
    .nullish();
const listOf = <T extends z.ZodType>(element: T, maximum: number) =>
  z
    .array(element)
    .max(maximum)
    .nullish()
    .transform((list) => list ?? []);

const EVENT_KEYS = ['introduced', 'fixed', 'last_affected', 'limit'] as const;
const eventSchema = z
  .object({
    introduced: text.optional(),
    fixed: text.optional(),
    last_affected: text.optional(),
    limit: text.optional(),
  })
  .refine(
    (event) => EVENT_KEYS.filter((key) => event[key] !== undefined).length === 1,
    `expected exactly one of ${EVENT_KEYS.join(', ')}`,
  );

/** A range that begins nowhere holds no version, and would say "not affected" of all of them. */
const eventsSchema = z
  .array(eventSchema)
  .max(MAXIMUM.events)
  .refine((events) => events.some(({ introduced }) => introduced !== undefined), 'expected an event "introduced"');

const severitySchema = z.object({ type: text, score: text });

const affectedSchema = z.object({
  /** Absent where a record speaks of Git commits only. */
  package: z.object({ ecosystem: text, name: text }).optional(),
  severity: listOf(severitySchema, 20),
  ranges: listOf(z.object({ type: z.enum(['SEMVER', 'ECOSYSTEM', 'GIT']), events: eventsSchema }), MAXIMUM.names),
  versions: listOf(z.string().max(MAXIMUM.text), MAXIMUM.versions),
  ecosystem_specific: z
    .object({ urgency: z.string().optional().catch(undefined), severity: z.string().optional().catch(undefined) })
    .nullish(),
  database_specific: z.object({ severity: z.string().optional().catch(undefined) }).nullish(),
});

const osvRecordSchema = z.object({
  id: z.string().regex(/^[A-Za-z0-9][\w.:+-]{2,127}$/, 'expected an advisory id'),
  modified: timestamp,
  published: timestamp.optional(),
  withdrawn: timestamp.nullish(),
  aliases: listOf(text, MAXIMUM.names),
  upstream: listOf(text, MAXIMUM.names),
  summary: prose(KEPT.summary),
  details: prose(KEPT.details),
  severity: listOf(severitySchema, 20),
  affected: listOf(affectedSchema, MAXIMUM.affected),
  database_specific: z.object({ severity: z.string().optional().catch(undefined) }).nullish(),
});

export type OsvRecord = z.output<typeof osvRecordSchema>;
export type OsvAffected = OsvRecord['affected'][number];
export type OsvRange = OsvAffected['ranges'][number];
export type OsvEvent = OsvRange['events'][number];

export type ParsedOsvRecord =
  | { readonly kind: 'record'; readonly record: OsvRecord }
  | { readonly kind: 'rejected'; readonly reason: string };

/** `reason` names the field, not its content. */
export function parseOsvRecord(json: unknown): ParsedOsvRecord {
  const parsed = osvRecordSchema.safeParse(json);
  if (parsed.success) return { kind: 'record', record: parsed.data };
  const issue = parsed.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? 'record' : issue.path.join('.');
  return { kind: 'rejected', reason: `${place}: ${issue?.message ?? 'invalid'}` };
}

/** For comparing `modified` as text: without its Z, a time with a fraction sorts after the same time without one. */
export function instantOf({ modified }: Pick<OsvRecord, 'modified'>): string {
  return modified.slice(0, -1);
}
