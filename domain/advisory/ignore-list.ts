/** Findings a team has decided to live with: each with a reason, and until a day. */
import { z } from 'zod';
import { hasRealDay } from '../policy/instant.ts';
import { type Finding, namesOf } from './finding.ts';
import { type PurlPattern, parsePurlPattern } from './purl-pattern.ts';

const dateSchema = z
  .string('expected its last day as YYYY-MM-DD')
  .regex(/^\d{4}-\d\d-\d\d$/, 'expected a day as YYYY-MM-DD')
  .refine(hasRealDay, 'no such day');

const ruleSchema = z.strictObject({
  id: z.string('expected the id of an advisory').min(3).max(200),
  /** A purl without what does not matter; absent: wherever it is found. */
  component: z
    .string()
    .refine((purl) => parsePurlPattern(purl) !== undefined, 'expected a package URL')
    .optional(),
  reason: z.string('a reason is needed').trim().min(1, 'a reason is needed').max(2000),
  expires: dateSchema,
});

const listSchema = z.strictObject(
  { ignore: z.array(ruleSchema, 'expected a list').max(10_000) },
  'expected "ignore:" with a list of entries',
);

export type IgnoreRule = z.output<typeof ruleSchema>;

export type ParsedIgnoreList =
  | { readonly kind: 'list'; readonly rules: readonly IgnoreRule[] }
  | { readonly kind: 'rejected'; readonly reason: string };

/** `{ignore: [{id, component?, reason, expires}]}`; `reason` of a rejection names the entry and the field. */
export function parseIgnoreList(value: unknown): ParsedIgnoreList {
  const parsed = listSchema.safeParse(value);
  if (parsed.success) return { kind: 'list', rules: parsed.data.ignore };
  const issue = parsed.error.issues[0];
  return { kind: 'rejected', reason: `${issue?.path.join('.') || 'file'}: ${issue?.message ?? 'invalid'}` };
}

/** A rule holds through its last day. `today` is `YYYY-MM-DD`. */
export function isExpired({ expires }: IgnoreRule, today: string): boolean {
  return expires < today;
}

/** Findings with the rule that covers each; expired rules cover nothing. */
export function applyIgnores(findings: readonly Finding[], rules: readonly IgnoreRule[], today: string): Finding[] {
  const inForce = rules.filter((rule) => !isExpired(rule, today)).map((rule) => ({ rule, covers: coverOf(rule) }));
  return findings.map((finding) => {
    const found = inForce.find(({ covers }) => covers(finding));
    return found === undefined
      ? finding
      : { ...finding, ignored: { reason: found.rule.reason, expires: found.rule.expires } };
  });
}

/** Rules that cover none of the findings: what they were for is gone, or their id or component is not right. */
export function rulesWithout(rules: readonly IgnoreRule[], findings: readonly Finding[]): IgnoreRule[] {
  return rules.filter((rule) => !findings.some(coverOf(rule)));
}

function coverOf({ id, component }: IgnoreRule): (finding: Finding) => boolean {
  const covers = component === undefined ? () => true : patternOf(component);
  return (finding) => namesOf(finding).includes(id) && covers(finding.purl);
}

function patternOf(component: string): PurlPattern {
  const pattern = parsePurlPattern(component);
  if (pattern === undefined) throw new TypeError('the rule was parsed with a component that is a package URL');
  return pattern;
}
