import { resourceUsage } from "node:process";
import { openLog } from "../../base/log.ts";
import { stopOnRequest } from "../../cli/child.ts";
import { openHub } from "../../compose.ts";
import { readEnv } from "../../config/index.ts";
import type { HubUse, HubWord } from "./hub-words.ts";
import { shareClock } from "./shared-clock.ts";

// The hub as `slipway serve` runs it, in the time of the year that its parent plays.

const clock = shareClock(Number(process.argv[2] ?? 0));
const env = readEnv(process.env);
const opening = openHub(env, openLog(env.logLevel), {
  mayLoseCommits: process.argv[3] === "true",
});
const stopped = stopOnRequest(async () => (await opening.catch(() => undefined))?.close(), false);
const hub = await opening;
process.on("message", (word: HubWord) => {
  if ("shiftMs" in word) clock.shift(word.shiftMs);
  else clock.comeRound();
  const { maxRSS, userCPUTime, systemCPUTime } = resourceUsage();
  const cpuMs = (userCPUTime + systemCPUTime) / 1000;
  process.send?.({ residentMb: maxRSS / 1024, cpuMs } satisfies HubUse);
});
// Whoever plays the year is gone: nobody would move the clock any more.
process.on("disconnect", () => process.kill(process.pid, "SIGTERM"));
process.send?.({ url: hub.url });
await stopped;
process.channel?.unref();
