import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../support/wait.ts";
import { CLI, type Program, startProgram } from "./support/hub-process.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WITHIN_MS = 90_000;

type Row = Readonly<Record<string, unknown>>;

let home: string;
let stranger: Server;
let program: Program;
/** What the demo printed until it had nothing more to say. */
let said: string;

// The port that the hub would take belongs to somebody else, as it may on anybody's machine.
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "slipway-output-"));
  stranger = createServer().listen(0, "127.0.0.1");
  await once(stranger, "listening");
  program = startProgram(["start"], environment());
  await until(
    "the demo to tell what to try next",
    () => program.output().includes("Ctrl-C stops everything.") || !program.isRunning(),
    WITHIN_MS,
  );
  said = program.output();
  if (!program.isRunning()) throw new Error(program.log());
}, WITHIN_MS);

afterAll(async () => {
  await program.kill();
  stranger.close();
  rmSync(home, { recursive: true, force: true });
});

function environment(): Record<string, string> {
  const address = stranger.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { SLIPWAY_HOME: home, SLIPWAY_PORT: String(port) };
}

/** The commands below the numbered step, as printed; what stands between them are words. */
function commandsOf(step: number): string[] {
  const after = said.slice(said.indexOf(`\n  ${step}. `) + 1).split("\n");
  const end = after.findIndex((line, index) => index > 0 && !line.startsWith("     "));
  const lines = after.slice(1, end).map((line) => line.trim());
  return lines.filter((line) => /^(npm|npx|kill|taskkill) /.test(line));
}

type Ran = Readonly<{ code: number; output: string }>;

/** Runs a printed command as a person would: npm's script and Stripe's CLI, without npm's start. */
async function run(command: string): Promise<Ran> {
  const [program = "", ...rest] = command.split(" ");
  const isSlipway = command.startsWith("npm run slipway -- ");
  if (!isSlipway && !command.startsWith("npx stripe ")) throw new Error(`Not known: ${command}`);
  const file = isSlipway ? process.execPath : join(ROOT, "node_modules", ".bin", "stripe");
  const args = isSlipway ? [CLI, ...rest.slice(3)] : rest.slice(1);
  const env = { PATH: process.env.PATH ?? "", HOME: home, XDG_CONFIG_HOME: home, ...environment() };
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  return { code: code ?? -1, output: `${program}: ${output}` };
}

async function rowsOf(url: string, table: string): Promise<Row[]> {
  const response = await fetch(`${new URL(url).origin}/_sandbox/rows?table=${table}`);
  return (await response.json()) as Row[];
}

function urlOf(name: string): string {
  return new RegExp(`^  ${name} +(http\\S+)$`, "m").exec(said)?.[1] ?? "";
}

/** Whether everything that was ever paid is one released and paid invoice in SL. */
async function isAllBooked(intents: number): Promise<boolean> {
  const documents = await rowsOf(urlOf("sandbox Dynamics SL"), "ARDoc");
  const released = documents.filter((row) => row.Rlsed === 1 && row.DocBal === 0);
  return released.length === 2 * intents;
}

test("each step is told once, in order, with its documents", () => {
  const steps = [...said.matchAll(/^ *\d+\.\d s {2}✓ (.{22}) (.*)$/gm)];

  expect(steps.map(([, name]) => name?.trim())).toEqual([
    "paid at Stripe",
    "event received",
    "charge read",
    "customer",
    "invoice",
    "payment",
    "metadata written back",
    // To the customer, then to the payment.
    "metadata written back",
  ]);
  const texts = steps.map(([, , text]) => text);
  expect(texts[0]).toMatch(/^pi_\w+, 108\.25 USD, customer cus_\w+$/);
  expect(texts[1]).toMatch(/^\S+ evt_\w+, signature checked, on disk$/);
  expect(texts[3]).toMatch(/^customer ST\w+ created in SL$/);
  expect(texts[4]).toMatch(/^invoice \d{6} released, batch \d{6}$/);
  expect(texts[5]).toMatch(/^payment \w{10} released and applied, batch \d{6}$/);
});

test("the entries balance and the receivable is back at zero", () => {
  const total = /^Total +([\d.]+) +([\d.]+) +USD/m.exec(said);
  const rows = [...said.matchAll(/ (\d{4}) +0{12} +([\d.]+)/g)].map(([, account]) => account);

  expect(Number(total?.[1])).toBeGreaterThan(0);
  expect(total?.[1]).toBe(total?.[2]);
  expect(said).not.toContain("does not balance");
  expect(rows.sort()).toEqual(["1095", "1210", "1210", "4010"]);
  expect(said).toContain("AR balance of the customer in SL: 0.00\n");
});

test("the metadata that was written back names SL's numbers", () => {
  const invoice = /invoice (\d{6}) released/.exec(said)?.[1];

  expect(said).toMatch(new RegExp(`DynamicsSL_InvoiceNbr +${invoice}$`, "m"));
  expect(said).toMatch(/DynamicsSL_CustomerID +ST\w+$/m);
  expect(said).toMatch(/DynamicsSL_PaymentNbr +\w{10}$/m);
  expect(said).toMatch(/DynamicsSL_BatchNbr +\d{6}$/m);
});

test("the first thing to try tells the story of the order", async () => {
  const [trace = ""] = commandsOf(1);

  const { code, output } = await run(trace);

  expect(code, output).toBe(0);
  expect(output).toContain(/invoice (\d{6}) released/.exec(said)?.[1] ?? "no invoice");
});

test("the second thing to try books another payment", async () => {
  const [trigger = "", runs = ""] = commandsOf(2);

  const triggered = await run(trigger);
  await until("the payment to be booked", () => isAllBooked(2));
  // SL has its documents before the run has written back and come to its end.
  const listed = await until("its run to be listed", async () => {
    const ran = await run(runs);
    return (ran.output.match(/booked/g)?.length ?? 0) >= 2 ? ran : undefined;
  });

  expect(triggered.output).toContain("Trigger succeeded");
  expect(listed.code, listed.output).toBe(0);
});

/** Waits until SL has saved the invoice that it was told to answer late. */
async function savedUnanswered(): Promise<void> {
  const sl = urlOf("sandbox Dynamics SL");
  await until("SL to hold the invoice and its answer", async () => {
    const response = await fetch(`${new URL(sl).origin}/_sandbox/faults`);
    const faults = (await response.json()) as Row[];
    return faults.length === 1 && faults[0]?.hits === 1;
  });
}

async function traceOf(lane: string): Promise<Row> {
  const { code, output } = await run(`npm run slipway -- trace ${lane} --json`);
  expect(code, output).toBe(0);
  return JSON.parse(output.slice(output.indexOf("{"))) as Row;
}

test("the third thing to try kills the hub half way, starts it again and books once", async () => {
  const [slow = "", trigger = "", lanes = "", kill = "", serve = "", runs = ""] = commandsOf(3);
  const pid = Number(/^kill -9 (\d+)$/.exec(kill)?.[1]);

  expect((await run(slow)).output).toContain("answered 60 s later");
  const triggered = await run(trigger);
  await savedUnanswered();
  const atWork = await run(lanes);
  process.kill(pid, "SIGKILL");
  await until("the demo to see that", () => program.output().includes("The hub ended"));
  const amid = await rowsOf(urlOf("sandbox Dynamics SL"), "ARDoc");
  const again = startProgram(serve.split(" ").slice(4), environment());
  await until("the hub to be back", () => again.output().includes("Slipway listens at"), WITHIN_MS);
  await until("the payment to be booked", () => isAllBooked(3), WITHIN_MS);
  const listed = await until("its run to be listed", async () => {
    const ran = await run(runs);
    return (ran.output.match(/invoice \d{6}/g)?.length ?? 0) >= 3 ? ran : undefined;
  });
  const lane = /\bpi_\w+/.exec(listed.output)?.[0] ?? "";
  const trace = await traceOf(lane);
  again.signal("SIGINT");

  expect(await again.ended).toBe(0);
  expect(again.output()).toContain(`Slipway listens at ${urlOf("hub")}\n`);
  expect(triggered.output).toContain("Trigger succeeded");
  expect(listed.code, listed.output).toBe(0);
  expect(program.output()).toContain("The hub ended: killed by SIGKILL. The sandboxes");
  expect(program.output()).toContain(serve);
  // It was half way when the kill came: at work in the hub, saved in SL, and not released.
  expect(atWork.output).toMatch(/^demo +1 /m);
  const unreleased = amid.filter((row) => row.Rlsed === 0);
  expect(unreleased.map((row) => String(row.DocType).trim())).toEqual(["IN"]);
  const texts = (trace.story as Row[]).map((line) => String(line.text));
  expect(texts).toContainEqual(
    expect.stringMatching(
      /^the fill of the invoice had no answer, and was found done \d+ s later$/,
    ),
  );
  expect(texts).toContainEqual(
    expect.stringMatching(/^hub \S+ ended here, or stood still; taken over by run \d+$/),
  );
  const documents = await rowsOf(urlOf("sandbox Dynamics SL"), "ARDoc");
  expect(documents.map((row) => String(row.DocType).trim()).sort()).toEqual([
    ...["IN", "IN", "IN"],
    ...["PA", "PA", "PA"],
  ]);
});

test("Ctrl-C ends the demo in good order", async () => {
  program.signal("SIGINT");

  expect(await program.ended).toBe(0);
  expect(program.log()).toContain(
    "Stopped; nothing is lost. The next start finds everything again.",
  );
});
