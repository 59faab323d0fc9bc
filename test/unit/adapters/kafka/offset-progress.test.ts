import { expect, test } from 'vitest';
import { OffsetProgress } from '../../../../adapters/kafka/offset-progress.ts';

test('only an unbroken run from the start may be committed', () => {
  const progress = new OffsetProgress();
  for (const offset of ['12', '10', '14']) progress.markDone(offset);
  expect(progress.takeHead(['10', '11', '12', '13', '14'])).toBe('10');
  expect(progress.takeHead(['11', '12', '13', '14'])).toBeUndefined();
  expect(progress.isDone('12')).toBe(true);
  progress.markDone('11');
  expect(progress.takeHead(['11', '12', '13', '14'])).toBe('12');
  expect(progress.isDone('12')).toBe(false);
  expect(progress.isDone('14')).toBe(true);
});
