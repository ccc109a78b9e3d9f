import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "src/**/*.test.ts",
      "sandbox/**/*.test.ts",
      "test/**/*.test.ts",
      "scripts/**/*.test.ts",
      "bench/**/*.test.ts",
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // Two cores: a file has processes of its own (PostgreSQL, sandboxes), so two at once fill them.
    maxWorkers: 2,
    // Each test file that needs PostgreSQL gets a database of its own, cloned from one template.
    globalSetup: ["test/support/global-setup.ts"],
  },
});
