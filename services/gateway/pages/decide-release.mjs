/** A release from quarantine that waits: what is to be decided. */
import { code, element, facts, rows, section, time } from './elements.mjs';
import { get } from './session.mjs';

/** What the release is about, and how it is decided. */
export async function readRelease(about) {
  const id = about.slice('release/'.length);
  const { items } = await get('/releases?limit=200');
  const release = items.find((one) => one.id === id);
  if (release === undefined) throw new Error(`There is no release ${id} among the last 200.`);
  const { digest, repositories, incident, reason, state, requestedBy, requestedAt } = release;
  const { rebuilds, reason: why, state: incidentState } = await get(`/incidents/${encodeURIComponent(incident)}`);
  return {
    title: `${repositories[0] ?? digest} out of quarantine`,
    sections: [
      section(
        'What is decided',
        facts({
          Artifact: code(digest),
          'Pushed to': repositories.join(', '),
          Incident: `${incident} (${incidentState}): ${why}`,
          'Asked for by': requestedBy,
          When: time(requestedAt),
          Why: reason,
          State: state,
        }),
      ),
      section(
        'Rebuilds',
        rebuilds.length === 0
          ? element('p', { class: 'soft' }, 'None.')
          : rows(
              rebuilds.map(({ repository, state: how, newDigest }) => [
                `${repository}: ${how} `,
                code(newDigest ?? ''),
              ]),
            ),
      ),
    ],
    about,
    decision: digest,
    isOpen: state === 'waiting',
    send: (verb, body) => ({ path: `/releases/${encodeURIComponent(id)}/${verb}`, body }),
    outcome: (answer) => (answer.reason === undefined ? answer.outcome : `${answer.outcome}: ${answer.reason}`),
  };
}
