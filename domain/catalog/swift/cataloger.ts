import { decodeJson } from '../decode-text.ts';
import { lockfileCataloger } from '../manifest-cataloger.ts';
import { parsePackageResolved } from './parse-package-resolved.ts';

/** Packages that Swift's lockfile pins. Their names are those of their repositories, `github.com/apple/swift-nio`. */
export const swiftLockfileCataloger = lockfileCataloger(
  {
    name: 'swift-lockfile',
    isNamed: (file) => file === 'Package.resolved',
    maxMebibytes: 8,
    naming: {
      ecosystem: 'SwiftURL',
      purl(name) {
        const slash = name.lastIndexOf('/');
        return {
          type: 'swift',
          ...(slash < 1 ? {} : { namespace: name.slice(0, slash) }),
          name: name.slice(slash + 1),
        };
      },
    },
  },
  (bytes) => parsePackageResolved(decodeJson(bytes)),
);
