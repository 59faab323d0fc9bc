import type { Stock } from '../../domain/sbom/component.ts';
import { createCycloneDxCollector } from './cyclonedx/read.ts';
import { createCycloneDxXmlReader } from './cyclonedx/read-xml.ts';
import { MAX_SBOM_BYTES } from './document-limits.ts';
import { createJsonSplitter } from './json-splitter.ts';
import { SbomError } from './sbom-error.ts';
import type { SbomCollector, SbomReader, SbomReading } from './sbom-reading.ts';
import { createSpdxCollector } from './spdx2/read.ts';
import { createTagValueReader } from './spdx2/read-tag-value.ts';
import { createSpdx3Collector } from './spdx3/read.ts';
import { createSyftCollector } from './syft/read.ts';

/** The stock an SBOM tells of, in any format that is read. Throws a SbomError. */
export function readSbom(bytes: Uint8Array): Stock {
  const reader = createSbomReader();
  reader.write(bytes);
  return reader.end().stock;
}

/** The same for a document of any size, as it comes, with what it says of its subject. Throws a SbomError. */
export async function readSbomStream(chunks: AsyncIterable<Uint8Array>): Promise<SbomReading> {
  const reader = createSbomReader();
  for await (const chunk of chunks) reader.write(chunk);
  return reader.end();
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The first character tells JSON, XML and tags apart. */
function createSbomReader(): SbomReader {
  let head = new Uint8Array();
  let total = 0;
  let reader: SbomReader | undefined;
  const choose = (): void => {
    const start = BYTE_ORDER_MARK.every((byte, index) => head[index] === byte) ? BYTE_ORDER_MARK.length : 0;
    const first = head.subarray(start).find((byte) => byte > 0x20);
    if (first === undefined) return;
    reader = createReader(first);
    reader.write(head.subarray(start));
  };
  return {
    write(chunk) {
      total += chunk.length;
      if (total > MAX_SBOM_BYTES) throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_SBOM_BYTES} bytes`);
      if (reader === undefined) {
        head = Buffer.concat([head, chunk]);
        choose();
      } else reader.write(chunk);
    },
    end() {
      if (reader === undefined) throw new SbomError('SBOM_NOT_JSON', 'an empty document');
      return reader.end();
    },
  };
}

function createReader(first: number): SbomReader {
  switch (String.fromCharCode(first)) {
    case '{':
      return createJsonReader();
    case '[':
      throw new SbomError('SBOM_UNKNOWN_FORMAT', 'JSON, and no object');
    case '<':
      return createCycloneDxXmlReader();
    default:
      return createTagValueReader();
  }
}

function createJsonReader(): SbomReader {
  const collectors = [
    createCycloneDxCollector(),
    createSpdxCollector(),
    createSpdx3Collector(),
    createSyftCollector(),
  ].map(withLateFailure);
  const byList = new Map(collectors.flatMap((collector) => collector.lists.map((list) => [list, collector])));
  const splitter = createJsonSplitter(new Set(byList.keys()), (list, element) => byList.get(list)?.take(list, element));
  return {
    write: (chunk) => splitter.write(chunk),
    end() {
      const rest = splitter.end();
      const collector = collectors.find((one) => one.recognises(rest));
      if (collector === undefined)
        throw new SbomError('SBOM_UNKNOWN_FORMAT', 'JSON, and neither a CycloneDX, an SPDX nor a Syft document');
      // Anything else in the place of a list would be read as an empty one, and look clean.
      const broken = collector.lists.find((list) => !Array.isArray(rest[list] ?? []));
      if (broken !== undefined) throw new SbomError('SBOM_INVALID', `${broken}: not a list`);
      return collector.finish(rest);
    },
  };
}

/** Lists may come before what says which format they are of: what is wrong in them counts only then. */
function withLateFailure(collector: SbomCollector): SbomCollector {
  let failure: SbomError | undefined;
  return {
    ...collector,
    take(list, element) {
      if (failure !== undefined) return;
      try {
        collector.take(list, element);
      } catch (error) {
        if (!(error instanceof SbomError)) throw error;
        failure = error;
      }
    },
    finish(rest) {
      // A version that is not read explains more than a component that is not understood.
      const reading = collector.finish(rest);
      if (failure !== undefined) throw failure;
      return reading;
    },
  };
}
