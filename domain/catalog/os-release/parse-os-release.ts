import type { OperatingSystem } from '../../sbom/component.ts';

/** os-release(5): shell assignments. `undefined` where there is no ID. */
export function parseOsRelease(text: string): OperatingSystem | undefined {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Z_]+)=(.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) values.set(match[1], unquote(match[2].trim()));
  }
  const id = values.get('ID');
  if (!id || !/^[a-z0-9._-]{1,64}$/.test(id)) return undefined;
  const versionId = values.get('VERSION_ID');
  const name = values.get('PRETTY_NAME') ?? values.get('NAME');
  return {
    id,
    ...(versionId ? { versionId: versionId.slice(0, 64) } : {}),
    ...(name ? { name: name.slice(0, 200) } : {}),
  };
}

function unquote(value: string): string {
  const quoted = /^(["'])(.*)\1$/.exec(value);
  return (quoted?.[2] ?? value).replaceAll(/\\(["'$`\\])/g, '$1');
}
