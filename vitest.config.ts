import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that measure time against a limit: one at a time, with nothing else beside them. */
const TIMED = [
  "src/lanes/backlog.test.ts",
  "src/lanes/start-time.test.ts",
  "src/intake/answer-time.test.ts",
  "sandbox/stripe/tests/speed.test.ts",
];

/** Folders whose files take longest, mostly waiting for processes: started first. */
const LONGEST = ["test/torture/", "test/crash/", "src/db/embedded/", "src/intake/", "src/cli/"];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((folder) => moduleId.includes(`/${folder}`));
      return place === -1 ? LONGEST.length : place;
    };
    return sorted.sort((a, b) => rank(a) - rank(b));
  }
}

const SHARED = {
  // One module graph for all files of a worker: loading it anew took a quarter of the run. A file
  // that changes something global puts it back.
  isolate: false,
  // Node strips the types itself, and its compile cache keeps the result for every process.
  experimental: { viteModuleRunner: false },
  testTimeout: 90_000,
  hookTimeout: 90_000,
  // Each test file that needs PostgreSQL gets a database of its own, cloned from one template.
  globalSetup: ["test/support/global-setup.ts"],
};

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          ...SHARED,
          name: "all",
          include: ["{src,sandbox,test,scripts,bench}/**/*.test.ts"],
          exclude: TIMED,
          // Half of the long ones wait for a lease or a stop, so two cores carry three files. With
          // four, a slow hour of the machine breaks time limits.
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...SHARED,
          name: "timed",
          include: TIMED,
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
