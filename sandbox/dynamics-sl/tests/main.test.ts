import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test, vi } from "vitest";
import type { Credentials } from "../site.ts";
import { SlClient } from "./client.ts";
import { INVOICE, reserve } from "./site.ts";

const PROGRAM = fileURLToPath(new URL("../main.ts", import.meta.url));

test.each(["SIGTERM", "SIGINT"] as const)(
  "the program prints one ready line and stops cleanly on %s",
  async (signal) => {
    const child = spawn(process.execPath, [PROGRAM, "--port", "0"], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, SANDBOX_SL_PASSWORD: "given" },
    });
    const exited = once(child, "exit");
    const [line] = (await once(child.stdout, "data")) as [Buffer];

    const ready = JSON.parse(String(line)) as Record<string, unknown>;
    child.kill(signal);
    const [code] = (await exited) as [number | null];

    expect(ready).toMatchObject({ ready: true, companyId: "0060", password: "given" });
    expect(String(ready.url)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/ctDynamicsSL$/);
    expect(code).toBe(0);
  },
);

test("after kill -9 every answered save is there again", async () => {
  const home = mkdtempSync(join(tmpdir(), "sandbox-sl-"));
  const first = await aProgram(home);
  const answered: string[] = [];
  const saving = Promise.allSettled(
    Array.from({ length: 4 }, async () => {
      for (;;) answered.push(await reserve(first.client, INVOICE));
    }),
  );
  await vi.waitUntil(() => answered.length > 50, { timeout: 10_000 });

  first.child.kill("SIGKILL");
  await saving;
  const second = await aProgram(home);
  const batches = await second.client.rows("Batch");
  second.child.kill("SIGTERM");
  await once(second.child, "exit");
  rmSync(home, { recursive: true, force: true });

  const kept = new Set(batches.map((row) => String(row.BatNbr)));
  expect(answered.filter((batNbr) => !kept.has(batNbr))).toEqual([]);
});

/** The program over `home`, ready, with a client. */
async function aProgram(home: string): Promise<{ child: ChildProcess; client: SlClient }> {
  const child = spawn(process.execPath, [PROGRAM, "--home", home, "--first-period", "202601"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  const { url, ...credentials } = JSON.parse(String(line)) as Credentials & { url: string };
  return { child, client: new SlClient(url, credentials) };
}
