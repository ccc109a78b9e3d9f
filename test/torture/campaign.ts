import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import pg from "pg";
import { pause } from "../../src/base/clock.ts";
import { migrate } from "../../src/db/index.ts";
import { addHits } from "./coverage.ts";
import type { FromJob, SentResult, ToJob } from "./job.ts";
import { makePlan } from "./plan.ts";
import type { Hits } from "./script.ts";

/** What a campaign is to do. */
export type Campaign = Readonly<{
  /** A PostgreSQL server on which databases may be made. */
  serverUrl: string;
  firstSeed: number;
  runs: number;
  /** Processes at once. */
  jobs: number;
  /** One run of so many uses real child processes; 0 for none. */
  realEvery: number;
  stopsAtFirst: boolean;
  /** Only seeds whose sales become this; all where undefined. */
  mode: string | undefined;
  onResult: (result: SentResult) => void;
}>;

/** What a campaign came to. */
export type CampaignResult = Readonly<{
  runs: number;
  documents: number;
  orphanDocuments: number;
  orphanBatches: number;
  hits: Hits;
  bad: readonly SentResult[];
}>;

/** A run ends within two minutes by itself; this is for one that cannot even do that. */
const ANSWER_MS_MAX = 200_000;
const JOB = join(import.meta.dirname, "job.ts");

/** Runs the seeds one after another in each job, until all are done or one differs. */
export async function runCampaign(campaign: Campaign): Promise<CampaignResult> {
  const hits: Hits = { cells: new Map(), others: new Map() };
  const total = { runs: 0, documents: 0, orphanDocuments: 0, orphanBatches: 0 };
  const bad: SentResult[] = [];
  let next = campaign.firstSeed;
  let taken = 0;
  const take = () => {
    const isOver = taken >= campaign.runs || (campaign.stopsAtFirst && bad.length > 0);
    if (isOver) return undefined;
    while (!isOfMode(campaign, next)) next += 1;
    taken += 1;
    return next++;
  };
  const note = (result: SentResult) => {
    addHits(hits, { cells: new Map(result.cells), others: new Map(result.others) });
    total.runs += 1;
    total.documents += result.documents;
    total.orphanDocuments += result.orphans.documents;
    total.orphanBatches += result.orphans.batches;
    if (result.differences.length > 0) bad.push(result);
    campaign.onResult(result);
  };
  const jobs = Array.from({ length: Math.min(campaign.jobs, campaign.runs) }, () =>
    runJob(campaign, take, note),
  );
  await Promise.all(jobs);
  return { ...total, hits, bad };
}

function isOfMode({ mode, realEvery }: Campaign, seed: number): boolean {
  if (mode === undefined) return true;
  const plan = makePlan(seed, { realEvery });
  if (mode === "losses") return plan.losesAt !== undefined;
  return mode === "returns" ? plan.hasReturns : plan.mode === mode;
}

type Take = () => number | undefined;
type Note = (result: SentResult) => void;

/** Works seeds off in a child process, in a new one where a seed has brought the last one down. */
async function runJob(campaign: Campaign, take: Take, note: Note): Promise<void> {
  let seed = take();
  while (seed !== undefined) {
    const databaseUrl = await makeDatabase(campaign.serverUrl);
    const child = fork(JOB, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    try {
      await ask(child, {
        kind: "open",
        orders: { databaseUrl, realEvery: campaign.realEvery },
      });
      while (seed !== undefined) {
        const said = await ask(child, { kind: "run", seed });
        if (said.kind === "result") note(said.result);
        seed = take();
      }
    } catch (thrown) {
      child.kill("SIGKILL");
      if (seed === undefined) throw thrown;
      note(brokenRun(seed, String(thrown)));
      seed = take();
    } finally {
      if (child.connected) child.send({ kind: "end" } satisfies ToJob);
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
  }
}

/** A run that nobody saw the end of. */
function brokenRun(seed: number, why: string): SentResult {
  const nothing = { orphans: { documents: 0, batches: 0 }, documents: 0, cells: [], others: [] };
  return { ...nothing, seed, differences: [why], trace: [], ms: 0 };
}

async function ask(child: ChildProcess, message: ToJob): Promise<FromJob> {
  const over = new AbortController();
  const { signal } = over;
  try {
    const answer = once(child, "message", { signal }) as Promise<[FromJob]>;
    const ended = once(child, "exit", { signal }).then(() => {
      throw new Error("the job's process has ended");
    });
    const late = pause(ANSWER_MS_MAX, signal).then(() => {
      throw new Error(`the job gave no answer for ${ANSWER_MS_MAX / 1000} s`);
    });
    // Whichever lose the race end with the signal, and nobody listens to them any more.
    for (const loser of [answer, ended, late]) loser.catch(() => undefined);
    child.send(message);
    const [said] = await Promise.race([answer, ended, late]);
    return said;
  } finally {
    over.abort();
  }
}

async function makeDatabase(serverUrl: string): Promise<string> {
  const name = `torture_${randomBytes(6).toString("hex")}`;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  try {
    await admin.query(`create database ${name} template template0`);
  } finally {
    await admin.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  await migrate(url.href);
  return url.href;
}
