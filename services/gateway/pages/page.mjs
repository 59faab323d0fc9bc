/** The page where people decide with a passkey: a token is asked for, what waits is listed, one thing is decided at a time. */
import { signWithPasskey } from './authenticate.mjs';
import { readProposal } from './decide-policy.mjs';
import { readPromotion } from './decide-promotion.mjs';
import { readRelease } from './decide-release.mjs';
import { element, rows, say, section, time } from './elements.mjs';
import { showPasskeys } from './passkeys.mjs';
import { readAll } from './read-all.mjs';
import { enter, get, post } from './session.mjs';
import { showLatest } from './show-latest.mjs';

const main = document.querySelector('main');
const nav = document.querySelector('nav');
/** Who the token is; undefined before it was given. */
let identity;

const about = () => decodeURIComponent(location.hash.slice(1));

/** Does one thing at a time, and says why where it fails. */
async function perform(act) {
  const buttons = [...document.querySelectorAll('main button')];
  for (const button of buttons) button.disabled = true;
  try {
    await act();
  } catch (error) {
    say(error.message, 'bad');
  } finally {
    for (const button of buttons) button.disabled = false;
  }
}

const show = showLatest((content) => main.replaceChildren(...content));

async function draw() {
  say('');
  nav.hidden = identity === undefined;
  if (identity === undefined) return show(askForToken);
  document.querySelector('.who').textContent = `${identity.subject} (${identity.role})`;
  main.replaceChildren(element('p', { class: 'soft' }, 'Reading...'));
  await show(() =>
    view().catch((error) => [
      element('h1', {}, 'This cannot be shown'),
      section('Why', element('p', {}, error.message)),
    ]),
  );
}

async function view() {
  const wanted = about();
  if (wanted === 'passkeys') return showPasskeys(identity, perform, draw);
  if (wanted.startsWith('promotion/')) return decision(await readPromotion(wanted));
  if (wanted.startsWith('release/')) return decision(await readRelease(wanted));
  if (wanted.startsWith('policy-proposal/')) return decision(await readProposal(wanted));
  return waiting();
}

function askForToken() {
  const token = element('input', {
    id: 'token',
    type: 'password',
    required: true,
    autocomplete: 'current-password',
    spellcheck: false,
  });
  const form = element(
    'form',
    {},
    element('label', { htmlFor: 'token' }, 'Your API token'),
    token,
    element('p', { class: 'soft' }, 'It stays in this page, and is forgotten when you leave or reload it.'),
    element('div', { class: 'buttons' }, element('button', {}, 'Continue')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    perform(async () => {
      enter(token.value);
      identity = await get('/identity');
      await draw();
    });
  });
  return [element('h1', {}, 'Decide with a passkey'), section('Who are you?', form)];
}

async function waiting() {
  const promotions = await readAll(
    get,
    '/promotions?state=waiting&limit=100',
    ({ waitingFor }) => waitingFor?.for === 'approval',
  );
  const lines = promotions.items.map(({ id, repository, tag, environment, requestedBy, requestedAt }) => [
    element(
      'a',
      { href: `#${encodeURIComponent(id)}` },
      `${repository}${tag === null ? '' : `:${tag}`} into ${environment}`,
    ),
    element('div', { class: 'soft' }, `asked for by ${requestedBy}, `, time(requestedAt)),
  ]);
  const releases = await readAll(get, '/releases?state=waiting&limit=100');
  const out = releases.items.map(({ id, digest, repositories, requestedBy, requestedAt }) => [
    element('a', { href: `#release/${encodeURIComponent(id)}` }, `${repositories[0] ?? digest} out of quarantine`),
    element('div', { class: 'soft' }, `asked for by ${requestedBy}, `, time(requestedAt)),
  ]);
  const proposals = (await get('/policies/proposals')).items
    .filter(({ state }) => state === 'waiting')
    .map(({ id, version, proposedBy, proposedAt }) => [
      element('a', { href: `#policy-proposal/${encodeURIComponent(id)}` }, `policy version ${version}`),
      element('div', { class: 'soft' }, `proposed by ${proposedBy}, `, time(proposedAt)),
    ]);
  return [
    element('h1', {}, 'What waits for people'),
    section('Promotions', ...listed(lines, promotions.isWhole)),
    section('Releases', ...listed(out, releases.isWhole)),
    section('Policies', ...listed(proposals, true)),
  ];
}

function listed(lines, isWhole) {
  const rest = isWhole ? undefined : element('p', { class: 'soft' }, 'More waits than was looked at.');
  if (lines.length > 0) return [rows(lines), rest];
  return [rest ?? element('p', { class: 'soft' }, 'None.')];
}

/** What is decided, and below it how: a reason, a passkey. */
function decision({ title, sections, isOpen, ...subject }) {
  const shown = element('pre', { hidden: true });
  return [
    element('h1', {}, title),
    ...sections,
    section(
      'Decide',
      ...(isOpen ? decisionForm(subject, shown) : [element('p', {}, 'There is nothing to decide about it now.')]),
    ),
  ];
}

function decisionForm(subject, shown) {
  const reason = element('textarea', { id: 'reason', required: true, maxLength: 1000 });
  const [approve, reject] = [
    element('button', {}, 'Approve with a passkey'),
    element('button', { class: 'bad' }, 'Reject'),
  ];
  approve.value = 'approve';
  reject.value = 'reject';
  const form = element(
    'form',
    {},
    element('label', { htmlFor: 'reason' }, 'Why'),
    reason,
    element('div', { class: 'buttons' }, approve, reject),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const verb = event.submitter?.value ?? 'approve';
    perform(() => decide(subject, verb, reason.value.trim(), shown));
  });
  return [form, shown];
}

async function decide({ about: what, decision: digest, send, outcome }, verb, reason, shown) {
  const asked = await post('/proof-statements', { verb, about: what, decision: digest, reason });
  const proof = await prove(asked, verb, shown);
  const { path, body } = send(verb, { reason, ...(proof === undefined ? {} : { proof }) });
  const answer = await post(path, body);
  await draw();
  say(outcome(answer));
}

/** A rejection stops, and needs no proof: who has no passkey rejects without. */
async function prove(asked, verb, shown) {
  if (asked.passkeys.length === 0) {
    if (verb === 'reject') return undefined;
    throw new Error(
      'No passkey of yours counts here: register one under "Passkeys", and have an administrator say that it is yours.',
    );
  }
  shown.textContent = `This is what your passkey signs:\n\n${asked.statement}`;
  shown.hidden = false;
  say('Your browser asks for your passkey.', 'open');
  return signWithPasskey(asked);
}

document.querySelector('#leave').addEventListener('click', () => {
  enter('');
  identity = undefined;
  draw();
});
window.addEventListener('hashchange', draw);
draw();
