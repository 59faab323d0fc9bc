import type { Component } from '../sbom/component.ts';

export const reviewRules = [
  'malicious',
  'vulnerability',
  'typosquat',
  'dependency-confusion',
  'changed-hash',
  'missing-hash',
  'moved-source',
  'install-script',
  'licence',
  'too-new',
] as const;
export type ReviewRule = (typeof reviewRules)[number];

/** `error` stops a change, `warning` is for people to look at, `unknown` is what could not be checked and should have been. */
export type ConcernLevel = 'error' | 'warning' | 'unknown';

/** One thing about one package of a change that somebody should see. */
export interface Concern {
  readonly rule: ReviewRule;
  readonly level: ConcernLevel;
  readonly component: Component;
  /** One sentence without the package's name. */
  readonly message: string;
  /** For `vulnerability` and `malicious`. */
  readonly advisory?: string;
}
