import type { ScanWriter } from './scan-report.ts';

/** Every output format of `pratique scan`, loaded when asked for. Adding one is adding a file and a line here. */
export const scanFormats = {
  table: async () => (await import('./table.ts')).writeTable,
  json: async () => (await import('./json.ts')).writeJson,
  sarif: async () => (await import('./sarif.ts')).writeSarif,
  'cyclonedx-json': async () => (await import('./cyclonedx-json.ts')).writeCycloneDxScan,
  openvex: async () => (await import('./openvex.ts')).writeOpenVex,
  markdown: async () => (await import('./markdown.ts')).writeMarkdown,
  junit: async () => (await import('./junit.ts')).writeJunit,
} as const satisfies Record<string, () => Promise<ScanWriter>>;
export type ScanFormat = keyof typeof scanFormats;

export function isScanFormat(name: string): name is ScanFormat {
  return Object.hasOwn(scanFormats, name);
}
