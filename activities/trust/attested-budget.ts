/** What the trust worker keeps of the documents that others attest about one artifact: whoever signs them decides how much is in them. */

import { eachFeedOnce } from '../../domain/advisory/feed-age.ts';
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

/** The components of one SBOM, scanned. A long one is unpacked piece by piece, and what does not fit is not unpacked at all. */
export async function takeAttestedStock(
  documents: Pick<DocumentDesk, 'scan'>,
  budget: AttestedBudget,
  packed: readonly Component[],
): Promise<{ readonly components: readonly Component[]; readonly scan: DocumentScan } | Problem> {
  const refused = budget.take('entries', packed.length);
  if (refused !== undefined) return refused;
  const components: Component[] = [];
  let scan: DocumentScan | undefined;
  let characters = 0;
  do {
    const piece: Component[] = [];
    for (let end = Math.min(packed.length, components.length + SCANNED_AT_ONCE); components.length < end; ) {
      const component = packed[components.length] as Component;
      for (const { length } of component.dependsOn) characters += length;
      const alone = { ...component, dependsOn: [] };
      piece.push(characters > DEPENDENCY_CHARACTERS ? alone : component);
      components.push(alone);
    }
    const found = await documents.scan(piece);
    const tooMany = budget.take('entries', found.findings.length + found.undecided.length);
    if (tooMany !== undefined) return tooMany;
    scan = scan === undefined ? found : joinScans(scan, found);
  } while (components.length < packed.length);
  return { components, scan };
}

function joinScans(one: DocumentScan, other: DocumentScan): DocumentScan {
  return {
    ...other,
    findings: [...one.findings, ...other.findings],
    undecided: [...one.undecided, ...other.undecided],
    feeds: eachFeedOnce([...one.feeds, ...other.feeds]),
  };
}
