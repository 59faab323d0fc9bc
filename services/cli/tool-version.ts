import manifest from '../../package.json' with { type: 'json' };

/** Pratique's own version, as documents name the tool that wrote them. */
export const toolVersion: string = manifest.version;
