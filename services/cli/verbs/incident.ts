import { Option } from 'commander';
import type { IncidentDetail, IncidentSummary } from '../../../adapters/postgres/read-incidents.ts';
import type { ReleaseSummary } from '../../../adapters/postgres/read-releases.ts';
import { reasonOption } from '../action-options.ts';
import { exitCodes } from '../exit-codes.ts';
import { limitOption, listPages } from '../list-pages.ts';
import { renderIncident, renderIncidents } from '../render-incident.ts';
import { renderReleases } from '../render-release.ts';
import { defineServerCommand } from '../server-command.ts';
import type { Verb } from '../verb.ts';

const idArgument = ['<id>', 'the incident (inc-…)'] as const;

/** `pratique incident`: what was stopped, how far it is, and when it is over. */
export const verb: Verb = {
  define(command, context) {
    defineServerCommand<{ state?: string; limit: number }>(command.command('list'), context, {
      summary: 'List incidents, last opened first',
      options: [
        new Option('--state <state>', 'only those in this state').choices(['open', 'contained', 'closed']),
        limitOption(50),
      ],
      permission: 'read',
      examples: ['incident list', 'incident list --state open --json'],
      async run({ api, show }, _, { state, limit }) {
        show(await listPages<IncidentSummary>(api, '/incidents', { state }, limit), renderIncidents);
        return exitCodes.pass;
      },
    });
    defineServerCommand(command.command('get'), context, {
      summary: 'Show what an incident selected, how far each is, and what waits for a decision',
      arguments: [idArgument],
      permission: 'read',
      examples: ['incident get inc-2026-11-21-5f0c9e1a', 'incident get inc-2026-11-21-5f0c9e1a --full'],
      async run({ api, show }, [id = '']) {
        show(await api.get<IncidentDetail>(`/incidents/${encodeURIComponent(id)}`), renderIncident);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ state?: string; limit: number }>(command.command('releases'), context, {
      summary: 'List the releases that were asked for, the last first',
      options: [
        new Option('--state <state>', 'only those in this state').choices(['waiting', 'approved', 'rejected']),
        limitOption(50),
      ],
      permission: 'read',
      examples: ['incident releases --state waiting', 'incident releases --json'],
      async run({ api, show }, _, { state, limit }) {
        show(await listPages<ReleaseSummary>(api, '/releases', { state }, limit), renderReleases);
        return exitCodes.pass;
      },
    });
    defineServerCommand<{ reason: string }>(command.command('close'), context, {
      summary: 'Close an incident; what was not released stays denied',
      arguments: [idArgument],
      options: [reasonOption()],
      permission: 'incident.close',
      examples: [
        'incident close inc-2026-11-21-5f0c9e1a --reason "everything replaced"',
        'incident close inc-2026-11-21-5f0c9e1a --reason "SEC-88" --json',
      ],
      async run({ api, show }, [id = ''], { reason }) {
        const closed = await api.post<{ id: string }>(`/incidents/${encodeURIComponent(id)}/close`, { reason });
        show(closed, (answer) => `${answer.id} is closed; what was not released stays denied\n`);
        return exitCodes.pass;
      },
    });
  },
};
