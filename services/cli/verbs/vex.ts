import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Option } from 'commander';
import { decisionStates, justifications } from '../../../domain/advisory/decision/decision.ts';
import type { DocumentAnswer, FindingDecisionAnswer } from '../api-answers.ts';
import { type ApiClient, ApiFailure } from '../api-client.ts';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import type { CliIo } from '../io.ts';
import { limitOption, listPages } from '../list-pages.ts';
import { renderDecision, renderDecisions } from '../render-decisions.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

const DECIDE = `
"not_affected" needs a --justification, "accepted_risk" an --expires that the policy allows (findingDecisions). These and "fixed"
take the finding out of the count of gates and incidents; "affected" and "under_investigation" do not, and take the place of an
older decision or of a VEX document. All of --component, --artifact and --environment that are given must be so; --component or
--artifact must be. What it concerns is judged again, also when its time is over.
`;
const ADD = `
FILE is an OpenVEX, CSAF 2.0 or CycloneDX document, as JSON. Each statement about a product that is named by a package URL or a
digest becomes a decision in the name of its author; people's decisions come first. --artifact and --environment narrow all of
them. The same file twice, for the same place until the same end, changes nothing, and what was revoked of it stays so; for another
place or end it decides anew, beside what it decides already.
`;

const expires = () => new Option('--expires <when>', 'a day, to its end in UTC, or an instant (RFC 3339)');
const owner = () => new Option('--owner <name>', 'who answers for it; without, whoever decides');
const artifact = () => new Option('--artifact <scope>', 'a digest, or a pattern of repositories: shop/**');
const environment = () => new Option('--environment <name>', 'this environment only');

interface PlaceFlags {
  readonly artifact?: string;
  readonly environment?: string;
  readonly owner?: string;
  readonly expires?: string;
}
interface DecideFlags extends PlaceFlags {
  readonly state: string;
  readonly justification?: string;
  readonly reason: string;
  readonly component?: string;
}

function renderDocument({ isNew, format, statements, digest, others }: DocumentAnswer): string {
  const did = isNew
    ? `${statements} decisions from ${digest} (${format})\n`
    : `${digest} was brought before, for the same place until the same end: nothing changed, and what was revoked stays so\n`;
  if (others.length === 0) return did;
  return `${did}what it decides for other places or until other ends holds too: see pratique vex list, and take it back with pratique vex revoke\n`;
}

async function readDocument(file: string, { cwd }: CliIo): Promise<string> {
  return readFile(path.resolve(cwd, file), 'utf8').catch((cause: Error) => {
    throw new CliError(exitCodes.usage, 'FILE_UNREADABLE', `cannot read ${file}: ${cause.message}`, { cause });
  });
}

/** `pratique vex`: what people and VEX documents decide about findings on a server. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ advisory?: string; ended?: true; limit: number }>(command.command('list'), context, {
      summary: 'List decisions about findings, newest first',
      options: [
        new Option('--advisory <id>', 'of this vulnerability, by one of its names'),
        new Option('--ended', 'those too that were revoked, or are over'),
        limitOption(50),
      ],
      permission: 'read',
      examples: ['vex list', 'vex list --advisory CVE-2021-23337 --ended --json'],
      async run({ api, show }, _args, { advisory, ended, limit }) {
        const query = { advisory, ended: ended === undefined ? undefined : 'true' };
        show(await listPages<FindingDecisionAnswer>(api, '/decisions', query, limit), renderDecisions);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('get'), context, {
      summary: 'Show one decision',
      arguments: [['<decision>', 'its id']],
      permission: 'read',
      examples: ['vex get 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11', 'vex get 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11 --json'],
      async run({ api, show }, [id = '']) {
        show(await api.get<FindingDecisionAnswer>(`/decisions/${encodeURIComponent(id)}`), renderDecision);
        return exitCodes.pass;
      },
    });
    defineServerCommand<DecideFlags>(command.command('decide'), context, {
      summary: 'Decide about findings of an advisory',
      details: DECIDE,
      arguments: [['<advisory>', 'by any of its names: CVE-…, GHSA-…']],
      options: [
        new Option('--state <state>', 'what is so').choices([...decisionStates]).makeOptionMandatory(),
        new Option('--reason <text>', 'for the record').makeOptionMandatory(),
        new Option('--justification <label>', 'why it is not affected').choices([...justifications]),
        new Option('--component <purl>', 'a package URL with or without a version or range; or a name'),
        ...[artifact(), environment(), owner(), expires()],
      ],
      permission: 'finding.decide',
      examples: [
        'vex decide CVE-2021-23337 --component pkg:npm/lodash@<4.17.21 --state accepted_risk --expires 2026-12-31 --reason "build time only, SHOP-412"',
        'vex decide CVE-2021-44228 --artifact shop/** --component pkg:maven/org.apache.logging.log4j/log4j-core --state not_affected --justification vulnerable_code_not_in_execute_path --reason "lookups are off"',
        'vex decide GHSA-35jh-r3h4-6jhm --artifact shop/web --environment prod --state affected --reason "the vendor is wrong"',
      ],
      async run({ api, show, note }, [advisory = ''], flags) {
        const { state, reason, justification, component, artifact: place, environment: where } = flags;
        const body = {
          ...{ advisory, state, reason, justification, component, artifact: place, environment: where },
          ...{ owner: flags.owner, expires: flags.expires },
        };
        show(await api.post<FindingDecisionAnswer>('/decisions', body), renderDecision);
        if (await isUnknown(api, advisory))
          note(`no advisory here is called ${advisory}: it covers nothing until one is; look at its spelling`);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ reason: string }>(command.command('revoke'), context, {
      summary: 'Take a decision back: what it let through counts again',
      arguments: [['<decision>', 'its id, as `pratique vex list` shows it']],
      options: [new Option('--reason <text>', 'for the record').makeOptionMandatory()],
      permission: 'finding.revoke',
      examples: [
        'vex revoke 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11 --reason "reachable after all"',
        'vex revoke 6f1c3d52-8c1e-4c55-9f0e-2f6a3a0b7d11 --reason "fixed in 2.1" --json',
      ],
      async run({ api, show }, [id = ''], { reason }) {
        show(
          await api.post<FindingDecisionAnswer>(`/decisions/${encodeURIComponent(id)}/revoke`, { reason }),
          renderDecision,
        );
        return exitCodes.pass;
      },
    });
    defineServerCommand<PlaceFlags & { reason?: string }>(command.command('add'), context, {
      summary: 'Bring a VEX document to the server',
      details: ADD,
      arguments: [['<file>', 'the document']],
      options: [
        new Option('--reason <text>', 'of statements that give none'),
        ...[artifact(), environment(), owner(), expires()],
      ],
      permission: 'finding.decide',
      examples: [
        'vex add vendor.openvex.json',
        'vex add rhsa-2026_0001.json --artifact shop/** --expires 2026-12-31 --json',
      ],
      async run(
        { api, show, io },
        [file = ''],
        { artifact: place, environment: where, owner: who, expires: end, reason },
      ) {
        const query = {
          ...{ source: path.basename(file), artifact: place, environment: where },
          ...{ owner: who, expires: end, reason },
        };
        const text = await readDocument(file, io);
        const answer = await api.send<DocumentAnswer>('/decisions/documents', 'application/json', text, query);
        show(answer, renderDocument);
        return exitCodes.pass;
      },
    });
  },
};

/** Whatever else goes wrong with the question, the decision is made. */
async function isUnknown(api: ApiClient, advisory: string): Promise<boolean> {
  return api.get('/affected', { query: advisory, limit: 1 }).then(
    () => false,
    (error: unknown) => error instanceof ApiFailure && error.status === 404,
  );
}
