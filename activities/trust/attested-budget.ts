/** What the trust worker keeps of the documents that others attest about one artifact: whoever signs them decides how much is in them. */

import { eachFeedOnce } from '../../domain/advisory/feed-age.ts';
import { createStandings } from '../../domain/advisory/left-to-distribution.ts';
import type { Component } from '../../domain/sbom/component.ts';
import type { DocumentScan } from '../../domain/trust/attested-document.ts';
import type { DocumentDesk } from '../../domain/trust/document-desk.ts';

/** Components, findings and undecided matches of all documents together: each is about a KiB while it is judged. */
export const MAX_ATTESTED_ENTRIES = 200_000;
/** Bytes of all documents together. */
export const MAX_ATTESTED_BYTES = 128 * 1024 * 1024;
/** Scanned together: who depends on whom is told within these. */
const SCANNED_AT_ONCE = 20_000;
/** Characters of what components depend on, of one document: short names in a document stand for long ones. */
const DEPENDENCY_CHARACTERS = 16 * 1024 * 1024;

interface Problem {
  readonly problem: string;
}

export interface AttestedBudget {
  /** Undefined where there is room: then it is taken. */
  take(what: 'bytes' | 'entries', amount: number): Problem | undefined;
}

/** Of one artifact. What does not fit is not read: nobody knows what it says, and the gates that ask for it are unknown. */
export function createAttestedBudget(): AttestedBudget {
  const left = { bytes: MAX_ATTESTED_BYTES, entries: MAX_ATTESTED_ENTRIES };
  return {
    take(what, amount) {
      if (amount > left[what]) {
        const most = what === 'bytes' ? MAX_ATTESTED_BYTES : MAX_ATTESTED_ENTRIES;
        const unit = what === 'bytes' ? 'bytes' : 'components and findings';
        return {
          problem: `DOCUMENTS_TOO_LARGE: more than ${most} ${unit} in the documents attested about one artifact`,
        };
      }
      left[what] -= amount;
      return undefined;
    },
  };
}

/** The components of one SBOM, scanned. A long one is scanned piece by piece, and what does not fit is not unpacked at all. */
export async function takeAttestedStock(
  documents: Pick<DocumentDesk, 'scan'>,
  budget: AttestedBudget,
  packed: readonly Component[],
): Promise<{ readonly components: readonly Component[]; readonly scan: DocumentScan } | Problem> {
  const refused = budget.take('entries', packed.length);
  if (refused !== undefined) return refused;
  const unpacked = unpackedOf(packed);
  // Before any of it is scanned: a package of the system may stand behind what it brought.
  const standingOf = createStandings(unpacked);
  let scan: DocumentScan | undefined;
  let start = 0;
  do {
    const found = await documents.scan(unpacked.slice(start, start + SCANNED_AT_ONCE), standingOf);
    const tooMany = budget.take('entries', found.findings.length + found.undecided.length);
    if (tooMany !== undefined) return tooMany;
    scan = scan === undefined ? found : joinScans(scan, found);
    start += SCANNED_AT_ONCE;
  } while (start < unpacked.length);
  return { components: unpacked.map((component) => ({ ...component, dependsOn: [] })), scan };
}

/** Each looked at once; without what they depend on, once that is too long. */
function unpackedOf(packed: readonly Component[]): Component[] {
  const unpacked: Component[] = [];
  let characters = 0;
  while (unpacked.length < packed.length) {
    const component = packed[unpacked.length] as Component;
    for (const { length } of component.dependsOn) characters += length;
    unpacked.push(characters > DEPENDENCY_CHARACTERS ? { ...component, dependsOn: [] } : component);
  }
  return unpacked;
}

function joinScans(one: DocumentScan, other: DocumentScan): DocumentScan {
  const left = [...(one.left ?? []), ...(other.left ?? [])];
  return {
    ...other,
    ...(left.length === 0 ? {} : { left }),
    findings: [...one.findings, ...other.findings],
    undecided: [...one.undecided, ...other.undecided],
    feeds: eachFeedOnce([...one.feeds, ...other.feeds]),
  };
}
