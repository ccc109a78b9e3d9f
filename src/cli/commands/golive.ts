import type { Command } from "commander";
import { GoliveAnswer } from "../../api/contract.ts";
import { pause } from "../../base/clock.ts";
import { counted } from "../../base/counted.ts";
import { type Cli, EXIT, printAnswer } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import type { HubClient } from "../hub-client.ts";
import { onlyPair } from "../only-pair.ts";
import { personName } from "../parked-ids.ts";
import { renderTable } from "../render/table.ts";

/** Every balance transaction since the start is read. */
const READ_WITHIN_MS = 60 * 60_000;
/** A journal takes a second; one that waits for a person is told by its state. */
const BOOK_WITHIN_MS = 120_000;
const LOOK_EVERY_MS = 1_000;

type Flags = HubCommandFlags &
  Readonly<{ book?: boolean; yes?: boolean; by?: string; leave?: string[]; open?: string[] }>;

/** `slipway golive`: what straddles a pair's start, and the opening entries for it. */
export function registerGolive(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "golive [pair]",
    summary: "show what straddles a pair's start, and book its opening entries",
    paragraph:
      "Reads at Stripe what stood when the pair started: the balance of each currency, payouts " +
      "on their way, open disputes, each with the journal that would open the books with it; and " +
      "refunds, disputes and failed payouts that came later for money from before the start. " +
      "With --book the entries are booked after you have confirmed them, each once, dated at the " +
      "start. It may be repeated: what is booked stays as it is. Exit code 1 while an entry is " +
      "unclear or lacks an account.",
    examples: [
      "slipway golive acme-us",
      "slipway golive acme-us --book --by maria",
      "slipway golive acme-us --book --leave du_1MtJ --yes",
    ],
  });
  withHub(command)
    .option("--book", "book the entries, after a question")
    .option("--yes", "ask nothing")
    .option("--by <name>", "who confirms them; default: the name of this login")
    .option("--leave <ids...>", "objects, or a balance's currency, that get no entry")
    .option("--open <ids...>", "unclear disputes that were open at the start")
    .action((named: string | undefined, flags: Flags) => golive(cli, named, flags));
}

async function golive(cli: Cli, named: string | undefined, flags: Flags): Promise<void> {
  const { book = false, json } = flags;
  const hub = cli.hub(flags);
  const pair = named ?? (await onlyPair(hub, "golive <pair>"));
  const path = `/api/pairs/${encodeURIComponent(pair)}/golive`;
  const shown = await hub.get(path, GoliveAnswer, { withinMs: READ_WITHIN_MS });
  if (!book) {
    printAnswer(cli, json, shown, () => render(shown));
    if (!isReady(shown)) cli.endWith(EXIT.problem);
    return;
  }
  const asked = shown.entries.filter(({ state }) => state !== "booked");
  if (json !== true) cli.terminal.write(render(shown));
  const question = `Book ${counted(asked.length, "opening entry", "opening entries")}?`;
  const look = "without --book";
  if (asked.length > 0 && !(await confirm(question, flags.yes === true, look))) return;
  const { by = personName(), leave = [], open = [] } = flags;
  const body = { seen: shown.seen, by, leave, open };
  await hub.post(path, GoliveAnswer, { body, withinMs: READ_WITHIN_MS });
  const end = await untilBooked(hub, path, leave);
  printAnswer(cli, json, end, () =>
    end.entries.length === 0 ? "There was no entry to book." : entriesTable(end),
  );
  const left = end.entries.filter((entry) => entry.state !== "booked" && !isLeft(entry, leave));
  if (left.length === 0) return;
  cli.terminal.warn(
    `${counted(left.length, "entry is", "entries are")} not booked: see \`slipway parked list\`.`,
  );
  cli.endWith(EXIT.problem);
}

type Entry = GoliveAnswer["entries"][number];

const isLeft = ({ object, part }: Entry, leave: readonly string[]) =>
  leave.includes(object) || (part !== "" && leave.includes(part));

const isReady = ({ entries }: GoliveAnswer) =>
  entries.every(({ state }) => state !== "unclear" && state !== "blocked");

/** The journals are booked by the pair's own lane: it is looked at until none is on its way. */
async function untilBooked(
  hub: HubClient,
  path: string,
  leave: readonly string[],
): Promise<GoliveAnswer> {
  const until = performance.now() + BOOK_WITHIN_MS;
  for (;;) {
    const now = await hub.get(path, GoliveAnswer, { withinMs: READ_WITHIN_MS });
    const isWaiting = now.entries.some(
      (entry) => entry.state === "confirmed" && !isLeft(entry, leave),
    );
    if (!isWaiting || performance.now() > until) return now;
    await pause(LOOK_EVERY_MS);
  }
}

function render(answer: GoliveAnswer): string {
  const { pair, start, startsAt, rowsKeptFrom, rowsSince, later } = answer;
  const isKept = rowsKeptFrom !== null && rowsKeptFrom <= startsAt;
  const first = rowsKeptFrom ?? "no day";
  const missing =
    `The hub keeps them from ${first} on: \`slipway backfill run ${pair} --from ${start}\` makes ` +
    "good for what came before.";
  return [
    `${pair} starts on ${start}; ${counted(rowsSince, "balance transaction")} since`,
    isKept ? "The hub keeps every one of them." : missing,
    entriesTable(answer),
    ...(later.length === 0 ? [] : [laterTable(answer)]),
  ].join("\n\n");
}

function entriesTable({ entries, balances }: GoliveAnswer): string {
  if (entries.length === 0) {
    const held = balances.map(({ amount, currency }) => `${amount} ${currency}`).join(", ");
    return `Nothing stood open at the start; Stripe's balance was ${held || "nothing"}.`;
  }
  const columns = [
    { title: "Opens with" },
    { title: "Amount", align: "right" } as const,
    { title: "Debit" },
    { title: "Credit" },
    { title: "Period" },
    { title: "State" },
    { title: "What" },
  ];
  return renderTable(
    columns,
    entries.map((entry) => {
      const { kind, object, part, amount, currency, period, state, batNbr, problem } = entry;
      const name = kind === "balance" ? `balance ${part}` : object;
      const side = (wanted: "debit" | "credit") =>
        entry.lines
          .filter((line) => line.side === wanted)
          .map(({ account, role }) => `${account} ${role}`)
          .join(", ");
      const told = batNbr === "" ? state : `${state}, batch ${batNbr}`;
      const words = problem === null ? entry.words : problem.message;
      return [name, `${amount} ${currency}`, side("debit"), side("credit"), period, told, words];
    }),
  );
}

function laterTable({ later }: GoliveAnswer): string {
  const columns = [
    { title: "Came later" },
    { title: "Day" },
    { title: "Amount", align: "right" } as const,
    { title: "Booked" },
    { title: "How" },
  ];
  return renderTable(
    columns,
    later.map(({ object, day, amount, currency, isBooked, words }) => {
      return [object, day, `${amount} ${currency}`, isBooked ? "yes" : "no", words];
    }),
  );
}
