import { Option } from 'commander';
import { MAX_IMPORT_REFERENCES } from '../../../domain/import/import-book.ts';
import { ReferenceList } from '../../../domain/import/reference-list.ts';
import { reasonOption } from '../action-options.ts';
import type { ImportAnswer, ImportedReferenceAnswer } from '../api-answers.ts';
import type { ApiClient } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import type { CliIo } from '../io.ts';
import { listPages } from '../list-pages.ts';
import { createProgressLine, type ProgressLine } from '../progress-line.ts';
import { readCluster, readFolder } from '../read-import-source.ts';
import { describeImport, type ImportReport, renderImport } from '../render-import.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

/** References of one call. */
const TOGETHER = 500;

const DETAILS = `
Every image is resolved to its digest in the registry of this installation, judged like a push, and may stay where it is until
the date, whatever its gates say; then it is a finding. Nothing is promoted or signed as passed by it, and an incident counts
more. What can not be told is listed with its place, never guessed. The same again changes nothing.

Exit codes: 0 all of it is known now, 1 an incident holds something, 3 something could not be told.
`;

interface ImportFlags {
  readonly registry?: string;
  readonly cluster?: string;
  readonly git?: string;
  readonly environment: string;
  readonly until: string;
  readonly reason: string;
  readonly dryRun?: true;
}

/** `pratique import`: takes in what already runs, grandfathered until a date. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<ImportFlags>(command, context, {
      summary: 'Take in what already runs: it is judged, and may stay until a date',
      details: DETAILS,
      options: [
        new Option(
          '--registry <repository>',
          'tags of a repository of the environment, or of all that fit: prod/**',
        ).env('PRATIQUE_IMPORT_REGISTRY'),
        new Option('--cluster <file>', 'Kubernetes objects, as kubectl get -A -o json prints them; - for stdin'),
        new Option('--git <folder>', 'manifests: Kubernetes, kustomization, Helm values, Compose'),
        new Option('--environment <name>', 'where it runs').makeOptionMandatory(),
        new Option('--until <when>', 'a day, to its end in UTC, or an instant (RFC 3339)').makeOptionMandatory(),
        reasonOption(),
        new Option('--dry-run', 'say what would be taken in, and record nothing of it'),
      ],
      permission: 'artifact.import',
      examples: [
        'import --registry "prod/**" --environment prod --until 2027-03-31 --reason "before Pratique" --dry-run',
        'import --cluster pods.json --environment prod --until 2027-03-31 --reason "PLAT-12: the fleet as it was"',
        'import --git deploy/ --environment staging --until 2027-03-31 --reason "PLAT-12" --json',
      ],
      async run({ api, io, show, note }, _, flags) {
        const progress = createProgressLine(io);
        const source = await readSource(flags, io, progress);
        const run = await ask(api, flags, source, progress);
        const read = () => api.get<ImportAnswer>(`/imports/${run.id}`);
        const isOver = ({ state }: ImportAnswer) => state === 'done' || state === 'failed';
        const over = await follow({ read, describe: describeImport, isOver }, note, io.signal);
        const place = `/imports/${run.id}/references`;
        const { items } = await listPages<ImportedReferenceAnswer>(api, place, {}, MAX_IMPORT_REFERENCES);
        const report: ImportReport = { ...over, items, unread: source.found.problems };
        show(report, renderImport);
        return exitCodeOf(report);
      },
    });
  },
};

interface Source {
  readonly kind: 'registry' | 'cluster' | 'git';
  readonly name: string;
  readonly found: ReferenceList;
}

async function readSource({ registry, cluster, git }: ImportFlags, io: CliIo, progress: ProgressLine): Promise<Source> {
  const given = [registry, cluster, git].filter((value) => value !== undefined);
  if (given.length !== 1)
    throw new CliError(exitCodes.usage, 'IMPORT_SOURCE', 'name one of --registry, --cluster and --git', {
      hint: 'kubectl get pods -A -o json | pratique import --cluster - …',
    });
  if (registry !== undefined) return { kind: 'registry', name: registry, found: new ReferenceList() };
  const [kind, name] = cluster === undefined ? (['git', git ?? ''] as const) : (['cluster', cluster] as const);
  const found =
    kind === 'cluster'
      ? await readCluster(name, io)
      : await readFolder(name, io, (files) => progress.show(`${files} files read`));
  progress.clear();
  if (found.references.length === 0 && found.problems.length === 0)
    throw new CliError(exitCodes.infrastructure, 'IMPORT_EMPTY', `${name} names no image`, {
      hint: kind === 'git' ? 'Name the folder with the manifests' : 'kubectl get pods -A -o json shows all of them',
    });
  return { kind, name, found };
}

/** Opened, told all references, and only then started: who is broken off before has changed nothing. */
async function ask(
  api: ApiClient,
  { environment, until, reason, dryRun }: ImportFlags,
  { kind, name, found }: Source,
  progress: ProgressLine,
): Promise<ImportAnswer> {
  const run = await api.post<ImportAnswer>('/imports', {
    ...{ environment, until, reason, sourceKind: kind, source: name.slice(-255), dryRun: dryRun === true },
  });
  const { references } = found;
  for (let at = 0; at < references.length; at += TOGETHER) {
    progress.show(`${at} of ${references.length} references told`);
    await api.post(`/imports/${run.id}/references`, { references: references.slice(at, at + TOGETHER) });
  }
  progress.clear();
  return api.post<ImportAnswer>(`/imports/${run.id}/start`, {});
}

/** A refusal is an answer; what nobody can tell is unknown. */
function exitCodeOf({ state, counts, unread }: ImportReport): ExitCode {
  if ((counts.refused ?? 0) > 0) return exitCodes.fail;
  const isUnknown = state === 'failed' || (counts.unresolved ?? 0) > 0 || unread.length > 0;
  return isUnknown ? exitCodes.infrastructure : exitCodes.pass;
}
