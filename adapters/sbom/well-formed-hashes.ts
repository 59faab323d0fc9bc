import type { Component, FileHash } from '../../domain/sbom/component.ts';

/** Hexadecimal digits. */
const lengths: Readonly<Record<FileHash['algorithm'], number>> = {
  MD5: 32,
  'SHA-1': 40,
  'SHA-256': 64,
  'SHA-512': 128,
};

/** True where value and algorithm fit: a lockfile may say anything, and schemas of SBOMs do not take it. */
export function isWellFormedHash({ algorithm, value }: FileHash): boolean {
  return value.length === lengths[algorithm] && /^[0-9a-f]+$/.test(value);
}

export function wellFormedHashes({ hashes }: Component): FileHash[] {
  return hashes.filter(isWellFormedHash);
}
