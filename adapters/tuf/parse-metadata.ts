import { Metadata, MetadataKind, type Root, type Snapshot, type Targets, type Timestamp } from '@tufjs/models';
import { jsonAmbiguity } from '../../domain/json/ambiguity.ts';
import { TufError } from './tuf-error.ts';

/** One signed file; `signed` has the library's types. */
export type Signed<T extends Root | Timestamp | Snapshot | Targets> = Metadata<T>;

interface Kinds {
  readonly root: Root;
  readonly timestamp: Timestamp;
  readonly snapshot: Snapshot;
  readonly targets: Targets;
}

const kinds = {
  root: MetadataKind.Root,
  timestamp: MetadataKind.Timestamp,
  snapshot: MetadataKind.Snapshot,
  targets: MetadataKind.Targets,
} as const;

const MAX_DEPTH = 20;

/** A metadata file (TUF specification, section 4), its signatures not looked at. Throws TUF_METADATA_MALFORMED, which names `place`. */
export function parseMetadata<K extends keyof Kinds>(bytes: Uint8Array, kind: K, place: string): Signed<Kinds[K]> {
  const malformed = (why: string, cause?: unknown) =>
    new TufError('TUF_METADATA_MALFORMED', `${place} is no ${kind} metadata: ${why}`, { cause });
  let value: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(text);
    const ambiguity = jsonAmbiguity(text, MAX_DEPTH);
    if (ambiguity !== undefined) throw malformed(`two readers may not read the same from it: ${ambiguity}`);
  } catch (error) {
    throw error instanceof TufError ? error : malformed('not JSON in UTF-8');
  }
  let metadata: Signed<Kinds[K]>;
  try {
    const read = Metadata.fromJSON as (kind: MetadataKind, data: unknown) => Signed<Kinds[K]>;
    metadata = read(kinds[kind], value);
  } catch (cause) {
    // The library's messages name fields, and may quote them.
    throw malformed('a field is missing, or of another type', cause);
  }
  const { signed } = metadata;
  const versions = [signed.version];
  if ('meta' in signed) versions.push(...Object.values(signed.meta).map(({ version }) => version));
  if ('snapshotMeta' in signed) versions.push(signed.snapshotMeta.version);
  if (!versions.every((version) => Number.isSafeInteger(version) && version > 0))
    throw malformed('a version is no positive whole number');
  return metadata;
}
