import type { Command } from "commander";
import {
  RebookAnswer,
  ReversalList,
  type ReversalPlanAnswer,
  ReversalRow,
  ReverseAnswer,
  WithdrawAnswer,
} from "../../api/contract.ts";
import { pause } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import { type Cli, EXIT, printAnswer, printList } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import type { HubClient } from "../hub-client.ts";
import { HubRefusal } from "../hub-client.ts";
import { personName } from "../parked-ids.ts";
import { renderEntries } from "../render/entries.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type Flags = HubCommandFlags &
  Readonly<{
    pair?: string;
    all?: boolean;
    date?: string;
    rebook?: boolean;
    withdraw?: boolean;
    reason?: string;
    by?: string;
    dryRun?: boolean;
    yes?: boolean;
    list?: boolean;
  }>;

/** Balances and applications are read from SL, document by document. */
const PLAN_WITHIN_MS = 5 * 60_000;
/** For how long the command looks at what becomes of it; the hub goes on without it. */
const FOLLOWED_MS = 60_000;
const LOOK_MS = 250;

/** `slipway reverse`: takes booked documents back by reversing ones. */
export function registerReverse(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "reverse [id]",
    summary: "take booked documents back by reversing ones, and book the fact again",
    paragraph:
      "Shows what would take the documents of a fact back: a credit memo with the lines of an " +
      "invoice, a debit memo on clearing for a payment, memos against memos, journals with their " +
      "sides swapped, and the applications that close what is left open. Nothing is deleted: the " +
      "reversing documents are released beside the old ones, dated today, at the exchange rates " +
      "of those, and name what they reverse. A sale goes " +
      "back with its payments, a refund, dispute or payout with all of its " +
      "documents. Booked only with --yes or after a question. What was taken back is left alone " +
      "until --rebook books it again, under new keys and by what links, metadata and settings " +
      "say then; payments that a bank took back are not, and the plan names them. A sales order " +
      "of which nothing has shipped is put on hold, and a person cancels it in SL: the plan and " +
      "--list tell the steps, the hub sees it there, and only then its money goes back. So it is " +
      "with money that invoices of SL have taken: a person gives it back to the payment in " +
      "08.240. Until " +
      "something is booked --withdraw takes the wish back. Refused are documents that are not " +
      "released, that are reversed already, that have paid or were paid by others, orders that " +
      "have shipped, and what others stand on, unless --all takes these along.",
    examples: [
      "slipway reverse pi_3Pq",
      "slipway reverse 000200 --reason 'booked on the wrong customer' --yes --rebook",
      "slipway reverse po_1Pq --date 2026-04-02 --reason 'wrong bank account' --yes",
      "slipway reverse run:1042 --all",
      "slipway reverse pi_3Pq --rebook",
      "slipway reverse pi_3Pq --withdraw --reason 'it ships after all'",
      "slipway reverse --list",
    ],
  });
  withDryRun(withHub(command))
    .option("--pair <pair>", "the pair, where several know the id")
    .option("--all", "also what stands on it: refunds, credit notes and disputes of a sale")
    .option("--date <day>", "date of the reversing documents; default: today")
    .option("--rebook", "book the fact again, at once or where it was reversed before")
    .option("--withdraw", "take back what was asked for, while nothing of it is booked")
    .option("--reason <words>", "why; stands in the notes of the documents")
    .option("--by <name>", "who does it; default: the name of this login")
    .option("--list", "list the reversals, newest first")
    .option("--yes", "book it without asking")
    .action((named: string | undefined, flags: Flags) => run(cli, named, flags));
}

async function run(cli: Cli, named: string | undefined, flags: Flags): Promise<void> {
  const hub = cli.hub(flags);
  if (flags.list === true) return list(cli, hub, flags);
  if (named === undefined) {
    throw new HubError("api.invalid", "Nothing says what is to be reversed", {
      facts: { field: "id", example: "pi_3Pq" },
      cure: "Name an id of Stripe or a number of SL, or see `slipway reverse --list`.",
    });
  }
  if (flags.withdraw === true) return withdraw(cli, hub, { named, flags });
  const isRebooking = flags.rebook === true;
  const waiting = isRebooking ? await findIn(hub, named, { flags, state: "reversed" }) : undefined;
  if (waiting !== undefined) return rebook(cli, hub, { waiting, flags });
  return reverse(cli, hub, { named, flags });
}

async function reverse(
  cli: Cli,
  hub: HubClient,
  { named, flags }: Readonly<{ named: string; flags: Flags }>,
): Promise<void> {
  const { pair, all, date, rebook: again, by = personName(), reason } = flags;
  const isAsked = flags.yes === true || (process.stdin.isTTY === true && flags.dryRun !== true);
  const words = reason ?? "no reason given";
  const body = { id: named, pair, all, date, rebook: again, by, reason: words };
  const call = (more: object) =>
    hub.post("/api/reversals", ReverseAnswer, {
      body: { ...body, ...more },
      withinMs: PLAN_WITHIN_MS,
    });
  const shown = await call({ dryRun: true });
  if (!isAsked || flags.dryRun === true) {
    return printAnswer(cli, flags.json, shown, () =>
      [renderPlan(shown.plan, cli), "Nothing was changed; add --yes to book it."].join("\n\n"),
    );
  }
  if (reason === undefined && flags.yes === true) {
    throw new HubError("api.invalid", "A reversal needs a reason", {
      facts: { field: "reason", example: "booked on the wrong customer" },
      cure: "Add --reason: it stands in the notes of the documents.",
    });
  }
  cli.terminal.warn(renderPlan(shown.plan, cli));
  if (!(await confirm("Book these documents?", flags.yes === true))) {
    return cli.terminal.warn("Nothing was changed.");
  }
  const { reversal } = await call({ dryRun: false, version: shown.plan.version });
  if (reversal === null) return;
  await tellEnd(cli, hub, { reversal, flags });
}

/** The newest reversal of this id in a state, such as one that waits to be booked again. */
async function findIn(
  hub: HubClient,
  named: string,
  { flags: { pair }, state }: Readonly<{ flags: Flags; state: ReversalRow["state"] }>,
): Promise<ReversalRow | undefined> {
  const query = { pair, state };
  const { rows } = await hub.get("/api/reversals", ReversalList, { query });
  return rows.find(
    ({ laneKey, named: of, documents }) =>
      laneKey === named ||
      of === named ||
      documents.some(
        ({ object, key, numbers }) =>
          object === named || key === named || [numbers.refNbr, numbers.batNbr].includes(named),
      ),
  );
}

async function rebook(
  cli: Cli,
  hub: HubClient,
  { waiting, flags }: Readonly<{ waiting: ReversalRow; flags: Flags }>,
): Promise<void> {
  const { by = personName(), reason } = flags;
  const path = `/api/reversals/${waiting.id}/rebook`;
  const words = `${waiting.named} (${waiting.laneKey}) was reversed on ${waiting.dated}`;
  if (flags.dryRun === true) {
    const body = { by, reason, dryRun: true };
    const would = await hub.post(path, RebookAnswer, { body });
    return printAnswer(cli, flags.json, would, () => `${words}; it would be booked again.`);
  }
  if (!(await confirm(`${words}. Book it again?`, flags.yes === true))) {
    return cli.terminal.warn("Nothing was changed.");
  }
  const { reversal } = await hub.post(path, RebookAnswer, { body: { by, reason } });
  printAnswer(
    cli,
    flags.json,
    reversal,
    () => `Booked again by its run; \`slipway trace ${reversal.laneKey}\` shows the new documents.`,
  );
}

async function withdraw(
  cli: Cli,
  hub: HubClient,
  { named, flags }: Readonly<{ named: string; flags: Flags }>,
): Promise<void> {
  const asked = await findIn(hub, named, { flags, state: "asked" });
  if (asked === undefined) {
    throw new HubError("api.not_found", `No reversal of ${named} is under way`, {
      cure: "`slipway reverse --list` shows all of them.",
    });
  }
  const { by = personName(), reason, dryRun } = flags;
  const words = `Reversal ${asked.id} of ${asked.named} (${asked.laneKey})`;
  if (dryRun !== true && !(await confirm(`${words}: take it back?`, flags.yes === true))) {
    return cli.terminal.warn("Nothing was changed.");
  }
  const path = `/api/reversals/${asked.id}/withdraw`;
  const answer = await hub.post(path, WithdrawAnswer, { body: { by, reason, dryRun } });
  printAnswer(cli, flags.json, answer, () => {
    if (answer.isDryRun) return `${words} would be taken back; nothing was changed.`;
    return [`${words} is taken back.`, ...ordersOf(asked).map(toLift)].join("\n");
  });
}

const ordersOf = ({ documents }: ReversalRow) =>
  documents.filter(({ purpose }) => purpose === "order").map(({ numbers }) => numbers.refNbr);

function toLift(orderNumber: string): string {
  return `The hub has put order ${orderNumber} on hold: lift that in 40.100 if it is to ship.`;
}

/** Looks until it is done; what takes longer goes on in the hub. */
async function tellEnd(
  cli: Cli,
  hub: HubClient,
  { reversal, flags }: Readonly<{ reversal: ReversalRow; flags: Flags }>,
): Promise<void> {
  let seen = reversal;
  for (let waitedMs = 0; waitedMs < FOLLOWED_MS; waitedMs += LOOK_MS) {
    if (seen.state !== "asked" || seen.trouble !== null || seen.toDo !== null) break;
    await pause(LOOK_MS);
    seen = await look(hub, seen);
  }
  printAnswer(cli, flags.json, seen, () => renderEnd(seen, cli));
  if (seen.trouble !== null) cli.endWith(EXIT.problem);
}

async function look(hub: HubClient, seen: ReversalRow): Promise<ReversalRow> {
  try {
    return await hub.get(`/api/reversals/${seen.id}`, ReversalRow);
  } catch (thrown) {
    // It is asked for and saved: a hub that is away for a moment goes on with it.
    if (thrown instanceof HubRefusal && thrown.status >= 500) return seen;
    throw thrown;
  }
}

function renderPlan(plan: ReversalPlanAnswer, { terminal }: Cli): string {
  const { paint, width } = { paint: terminal.paint, width: undefined };
  const orders = plan.orders.map(({ orderNumber, object, amount, currency, customerId, steps }) => {
    const head = `order ${orderNumber}`;
    const of = `over ${amount} ${currency} of ${object}, customer ${customerId.trim()}`;
    const numbered = steps.map((step, at) => `  ${at + 1}. ${step}`);
    return [`${paint.strong(head)} ${of}: cancelled in SL`, ...numbered].join("\n");
  });
  const heads = plan.documents.map(({ original, amount, currency, worth, type, object }) => {
    const { type: was, refNbr, batNbr, customerId } = original;
    const name = was === "GJ" ? `journal ${batNbr}` : `${was} ${refNbr}`;
    const whose = customerId.trim() === "" ? "" : `, customer ${customerId.trim()}`;
    const back = type === "GJ" ? "a journal" : `a ${type}`;
    const over = worth === null ? `${amount} ${currency}` : `${amount} ${currency} (${worth})`;
    return `${paint.strong(name)} over ${over} of ${object}${whose}: ${back}`;
  });
  const entries = plan.documents.flatMap(({ entries: own, original }) =>
    own.map((entry) => ({ ...entry, document: `${entry.document} for ${nameOf(original)}` })),
  );
  const closing = plan.applications.map((text) => `applied: ${text}`);
  const byHand = plan.byHand.map((step, at) => `  ${at + 1}. ${step}`);
  const before = byHand.length === 0 ? [] : [paint.strong("before anything is booked:"), ...byHand];
  const notAgain = plan.notAgain.map((text) => paint.strong(`not booked again: ${text}`));
  const when = `Dated ${plan.dated}, period ${plan.period}, pair ${plan.pair}`;
  return [
    [...orders, ...heads, when].join("\n"),
    before.join("\n"),
    renderEntries(entries, width),
    closing.join("\n"),
    plan.exchange ?? "",
    notAgain.join("\n"),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

type Numbers = ReversalRow["documents"][number]["numbers"];

function nameOf({ type, refNbr, batNbr }: Numbers): string {
  if (type === "SO") return `order ${refNbr}`;
  return type === "GJ" ? `journal ${batNbr}` : `${type} ${refNbr}`;
}

function renderEnd(reversal: ReversalRow, { terminal }: Cli): string {
  const { state, documents, trouble, toDo, laneKey, id, named } = reversal;
  const done = documents.flatMap(({ numbers, reversedBy, purpose }) => {
    if (reversedBy === null) return [];
    if (purpose === "order") return [`${nameOf(numbers)} is cancelled in SL`];
    return [`${nameOf(reversedBy)} takes back ${nameOf(numbers)}`];
  });
  const next = {
    asked: `Reversal ${id} goes on in the hub: \`slipway trace ${laneKey}\`.`,
    reversed: `Reversed. \`slipway reverse ${named} --rebook\` books it again.`,
    rebooked: `Reversed, and booked again by its run: \`slipway trace ${laneKey}\`.`,
    withdrawn: `Withdrawn: \`slipway trace ${laneKey}\`.`,
  }[state];
  const stop = trouble === null ? [] : [terminal.paint.bad(`stopped: ${trouble}`)];
  const wait = toDo === null ? [] : [terminal.paint.strong(`waits for you: ${toDo}`)];
  return [...done, ...stop, ...wait, next].join("\n");
}

function stateOf({ state, trouble, toDo }: ReversalRow): string {
  if (trouble !== null) return `stopped: ${trouble}`;
  return toDo === null ? state : `waits: ${toDo}`;
}

async function list(cli: Cli, hub: HubClient, { pair, json }: Flags): Promise<void> {
  const { rows } = await hub.get("/api/reversals", ReversalList, { query: { pair } });
  printList(cli, json, rows, () => {
    if (rows.length === 0) return "Nothing was reversed.";
    const titles = ["Reversal", "Asked", "Pair", "What", "State", "Dated", "By", "Why"];
    return renderTable(
      titles.map((title) => ({ title })),
      rows.map((row) => [
        row.id,
        localTime(row.askedAt),
        row.pair,
        row.named === row.laneKey ? row.named : `${row.named} (${row.laneKey})`,
        stateOf(row),
        row.dated,
        row.askedBy,
        row.reason,
      ]),
    );
  });
}
