/** Elements without markup: whatever a name or a reason holds is text. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} properties of the element; `class` as in HTML
 * @param {...(Node | string | undefined)} children
 */
export function element(tag, { class: className, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  if (className !== undefined) made.className = className;
  Object.assign(made, properties);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

/** A list of facts; those without a value are left out. */
export function facts(entries) {
  const known = Object.entries(entries).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return element('dl', {}, ...known.flatMap(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]));
}

export const section = (title, ...children) => element('section', {}, element('h2', {}, title), ...children);
export const code = (text) => element('code', {}, text);
export const rows = (items) => element('ul', { class: 'rows' }, ...items.map((item) => element('li', {}, ...item)));
export const chip = (text, kind = '') => element('span', { class: `chip ${kind}` }, text);

/** What is long and seldom read. */
export function folded(title, lines, open = false) {
  if (lines.length === 0) return undefined;
  const list = element('ul', {}, ...lines.map((line) => element('li', {}, line)));
  return element('details', { open }, element('summary', {}, title), list);
}

export function time(text) {
  return element(
    'time',
    { dateTime: text, title: text },
    new Date(text).toLocaleString(undefined, { timeZoneName: 'short' }),
  );
}

/** Says what happened: `good`, `open` (something is awaited), `bad`. */
export function say(text, kind = 'good') {
  const footer = document.querySelector('footer');
  footer.replaceChildren(...(text === '' ? [] : [element('p', { class: kind }, text)]));
}
