import type { RebuildDetail } from '../../adapters/postgres/read-rebuilds.ts';
import type { ImageDifference, PlacedEntry } from '../../domain/building/compare-files.ts';
import { formatTime, paintState, type Style, shortDigest, shortSubject } from './style.ts';
import { formatRows } from './text-table.ts';

const FILES_SHOWN = 100;

/** One line for stderr while a command waits. */
export function describeRebuild({ id, repository, state, reason }: RebuildDetail): string {
  return `${id}: ${repository}: ${state}${state === 'failed' ? `: ${reason}` : ''}`;
}

/** A rebuild, what it was made from, and what differs, file by file. */
export function renderRebuild(rebuild: RebuildDetail, style: Style): string {
  const { id, repository, digest, state, newDigest, source, incident } = rebuild;
  const rows = [
    ['state', paintState(state, style)],
    ['of', shortSubject(repository, digest, style)],
    ...(newDigest === null ? [] : [['gave', shortDigest(newDigest, style)]]),
    ...Object.entries(source ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
    ...(incident === null ? [] : [['incident', incident]]),
    ['why', rebuild.reason],
    ['asked for', `${formatTime(rebuild.requestedAt, style)} by ${rebuild.requestedBy}`],
    ...(rebuild.endedAt === null ? [] : [['ended', formatTime(rebuild.endedAt, style)]]),
  ];
  return `${style.paint.bold(id)}\n${formatRows(rows)}${renderDifference(rebuild.difference, style)}`;
}

function renderDifference(difference: unknown, style: Style): string {
  if (!isDifference(difference)) return '';
  if (difference.identical) return `\n${style.paint.green('Identical to the last byte')}\n`;
  const { totals, added, removed, changed, configuration } = difference;
  const lines = [
    ...added.map(({ path, ...entry }) => [style.paint.green('only in the rebuild'), path, describeEntry(entry, style)]),
    ...removed.map(({ path, ...entry }) => [
      style.paint.red('only in the original'),
      path,
      describeEntry(entry, style),
    ]),
    ...changed.map(({ path, aspects, before, after }) => [
      style.paint.yellow('differs'),
      path,
      `${aspects.join(', ')}: ${describeEntry(before, style)} -> ${describeEntry(after, style)}`,
    ]),
    ...configuration.map((name) => [style.paint.yellow('differs'), `configuration: ${name}`, '']),
  ];
  const shown = style.full ? lines : lines.slice(0, FILES_SHOWN);
  const all = totals.added + totals.removed + totals.changed + configuration.length;
  const more = all > shown.length ? `  … ${all - shown.length} more${style.full ? '' : ': --full'}\n` : '';
  const head = `${totals.removed} only in the original, ${totals.added} only in the rebuild, ${totals.changed} differ, ${totals.unchanged} are the same`;
  return `\n${style.paint.bold(head)}\n${formatRows(shown)}${more}`;
}

/** What the server keeps is the document of the comparison; anything else is shown with --json only. */
function isDifference(value: unknown): value is ImageDifference {
  const { identical, totals, added, removed, changed, configuration } = (value ?? {}) as Partial<ImageDifference>;
  return (
    typeof identical === 'boolean' &&
    typeof totals === 'object' &&
    [added, removed, changed, configuration].every(Array.isArray)
  );
}

function describeEntry({ type, mode, size, sha256, link, layer }: PlacedEntry, style: Style): string {
  const what = link === undefined ? (type === 'file' ? `${size} bytes` : type) : `${type} to ${link}`;
  const content = sha256 === undefined ? '' : ` sha256:${style.full ? sha256 : sha256.slice(0, 12)}`;
  return `${what}, ${mode.toString(8).padStart(4, '0')}${content}, layer ${shortDigest(layer, style)}`;
}
