import type {
  AffectedArtifact,
  AffectedComponent,
  ComponentPlace,
  FixingArtifact,
} from '../../domain/affected/affected-report.ts';
import { plural } from '../../domain/plural.ts';
import type { AffectedAnswer } from './api-answers.ts';
import { formatTime, type Style, shortDigest, shortList } from './style.ts';
import { formatTable } from './text-table.ts';

/** Component versions named above the table, unless all are asked for. */
const NAMED = 10;

/** The advisories and versions it is about, then a line an artifact: what runs first. */
export function renderAffected(answer: AffectedAnswer, style: Style): string {
  return `${renderAdvisories(answer)}${renderComponents(answer, style)}${renderArtifacts(answer, style)}`;
}

function renderAdvisories({ advisories }: AffectedAnswer): string {
  return advisories
    .map(({ id, aliases, severity, summary, withdrawn }) => {
      const names = aliases.length === 0 ? '' : ` (${aliases.join(', ')})`;
      return `${id}${names}: ${withdrawn ? 'withdrawn' : severity}${summary === '' ? '' : `, ${summary}`}\n`;
    })
    .join('');
}

const fixOf = ({ fixedIn, advisories }: AffectedComponent) =>
  fixedIn !== null ? `, fixed in ${fixedIn}` : advisories.length > 0 ? ', no fix known' : '';

function renderComponents({ components, componentCount, undecided }: AffectedAnswer, { full }: Style): string {
  const named = full ? Number.POSITIVE_INFINITY : NAMED;
  const lines = components.slice(0, named).map((component) => `  ${component.purl}${fixOf(component)}\n`);
  if (componentCount > lines.length) lines.push(`  and ${componentCount - lines.length} more versions\n`);
  const open = undecided.slice(0, named).map(({ purl, reason }) => `  can not tell: ${purl}: ${reason}\n`);
  if (undecided.length > open.length) open.push(`  can not tell: ${undecided.length - open.length} more versions\n`);
  return [...lines, ...open].join('');
}

function renderArtifacts({ items, next, artifacts }: AffectedAnswer, style: Style): string {
  if (items.length === 0) return 'nothing is affected\n';
  const rows = items.map((item) => [
    item.environments.map(({ environment }) => environment).join(', ') || '-',
    item.repository,
    shortDigest(item.digest, style),
    shortList(item.tags, style),
    item.owner ?? '-',
    item.fenced ? style.paint.red('quarantined') : formatTime(sinceOf(item), style),
    vexOf(item),
    whatOf(item),
    fixOfArtifact(item.fixedBy, style),
  ]);
  const head = ['LIVE IN', 'REPOSITORY', 'DIGEST', 'TAGS', 'OWNER', 'SINCE', 'VEX', 'WHAT', 'FIXED BY'];
  return `${formatTable(head, rows)}${countOf(artifacts, items.length, next)}`;
}

/** What was pushed later and has none of it; servers of before do not say. */
function fixOfArtifact(fix: FixingArtifact | null | undefined, style: Style): string {
  if (!fix) return '-';
  const [tag] = fix.tags;
  const live = fix.environments.length === 0 ? '' : `, live in ${fix.environments.join(', ')}`;
  return `${tag === undefined ? '' : `${tag} `}${shortDigest(fix.digest, style)}${live}`;
}

/** Where it runs, since it does; else since it was pushed. */
function sinceOf({ environments, since }: AffectedArtifact): string {
  return environments.map((placement) => placement.since).sort()[0] ?? since;
}

/** What was decided, and where it does not hold everywhere, where it does. */
function vexOf({ components, environments }: AffectedArtifact): string {
  const places = new Set(environments.map(({ environment }) => environment)).size || 1;
  const states = Map.groupBy(
    components.flatMap(({ decisions = [] }) => decisions),
    ({ state }) => state,
  );
  const words = [...states].map(([state, own]) => {
    const where = [...new Set(own.map(({ environment }) => environment))];
    const isAll = where.length === places && own.length >= components.length * places;
    return isAll ? state : `${state} in ${where.map((name) => name ?? 'part').join(', ')}`;
  });
  return words.join('; ') || '-';
}

function whatOf({ components }: AffectedArtifact): string {
  const [first] = components;
  if (first === undefined) return 'itself';
  const more = components.length > 1 ? ` and ${components.length - 1} more` : '';
  const where = first.attestedBy ? `as ${first.attestedBy} attests` : `in ${first.path || '?'}`;
  return `${first.purl.replace(/[?#].*$/, '')} ${where}${more}${first.fixedIn === null ? '' : `; fixed in ${first.fixedIn}`}`;
}

function countOf(artifacts: AffectedAnswer['artifacts'], shown: number, next: string | null): string {
  const all =
    artifacts === undefined ? '' : `${artifacts.atLeast ? 'at least ' : ''}${plural(artifacts.count, 'artifact')}`;
  if (next !== null) return `${shown} shown of ${all}: --limit shows more\n`;
  return all === '' ? '' : `${all}\n`;
}

const columns = [
  ...['repository', 'digest', 'tags', 'platforms', 'owner', 'pushed', 'environments', 'fenced'],
  ...['purl', 'fixed_in', 'advisories', 'severity', 'layer', 'path', 'places'],
  ...['fixed_by', 'fixed_by_tags', 'fixed_by_environments'],
  ...['vex', 'attested_by'],
];

/** RFC 4180, a row a component of an artifact; several values of one field are put together with spaces. */
export function formatAffectedCsv({ items }: AffectedAnswer): string {
  const rows = items.flatMap((item) => {
    const artifact = [
      ...[item.repository, item.digest, item.tags.join(' '), item.platforms.join(' '), item.owner ?? '', item.since],
      ...[item.environments.map(({ environment, since }) => `${environment}=${since}`).join(' '), String(item.fenced)],
    ];
    const fix = [
      item.fixedBy?.digest ?? '',
      item.fixedBy?.tags.join(' ') ?? '',
      item.fixedBy?.environments.join(' ') ?? '',
    ];
    if (item.components.length === 0) return [[...artifact, '', '', '', '', '', '', '', ...fix, '', '']];
    return item.components.map((found) => [
      ...[...artifact, found.purl, found.fixedIn ?? '', found.advisories.join(' '), found.severity ?? ''],
      ...[found.layer ?? '', found.path, String(found.places), ...fix, csvDecisions(found), found.attestedBy ?? ''],
    ]);
  });
  return [columns, ...rows].map((row) => `${row.map(csvField).join(',')}\r\n`).join('');
}

function csvDecisions({ decisions = [] }: ComponentPlace): string {
  return decisions
    .map(({ environment, state }) => (environment === null ? state : `${environment}=${state}`))
    .join(' ');
}

/** What a spreadsheet would take for a formula gets an apostrophe before it. */
function csvField(text: string): string {
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
