/** One pass over a tar stream, seldom two: every wanted file to its cataloger, and the layer's own facts beside them. */
import type { ByteStream } from '../../domain/artifact/bytes.ts';
import type { Digest } from '../../domain/artifact/digest.ts';
import { archiveCatalogerFor, binaryCatalogers, layerCatalogerFor } from '../../domain/catalog/catalogers.ts';
import type { FileFacts, LayerFindings } from '../../domain/catalog/layer-findings.ts';
import { ArchiveError } from '../archive/archive-error.ts';
import { type ReadTarOptions, readTar, type TarReading } from '../archive/read-tar.ts';
import type { TarVisitor } from '../archive/visit-entry.ts';
import { LayerCollector } from './layer-collector.ts';
import { LinkedFiles } from './linked-files.ts';

export interface ScanTarOptions extends ReadTarOptions {
  /** The diff-id the image's configuration names; absent for an archive that is no layer. */
  readonly expectedDiffId?: Digest;
}

/**
 * What a layer holds. `open` begins it anew each time: where hard links lead to files that were passed over, it is read again
 * for these. An archive that breaks off, lies or exceeds a limit gives what was found until then, with the
 * `failure`. Throws only what the source throws (a registry that went away), or the signal's reason.
 */
export async function scanTar(
  open: () => ByteStream | Promise<ByteStream>,
  options: ScanTarOptions,
): Promise<LayerFindings> {
  const collector = new LayerCollector(options.limits, {
    catalogerFor: options.expectedDiffId === undefined ? archiveCatalogerFor : layerCatalogerFor,
    binaries: binaryCatalogers,
  });
  const read = async (visitor: TarVisitor): Promise<void> =>
    checkReading(await readTar(await open(), options, visitor), options.expectedDiffId);
  let linked: ReadonlyMap<string, FileFacts> = new Map();
  let failure: LayerFindings['failure'];
  try {
    await read(collector);
    const links = collector.unreadLinks();
    if (links.length > 0) {
      const files = new LinkedFiles(options.limits, links);
      await read(files);
      linked = files.facts;
    }
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error;
    failure = { code: error.code, reason: error.message };
  }
  return {
    ...(options.expectedDiffId === undefined ? {} : { diffId: options.expectedDiffId }),
    ...collector.findings(linked),
    ...(failure === undefined ? {} : { failure }),
  };
}

/** A layer is checked by its diff-id; anything else at least has to end as archives end. */
function checkReading(reading: TarReading, expected: Digest | undefined): void {
  if (expected === undefined) {
    if (!reading.ended) throw new ArchiveError('ARCHIVE_TRUNCATED', 'the end of the archive is missing');
  } else if (reading.diffId !== expected) {
    throw new ArchiveError(
      'ARCHIVE_DIGEST_MISMATCH',
      `the layer unpacks to ${reading.diffId}, and the configuration says ${expected}`,
    );
  }
}
