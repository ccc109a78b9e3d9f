import type { Command } from "commander";
import { LinkAnswer, ReviewAnswer, ReviewPage, ReviewRow } from "../../api/contract.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withDryRun,
  withHub,
  withPage,
} from "../define-command.ts";
import { ASKED_ELSEWHERE_WITHIN_MS } from "../hub-client.ts";
import { onlyPair } from "../only-pair.ts";
import { personName, readSeen } from "../parked-ids.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type ListFlags = HubCommandFlags & PageFlags & Readonly<{ state: string }>;
type DecideFlags = HubCommandFlags & Readonly<{ dryRun?: boolean; by?: string; comment?: string }>;

/** `slipway customers`: who the buyers are in SL. */
export function registerCustomers(program: Command, cli: Cli): void {
  const customers = defineCommand(program, {
    usage: "customers",
    summary: "say who a buyer is in SL, where the rules cannot tell",
    paragraph:
      "Where several SL customers may be the buyer, or none by rule, nothing is guessed: the " +
      "runs of that buyer are parked, and it stands on the review list until a person decides.",
    examples: [
      "slipway customers review list",
      "slipway customers review link 3@1 C300",
      "slipway customers link cus_Nf1 C300 --reason 'linked to a namesake'",
    ],
  });
  const review = defineCommand(customers, {
    usage: "review",
    summary: "the buyers that wait for a person, and what to do about each",
    paragraph:
      "Each entry tells why the rules do not decide, and which SL customers it may be. Link the " +
      "buyer to one of them, or have a customer made; its parked runs then go on by themselves.",
    examples: ["slipway customers review show 3", "slipway customers review create 3@1"],
  });
  registerRelink(customers, cli);
  registerList(review, cli);
  registerShow(review, cli);
  registerLink(review, cli);
  registerCreate(review, cli);
}

type LinkFlags = HubCommandFlags &
  Readonly<{ pair?: string; reason: string; by?: string; force?: boolean; dryRun?: boolean }>;

/** `slipway customers link`: corrects a link, whatever made it. */
function registerRelink(customers: Command, cli: Cli): void {
  const command = defineCommand(customers, {
    usage: "link <buyer> <customer>",
    summary: "correct which SL customer a buyer is",
    paragraph:
      "Links a Stripe customer, or a guest by e-mail address, to another SL customer: what is " +
      "bought from now on is booked on that one, and what the hub itself has written to Stripe " +
      "before counts for nothing against it. Documents that stand in SL stay where they are; " +
      "`slipway reverse` takes them back and books them again on the right customer. A customer " +
      "that Stripe does not have is refused, since nothing will ever be bought by it.",
    examples: [
      "slipway customers link cus_Nf1 C300 --reason 'linked to a namesake'",
      "slipway customers link ada@example.com C300 --reason 'shared address' --dry-run",
    ],
  });
  withDryRun(withHub(command))
    .requiredOption("--reason <words>", "why; kept with your name")
    .option("--pair <pair>", "the pair, where there are several")
    .option("--by <name>", "who decides; default: the user of this machine")
    .option("--force", "link a customer that Stripe does not have, or has deleted")
    .action(async (object: string, customerId: string, flags: LinkFlags) => {
      const hub = cli.hub(flags);
      const { reason, by = personName(), force = false, dryRun = false } = flags;
      const pair = flags.pair ?? (await onlyPair(hub, "customers link --pair <pair>"));
      const body = { pair, object, customerId, reason, by, force, dryRun };
      const call = { body, withinMs: ASKED_ELSEWHERE_WITHIN_MS };
      const answer = await hub.post("/api/customers/link", LinkAnswer, call);
      printAnswer(cli, flags.json, answer, () => {
        const would = answer.isDryRun ? "Nothing was changed; it would be:\n" : "";
        return would + answer.effects.join("\n");
      });
    });
}

function registerList(review: Command, cli: Cli): void {
  const command = defineCommand(review, {
    usage: "list",
    summary: "list the buyers that wait for a person",
    paragraph:
      "Lists the entries, newest first, each with its number and the version you see, such as " +
      "3@1; the decisions want both, so that nobody decides on what has changed meanwhile.",
    examples: ["slipway customers review list", "slipway customers review list --state linked"],
  });
  withPage(withHub(command))
    .option("--state <state>", "open, linked or create", "open")
    .action(async (flags: ListFlags) => {
      const { pair, state, before, limit } = flags;
      const query = { pair, state, before, limit };
      const { rows, next } = await cli
        .hub(flags)
        .get("/api/customers/review", ReviewPage, { query });
      printList(cli, flags.json, rows, () => renderReviews(rows));
      if (flags.json !== true && next !== null) cli.terminal.warn(`More: --before ${next}`);
    });
}

function renderReviews(rows: readonly ReviewRow[]): string {
  if (rows.length === 0) return "No buyer waits for a person.";
  return renderTable(
    [
      { title: "Entry", align: "right" },
      { title: "Since" },
      { title: "Pair" },
      { title: "Buyer" },
      { title: "Candidates" },
      { title: "Runs", align: "right" },
      { title: "Why" },
    ],
    rows.map((row) => [
      `${row.id}@${row.version}`,
      localTime(row.openedAt),
      row.pair,
      [row.buyer.name, row.buyer.email].filter((part) => part !== "").join(" ") || row.object,
      row.customerId ?? row.candidates.map(({ customerId }) => customerId).join(", "),
      String(row.waiting),
      row.reasons[0]?.words ?? row.code,
    ]),
  );
}

function registerShow(review: Command, cli: Cli): void {
  const command = defineCommand(review, {
    usage: "show <id>",
    summary: "show one buyer with the SL customers that it may be",
    paragraph:
      "Shows what Stripe knows of the buyer, why the rules do not decide, and each candidate " +
      "with its data in SL and with what speaks for and against it.",
    examples: ["slipway customers review show 3", "slipway customers review show 3 --json"],
  });
  withHub(command).action(async (id: string, flags: HubCommandFlags) => {
    const number = encodeURIComponent(id.split("@")[0] ?? "");
    const row = await cli.hub(flags).get(`/api/customers/review/${number}`, ReviewRow);
    printAnswer(cli, flags.json, row, () => renderOne(row));
  });
}

function renderOne(row: ReviewRow): string {
  const { buyer } = row;
  const seen = `${row.id}@${row.version}`;
  const lines = [
    `Buyer ${row.object} of ${row.pair}, ${row.waiting} runs wait (${row.money})`,
    ...[buyer.name, buyer.email, buyer.phone, buyer.address, ...buyer.taxIds]
      .filter((part) => part !== "")
      .map((part) => `  ${part}`),
    "Why",
    ...row.reasons.map(({ words }) => `  ${words}`),
  ];
  const decided = row.customerId === null ? row.state : `${row.state} to ${row.customerId}`;
  const next =
    row.state === "open"
      ? [
          `Choose one: slipway customers review link ${seen} <customer>`,
          `None of them: slipway customers review create ${seen}`,
        ]
      : [`Decided: ${decided}, by ${row.closedBy ?? ""}`];
  return [...lines, renderCandidates(row), ...next].join("\n");
}

function renderCandidates({ candidates }: ReviewRow): string {
  if (candidates.length === 0) return "SL has no customer that it may be.";
  const titles = ["Customer", "Name", "E-mail", "City", "Class", "Status", "Stripe", "Why"];
  return renderTable(
    titles.map((title) => ({ title })),
    candidates.map((one) => [
      one.customerId,
      one.name,
      one.email,
      [one.zip, one.city, one.country].filter((part) => part !== "").join(" "),
      one.classId,
      one.status,
      one.stripeId,
      one.why.join("; "),
    ]),
  );
}

function registerLink(review: Command, cli: Cli): void {
  const command = defineCommand(review, {
    usage: "link <entry> <customer>",
    summary: "book the buyer on this SL customer from now on",
    paragraph:
      "Saves the link of the buyer to the SL customer, which need not be one of the candidates, " +
      "and lets every run go on that waits for it. SL is asked first whether it can be booked on.",
    examples: [
      "slipway customers review link 3@1 C300",
      "slipway customers review link 3@1 C300 --comment 'same address' --dry-run",
    ],
  });
  withDecision(command).action(async (entry: string, customerId: string, flags: DecideFlags) => {
    await decide(cli, { entry, way: "link", flags }, { customerId });
  });
}

function registerCreate(review: Command, cli: Cli): void {
  const command = defineCommand(review, {
    usage: "create <entry>",
    summary: "have an SL customer made for the buyer",
    paragraph:
      "Says that the buyer is none of SL's customers: the runs that wait for it go on and make " +
      "one, whatever the policy of the pair.",
    examples: [
      "slipway customers review create 3@1",
      "slipway customers review create 3@1 --comment 'another person of that name'",
    ],
  });
  withDecision(command).action(async (entry: string, flags: DecideFlags) => {
    await decide(cli, { entry, way: "create", flags }, {});
  });
}

function withDecision(command: Command): Command {
  return withDryRun(withHub(command))
    .option("--by <name>", "who decides; default: the user of this machine")
    .option("--comment <text>", "why, for whoever reads it later");
}

const OF_REVIEW = { what: "an entry", list: "slipway customers review list" };

type Decision = Readonly<{ entry: string; way: "link" | "create"; flags: DecideFlags }>;

async function decide(
  cli: Cli,
  { entry, way, flags }: Decision,
  chosen: Readonly<{ customerId?: string }>,
): Promise<void> {
  const { id, version } = readSeen(entry, OF_REVIEW);
  const { by = personName(), comment, dryRun = false } = flags;
  const body = { version, by, comment, dryRun, ...chosen };
  const path = `/api/customers/review/${id}/${way}`;
  const call = { body, withinMs: ASKED_ELSEWHERE_WITHIN_MS };
  const answer = await cli.hub(flags).post(path, ReviewAnswer, call);
  printAnswer(cli, flags.json, answer, () => {
    const would = answer.isDryRun ? "Nothing was changed; it would be:\n" : "";
    return would + answer.effects.join("\n");
  });
}
