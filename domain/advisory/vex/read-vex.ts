/** VEX documents, told apart by what they call themselves. */
import { z } from 'zod';
import { readCsaf } from './read-csaf.ts';
import { readCycloneDxVex } from './read-cyclonedx-vex.ts';
import { readOpenVex } from './read-openvex.ts';
import type { VexStatement } from './statement.ts';
import { VexError } from './vex-error.ts';

const kindSchema = z.object({
  '@context': z.union([z.string(), z.array(z.unknown()).transform((list) => list.map(String).join(' '))]).optional(),
  bomFormat: z.string().optional(),
  document: z.object({ csaf_version: z.string().optional() }).optional(),
});

export type VexFormat = 'openvex' | 'csaf' | 'cyclonedx';

const readers: Readonly<Record<VexFormat, (json: unknown) => VexStatement[]>> = {
  openvex: readOpenVex,
  csaf: readCsaf,
  cyclonedx: readCycloneDxVex,
};

function formatOf(json: unknown): VexFormat | undefined {
  const kind = kindSchema.safeParse(json).data;
  if (kind?.['@context']?.includes('openvex')) return 'openvex';
  if (kind?.bomFormat === 'CycloneDX') return 'cyclonedx';
  return kind?.document?.csaf_version?.startsWith('2.') ? 'csaf' : undefined;
}

/** The statements of an OpenVEX, CSAF 2.0 or CycloneDX document as JSON text. Throws a VexError. */
export function readVex(text: string): VexStatement[] {
  return readVexDocument(text).statements;
}

/** The same, and which format it is. */
export function readVexDocument(text: string): { readonly format: VexFormat; readonly statements: VexStatement[] } {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new VexError('VEX_NOT_JSON', 'not a JSON document', { cause });
  }
  const format = formatOf(json);
  if (format === undefined)
    throw new VexError('VEX_UNKNOWN_FORMAT', 'neither an OpenVEX, nor a CSAF 2, nor a CycloneDX document');
  try {
    return { format, statements: readers[format](json) };
  } catch (cause) {
    if (!(cause instanceof z.ZodError)) throw cause;
    const issue = cause.issues[0];
    throw new VexError('VEX_INVALID', `${issue?.path.join('.') || 'document'}: ${issue?.message ?? 'invalid'}`, {
      cause,
    });
  }
}
