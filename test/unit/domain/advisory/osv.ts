import { type OsvRecord, parseOsvRecord } from '../../../../domain/advisory/osv-record.ts';

/** A record of the OSV format; what a test leaves out is empty. */
export function osv(id: string, json: object): OsvRecord {
  const parsed = parseOsvRecord({ id, modified: '2024-01-01T00:00:00Z', ...json });
  if (parsed.kind === 'rejected') throw new Error(parsed.reason);
  return parsed.record;
}

/** `i:1 f:2 l:3 limit:4` as events of one range of one package. */
export function affects(ecosystem: string, name: string, events: string, type = 'ECOSYSTEM') {
  const keys: Record<string, string> = { i: 'introduced', f: 'fixed', l: 'last_affected', limit: 'limit' };
  const range = events.split(' ').map((event) => {
    const colon = event.indexOf(':');
    return { [keys[event.slice(0, colon)] ?? '']: event.slice(colon + 1) };
  });
  return { package: { ecosystem, name }, ranges: [{ type, events: range }] };
}
