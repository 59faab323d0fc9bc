/** Reads SPDX 2.2 and 2.3 tag-value, section by section, through the shape of JSON (https://spdx.github.io/spdx-spec/v2.3/). */

import { ownValue } from '../../../domain/own-value.ts';
import { MAX_PART_BYTES } from '../document-limits.ts';
import { createKeptBudget } from '../kept-budget.ts';
import { createPackedList } from '../packed-list.ts';
import { SbomError } from '../sbom-error.ts';
import type { SbomReader } from '../sbom-reading.ts';
import { createSpdxCollector } from './read.ts';

/** Tags that begin a section, and the list their sections are of. */
const sections: Readonly<Record<string, string>> = {
  PackageName: 'packages',
  FileName: 'files',
  SnippetSPDXID: 'snippets',
  LicenseID: 'hasExtractedLicensingInfos',
};

/** One value a tag. */
const fields: Readonly<Record<string, string>> = {
  PackageName: 'name',
  PackageVersion: 'versionInfo',
  PackageSupplier: 'supplier',
  PackageOriginator: 'originator',
  PackageSourceInfo: 'sourceInfo',
  PackageLicenseDeclared: 'licenseDeclared',
  PackageLicenseConcluded: 'licenseConcluded',
  PrimaryPackagePurpose: 'primaryPackagePurpose',
  LicenseID: 'licenseId',
  ExtractedText: 'extractedText',
  SPDXVersion: 'spdxVersion',
  DocumentName: 'name',
};

type Section = Record<string, unknown>;
/** What a value costs beside its text. */
const BYTES_OF_A_TAG = 64;

/** Throws a SbomError; what is no tag-value at all is SBOM_UNKNOWN_FORMAT. */
export function createTagValueReader(): SbomReader {
  const collector = createSpdxCollector();
  const lines = createLineReader();
  const head: Section = {};
  /** Annotations may stand anywhere. Those of another section than the one they follow are kept until the end. */
  const annotations = new Map<string, { comment: string }[]>();
  const budget = createKeptBudget();
  const packages = createPackedList<Section>(budget);
  let current: { list: string | undefined; section: Section; size: number } = {
    list: undefined,
    section: head,
    size: 0,
  };
  let annotated: string | undefined;
  let created: string | undefined;
  const creators: string[] = [];

  const close = (): void => {
    const { list, section } = current;
    if (list === 'packages') packages.add(JSON.stringify(section));
    else if (list !== undefined) collector.take(list, section);
  };
  const relate = (value: string): void => {
    const [spdxElementId, relationshipType, relatedSpdxElement] = value.split(/\s+/);
    collector.take('relationships', { spdxElementId, relationshipType, relatedSpdxElement });
  };
  const take = (tag: string, value: string): void => {
    const list = ownValue(sections, tag);
    if (list !== undefined) {
      close();
      current = { list, section: {}, size: 0 };
    }
    const { section } = current;
    // Relationships may all stand in the last section, and are not kept in it.
    if (tag !== 'Relationship') current.size += value.length + BYTES_OF_A_TAG;
    if (current.size > MAX_PART_BYTES)
      throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_PART_BYTES} bytes in one section`);
    const field = ownValue(fields, tag);
    // As we write what would begin or end a text.
    if (field !== undefined) section[field] = value.replaceAll(/< (\/?text>)/g, '<$1');
    else if (tag === 'SPDXID') section.SPDXID ??= value;
    else if (tag === 'Created') created = value;
    else if (tag === 'Creator') creators.push(value);
    else if (tag === 'Relationship') relate(value);
    else if (tag === 'SPDXREF') annotated = value;
    else if (tag === 'AnnotationComment') {
      const about = annotated ?? String(section.SPDXID);
      if (about === section.SPDXID && current.list === 'packages') add(section, 'annotations', { comment: value });
      else {
        budget.take(2 * (about.length + value.length));
        const known = annotations.get(about);
        if (known === undefined) annotations.set(about, [{ comment: value }]);
        else known.push({ comment: value });
      }
      annotated = undefined;
    } else if (tag === 'PackageChecksum') add(section, 'checksums', toChecksum(value));
    else if (tag === 'ExternalRef') add(section, 'externalRefs', toReference(value));
  };

  return {
    write(chunk) {
      lines.write(chunk, take);
    },
    end() {
      lines.end(take);
      close();
      if (head.spdxVersion === undefined)
        throw new SbomError(
          'SBOM_UNKNOWN_FORMAT',
          'neither JSON nor XML, and no SPDX tag-value: SPDXVersion is missing',
        );
      for (const section of packages.drain()) {
        const late = annotations.get(String(section.SPDXID)) ?? [];
        for (const one of late) add(section, 'annotations', one);
        collector.take('packages', section);
      }
      const reading = collector.finish({
        ...head,
        creationInfo: { created, creators },
        annotations: annotations.get(String(head.SPDXID)),
      });
      return { ...reading, format: `${reading.format} (tag-value)` };
    },
  };
}

function add(section: Section, field: string, value: object): void {
  const known = section[field] as object[] | undefined;
  if (known === undefined) section[field] = [value];
  else known.push(value);
}

function toChecksum(value: string): object {
  const [algorithm = '', checksumValue = ''] = value.split(/:\s*/);
  return { algorithm, checksumValue };
}

function toReference(value: string): object {
  const [referenceCategory, referenceType = '', ...locator] = value.split(/\s+/);
  return { referenceCategory, referenceType, referenceLocator: locator.join(' ') };
}

type Take = (tag: string, value: string) => void;

/** Lines of `Tag: value`; a value in `<text>…</text>` may go over several. */
function createLineReader() {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let pending = '';
  let open: { readonly tag: string; readonly parts: string[]; length: number } | undefined;
  let count = 0;
  const takeLine = (line: string, take: Take): void => {
    count += 1;
    if (open !== undefined) {
      open.parts.push(line);
      open.length += line.length + 1;
      if (open.length > MAX_PART_BYTES)
        throw new SbomError('SBOM_TOO_LARGE', `line ${count}: a text of more than ${MAX_PART_BYTES} characters`);
      if (!line.trimEnd().endsWith('</text>')) return;
      const text = open.parts.join('\n').trimEnd().slice(0, -'</text>'.length);
      take(open.tag, text);
      open = undefined;
      return;
    }
    if (line.trim() === '' || line.startsWith('#')) return;
    const [, tag, value] = /^\s*([A-Za-z]+):\s*(.*?)\s*$/.exec(line) ?? [];
    if (tag === undefined || value === undefined)
      throw new SbomError(
        'SBOM_UNKNOWN_FORMAT',
        `neither JSON nor XML, and no SPDX tag-value: line ${count} has no tag`,
      );
    if (!value.startsWith('<text>')) take(tag, value);
    else if (value.endsWith('</text>')) take(tag, value.slice('<text>'.length, -'</text>'.length));
    else open = { tag, parts: [line.slice(line.indexOf('<text>') + '<text>'.length)], length: value.length };
  };
  const split = (text: string, take: Take): void => {
    const found = (pending + text).split('\n');
    pending = found.pop() ?? '';
    if (pending.length > MAX_PART_BYTES)
      throw new SbomError('SBOM_TOO_LARGE', `a line of more than ${MAX_PART_BYTES} characters`);
    for (const line of found) takeLine(line.replace(/\r$/, ''), take);
  };
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true });
    } catch {
      throw new SbomError('SBOM_UNKNOWN_FORMAT', 'neither JSON nor XML, and not UTF-8');
    }
  };
  return {
    write: (chunk: Uint8Array, take: Take) => split(decode(chunk), take),
    end(take: Take) {
      split(`${decode()}\n`, take);
      if (open !== undefined) throw new SbomError('SBOM_INVALID', 'a <text> that does not end');
    },
  };
}
