import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { plural } from '../../domain/plural.ts';
import type { ReportAddedAnswer, ScannerReportsAnswer } from './api-answers.ts';
import { CliError } from './cli-error.ts';
import { exitCodes } from './exit-codes.ts';
import type { CliIo } from './io.ts';
import { renderReports } from './render-reports.ts';
import { defineServerCommand } from './server-command.ts';
import { shortDigest } from './style.ts';
import type { VerbContext } from './verb.ts';

const ADD = `
FILE is what another scanner found in the artifact: grype -o json, trivy --format json, or a SARIF log. It is kept as it is, and held
against our own findings: \`artifact get\` and \`advisories report list\` say what only it has, and what only we have. It lets nothing
through: a gate \`vulnerabilities\` with \`reports: high\` cannot tell while it has something at or above, that was not found here and
nobody decided about. A report that names another image is refused. The same file twice changes nothing.
`;
const reference = ['<ref>', 'repository:tag, repository@sha256:… or sha256:…'] as const;

async function readText(file: string, { cwd }: CliIo): Promise<string> {
  return readFile(path.resolve(cwd, file), 'utf8').catch((cause: Error) => {
    throw new CliError(exitCodes.usage, 'FILE_UNREADABLE', `cannot read ${file}: ${cause.message}`, { cause });
  });
}

/** `pratique advisories report`: what other scanners found in an artifact, as evidence on a server. */
export function defineScannerReports(command: Command, context: VerbContext): void {
  command.summary('What other scanners found in an artifact').description('What other scanners found in an artifact');
  defineServerCommand(command.command('add'), context, {
    summary: 'Bring a report of another scanner',
    details: ADD,
    arguments: [reference, ['<file>', 'the report']],
    permission: 'report.add',
    examples: ['advisories report add shop/web:1.0 grype.json', 'advisories report add sha256:… trivy.sarif --json'],
    async run({ api, show, io }, [ref = '', file = '']) {
      const text = await readText(file, io);
      const query = { ref, source: path.basename(file) };
      const answer = await api.send<ReportAddedAnswer>('/scanner-reports', 'application/json', text, query);
      show(answer, ({ scanner, version, findings, about, digest, isNamed, isNew }, style) => {
        if (!isNew) return `${digest} was brought before: nothing changed\n`;
        const doubt = isNamed ? '' : '; it names no image: that it is of this one is your word';
        return `${plural(findings, 'finding')} of ${`${scanner} ${version}`.trim()} about ${shortDigest(about, style)}${doubt}\n${digest}\n`;
      });
      return exitCodes.pass;
    },
  });
  defineServerCommand(command.command('list'), context, {
    summary: 'List the reports about an artifact, and how they differ from what was found here',
    arguments: [reference],
    permission: 'read',
    examples: ['advisories report list shop/web:1.0', 'advisories report list sha256:… --json | jq ".items[].theirs"'],
    async run({ api, show }, [ref]) {
      const answer = await api.get<ScannerReportsAnswer>('/scanner-reports', { ref });
      show(answer, ({ items }, style) => (items.length === 0 ? 'no reports\n' : renderReports(items, style)));
      return exitCodes.pass;
    },
  });
  defineServerCommand<{ reason: string }>(command.command('withdraw'), context, {
    summary: 'Let a report count no longer',
    arguments: [reference, ['<report>', 'its digest, as `advisories report list --full` shows it']],
    options: [new Option('--reason <text>', 'for the record').makeOptionMandatory()],
    permission: 'report.withdraw',
    examples: [
      'advisories report withdraw shop/web:1.0 sha256:… --reason "of a database that was wrong"',
      'advisories report withdraw shop/web:1.0 sha256:… --reason "another scanner now" --json',
    ],
    async run({ api, show }, [ref = '', digest = ''], { reason }) {
      const answer = await api.post<ScannerReportsAnswer>('/scanner-reports/withdraw', { ref, digest, reason });
      show(answer, ({ items }, style) => renderReports(items, style));
      return exitCodes.pass;
    },
  });
}
