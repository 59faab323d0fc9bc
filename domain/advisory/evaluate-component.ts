import type { Component } from '../sbom/component.ts';
import { type Evaluation, evaluateAffected } from './evaluate-affected.ts';
import type { OsvAffected } from './osv-record.ts';
import { isSameRelease, normalisePackageName, parseOsvEcosystem } from './package-identity.ts';

/** Whether an entry is about the component's package, and about its release of it. */
export function speaksOf(
  component: Component,
  affected: OsvAffected,
): 'yes' | 'no' | 'other-release' | 'release-unknown' {
  if (affected.package === undefined) return 'no';
  const { ecosystem, release } = parseOsvEcosystem(affected.package.ecosystem);
  const names = [affected.package.name, component.advisoryName].map((name) => normalisePackageName(ecosystem, name));
  if (ecosystem !== component.ecosystem || names[0] !== names[1]) return 'no';
  if (release === undefined) return 'yes';
  if (component.release === undefined) return 'release-unknown';
  return isSameRelease(ecosystem, release, component.release) ? 'yes' : 'other-release';
}

/** An entry for another release says nothing; one for an unknown release says nothing certain where it would match. */
export function evaluateFor(component: Component, affected: OsvAffected): Evaluation {
  const spoken = speaksOf(component, affected);
  if (spoken === 'no' || spoken === 'other-release') return { kind: 'unaffected' };
  const evaluation = evaluateAffected(component.ecosystem, component.advisoryVersion, affected);
  if (spoken === 'yes' || evaluation.kind !== 'affected') return evaluation;
  return { kind: 'undecided', reason: `the ${component.ecosystem} release of the component is not known` };
}
