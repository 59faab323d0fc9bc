/**
 * The main section of META-INF/MANIFEST.MF (JAR File Specification, "Notes on Manifest and Signature Files"):
 * `Name: value` lines, continued by a line that begins with one space. Names are in lower case here.
 */
export function parseManifest(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let current: string | undefined;
  for (const line of text.split(/\r\n|[\r\n]/)) {
    if (line === '') {
      if (values.size > 0) break;
    } else if (line.startsWith(' ')) {
      if (current !== undefined) values.set(current, (values.get(current) ?? '') + line.slice(1));
    } else {
      const colon = line.indexOf(':');
      current = colon < 1 ? undefined : line.slice(0, colon).trim().toLowerCase();
      if (current !== undefined) values.set(current, line.slice(colon + 1).trim());
    }
  }
  return values;
}
