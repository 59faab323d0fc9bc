import type { Finding, ServerCheck } from './check.ts';
import type { TemporalFacts } from './facts.ts';

export function judgeTemporal({
  missingSearchAttributes,
  missingSchedules,
  pausedSchedules,
}: TemporalFacts): Finding[] {
  const attributes: Finding =
    missingSearchAttributes.length === 0
      ? { level: 'ok', says: 'all search attributes are there' }
      : {
          level: 'fail',
          says: `search attributes are missing: ${missingSearchAttributes.join(', ')}`,
          next: `make them, or no workflow starts: ${missingSearchAttributes
            .map((name) => `temporal operator search-attribute create --name ${name} --type Keyword`)
            .join('; ')}`,
        };
  return [attributes, judgeSchedules(missingSchedules, pausedSchedules)];
}

function judgeSchedules(missing: readonly string[], paused: readonly string[]): Finding {
  if (missing.length > 0)
    return {
      level: 'fail',
      says: `schedules are missing: ${missing.join(', ')}`,
      next: 'run the preparation again, which makes them (pratique up; with containers: the prepare service)',
    };
  if (paused.length > 0)
    return {
      level: 'warn',
      says: `schedules are paused: ${paused.join(', ')}`,
      next: `find out who paused them and why, then: ${paused
        .map((id) => `temporal schedule toggle --schedule-id ${id} --unpause`)
        .join('; ')}`,
    };
  return { level: 'ok', says: 'all schedules run' };
}

export const check: ServerCheck = {
  name: 'temporal',
  examine: async (facts) => judgeTemporal(await facts.temporal()),
};
