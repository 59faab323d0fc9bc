/**
 * JSON whose bytes depend on the value alone: keys in UTF-16 code unit order, no white space, numbers and strings as
 * ECMAScript writes them (RFC 8785). Members that are `undefined` are left out, as JSON.stringify does.
 * Throws a TypeError for what JSON cannot say (a function, a bigint, NaN, undefined at the top).
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new TypeError(`${value} has no JSON form`);
  if (value === null || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string')
    return JSON.stringify(value);
  // By concatenation: statements have tens of thousands of members, and lists of them would be made to be joined.
  let written = '';
  if (Array.isArray(value)) {
    for (const member of value) written += `${written === '' ? '' : ','}${canonicalJson(member)}`;
    return `[${written}]`;
  }
  if (typeof value !== 'object') throw new TypeError(`a ${typeof value} has no JSON form`);
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) written += `${written === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${written}}`;
}
