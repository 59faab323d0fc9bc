/**
 * Paragraphs of `Field: value` lines: deb822(5) control files and Python's core metadata (RFC 822 headers).
 * A line that begins with a space or a tab continues the field above it.
 */

/** Lower-case field name to its values, in order: core metadata repeats fields. */
export type ControlParagraph = ReadonlyMap<string, readonly string[]>;

/** Yields one paragraph at a time. Lines that are no field are skipped, as dpkg does with comments. */
export function* parseControl(text: string): Generator<ControlParagraph> {
  let paragraph = new Map<string, string[]>();
  let values: string[] | undefined;
  for (const raw of text.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line.trim() === '') {
      if (paragraph.size > 0) yield paragraph;
      paragraph = new Map();
      values = undefined;
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      if (values !== undefined) values[values.length - 1] = `${values.at(-1) ?? ''}\n${line.slice(1)}`;
    } else {
      values = addField(paragraph, line);
    }
  }
  if (paragraph.size > 0) yield paragraph;
}

function addField(paragraph: Map<string, string[]>, line: string): string[] | undefined {
  const colon = line.indexOf(':');
  if (colon < 1 || line.startsWith('#')) return undefined;
  const name = line.slice(0, colon).trim().toLowerCase();
  const values = paragraph.get(name) ?? [];
  values.push(line.slice(colon + 1).trim());
  paragraph.set(name, values);
  return values;
}

/** The first value of a field, where it is there and not empty. */
export function fieldOf(paragraph: ControlParagraph, name: string): string | undefined {
  return paragraph.get(name)?.[0] || undefined;
}
