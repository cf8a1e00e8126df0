import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Suites that take longest, most of them waiting: begun first, they do not keep one worker when the other has nothing left. */
const longest = [
  'test/model/duels',
  'test/e2e/silence',
  'test/model/model',
  'test/e2e/silent-bucket',
  'test/client/uploader-outages',
  'test/browser/examples',
  'test/adapters/r2/silence',
  'test/adapters/sharp/memory',
];

/** The longest first, the others in the order of the runner. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = longest.findIndex((name) => moduleId.includes(`/${name}.test.`));
      return at < 0 ? longest.length : at;
    };
    const sorted = await super.sort(files);
    return sorted
      .map((file, index) => ({ file, index }))
      .sort((a, b) => place(a.file) - place(b.file) || a.index - b.index)
      .map(({ file }) => file);
  }
}
