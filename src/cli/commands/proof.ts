import type { Command } from "commander";
import {
  PROVEN_HEADER,
  ProofAnswer,
  type ProofOfCurrency,
  ProofProgress,
} from "../../api/contract.ts";
import { pause } from "../../base/clock.ts";
import { type Cli, EXIT, printList } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import type { HubClient } from "../hub-client.ts";
import { onlyPair } from "../only-pair.ts";
import { renderProof } from "../render/proof.ts";
import { type FileFlags, formatOf, saveFile, withFile } from "../save-file.ts";
import { registerProofDays } from "./proof-days.ts";
import { PROOF_WITHIN_MS, registerProofMatches } from "./proof-matches.ts";

const PROGRESS_EVERY_MS = 1_000;

type Flags = HubCommandFlags &
  FileFlags &
  Readonly<{ date?: string; month?: string; period?: string; currency?: string }>;

/** `slipway proof`: Stripe's balance held against the hub and SL, to the cent. */
export function registerProof(program: Command, cli: Cli): void {
  const proof = defineCommand(program, {
    usage: "proof",
    summary: "prove Stripe's balance against SL's clearing account, to the cent",
    paragraph:
      "Holds Stripe, the hub and SL against each other; `show` is meant where no other command " +
      "is named. What differs on the clearing account and cancels, such as a batch booked there " +
      "by hand and its reversal, is matched.",
    examples: [
      "slipway proof acme-us --month 2026-03",
      "slipway proof days acme-us",
      'slipway proof match acme-us 000123 000131 --month 2026-03 --reason "by mistake"',
    ],
  });
  registerShow(proof, cli);
  registerProofDays(proof, cli);
  registerProofMatches(proof, cli);
}

function registerShow(proof: Command, cli: Cli): void {
  const command = defineCommand(proof, {
    usage: "show [pair]",
    summary: "the proof of a day or of a period",
    paragraph:
      "For each settlement currency of a pair, by default the only one: Stripe's closing " +
      "balance = what SL has released on the clearing account + the lines that wait, each with " +
      "its ids + the difference, with the ids of whatever differs. It reads all sides and " +
      "repairs nothing. " +
      "--date proves the end of a day in the pair's zone, by default of the last one that is " +
      "over; --period a fiscal period, --month the one that a month ends in. --format pdf makes " +
      "a paper to sign, xlsx a workbook, csv a table, html a page to print; --out names the " +
      "file. Exit code 1 when something differs, or where SL's views are missing.",
    examples: [
      "slipway proof",
      "slipway proof show acme-us --date 2026-03-31 --currency USD --json",
      "slipway proof acme-us --month 2026-03 --format pdf --out march.pdf",
      "slipway proof acme-us --period 202601",
    ],
    isDefault: true,
  });
  withFile(withHub(command))
    .option("--date <day>", "the end of this day, YYYY-MM-DD")
    .option("--month <month>", "the fiscal period in which this month ends, YYYY-MM")
    .option("--period <period>", "this fiscal period of SL, YYYYPP")
    .option("--currency <code>", "only this settlement currency")
    .action(async (named: string | undefined, flags: Flags) => {
      const pair = named ?? (await onlyPair(cli.hub(flags), "proof <pair>"));
      const proofs = await ask(cli, pair, flags);
      if (proofs === undefined) return;
      const { paint, width } = cli.terminal;
      printList(cli, flags.json, proofs, () =>
        proofs.length === 0
          ? "There is nothing to prove: no row, no balance, no clearing account."
          : proofs.map((proof) => renderProof(proof, { paint, width })).join("\n\n"),
      );
      if (proofs.some(({ isProven }) => !isProven)) cli.endWith(EXIT.problem);
    });
}

async function ask(
  cli: Cli,
  pair: string,
  flags: Flags,
): Promise<readonly ProofOfCurrency[] | undefined> {
  const { date, month, period, currency, out, paper } = flags;
  const format = formatOf(flags);
  const hub = cli.hub(flags);
  const path = `/api/pairs/${encodeURIComponent(pair)}/proof`;
  const call = { query: { date, month, period, currency }, withinMs: PROOF_WITHIN_MS };
  const watched = <T>(proving: Promise<T>) =>
    flags.json === true ? proving : tellProgress(cli, { hub, path }, proving);
  if (format === undefined) return (await watched(hub.get(path, ProofAnswer, call))).proofs;
  const asked = { hub, path, what: "proof", ...call };
  const headers = await watched(saveFile(cli, asked, { format, out, paper }));
  if (headers[PROVEN_HEADER] !== "true") cli.endWith(EXIT.problem);
  return undefined;
}

/** Says on standard error how far the proof has come, whenever that has changed. */
async function tellProgress<T>(
  cli: Cli,
  asked: Readonly<{ hub: HubClient; path: string }>,
  proving: Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const stop = () => over.abort();
  void proving.then(stop, stop);
  let told = "";
  while (!over.signal.aborted) {
    await pause(PROGRESS_EVERY_MS, over.signal);
    if (over.signal.aborted) break;
    // A hub that does not say how far it is may still finish: its answer decides.
    const progress = await asked.hub
      .get(`${asked.path}/progress`, ProofProgress)
      .then((answer) => answer.progress)
      .catch(() => null);
    if (progress === null || progress === told) continue;
    told = progress;
    cli.terminal.warn(progress);
  }
  return proving;
}
