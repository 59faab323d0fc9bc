/** Toolchains that come with a file that says what they are: Java's `release`, Go's `VERSION`. */
import { type FileCataloger, MEBIBYTE } from '../cataloger.ts';
import { decodeLegacyText } from '../decode-text.ts';
import { toComponent } from './cataloger.ts';

const CONFIDENCE = 0.9;

/** `release` in the home of a JDK or JRE (JEP 223): `JAVA_VERSION="17.0.9"`, `IMPLEMENTOR="Eclipse Adoptium"`. */
export const javaReleaseCataloger: FileCataloger = {
  kind: 'file',
  name: 'java-release',
  isOptional: true,
  maxBytes: MEBIBYTE,
  wants: (path) => path.endsWith('/release') || path === 'release',
  catalog(_path, bytes) {
    const text = decodeLegacyText(bytes);
    const version = /^JAVA_VERSION="?(\d[\w.+-]*)"?\r?$/m.exec(text)?.[1];
    if (version === undefined) return undefined;
    const supplier = /^IMPLEMENTOR="?([^"\r\n]{1,200}?)"?\r?$/m.exec(text)?.[1];
    const component = toComponent('openjdk', version, CONFIDENCE);
    return { kind: 'components', components: [supplier === undefined ? component : { ...component, supplier }] };
  },
};

/** `VERSION` in a Go installation: `go1.22.3`, since 1.21 with a line more. Advisories call it `toolchain`. */
export const goToolchainCataloger: FileCataloger = {
  kind: 'file',
  name: 'go-toolchain',
  isOptional: true,
  maxBytes: MEBIBYTE,
  wants: (path) => path.endsWith('/VERSION') || path === 'VERSION',
  catalog(_path, bytes) {
    const version = /^go(\d+\.\d+(?:\.\d+)?(?:(?:rc|beta)\d+)?)\r?(?:\n|$)/.exec(
      decodeLegacyText(bytes.subarray(0, 200)),
    )?.[1];
    if (version === undefined) return undefined;
    const component = toComponent('go', version, CONFIDENCE);
    return { kind: 'components', components: [{ ...component, ecosystem: 'Go', advisoryName: 'toolchain' }] };
  },
};
