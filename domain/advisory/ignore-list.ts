/** Findings a team has decided to live with: each with a reason, and until a day. */
import { z } from 'zod';
import { type Finding, namesOf } from './finding.ts';
import { type PurlPattern, parsePurlPattern } from './purl-pattern.ts';

const dateSchema = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/, 'expected a day as YYYY-MM-DD')
  .refine((day) => !Number.isNaN(Date.parse(day)), 'no such day');

const ruleSchema = z.strictObject({
  id: z.string().min(3).max(200),
  /** A purl without what does not matter; absent: wherever it is found. */
  component: z
    .string()
    .refine((purl) => parsePurlPattern(purl) !== undefined, 'expected a package URL')
    .optional(),
  reason: z.string().trim().min(1, 'a reason is needed').max(2000),
  expires: dateSchema,
});

const listSchema = z.strictObject({ ignore: z.array(ruleSchema).max(10_000) });

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
  const inForce = rules
    .filter((rule) => !isExpired(rule, today))
    .map((rule) => ({ rule, covers: rule.component === undefined ? () => true : patternOf(rule.component) }));
  return findings.map((finding) => {
    const names = namesOf(finding);
    const found = inForce.find(({ rule, covers }) => names.includes(rule.id) && covers(finding.purl));
    return found === undefined
      ? finding
      : { ...finding, ignored: { reason: found.rule.reason, expires: found.rule.expires } };
  });
}

function patternOf(component: string): PurlPattern {
  const pattern = parsePurlPattern(component);
  if (pattern === undefined) throw new TypeError('the rule was parsed with a component that is a package URL');
  return pattern;
}
