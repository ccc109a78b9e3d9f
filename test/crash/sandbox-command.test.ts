import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { type Program, startProgram } from "./support/hub-process.ts";

type Ready = Readonly<{
  stripe: Readonly<{ url: string; secretKey: string }>;
  dynamicsSl: Readonly<Record<"url" | "user" | "password" | "siteId" | "siteKey", string>>;
}>;

let home: string;
const programs: Program[] = [];

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "slipway-sandbox-"));
});
afterAll(async () => {
  await Promise.all(programs.map((program) => program.kill()));
  rmSync(home, { recursive: true, force: true });
});

function sandbox(...flags: string[]): Program {
  const program = startProgram(["sandbox", ...flags], { SLIPWAY_HOME: home });
  programs.push(program);
  return program;
}

/** The value that stands behind a name below one of the two headings. */
function printed(output: string, heading: string, name: string): string {
  const below = output.slice(output.indexOf(`Sandbox ${heading}`));
  return new RegExp(`^  ${name} +(\\S+)$`, "m").exec(below)?.[1] ?? "";
}

function openStripe(url: string, secretKey: string): Stripe {
  const { hostname, port } = new URL(url);
  return new Stripe(secretKey, { host: hostname, port: Number(port), protocol: "http" });
}

test("sandbox prints keys that open both, and a later start finds all again", async () => {
  const first = sandbox();
  await until("both to be up", () => first.output().includes("Ctrl-C stops both."));
  const output = first.output();
  const [url, key] = [printed(output, "Stripe", "url"), printed(output, "Stripe", "secret key")];
  const sl = printed(output, "Dynamics SL", "url");
  const customer = await openStripe(url, key).customers.create({ name: "Kept" });
  const wsdl = await fetch(`${sl}/services/ctDynamicsSL/customerMaintenance.asmx?WSDL`);
  first.signal("SIGINT");
  const exit = await first.ended;

  const second = sandbox("--json");
  const ready = (await second.said("stripe")) as unknown as Ready;
  const { stripe } = ready;
  const again = await openStripe(stripe.url, stripe.secretKey).customers.retrieve(customer.id);
  second.signal("SIGTERM");

  expect(await second.ended).toBe(0);
  expect(exit).toBe(0);
  expect(wsdl.status).toBe(200);
  expect(again).toMatchObject({ id: customer.id, name: "Kept" });
  expect(second.output().trimEnd().split("\n")).toHaveLength(1);
  expect(stripe.secretKey).toBe(key);
  expect(ready.dynamicsSl).toMatchObject({
    user: printed(output, "Dynamics SL", "user"),
    password: printed(output, "Dynamics SL", "password"),
    siteId: printed(output, "Dynamics SL", "site id"),
    siteKey: printed(output, "Dynamics SL", "site key"),
  });
  expect(output).toContain(`--api-base ${url} --api-key ${key}`);
  // Nothing is left behind that still listens.
  await expect(fetch(stripe.url)).rejects.toThrow();
  await expect(fetch(ready.dynamicsSl.url)).rejects.toThrow();
});
