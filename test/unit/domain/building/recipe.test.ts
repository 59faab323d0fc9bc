import { expect, test } from 'vitest';
import { parseRecipe } from '../../../../domain/building/recipe.ts';

test('a full recipe, with its duration in seconds', () => {
  const text = `
fetch:
  - [npm, ci, --ignore-scripts]
build:
  - [node, tools/oci-image.mjs, --layer, "src:/app"]
output: build/image
toolchain: { node: [node, --version] }
timeout: PT2M30S
`;
  expect(parseRecipe(text)).toEqual({
    fetch: [['npm', 'ci', '--ignore-scripts']],
    build: [['node', 'tools/oci-image.mjs', '--layer', 'src:/app']],
    output: 'build/image',
    toolchain: { node: ['node', '--version'] },
    timeout: 150,
  });
});

test('the least recipe: nothing fetched, ten minutes', () => {
  expect(parseRecipe('build: [[make]]\noutput: out\n')).toMatchObject({ fetch: [], toolchain: {}, timeout: 600 });
});

test.each([
  ['not YAML', 'build: [[make]\noutput: out\n', /^.*pratique\.build\.yaml:\d+:\d+: /],
  ['a shell line instead of a list', 'output: out\nbuild:\n  - make all\n', /yaml:3:5: build\.0: .*expected array/],
  ['no commands', 'build: []\noutput: out\n', /yaml:1:8: build: at least one command/],
  ['an empty command', 'output: out\nbuild:\n  - []\n', /yaml:3:5: build\.0: a command needs/],
  ['no output', 'build: [[make]]\n', /yaml:1:1: output: /],
  ['output outside', 'build: [[make]]\noutput: ../out\n', /yaml:2:9: output: expected a folder/],
  ['output absolute', 'build: [[make]]\noutput: /out\n', /yaml:2:9: output: expected a folder/],
  ['output is the repository', 'build: [[make]]\noutput: .\n', /yaml:2:9: output: expected a folder/],
  ['a misspelt key', 'build: [[make]]\noutput: out\ntimout: PT1M\n', /recipe: .*timout/],
  ['a duration in words', 'build: [[make]]\noutput: out\ntimeout: 10m\n', /yaml:3:10: timeout: expected an ISO 8601/],
  ['a list', '- a\n', /yaml:1:1: recipe: /],
  ['nothing', '', /recipe: /],
  // yaml's own bound; a document of a few hundred bytes would else be gigabytes.
  ['aliases without end', `a: &a [x]\n${'b'.repeat(1)}: [${'*a,'.repeat(200)}*a]\n`, /alias/i],
])('%s is refused with its place', (_, text, message) => {
  expect(() => parseRecipe(text)).toThrow(
    expect.objectContaining({ code: 'RECIPE_INVALID', message: expect.stringMatching(message) }),
  );
});
