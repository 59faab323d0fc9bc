/** A release from quarantine that waits: what is to be decided. */
import { chip, code, element, facts, rows, section, time } from './elements.mjs';
import { get } from './session.mjs';

/** What became of a rebuild: how it looks, and what it says about the artifact. */
const outcomes = {
  identical: ['', 'it gave the same bytes'],
  different: ['bad', 'it gave other bytes:'],
  failed: ['open', 'it says nothing about the artifact'],
  requested: ['open', 'it was not begun yet'],
  building: ['open', 'it has not ended yet'],
};

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
      section('Rebuilds', rebuildsOf(rebuilds.filter((rebuild) => rebuild.digest === digest))),
    ],
    about,
    decision: digest,
    isOpen: state === 'waiting',
    send: (verb, body) => ({ path: `/releases/${encodeURIComponent(id)}/${verb}`, body }),
    outcome: (answer) => (answer.reason === undefined ? answer.outcome : `${answer.outcome}: ${answer.reason}`),
  };
}

function rebuildsOf(rebuilds) {
  if (rebuilds.length === 0) return element('p', { class: 'soft' }, 'None.');
  return rows(
    rebuilds.map(({ id, repository, state, newDigest, clears, why }) => {
      const [kind, words] = outcomes[state] ?? ['open', ''];
      const other = state === 'different' && newDigest !== null ? code(newDigest) : undefined;
      return [
        chip(state, clears ? 'good' : kind),
        element('strong', {}, repository),
        ` ${words}${state === 'identical' && typeof clears === 'boolean' ? whatItAnswers(clears, why) : ''} `,
        other,
        element('span', { class: 'soft' }, ` ${id}`),
      ];
    }),
  );
}

/** The same bytes answer not every suspicion. */
function whatItAnswers(clears, why) {
  return clears
    ? ', and another builder, another host and another key vouch for them: that answers what the incident is about'
    : `, which does not answer what the incident is about: ${why}`;
}
