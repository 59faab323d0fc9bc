/** What SPDX 2.3 has no field for travels as JSON in annotations: of a package, and of the document. */
import { z } from 'zod';
import { digestSchema } from '../../../domain/artifact/digest.ts';
import { buildFactNames } from '../../../domain/sbom/build-fact.ts';
import type { Component, Unreadable } from '../../../domain/sbom/component.ts';
import type { SbomDocument } from '../../../domain/sbom/document.ts';
import { componentFactsSchema, factsOf } from '../component-facts.ts';

const PREFIX = 'pratique: ';

/** Of a package. */
export const packageNoteSchema = componentFactsSchema.extend({
  scope: z.enum(['runtime', 'development', 'optional']),
  locations: z.array(z.object({ path: z.string(), layer: digestSchema.optional() })).max(10_000),
});
export type PackageNote = z.infer<typeof packageNoteSchema>;

const places = z.array(z.object({ path: z.string(), layer: digestSchema.optional(), reason: z.string() })).max(100_000);

/** Of the document. */
export const stockNoteSchema = z.object({
  complete: z.boolean(),
  unreadable: places,
  notes: places.optional(),
  operatingSystem: z
    .object({ id: z.string(), versionId: z.string().optional(), name: z.string().optional() })
    .optional(),
  build: z
    .array(
      z.object({
        name: z.enum(buildFactNames),
        value: z.string(),
        standing: z.enum(['claimed', 'verified']),
        saidBy: z.string(),
      }),
    )
    .max(1000)
    .optional(),
});
export type StockNote = z.infer<typeof stockNoteSchema>;

export interface SpdxAnnotation {
  readonly annotationDate: string;
  readonly annotationType: 'OTHER';
  readonly annotator: string;
  readonly comment: string;
}

/** Of a component, what neither version of SPDX has a field for. */
export function packageNote(component: Component): PackageNote {
  return { ...factsOf(component), scope: component.scope, locations: [...component.locations] };
}

/** Of the whole. */
export function stockNote({ stock, build }: SbomDocument): StockNote {
  return {
    complete: stock.complete,
    unreadable: [...stock.unreadable],
    ...(stock.notes === undefined ? {} : { notes: [...stock.notes] }),
    ...(stock.operatingSystem === undefined ? {} : { operatingSystem: stock.operatingSystem }),
    ...(build === undefined ? {} : { build: [...build] }),
  };
}

/** Places as the note of a document has them. */
export function toPlaces(places: StockNote['unreadable']): Unreadable[] {
  return places.map(({ path, layer, reason }) => ({ path, ...(layer === undefined ? {} : { layer }), reason }));
}

/** The text an annotation has. */
export function noteComment(note: PackageNote | StockNote): string {
  return PREFIX + JSON.stringify(note);
}

export function toAnnotation(note: PackageNote | StockNote, created: string, tool: string): SpdxAnnotation {
  return {
    annotationDate: created,
    annotationType: 'OTHER',
    annotator: tool,
    comment: noteComment(note),
  };
}

/** The first annotation of ours that is as it should be. */
export function findNote<T>(comments: readonly (string | null | undefined)[], schema: z.ZodType<T>): T | undefined {
  for (const comment of comments) {
    if (!comment?.startsWith(PREFIX)) continue;
    try {
      const parsed = schema.safeParse(JSON.parse(comment.slice(PREFIX.length)));
      if (parsed.success) return parsed.data;
    } catch {
      // Somebody else's text that begins as ours: as good as none.
    }
  }
  return undefined;
}
