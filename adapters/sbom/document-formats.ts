/** The formats SBOMs are written in. Adding one is a writer and a line here. */
import type { SbomDocument } from '../../domain/sbom/document.ts';

export interface DocumentFormat {
  /** As `-o` and Syft name it. */
  readonly name: string;
  /** The one without being asked first. */
  readonly versions: readonly string[];
  /** Pieces of a text in UTF-8. Loaded when it is asked for: the CycloneDX library is large. */
  load(version: string): Promise<(document: SbomDocument) => Iterable<string>>;
}

export const documentFormats: readonly DocumentFormat[] = [
  {
    name: 'cyclonedx-json',
    versions: ['1.6', '1.7', '1.5'],
    async load(version) {
      const { writeCycloneDxJson } = await import('./cyclonedx/write-json.ts');
      const { parseCycloneDxVersion } = await import('./cyclonedx/version.ts');
      return (document) => writeCycloneDxJson(document, parseCycloneDxVersion(version));
    },
  },
  {
    name: 'cyclonedx-xml',
    versions: ['1.6', '1.7', '1.5'],
    async load(version) {
      const { writeCycloneDxXml } = await import('./cyclonedx/write-xml.ts');
      const { parseCycloneDxVersion } = await import('./cyclonedx/version.ts');
      return (document) => writeCycloneDxXml(document, parseCycloneDxVersion(version));
    },
  },
  {
    name: 'spdx-json',
    versions: ['2.3', '3.0.1'],
    async load(version) {
      if (version === '3.0.1') return (await import('./spdx3/write-json.ts')).writeSpdx3Json;
      return (await import('./spdx2/write-json.ts')).writeSpdxJson;
    },
  },
  {
    name: 'spdx-tag-value',
    versions: ['2.3'],
    async load() {
      return (await import('./spdx2/write-tag-value.ts')).writeSpdxTagValue;
    },
  },
];
