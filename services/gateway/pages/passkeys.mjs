/** A person's own passkeys. */
import { makePasskey } from './authenticate.mjs';
import { chip, code, element, rows, say, section, time } from './elements.mjs';
import { call, get, post } from './session.mjs';

/** @param {{ subject: string }} identity @param {(act: () => Promise<void>) => void} perform */
export async function showPasskeys({ subject }, perform, redraw) {
  const { items } = await get('/passkeys');
  const name = element('input', {
    id: 'name',
    required: true,
    maxLength: 64,
    placeholder: 'blue security key',
    autocomplete: 'off',
  });
  const form = element(
    'form',
    {},
    element('label', { htmlFor: 'name' }, 'What do you call it?'),
    name,
    element('div', { class: 'buttons' }, element('button', {}, 'Register a passkey')),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    perform(async () => {
      const statement = await post('/passkeys/statement', { name: name.value });
      say('Your browser asks for a passkey or a security key.', 'open');
      await post('/passkeys', await makePasskey(statement));
      await redraw();
      say('Registered. It counts when an administrator has said that it is yours.');
    });
  });
  return [
    element('h1', {}, `Passkeys of ${subject}`),
    section(
      'Registered',
      items.length === 0 ? element('p', { class: 'soft' }, 'None yet.') : list(items, subject, perform, redraw),
    ),
    section('Register another', form),
  ];
}

function list(items, subject, perform, redraw) {
  return rows(
    items.map(({ id, name, fingerprint, counts, registeredAt, usedAt }) => {
      const forget = element('button', { type: 'button', class: 'quiet' }, 'Forget');
      forget.addEventListener('click', () => {
        if (!confirm(`Forget "${name}"? What it approved and is not in yet has to be approved again.`)) return;
        perform(async () => {
          await call('DELETE', `/passkeys/${encodeURIComponent(id)}`);
          await redraw();
          say(`"${name}" is forgotten.`);
        });
      });
      return [
        element(
          'div',
          { class: 'head' },
          element('span', {}, chip(counts ? 'counts' : 'waits', counts ? 'good' : ''), element('strong', {}, name)),
          forget,
        ),
        element('div', {}, code(fingerprint)),
        element(
          'div',
          { class: 'soft' },
          'registered ',
          time(registeredAt),
          ...(usedAt === null ? [] : [', last used ', time(usedAt)]),
        ),
        counts
          ? undefined
          : element(
              'pre',
              {},
              `An administrator says that it is yours:\npratique principal join ${subject} webauthn ${fingerprint}`,
            ),
      ];
    }),
  );
}
