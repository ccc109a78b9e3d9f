import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { TEST_TOKEN } from "../api/testing/serve-api.ts";
import { createHubClient } from "./hub-client.ts";
import { runCommand } from "./testing/run-command.ts";

const lanesAt = (url: string) =>
  runCommand(["lanes", "--url", url], { SLIPWAY_HOME: "/nonexistent", SLIPWAY_TOKEN: TEST_TOKEN });

test("no hub in the home ends 2 and says what to start", async () => {
  const empty = mkdtempSync(join(tmpdir(), "slipway-empty-"));

  const { code, err } = await runCommand(["lanes"], { SLIPWAY_HOME: empty });
  rmSync(empty, { recursive: true });

  expect(code).toBe(2);
  expect(err).toContain(`No hub runs in ${empty}`);
  expect(err).toContain("slipway serve");
});

test("a hub that is gone ends 2 and says what to start", async () => {
  const { code, err } = await lanesAt("http://127.0.0.1:1");

  expect(code).toBe(2);
  expect(err).toContain("The hub at http://127.0.0.1:1 does not answer");
  expect(err).toContain("slipway serve");
});

test("a hub that is slow to answer is not told to be started", async () => {
  const slow = createServer();
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  const { port } = slow.address() as AddressInfo;
  const hub = createHubClient({ url: `http://127.0.0.1:${port}`, token: TEST_TOKEN });

  const asked = hub.get("/api/lanes", z.unknown(), { withinMs: 100 });

  await expect(asked).rejects.toMatchObject({
    message: expect.stringContaining("did not answer in time") as unknown,
    cure: expect.not.stringContaining("slipway serve") as unknown,
  });
  slow.closeAllConnections();
  await new Promise((resolve) => slow.close(resolve));
});

test("something else that answers is not taken for a hub", async () => {
  const stranger = createServer((_request, response) => response.end("<html>hello</html>"));
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const { port } = stranger.address() as AddressInfo;

  const { code, err } = await lanesAt(`http://127.0.0.1:${port}`);
  await new Promise((resolve) => stranger.close(resolve));

  expect(code).toBe(2);
  expect(err).toContain("is no hub");
});

test("a URL that is none is wrong usage", async () => {
  const { code, err } = await lanesAt("localhost");

  expect(code).toBe(2);
  expect(err).toContain("is no http or https URL");
});
