// Who may import whom: the table of docs/architecture.md, enforced by `npm run lint`.
const pure = ['zod', 'semver', 'yaml', 'smol-toml', 'saxes', 'ae-cvss-calculator', 'spdx-[a-z-]+'];
const npm = (names) => `node_modules/(${names.join('|')})/`;
const ours = '^(domain|workflows|activities|adapters|services|infra|test)/';
module.exports = {
  forbidden: [
    // Of files that load one another; a type, or a verb that is loaded when it runs, goes back to its list.
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } } },
    { name: 'domain-imports-only-domain', severity: 'error', from: { path: '^domain/' }, to: { path: ours, pathNot: '^domain/' } },
    { name: 'domain-has-no-node-builtins', severity: 'error', from: { path: '^domain/' }, to: { dependencyTypes: ['core'] } },
    { name: 'domain-uses-pure-packages-only', severity: 'error', from: { path: '^domain/' }, to: { path: 'node_modules/', pathNot: npm(pure) } },
    { name: 'workflows-import-workflows-and-domain', severity: 'error', from: { path: '^workflows/' }, to: { path: ours, pathNot: '^(workflows|domain)/', dependencyTypesNot: ['type-only'] } },
    { name: 'workflows-take-only-types-of-activities', severity: 'error', from: { path: '^workflows/' }, to: { path: '^(adapters|services|infra|test)/' } },
    { name: 'workflows-use-temporal-only', severity: 'error', from: { path: '^workflows/' }, to: { path: 'node_modules/', pathNot: npm(['@temporalio/workflow', '@temporalio/common', ...pure]), dependencyTypesNot: ['type-only'] } },
    { name: 'workflows-have-no-node-builtins', severity: 'error', from: { path: '^workflows/' }, to: { dependencyTypes: ['core'] } },
    { name: 'activities-import-domain', severity: 'error', from: { path: '^activities/' }, to: { path: ours, pathNot: '^(activities|domain)/' } },
    { name: 'activities-use-temporal-only', severity: 'error', from: { path: '^activities/' }, to: { path: 'node_modules/', pathNot: npm(['@temporalio/activity', '@temporalio/common', ...pure]) } },
    { name: 'adapters-import-domain', severity: 'error', from: { path: '^adapters/' }, to: { path: ours, pathNot: '^(adapters|domain)/' } },
    // Postgres, Kafka and Temporal have clients of their own, named in their adapters; test/unit/infra/ways-out.test.ts looks for fetch. A signer listens on a Unix socket, igzip writes into one, health and metrics on a port.
    { name: 'only-egress-calls-out', severity: 'error', from: { path: '^(domain|workflows|activities|adapters|services)/', pathNot: '^adapters/(egress/|telemetry/admin-server\\.ts|builder/signing-socket\\.ts|archive/igzip\\.ts)' }, to: { path: '^(node:)?(http|https|http2|net|tls|dgram)$|(^|node_modules/)(undici|axios|got|node-fetch|ws)(/|$)', dependencyTypesNot: ['type-only'] } },
    { name: 'no-service-imports-another', severity: 'error', from: { path: '^services/([^/]+)/' }, to: { path: '^services/([^/]+)/', pathNot: '^services/$1/' } },
    { name: 'migrations-import-nothing-of-ours', severity: 'error', from: { path: '^infra/migrations/' }, to: { path: ours, pathNot: '^infra/migrations/' } },
    { name: 'only-tests-stand-at-fault-points', severity: 'error', from: { pathNot: '^(test/|domain/fault/fault-point)' }, to: { path: '^domain/fault/fault-hook' } },
    { name: 'nothing-imports-test', severity: 'error', from: { pathNot: '^test/' }, to: { path: '^test/' } },
    { name: 'no-dev-dependencies-in-production-code', severity: 'error', from: { path: '^(domain|workflows|activities|adapters|services)/' }, to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(test/fixtures|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'], extensions: ['.ts', '.mjs', '.js', '.json'] },
  },
};
