/** The apk database, /lib/apk/db/installed: paragraphs of one-letter fields (apk-v2(5), "installed database"). */
import { toLicenceClaim } from '../../sbom/licence.ts';
import { CatalogError } from '../catalog-error.ts';
import type { SystemPackage } from '../layer-findings.ts';
import { isWorthOwning } from '../system/owned-files.ts';

const MAX_PACKAGES = 100_000;

/** One paragraph: its fields, and the files, whose folder (F:) and name (R:) stand on lines of their own. */
interface Paragraph {
  readonly fields: Map<string, string>;
  readonly files: string[];
  folder: string;
}

/** Throws a CatalogError (UNEXPECTED_SHAPE, TOO_MANY, TRUNCATED). */
export function parseInstalled(text: string): SystemPackage[] {
  if (text !== '' && !text.endsWith('\n')) throw new CatalogError('TRUNCATED', 'the last line is cut off');
  const packages: SystemPackage[] = [];
  let paragraph = begin();
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line !== '') {
      addLine(paragraph, line);
      continue;
    }
    if (paragraph.fields.size > 0) packages.push(toPackage(paragraph));
    if (packages.length > MAX_PACKAGES) throw new CatalogError('TOO_MANY', `more than ${MAX_PACKAGES} packages`);
    paragraph = begin();
  }
  if (paragraph.fields.size > 0) packages.push(toPackage(paragraph));
  return packages;
}

function begin(): Paragraph {
  return { fields: new Map(), files: [], folder: '' };
}

function addLine(paragraph: Paragraph, line: string): void {
  if (line[1] !== ':')
    throw new CatalogError('UNEXPECTED_SHAPE', 'a line that is no one-letter field: not an apk database');
  const letter = line.charAt(0);
  const value = line.slice(2);
  if (letter === 'F') paragraph.folder = value;
  else if (letter === 'R') {
    const path = paragraph.folder === '' ? value : `${paragraph.folder}/${value}`;
    if (isWorthOwning(path)) paragraph.files.push(path);
  } else if (letter !== 'a' && letter !== 'Z' && letter !== 'M') paragraph.fields.set(letter, value);
}

function toPackage({ fields, files }: Paragraph): SystemPackage {
  const [name, version] = [fields.get('P'), fields.get('V')];
  if (!name || !version)
    throw new CatalogError('UNEXPECTED_SHAPE', 'a package without its name (P:) or version (V:): the file is cut off');
  const [architecture, supplier] = [fields.get('A'), fields.get('m')];
  const licence = toLicenceClaim(fields.get('L') ?? '');
  return {
    name,
    version,
    ...(architecture ? { architecture } : {}),
    source: fields.get('o') || name,
    sourceVersion: version,
    ...(supplier ? { supplier } : {}),
    licences: licence === undefined ? [] : [licence],
    depends: names(fields.get('D')).filter((one) => !one.startsWith('!')),
    provides: names(fields.get('p')),
    files,
  };
}

/** `so:libc.musl-x86_64.so.1 busybox>=1.36 cmd:sh=1` gives `so:libc.musl-x86_64.so.1`, `busybox`, `cmd:sh`. */
function names(field: string | undefined): string[] {
  return (field ?? '')
    .split(/\s+/)
    .map((one) => one.split(/[<>=~@]/, 1)[0] ?? '')
    .filter((one) => one !== '');
}
