/** A proposed policy that waits: what it would change. */
import { chip, code, element, facts, rows, section, time } from './elements.mjs';
import { get } from './session.mjs';

/** Cells of the table that finds what two texts share; longer ones are shown whole. */
const MOST_CELLS = 4_000_000;

/** What the proposal is about, and how it is decided. */
export async function readProposal(about) {
  const id = about.slice('policy-proposal/'.length);
  const { items } = await get('/policies/proposals');
  const proposal = items.find((one) => one.id === id);
  if (proposal === undefined) throw new Error(`There is no proposal ${id} among the last 100.`);
  const { version, digest, fileName, text, proposedBy, proposedAt, state, reason, decisions } = proposal;
  const isOpen = state === 'waiting';
  // Once it is decided, what it would have changed then is not known any more.
  const inForce = isOpen ? await get('/policies/current') : undefined;
  return {
    title: `Policy version ${version}`,
    sections: [
      section(
        'What is decided',
        facts({
          File: fileName,
          Digest: code(digest),
          'In place of': inForce && `version ${inForce.version}`,
          'Proposed by': proposedBy,
          When: time(proposedAt),
          State: reason === '' ? state : `${state}: ${reason}`,
        }),
      ),
      ...(inForce === undefined
        ? []
        : [section('What it changes', element('pre', { class: 'diff' }, ...changedLines(inForce.text, text)))]),
      section('All of it', element('details', {}, element('summary', {}, fileName), element('pre', {}, text))),
      section(
        'Decided so far',
        decisions.length === 0 ? element('p', { class: 'soft' }, 'Nobody decided yet.') : rows(decisions.map(wordOf)),
      ),
    ],
    about,
    decision: digest,
    isOpen,
    send: (verb, body) => ({ path: `/policies/proposals/${encodeURIComponent(id)}/${verb}`, body }),
    outcome: (answer) => `${answer.outcome}: ${answer.reason}`,
  };
}

function wordOf({ principal, verb, reason, at, proof }) {
  return [
    chip(verb === 'approve' ? 'approved' : 'rejected', verb === 'approve' ? 'good' : 'bad'),
    element('strong', {}, principal),
    ` ${reason} `,
    element('span', { class: 'soft' }, time(at), proof === null ? '' : `, proven by ${proof.kind}`),
  ];
}

/** Lines that are only in one of the two, in order: deleted those in force, inserted those proposed. */
function changedLines(before, after) {
  const [old, young] = [before.split('\n'), after.split('\n')];
  if (old.length * young.length > MOST_CELLS) return ['It is too long to be compared here: read all of it below.'];
  // How long a common part there is from here on.
  const common = Array.from({ length: old.length + 1 }, () => new Uint32Array(young.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1)
    for (let j = young.length - 1; j >= 0; j -= 1)
      common[i][j] = old[i] === young[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  const lines = [];
  for (let i = 0, j = 0; i < old.length || j < young.length; ) {
    if (i < old.length && j < young.length && old[i] === young[j]) {
      i += 1;
      j += 1;
    } else if (j === young.length || (i < old.length && common[i + 1][j] >= common[i][j + 1])) {
      lines.push(element('del', {}, old[i]));
      i += 1;
    } else {
      lines.push(element('ins', {}, young[j]));
      j += 1;
    }
  }
  return lines.length === 0 ? ['Nothing.'] : lines;
}
