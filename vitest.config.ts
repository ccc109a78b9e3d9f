import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Tests that measure time against a limit: one at a time, with nothing else beside them. */
const TIMED = [
  "src/lanes/backlog.test.ts",
  "src/lanes/start-time.test.ts",
  "src/intake/answer-time.test.ts",
  "sandbox/stripe/tests/speed.test.ts",
];

/** Files that mostly wait: for a lease, a heartbeat, a stop, a limit of time. The longest first. */
const WAITING = [
  "test/crash/graceful-stop.test.ts",
  "test/e2e/stripe-faults.test.ts",
  "test/crash/two-hubs.test.ts",
  "src/intake/unavailable.test.ts",
  "src/db/embedded/adopt.test.ts",
  "src/lanes/worker.test.ts",
  "test/e2e/hub-faults.test.ts",
  "test/e2e/slow-answers.test.ts",
  "src/lanes/take-over.test.ts",
  "src/intake/restart.test.ts",
  "test/crash/database-restart.test.ts",
  "test/e2e/call-limit.test.ts",
  "test/e2e/put-back.test.ts",
  "test/e2e/database-restart.test.ts",
];

/** What takes longest is started first, so that nothing is left to wait for at the end. */
const LONGEST = [
  ...WAITING,
  ...["test/torture/", "test/crash/", "test/e2e/doctor-probe.test.ts", "test/e2e/rebuild.test.ts"],
  ...["src/db/", "src/cli/", "test/e2e/"],
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((path) => moduleId.includes(`/${path}`));
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
  // Objects of a test die young; with room for more of them they are collected half as often. Room
  // that only grows takes many of them for old ones, which cost most.
  execArgv: ["--min-semi-space-size=32", "--max-semi-space-size=64"],
  // A slow hour of a shared machine is five times as slow as a good one: what hangs is told later.
  testTimeout: 300_000,
  hookTimeout: 300_000,
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
          name: "waiting",
          include: WAITING,
          maxWorkers: 8,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...SHARED,
          name: "all",
          include: ["{src,sandbox,test,scripts,bench}/**/*.test.ts"],
          exclude: [...TIMED, ...WAITING],
          // With four, a slow hour of a machine of two cores breaks time limits.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...SHARED,
          name: "timed",
          include: TIMED,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
