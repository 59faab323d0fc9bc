import type { IncidentDetail } from '../../../adapters/postgres/read-incidents.ts';
import { dryRunOption, reasonOption, waitOption } from '../action-options.ts';
import type { IncidentOpenedAnswer, IncidentPreviewAnswer } from '../api-answers.ts';
import type { ApiClient } from '../api-client.ts';
import { exitCodes } from '../exit-codes.ts';
import { follow } from '../follow.ts';
import { describeIncident, renderIncident, renderIncidentPreview } from '../render-incident.ts';
import { defineServerCommand, type ServerContext } from '../server-command.ts';
import type { Verb } from '../verb.ts';

const DETAILS = `
<selector> is a digest, <repository>@<digest>, <repository>:<tag> (what it names now), a purl (with one version, or
without for all of them; no range), or one of builder:, signer:, host:, source:, commit:, layer: and component: with a value.
Names of builders and signers are those of the policy.
When the command returns, no environment lets the selection in any more; with --wait, when it is gone from every environment.
`;

/** `shop/web:1.0`, with the registry's host or without: no selector begins so. */
const TAGGED = /^[\w.-]+(?::\d+)?(?:\/[\w.-]+)+:\w[\w.-]{0,127}$/;

/** A tag moves: what it names now is what is meant, and is said. */
async function resolveTag(api: ApiClient, named: string, note: ServerContext['note']): Promise<string> {
  if (!TAGGED.test(named)) return named;
  const { artifact } = await api.get<{ artifact: { digest: string } }>('/artifact', { ref: named });
  note(`${named} is ${artifact.digest}`);
  return artifact.digest;
}

interface QuarantineFlags {
  readonly reason: string;
  readonly dryRun?: true;
  readonly wait?: true;
}

/** `pratique quarantine`: opens an incident on what a selector names. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<QuarantineFlags>(command, context, {
      summary: 'Stop everything a selector names, and take it out of every environment',
      details: DETAILS,
      arguments: [['<selector>', 'what it is about']],
      options: [reasonOption(), dryRunOption(), waitOption('every removal is confirmed')],
      permission: 'incident.open',
      examples: [
        'quarantine builder:ci --reason "its key leaked" --dry-run',
        'quarantine shop/web:1.0 --reason "carries a file the commit does not" --wait',
        'quarantine pkg:npm/event-stream@3.3.6 --reason "CVE-2018-1000851"',
      ],
      async run({ api, io, show, note }, [named = ''], { reason, dryRun, wait }) {
        const selector = await resolveTag(api, named, note);
        const body = { selector, reason, dryRun: dryRun === true };
        if (dryRun) {
          show(await api.post<IncidentPreviewAnswer>('/incidents', body), renderIncidentPreview);
          return exitCodes.pass;
        }
        const opened = await api.post<IncidentOpenedAnswer>('/incidents', body);
        if (!wait) {
          show(opened, renderIncidentPreview);
          note(`how far it is: pratique incident get ${opened.id}`);
          return exitCodes.pass;
        }
        const read = () => api.get<IncidentDetail>(`/incidents/${encodeURIComponent(opened.id)}`);
        const isOver = ({ state }: IncidentDetail) => state !== 'open';
        show(
          await follow<IncidentDetail>({ read, describe: describeIncident, isOver }, note, io.signal),
          renderIncident,
        );
        return exitCodes.pass;
      },
    });
  },
};
