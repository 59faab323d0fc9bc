import type { Statement } from './statement.ts';

/** Printable ASCII but quote and backslash: what stands between the quotes of a JSON string is the string. */
const PLAIN = '[ !#-\\[\\]-~]';

/** The whole text but for six values, in the order of canonical JSON (RFC 8785). */
const written = new RegExp(
  [
    '^{"_type":"(https://in-toto\\.io/Statement/v(?:1|0\\.1))"',
    ',"predicate":({.*})',
    `,"predicateType":"(${PLAIN}{1,1000})"`,
    `,"subject":\\[{"digest":{"(sha256|sha384|sha512)":"(${PLAIN}*)"}(?:,"name":"(${PLAIN}*)")?}\\]}$`,
  ].join(''),
);

/**
 * A statement about one subject in canonical JSON, as Pratique writes it: only its predicate is JSON to be read. A text of that form
 * has no member twice and none that is unknown, and its predicate is just what its value is written as, so that it has no key twice
 * either. Undefined for every other text, which says nothing about it. For texts short enough that their depth is no matter.
 */
export function readWrittenStatement(text: string): Statement | undefined {
  const [, _type, predicateText = '', predicateType, algorithm, hex = '', name] = written.exec(text) ?? [];
  if (predicateType === undefined || algorithm === undefined) return undefined;
  const predicate = readAsWritten(predicateText);
  if (predicate === undefined) return undefined;
  const digest = { [algorithm]: hex };
  return {
    _type: _type as Statement['_type'],
    subject: [name === undefined ? { digest } : { name, digest }],
    predicateType,
    predicate,
  };
}

/** Undefined where it is no JSON, or not what its value is written as. */
function readAsWritten(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
