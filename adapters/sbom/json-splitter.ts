/** Reads a large JSON object piece by piece: elements of some of its lists are handed over one at a time and not kept. */
import { MAX_DEPTH, MAX_PART_BYTES, MAX_PART_VALUES } from './document-limits.ts';
import { SbomError } from './sbom-error.ts';

export interface JsonSplitter {
  write(chunk: Uint8Array): void;
  /** The object without those lists. Throws a SbomError where the text is no JSON object, or ends early. */
  end(): Record<string, unknown>;
}

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * `onElement` is called with each element of the top-level lists named in `lists`. Throws a SbomError for what is no JSON (RFC
 * 8259, in UTF-8), has a key twice in one object, or is nested or large beyond bounds.
 */
export function createJsonSplitter(
  lists: ReadonlySet<string>,
  onElement: (list: string, element: unknown) => void,
): JsonSplitter {
  /** Everything outside of the lists, and the element that is being read. */
  const rest = createPart();
  const element = createPart();
  let depth = 0;
  let isInString = false;
  let isEscaped = false;
  let position = 0;
  let list: string | undefined;
  /** Of the list: whether something has been read since the last comma, and whether there was a comma. */
  let hasValue = false;
  let hasComma = false;
  /** The top-level key that was read last, and where the string that is being read began in `rest`. */
  let key: string | undefined;
  let keyStart = 0;
  let canBeKey = false;

  const finishElement = (isLast: boolean): void => {
    if (list === undefined) return;
    if (!hasValue && (hasComma || !isLast)) throw broken(position);
    if (hasValue) onElement(list, element.parse());
    hasValue = false;
    hasComma = !isLast;
  };

  const structure = (byte: number): boolean => {
    switch (byte) {
      case OPEN_OBJECT:
      case OPEN_ARRAY:
        depth += 1;
        (list === undefined ? rest : element).countValue();
        if (depth > MAX_DEPTH) throw new SbomError('SBOM_TOO_LARGE', `nested more than ${MAX_DEPTH} deep`);
        if (depth === 1) canBeKey = byte === OPEN_OBJECT;
        if (depth === 2 && byte === OPEN_ARRAY && key !== undefined && lists.has(key)) {
          list = key;
          hasValue = false;
          hasComma = false;
          rest.add(byte);
          return true;
        }
        return false;
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        if (depth === 2 && list !== undefined) {
          if (byte === CLOSE_OBJECT) throw broken(position);
          finishElement(true);
          list = undefined;
        }
        depth -= 1;
        return false;
      case COMMA:
        if (depth === 2 && list !== undefined) {
          finishElement(false);
          return true;
        }
        (list === undefined ? rest : element).countValue();
        if (depth === 1) {
          key = undefined;
          canBeKey = true;
        }
        return false;
      case COLON:
        if (depth === 1) canBeKey = false;
        (list === undefined ? rest : element).countColon();
        return false;
      default:
        return false;
    }
  };

  return {
    write(chunk) {
      let at = 0;
      while (at < chunk.length) {
        const target = list === undefined ? rest : element;
        if (isInString) {
          at = copyString(chunk, at, target);
          continue;
        }
        const byte = chunk[at] ?? 0;
        at += 1;
        position += 1;
        if (byte === QUOTE) {
          isInString = true;
          hasValue = true;
          keyStart = rest.length();
          target.add(byte);
          continue;
        }
        if (structure(byte)) continue;
        if (list !== undefined && byte > 0x20) hasValue = true;
        // The bracket that closes a list belongs to the rest again.
        (list === undefined ? rest : element).add(byte);
      }
    },
    end() {
      if (isInString || depth !== 0) throw new SbomError('SBOM_NOT_JSON', 'ends in the middle');
      const value = rest.parse();
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw new SbomError('SBOM_UNKNOWN_FORMAT', 'JSON, and no object');
      return value as Record<string, unknown>;
    },
  };

  /** Copies up to the closing quote, or the end of the chunk. Returns where to go on. */
  function copyString(chunk: Uint8Array, start: number, target: Part): number {
    let at = start;
    while (at < chunk.length) {
      const byte = chunk[at];
      at += 1;
      if (isEscaped) isEscaped = false;
      else if (byte === BACKSLASH) isEscaped = true;
      else if (byte === QUOTE) {
        isInString = false;
        break;
      }
    }
    target.addAll(chunk.subarray(start, at));
    position += at - start;
    if (!isInString && list === undefined && depth === 1 && canBeKey) key = rest.keyFrom(keyStart);
    return at;
  }
}

interface Part {
  add(byte: number): void;
  addAll(bytes: Uint8Array): void;
  countColon(): void;
  /** Another object, list, or member of one: they take more room as values than as text. */
  countValue(): void;
  length(): number;
  /** The string that begins at an offset and ends here. */
  keyFrom(start: number): string;
  /** The value, and the part is empty again. */
  parse(): unknown;
}

function createPart(): Part {
  let bytes = new Uint8Array(4096);
  let length = 0;
  let colons = 0;
  let values = 0;
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const grow = (wanted: number): void => {
    if (wanted <= bytes.length) return;
    if (wanted > MAX_PART_BYTES)
      throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_PART_BYTES} bytes in one element`);
    const larger = new Uint8Array(Math.max(wanted, bytes.length * 2));
    larger.set(bytes.subarray(0, length));
    bytes = larger;
  };
  return {
    add(byte) {
      grow(length + 1);
      bytes[length] = byte;
      length += 1;
    },
    addAll(more) {
      grow(length + more.length);
      bytes.set(more, length);
      length += more.length;
    },
    countColon() {
      colons += 1;
    },
    countValue() {
      values += 1;
      if (values > MAX_PART_VALUES)
        throw new SbomError('SBOM_TOO_LARGE', `more than ${MAX_PART_VALUES} values in one element`);
    },
    length: () => length,
    keyFrom(start) {
      try {
        return String(JSON.parse(decoder.decode(bytes.subarray(start, length))));
      } catch {
        throw broken(start);
      }
    },
    parse() {
      let value: unknown;
      try {
        value = JSON.parse(decoder.decode(bytes.subarray(0, length)));
      } catch {
        throw new SbomError('SBOM_NOT_JSON', 'not a JSON document');
      }
      // Every pair has a colon, and a key that is there twice is there once in the value.
      if (countPairs(value) !== colons)
        throw new SbomError('SBOM_INVALID', 'a key twice in one object: readers would not agree');
      length = 0;
      colons = 0;
      values = 0;
      return value;
    },
  };
}

function broken(position: number): SbomError {
  return new SbomError('SBOM_NOT_JSON', `not a JSON document (at byte ${position})`);
}

/** Its depth is bounded by then. */
function countPairs(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let count = 0;
  if (Array.isArray(value)) for (const one of value) count += countPairs(one);
  else
    for (const key in value) {
      count += 1 + countPairs((value as Record<string, unknown>)[key]);
    }
  return count;
}
