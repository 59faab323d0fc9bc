import type { ExecutableFormat } from '../../domain/catalog/binary-cataloger.ts';

/** Of Mach-O: 32 and 64 bits in either byte order. A universal one shares its magic with Java's classes. */
const machO = new Set([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe]);
const UNIVERSAL = 0xcafebabe;
/** Where a class file has its version, 45 or more, a universal binary has its number of architectures. */
const MAX_ARCHITECTURES = 40;

/** By the first bytes: ELF (gABI, "ELF Identification"), PE (`MZ`), Mach-O (mach-o/loader.h, fat.h). */
export function executableFormat(head: Buffer): ExecutableFormat {
  if (head.length < 8) return 'other';
  const magic = head.readUInt32BE(0);
  if (magic === 0x7f454c46) return 'elf';
  if (machO.has(magic)) return 'mach-o';
  if (magic === UNIVERSAL && head.readUInt32BE(4) < MAX_ARCHITECTURES) return 'mach-o';
  return magic >>> 16 === 0x4d5a ? 'pe' : 'other';
}
