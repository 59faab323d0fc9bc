/** A promotion that waits: what is to be decided. */
import { chip, code, element, facts, folded, rows, section, time } from './elements.mjs';
import { get } from './session.mjs';

const verdictKind = { pass: 'good', fail: 'bad' };

/** What the promotion is about, and how it is decided. */
export async function readPromotion(id) {
  const promotion = await get(`/promotion?id=${encodeURIComponent(id)}`);
  const { repository, digest, environment, tag, decisionDigest, state } = promotion;
  const artifact = await get(`/artifact?ref=${encodeURIComponent(`${repository}@${digest}`)}`);
  const verdict = artifact.verdicts.find((one) => one.environment === environment);
  // One request after the other: what was judged again between them is another decision than is shown.
  const isOther = decisionDigest !== null && verdict?.decisionDigest !== decisionDigest;
  const isOpen = !isOther && (state === 'waiting' || state === 'requested') && decisionDigest !== null;
  return {
    title: `${repository}${tag === null ? '' : `:${tag}`} into ${environment}`,
    sections: [
      section(
        'What is decided',
        facts({
          Environment: environment,
          Artifact: code(`${repository}@${digest}`),
          Tag: tag ?? undefined,
          'Asked for by': `${promotion.requestedBy}${promotion.rollback ? ', back to an older build' : ''}`,
          When: time(promotion.requestedAt),
          State: promotion.reason === '' ? state : `${state}: ${promotion.reason}`,
          Policy: verdict === undefined ? undefined : `version ${verdict.policyVersion}`,
          Decision: decisionDigest === null ? 'not judged yet' : code(decisionDigest),
        }),
      ),
      section('Gates', ...gatesOf(verdict, isOther)),
      section('Findings', findings(artifact)),
      section('Decided so far', approvals(promotion)),
    ],
    about: id,
    decision: decisionDigest ?? undefined,
    isOpen,
    send: (verb, body) => ({
      path: `/promotions/${verb}`,
      body: { ...body, promotion: id, decision: decisionDigest ?? undefined },
    }),
    outcome: (answer) => `${answer.state}: ${answer.reason}`,
  };
}

function gatesOf(verdict, isOther) {
  if (verdict === undefined) return ['It was not judged yet.'];
  if (!isOther) return [gates(verdict)];
  return [
    element('p', {}, chip('another decision', 'open'), ' It was judged again since, and came to another decision. '),
    element('p', {}, 'Where it still waits, open this again to see what is decided now.'),
  ];
}

function gates({ gates: list, outcome }) {
  const worstFirst = { fail: 0, unknown: 1, pass: 2 };
  const sorted = list.toSorted((a, b) => (worstFirst[a.verdict] ?? 1) - (worstFirst[b.verdict] ?? 1));
  return element(
    'div',
    {},
    element('p', {}, chip(outcome, verdictKind[outcome]), 'all together'),
    rows(
      sorted.map(({ gate, verdict, reason, details }) => [
        chip(verdict, verdictKind[verdict]),
        element('strong', {}, gate),
        ` ${reason}`,
        folded(`${details.length} more`, details, verdict !== 'pass'),
      ]),
    ),
  );
}

function findings({ platforms, openFindings }) {
  const lines = platforms.map(
    ({ platform, components, findings: count, highest, knownExploited, decided, failure }) => [
      element('strong', {}, platform === '' ? 'all' : platform),
      failure === null
        ? ` ${count ?? 'unknown'} in ${components ?? 'unknown'} ${components === 1 ? 'component' : 'components'}${highest === null ? '' : `, the gravest ${highest}`}${knownExploited === 0 ? '' : `, ${knownExploited} known to be exploited`}`
        : ` ${failure}`,
      folded(
        `${decided.length} decided about`,
        decided.map(
          ({ advisory, purl, state, until }) =>
            `${advisory} in ${purl}: ${state}${until === null ? '' : ` until ${until}`}`,
        ),
      ),
    ],
  );
  const open = openFindings.map(({ kind }) => [chip('open', 'bad'), kind]);
  return lines.length + open.length === 0
    ? element('p', { class: 'soft' }, 'No stock was taken.')
    : rows([...open, ...lines]);
}

function approvals({ approvals: list, waitingFor }) {
  const asked = waitingFor?.approvals;
  const line =
    asked === undefined || asked === null
      ? undefined
      : element(
          'p',
          {},
          `${asked.given} of ${asked.required} approvals${asked.groups.length === 0 ? '' : ` by ${asked.groups.join(' or ')}`}`,
        );
  if (list.length === 0) return line ?? element('p', { class: 'soft' }, 'Nobody decided yet.');
  const items = list.map(({ principal, verb, reason, at, past, proof }) => [
    chip(verb === 'approve' ? 'approved' : 'rejected', verb === 'approve' ? 'good' : 'bad'),
    element('strong', {}, principal),
    ` ${reason} `,
    element(
      'span',
      { class: 'soft' },
      time(at),
      proof === null ? '' : `, proven by ${proof.kind}`,
      past === null ? '' : `, ${past}: counts no more`,
    ),
  ]);
  return element('div', {}, line, rows(items));
}
