/** What a schema cannot say of a policy: names that must exist or differ, and an order without circles. */
import { isRepositoryName } from '../artifact/reference.ts';
import { documentKinds } from '../trust/attested-document.ts';
import { PatternError, parseIdentityPattern } from '../trust/identity-pattern.ts';
import { parseDistinguishedName } from '../trust/notation/distinguished-name.ts';
import { NotationError } from '../trust/notation/notation-error.ts';
import { parsePredicateName, predicateNames } from '../trust/predicate-name.ts';
import { closestName } from './closest-name.ts';
import type { PolicyDocument } from './document.ts';
import { templatesOverlap } from './environments.ts';
import type { PolicyProblem } from './policy-error.ts';
import type { PolicyPath, PolicySource } from './policy-source.ts';

/** Reports one problem at `path`. */
type Report = (path: PolicyPath, message: string) => void;

function checkUnique(named: readonly { readonly name: string }[], list: string, what: string, report: Report): void {
  const first = new Map<string, number>();
  for (const [index, { name }] of named.entries()) {
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else report([list, index, 'name'], `${what} "${name}" is already ${list}[${earlier}]`);
  }
}

function checkExists(name: string, known: readonly string[], what: string, path: PolicyPath, report: Report): void {
  if (known.includes(name)) return;
  const close = closestName(name, known);
  const list = known.length === 0 ? `this policy lists none` : `known: ${known.join(', ')}`;
  report(path, `no ${what} "${name}"${close === undefined ? ` (${list})` : `; did you mean "${close}"?`}`);
}

/** The first circle found, as names in order with the first one repeated at the end. */
function findCircle(environments: PolicyDocument['environments']): string[] | undefined {
  const after = new Map(environments.map((environment) => [environment.name, environment.after]));
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    if (done.has(name)) return undefined;
    for (const earlier of after.get(name) ?? []) {
      const circle = visit(earlier, [...trail, name]);
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const { name } of environments) {
    const circle = visit(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

function checkGraph({ environments }: PolicyDocument, report: Report): void {
  const names = environments.map(({ name }) => name);
  for (const [index, { name, after, soak }] of environments.entries()) {
    for (const [position, earlier] of after.entries()) {
      const path = ['environments', index, 'after', position];
      if (earlier === name) report(path, `"${name}" cannot come after itself`);
      else checkExists(earlier, names, 'environment', path, report);
    }
    if (soak !== undefined && after.length === 0)
      report(['environments', index, 'soak'], `nothing comes before "${name}": soak needs "after"`);
  }
  const circle = findCircle(environments);
  if (circle !== undefined && circle.length > 2)
    report(
      ['environments', names.indexOf(circle[0]!), 'after'],
      `environments wait for each other in a circle (${circle.join(' after ')}): at least one must come first`,
    );
}

function checkTemplates(
  { environments, quarantineRepository, rebuildRepository }: PolicyDocument,
  report: Report,
): void {
  const templates: { readonly template: string; readonly path: PolicyPath }[] = [
    ...environments.map(({ repository }, index) => ({
      template: repository,
      path: ['environments', index, 'repository'],
    })),
    { template: quarantineRepository, path: ['quarantineRepository'] },
    { template: rebuildRepository, path: ['rebuildRepository'] },
  ];
  for (const [index, { template, path }] of templates.entries()) {
    if (template === '{repository}')
      report(path, 'must differ from the repository that is pushed to: write for example dev/{repository}');
    else if (template.split('{repository}').length !== 2 || !isRepositoryName(template.replace('{repository}', 'x')))
      report(path, 'expected lower-case letters, digits, . _ - and / around one {repository}');
    else {
      const other = templates.slice(0, index).find((earlier) => templatesOverlap(earlier.template, template));
      if (other !== undefined && other.template !== '{repository}')
        report(path, `"${template}" and "${other.template}" can name the same repository: give each its own prefix`);
    }
  }
}

function checkGates({ environments, signers, builders }: PolicyDocument, report: Report): void {
  const signerNames = signers.map(({ name }) => name);
  const builderNames = builders.map(({ name }) => name);
  for (const [index, { gates }] of environments.entries()) {
    for (const [position, rule] of gates.entries()) {
      const path = ['environments', index, 'gates', position];
      if (rule.gate === 'signature' || rule.gate === 'tests')
        for (const [i, name] of (rule.signers ?? []).entries())
          checkExists(name, signerNames, 'signer', [...path, 'signers', i], report);
      if (rule.gate === 'provenance')
        for (const [i, name] of (rule.builders ?? []).entries())
          checkExists(name, builderNames, 'builder', [...path, 'builders', i], report);
      if (rule.gate === 'licences')
        for (const [i, entry] of rule.deny.entries())
          if (!/^[^*\s]+\*?$/.test(entry))
            report([...path, 'deny', i], 'expected a licence id, or the beginning of one with * at its end (AGPL-*)');
      if (rule.gate === 'scan-fresh')
        for (const key of ['maximumAge', 'databaseMaximumAge'] as const)
          if (rule[key] === 0) report([...path, key], 'no scan is 0 seconds old: write for example P1D');
    }
  }
}

function checkDocuments({ documents, signers }: PolicyDocument, report: Report): void {
  const names = signers.map(({ name }) => name);
  for (const kind of documentKinds) {
    const preference = documents?.[kind];
    if (preference === undefined || preference.prefer === 'generated') continue;
    for (const [i, name] of preference.signers.entries())
      checkExists(name, names, 'signer', ['documents', kind, 'signers', i], report);
  }
}

function checkPeopleAndTimes({ environments }: PolicyDocument, report: Report): void {
  for (const [index, { approvals, freeze }] of environments.entries()) {
    const path = ['environments', index];
    if (approvals !== undefined && approvals.remindAfter >= approvals.expiresAfter)
      report([...path, 'approvals', 'remindAfter'], 'the reminder would come after the request has expired');
    for (const [position, { from, to }] of freeze.entries())
      if (Date.parse(to) <= Date.parse(from))
        report([...path, 'freeze', position, 'to'], `the freeze ends (${to}) before it begins (${from})`);
  }
}

function checkIncidentRules(document: PolicyDocument, report: Report): void {
  const names = document.environments.map(({ name }) => name);
  for (const list of ['findingIncidents', 'revocationIncidents'] as const)
    for (const [index, rule] of document[list].entries())
      for (const [i, name] of (rule.environments ?? []).entries())
        checkExists(name, names, 'environment', [list, index, 'environments', i], report);
}

function checkSigners({ signers, environments }: PolicyDocument, report: Report): void {
  const names = environments.map(({ name }) => name);
  for (const [index, signer] of signers.entries()) {
    const { publicKey, identity, x509, from, until, state, revokedAt } = signer;
    const path = ['signers', index];
    if ([publicKey, identity, x509].filter((one) => one !== undefined).length !== 1)
      report([...path, 'name'], `signer "${signer.name}" is a publicKey, an identity or x509: give one of them`);
    if (x509 !== undefined) checkName(x509.subject, [...path, 'x509', 'subject'], report);
    if (identity !== undefined) checkIdentity(identity, [...path, 'identity'], report);
    for (const [i, name] of (signer.environments ?? []).entries())
      checkExists(name, names, 'environment', [...path, 'environments', i], report);
    for (const [i, type] of (signer.statements ?? []).entries())
      if (parsePredicateName(type) === undefined)
        report(
          [...path, 'statements', i],
          `"${type}" is no predicate type: one of ${predicateNames.join(', ')}, or a URI`,
        );
    if (from !== undefined && until !== undefined && Date.parse(until) <= Date.parse(from))
      report([...path, 'until'], `the trust ends (${until}) before it begins (${from})`);
    if (revokedAt !== undefined && state !== 'revoked')
      report([...path, 'revokedAt'], `"${signer.name}" is ${state}: revokedAt needs "state: revoked"`);
  }
}

function checkName(subject: string, path: PolicyPath, report: Report): void {
  try {
    parseDistinguishedName(subject);
  } catch (error) {
    if (!(error instanceof NotationError)) throw error;
    report(path, error.message);
  }
}

function checkIdentity(
  identity: NonNullable<PolicyDocument['signers'][number]['identity']>,
  path: PolicyPath,
  report: Report,
) {
  try {
    parseIdentityPattern({
      certificateIdentity: identity.subject,
      certificateIdentityRegexp: identity.subjectRegexp,
      certificateOidcIssuer: identity.issuer,
      certificateOidcIssuerRegexp: identity.issuerRegexp,
    });
    if (identity.subject === undefined && identity.subjectRegexp === undefined)
      report(path, 'an identity is a subject and an issuer, each exactly or as a regular expression');
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    report(
      path,
      `${error.message
        .replace(/--certificate-identity/g, 'subject')
        .replace(/--certificate-oidc-issuer/g, 'issuer')
        .replace(/-regexp/g, 'Regexp')}`,
    );
  }
}

/** All problems of a document that fits the schema, in the order of the checks. */
export function crossCheck(document: PolicyDocument, source: PolicySource): PolicyProblem[] {
  const problems: PolicyProblem[] = [];
  const report: Report = (path, message) => void problems.push(source.problem(path, message));
  const { environments, signers, builders, sources } = document;
  checkUnique(environments, 'environments', 'environment', report);
  checkUnique(signers, 'signers', 'signer', report);
  checkUnique(document.policySigners, 'policySigners', 'policy signer', report);
  checkUnique(builders, 'builders', 'builder', report);
  const signerNames = signers.map(({ name }) => name);
  const builderNames = builders.map(({ name }) => name);
  for (const [index, { signer }] of builders.entries())
    checkExists(signer, signerNames, 'signer', ['builders', index, 'signer'], report);
  for (const [index, { builder }] of sources.entries())
    checkExists(builder, builderNames, 'builder', ['sources', index, 'builder'], report);
  checkSigners(document, report);
  checkIncidentRules(document, report);
  checkGraph(document, report);
  checkTemplates(document, report);
  checkGates(document, report);
  checkDocuments(document, report);
  checkPeopleAndTimes(document, report);
  return problems;
}
