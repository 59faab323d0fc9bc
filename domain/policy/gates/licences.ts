import parse from 'spdx-expression-parse';
import type { LicenceClaim } from '../../sbom/component.ts';
import { type Gate, gateOutcome } from './gate-context.ts';
import { stockDoubt } from './stock-doubt.ts';

/** Longer than any licence in earnest; the parser recurses by nesting. */
const MAXIMUM_EXPRESSION = 4096;

/** SPDX renamed the GNU licences in list 3.0: `GPL-2.0` is `GPL-2.0-only`, `GPL-2.0+` is `GPL-2.0-or-later`. */
function spellings(licence: string, plus: boolean): string[] {
  if (!/^(?:A|L)?GPL-\d|^GFDL-\d/i.test(licence)) return plus ? [`${licence}+`, licence] : [licence];
  if (/-(?:only|or-later)$/i.test(licence)) return [licence];
  return plus ? [`${licence}+`, `${licence}-or-later`] : [licence, `${licence}-only`];
}

/** The deny entry that names the licence, in either spelling; `*` only ends an entry. Ids are compared without case, as SPDX does. */
function deniedBy(deny: readonly string[], licences: readonly string[]): string | undefined {
  const names = licences.map((licence) => licence.toLowerCase());
  return deny.find((entry) => {
    if (entry.endsWith('*')) return names.some((name) => name.startsWith(entry.slice(0, -1).toLowerCase()));
    return entrySpellings(entry).some((wanted) => names.includes(wanted.toLowerCase()));
  });
}

/** As of a licence, but `CDDL-1.0+` does not deny `CDDL-1.0`. */
function entrySpellings(entry: string): string[] {
  if (!entry.endsWith('+')) return spellings(entry, false);
  const bare = entry.slice(0, -1);
  return spellings(bare, true).filter((spelling) => spelling !== bare);
}

/** The deny entry that no choice of the expression avoids: both sides of OR, either side of AND. `WITH` does not lift a denial. */
function denialOf(node: parse.Info, deny: readonly string[]): string | undefined {
  if ('license' in node) return deniedBy(deny, spellings(node.license, node.plus === true));
  const left = denialOf(node.left, deny);
  if (node.conjunction === 'and') return left ?? denialOf(node.right, deny);
  return left === undefined ? undefined : denialOf(node.right, deny);
}

/** `entry` is the one of the deny list that names it. */
type ClaimReading = { readonly kind: 'allowed' | 'unresolved' } | { readonly kind: 'denied'; readonly entry: string };

/** What a deny list says of one claim. `*` ends an entry; ids are compared without case. */
export function readClaim(claim: LicenceClaim, deny: readonly string[]): ClaimReading {
  if (claim.kind === 'unresolved') {
    const entry = deniedBy(deny, [claim.text.trim()]);
    return entry === undefined ? { kind: 'unresolved' } : { kind: 'denied', entry };
  }
  if (claim.expression.length > MAXIMUM_EXPRESSION) return { kind: 'unresolved' };
  try {
    const entry = denialOf(parse(claim.expression), deny);
    return entry === undefined ? { kind: 'allowed' } : { kind: 'denied', entry };
  } catch {
    return { kind: 'unresolved' };
  }
}

const claimText = (claim: LicenceClaim) => (claim.kind === 'expression' ? claim.expression : claim.text);

/**
 * No component is under a denied licence alone. Several claims on one component all hold. A component without a licence
 * we understand is what `unresolved` says; an incomplete stock is `unknown`.
 */
export const licencesGate: Gate<'licences'> = (rule, judged) => {
  const denied: string[] = [];
  const unresolved: string[] = [];
  for (const { licences, platform, componentCount } of judged.platforms) {
    for (const { purl, licences: claims } of licences) {
      if (claims.length === 0) unresolved.push(`${purl}: states no licence [${platform}]`);
      for (const claim of claims) {
        const reading = readClaim(claim, rule.deny);
        if (reading.kind === 'denied')
          denied.push(`${purl}: ${claimText(claim)} is denied (${reading.entry}) [${platform}]`);
        if (reading.kind === 'unresolved')
          unresolved.push(`${purl}: "${claimText(claim)}" is not understood [${platform}]`);
      }
    }
    if (licences.length < componentCount)
      unresolved.push(`${componentCount - licences.length} components state no licence [${platform}]`);
  }
  if (denied.length > 0)
    return gateOutcome(
      'licences',
      'fail',
      `${denied.length} denied ${denied.length === 1 ? 'licence' : 'licences'}: ${denied[0]}`,
      { details: denied },
    );
  const doubt = stockDoubt(judged);
  if (doubt !== undefined) return gateOutcome('licences', 'unknown', doubt.reason, { details: doubt.details });
  if (unresolved.length > 0 && rule.unresolved === 'unknown')
    return gateOutcome('licences', 'unknown', `some licences are not known: ${unresolved[0]}`, { details: unresolved });
  const noted = unresolved.length === 0 ? '' : '; some are not known, which this policy lets pass';
  return gateOutcome('licences', 'pass', `no licence of ${rule.deny.join(', ')}${noted}`, { details: unresolved });
};
