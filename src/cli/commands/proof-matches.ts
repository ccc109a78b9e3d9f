import type { Command } from "commander";
import { MatchAnswer, MatchList, ProofMatch } from "../../api/contract.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import { onlyPair } from "../only-pair.ts";
import { personName } from "../parked-ids.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

/** A month of SL's lines is read page by page. */
export const PROOF_WITHIN_MS = 30 * 60_000;

type MatchFlags = HubCommandFlags &
  Readonly<{
    date?: string;
    month?: string;
    period?: string;
    currency?: string;
    reason: string;
    by?: string;
    dryRun?: boolean;
  }>;

const pathOf = (pair: string) => `/api/pairs/${encodeURIComponent(pair)}/proof/matches`;

/** `slipway proof match`, `unmatch` and `matches`: differences that cancel each other. */
export function registerProofMatches(proof: Command, cli: Cli): void {
  registerMatch(proof, cli);
  registerUnmatch(proof, cli);
  registerMatches(proof, cli);
}

function registerMatch(proof: Command, cli: Cli): void {
  const command = defineCommand(proof, {
    usage: "match <pair> <ids...>",
    summary: "say that differences cancel, or which batch books what is skipped or dismissed",
    paragraph:
      "For a batch that somebody booked on clearing by hand and its reversal, a document that " +
      "was changed in SL and the journal that corrects it, or rows of line 1 that are skipped or " +
      "dismissed and the batch that books them. Name all of them by their ids in the " +
      "proof of --date, --month or --period. They have to add up to nothing there; SL is not " +
      "touched. From then on they are listed as matched, with who and why, and a period closes " +
      "with them. A day on which they do not cancel yet shows them as differences still.",
    examples: [
      'slipway proof match acme-us 000123 000131 --month 2026-03 --reason "by mistake" --dry-run',
      'slipway proof match acme-us 000123 000131 --month 2026-03 --reason "by mistake"',
      'slipway proof match acme-us 000140 txn_3Pq --month 2026-03 --reason "booked by the till"',
    ],
  });
  withDryRun(withHub(command))
    .requiredOption("--reason <words>", "why")
    .option("--date <day>", "as the proof of this day shows them, YYYY-MM-DD")
    .option("--month <month>", "as the proof of this month's fiscal period shows them, YYYY-MM")
    .option("--period <period>", "as the proof of this fiscal period shows them, YYYYPP")
    .option("--currency <code>", "of this settlement currency")
    .option("--by <name>", "who says so; default: the name of this login")
    .action(async (pair: string, findings: string[], flags: MatchFlags) => {
      const { date, month, period, currency, reason, by = personName(), dryRun = false } = flags;
      const body = { findings, date, month, period, currency, reason, by, dryRun };
      // The proof is made anew before anything is matched.
      const call = { body, withinMs: PROOF_WITHIN_MS };
      const answer = await cli.hub(flags).post(pathOf(pair), MatchAnswer, call);
      printAnswer(cli, flags.json, answer, () => renderMatch(answer, pair));
    });
}

function renderMatch({ findings, match, currency }: MatchAnswer, pair: string): string {
  const rows = findings.map(({ kind, id, amount }) => [kind, id, amount]);
  const columns = [
    ...[{ title: "Kind" }, { title: "Id" }],
    { title: currency, align: "right" } as const,
  ];
  const back = match === null ? "" : ` Back: slipway proof unmatch ${pair} ${match.id}`;
  const end =
    match === null
      ? "They add up to 0. Nothing is changed."
      : `They add up to 0 and are match ${match.id}.${back}`;
  return `${renderTable(columns, rows)}\n\n${end}`;
}

function registerUnmatch(proof: Command, cli: Cli): void {
  const command = defineCommand(proof, {
    usage: "unmatch <pair> <match>",
    summary: "take a match back",
    paragraph:
      "What it named is a difference again, in every proof that shows it. SL is not touched, and " +
      "the match stays listed with who took it back.",
    examples: ["slipway proof unmatch acme-us 3", "slipway proof unmatch acme-us 3 --by maria"],
  });
  withHub(command)
    .option("--by <name>", "who takes it back; default: the name of this login")
    .action(async (pair: string, id: string, flags: HubCommandFlags & { by?: string }) => {
      const { by = personName() } = flags;
      const path = `${pathOf(pair)}/${encodeURIComponent(id)}/undo`;
      const match = await cli.hub(flags).post(path, ProofMatch, { body: { by } });
      printAnswer(cli, flags.json, match, () => {
        return `Match ${match.id} is taken back: ${match.findings.join(", ")}.`;
      });
    });
}

function registerMatches(proof: Command, cli: Cli): void {
  const command = defineCommand(proof, {
    usage: "matches [pair]",
    summary: "list the matches, newest first",
    paragraph: "With who made each and why, and who took it back where somebody did.",
    examples: ["slipway proof matches acme-us", "slipway proof matches acme-us --json"],
  });
  withHub(command).action(async (named: string | undefined, flags: HubCommandFlags) => {
    const hub = cli.hub(flags);
    const pair = named ?? (await onlyPair(hub, "proof matches <pair>"));
    const { matches } = await hub.get(pathOf(pair), MatchList);
    printList(cli, flags.json, matches, () =>
      matches.length === 0 ? "Nothing is matched." : matchTable(matches),
    );
  });
}

function matchTable(matches: readonly ProofMatch[]): string {
  const rows = matches.map((one) => {
    const back = one.undoneAt === null ? "" : `taken back by ${one.undoneBy}`;
    const { id, currency, madeAt, madeBy, findings, reason } = one;
    return [id, currency, localTime(madeAt), madeBy, findings.join(" "), plain(reason), back];
  });
  const titles = ["Match", "In", "At", "By", "Ids", "Why", ""];
  return renderTable(
    titles.map((title) => ({ title })),
    rows,
  );
}
