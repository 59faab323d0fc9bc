import type { TestFacts } from './evidence.ts';
import { predicateTypes, type Statement } from './statement.ts';
import { testResultSchema } from './test-result.ts';

const MAX_NAMES = 50;
const MAX_CHARACTERS = 400;

/** What a configuration is called (a ResourceDescriptor of in-toto): its name, else where it is. */
function nameOf(configuration: Readonly<Record<string, unknown>>): string[] {
  const name = [configuration.name, configuration.uri, configuration.downloadLocation].find(
    (text) => typeof text === 'string' && text !== '',
  );
  return name === undefined ? [] : [String(name).slice(0, MAX_CHARACTERS)];
}

/** Of in-toto's test result (v0.1); undefined where the statement is none, or not as its specification has it. */
export function readTestFacts(statement: Statement): TestFacts | undefined {
  if (statement.predicateType !== predicateTypes.testResult) return undefined;
  const read = testResultSchema.safeParse(statement.predicate);
  if (!read.success) return undefined;
  const { result, configuration, passedTests = [], warnedTests = [], failedTests = [] } = read.data;
  return {
    result,
    configuration: [...new Set(configuration.flatMap(nameOf))].sort().slice(0, MAX_NAMES),
    ...{ passed: passedTests.length, warned: warnedTests.length, failed: failedTests.length },
    ...(failedTests.length === 0
      ? {}
      : { failures: failedTests.slice(0, MAX_NAMES).map((test) => test.slice(0, MAX_CHARACTERS)) }),
  };
}
