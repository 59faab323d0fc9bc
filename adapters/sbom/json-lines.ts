/** Pieces of an array of a large JSON document, one element a line: memory does not grow with it. */
export function* jsonLines<T>(values: Iterable<T>, toJson: (value: T) => string = JSON.stringify): Generator<string> {
  let isFirst = true;
  yield '[';
  for (const value of values) {
    yield `${isFirst ? '' : ','}\n    ${toJson(value)}`;
    isFirst = false;
  }
  yield isFirst ? ']' : '\n  ]';
}

/** An object without its last brace, so that more fields can follow. */
export function openObject(head: object): string {
  return JSON.stringify(head, undefined, 2).slice(0, -'\n}'.length);
}
