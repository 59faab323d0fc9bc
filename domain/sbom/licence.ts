/** What a package says of its licence, as an SPDX expression where it is one (SPDX 2.3, annex D). */
import parseExpression from 'spdx-expression-parse';
import type { LicenceClaim } from './component.ts';

/** Longer texts are no expression; they are cut where they are kept. Bounds the parser's recursion too. */
const MAX_EXPRESSION_LENGTH = 500;
const MAX_TEXT_LENGTH = 1000;

/** `undefined` for an empty text. Nothing is guessed: what the grammar refuses stays unresolved. */
export function toLicenceClaim(text: string): LicenceClaim | undefined {
  // Brackets around all of it say nothing, and documents leave them out, or put them there.
  const trimmed = withoutBrackets(text.replaceAll(/\s+/g, ' ').trim());
  if (trimmed === '') return undefined;
  if (isSpdxExpression(trimmed)) return { kind: 'expression', expression: trimmed };
  return { kind: 'unresolved', text: trimmed.slice(0, MAX_TEXT_LENGTH) };
}

/** Without those that belong together around all of it: `(A) OR (B)` keeps its own. */
export function withoutBrackets(text: string): string {
  const opening = /^\(*/.exec(text)?.[0].length ?? 0;
  let end = text.length;
  while (end > opening && text[end - 1] === ')') end -= 1;
  let depth = opening;
  let around = Math.min(opening, text.length - end);
  for (let at = opening; at < end; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') depth -= 1;
    around = Math.min(around, depth);
  }
  const isBalanced = depth === text.length - end;
  return isBalanced && around > 0 && end > opening ? text.slice(around, -around).trim() : text;
}

/** The parts of a text that all hold, apart by `AND` outside of brackets. */
export function splitConjunction(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    else if (text[at] === ')') depth -= 1;
    else if (depth === 0 && text.startsWith(' AND ', at)) {
      parts.push(text.slice(start, at));
      start = at + ' AND '.length;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim()).filter((part) => part !== '');
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
