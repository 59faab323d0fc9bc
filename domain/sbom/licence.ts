/** What a package says of its licence, as an SPDX expression where it is one (SPDX 2.3, annex D). */
import parseExpression from 'spdx-expression-parse';
import type { LicenceClaim } from './component.ts';

/** Longer texts are no expression; they are cut where they are kept. Bounds the parser's recursion too. */
const MAX_EXPRESSION_LENGTH = 500;
const MAX_TEXT_LENGTH = 1000;

/** `undefined` for an empty text. Nothing is guessed: what the grammar refuses stays unresolved. */
export function toLicenceClaim(text: string): LicenceClaim | undefined {
  // Brackets around one name alone say nothing, and documents leave them out.
  const trimmed = text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^\(+([^() ]+)\)+$/, '$1');
  if (trimmed === '') return undefined;
  if (isSpdxExpression(trimmed)) return { kind: 'expression', expression: trimmed };
  return { kind: 'unresolved', text: trimmed.slice(0, MAX_TEXT_LENGTH) };
}

/** True for what names only licences of the SPDX list: a `LicenseRef-` means nothing outside its own document. */
export function isSpdxExpression(text: string): boolean {
  if (text.length > MAX_EXPRESSION_LENGTH || text.includes('LicenseRef-') || text.includes('DocumentRef-'))
    return false;
  try {
    parseExpression(text);
    return true;
  } catch {
    return false;
  }
}

/** Claims without repeats, in the order in which they were made. */
export function uniqueLicences(claims: readonly LicenceClaim[]): LicenceClaim[] {
  return [...new Map(claims.map((claim) => [licenceText(claim), claim])).values()];
}

/** The claim as text: the expression, or what the source said. */
export function licenceText(claim: LicenceClaim): string {
  return claim.kind === 'expression' ? claim.expression : claim.text;
}
