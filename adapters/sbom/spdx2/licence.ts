/** Licence claims in SPDX 2.3 documents: expressions, and references to texts that are no licence of the list. */
import { createHash } from 'node:crypto';
import type { LicenceClaim } from '../../../domain/sbom/component.ts';
import { isSpdxExpression, splitConjunction, withoutBrackets } from '../../../domain/sbom/licence.ts';

/** What `licenseDeclared` says: all claims hold. A composite claim keeps its brackets, so that it reads back as one. */
export function toDeclared(claims: readonly LicenceClaim[]): string {
  if (claims.length === 0) return 'NOASSERTION';
  return claims
    .map((claim) => {
      if (claim.kind === 'unresolved') return licenceReference(claim.text);
      return claim.expression.includes(' ') ? `(${claim.expression})` : claim.expression;
    })
    .join(' AND ');
}

/** `LicenseRef-` with a hash of the text: the same text has the same reference in every document. */
export function licenceReference(text: string): string {
  return `LicenseRef-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** The claims again; `texts` are the extracted ones by reference. */
export function fromDeclared(declared: string | undefined, texts: ReadonlyMap<string, string>): LicenceClaim[] {
  if (declared === undefined || declared === 'NOASSERTION' || declared === 'NONE') return [];
  return splitConjunction(declared).map((part) => {
    const inner = withoutBrackets(part);
    return isSpdxExpression(inner)
      ? { kind: 'expression', expression: inner }
      : { kind: 'unresolved', text: texts.get(inner) ?? inner };
  });
}
