import type { Command } from "commander";
import {
  SubscriberAnswer,
  SubscriberEffects,
  SubscriberList,
  type SubscriberRow,
  SubscriberSecret,
} from "../../api/contract.ts";
import { type Cli, EXIT, printAnswer, printList } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import { plain } from "../render/plain.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type Flags = HubCommandFlags & Readonly<{ dryRun?: boolean }>;
type AddFlags = Flags & Readonly<{ types?: string; pairs?: string; from: string }>;

/** `slipway subscribers`: whom the hub tells by webhook. */
export function registerSubscribers(program: Command, cli: Cli): void {
  const group = defineCommand(program, {
    usage: "subscribers",
    summary: "whom the hub tells of its domain events by signed webhooks",
    paragraph:
      "A subscriber gets the hub's domain events by webhooks, signed as Standard Webhooks has " +
      "it: at least once, in order for each order and customer, again on a written schedule " +
      "while it does not take them.",
    examples: [
      "slipway subscribers list",
      "slipway subscribers add shop https://shop.example.com/slipway --types order.booked",
    ],
  });
  registerList(group, cli);
  registerShow(group, cli);
  registerAdd(group, cli);
  registerChanges(group, cli);
  registerReplay(group, cli);
  registerRoll(group, cli);
}

function registerList(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "list",
    summary: "list whom the hub tells, and how far that has come",
    paragraph:
      "Lists every subscriber with what waits for it and what it last answered. Exit code 1 when " +
      "one is disabled.",
    examples: ["slipway subscribers list", "slipway subscribers list --json"],
  });
  withHub(command).action(async (flags: HubCommandFlags) => {
    const { subscribers } = await cli.hub(flags).get("/api/subscribers", SubscriberList);
    printList(cli, flags.json, subscribers, () => renderList(cli, subscribers));
    if (subscribers.some(({ state }) => state === "disabled")) cli.endWith(EXIT.problem);
  });
}

function renderList(cli: Cli, rows: readonly SubscriberRow[]): string {
  if (rows.length === 0) return "Nobody is told: slipway subscribers add.";
  return renderTable(
    [
      { title: "Name" },
      { title: "State" },
      { title: "Told", align: "right" },
      { title: "Waiting", align: "right" },
      { title: "Failing", align: "right" },
      { title: "Last told" },
      { title: "URL" },
      { title: "Trouble" },
    ],
    rows.map((row) => [
      row.id,
      row.state,
      row.delivered,
      String(row.waiting + Number(row.behind)),
      String(row.failing),
      row.lastDeliveredAt === null ? "" : localTime(row.lastDeliveredAt),
      row.url,
      row.disabledReason ?? (row.failing > 0 ? (row.lastError ?? "") : ""),
    ]),
    (line, index) => (rows[index]?.state === "disabled" ? cli.terminal.paint.bad(line) : line),
  );
}

function registerShow(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "show <name>",
    summary: "show one subscriber with what waits for it",
    paragraph:
      "Shows what a subscriber wants, what it was told, and the oldest events that it has not " +
      "taken yet, each with its tries, its next one and the last answer.",
    examples: ["slipway subscribers show shop", "slipway subscribers show shop --json"],
  });
  withHub(command).action(async (name: string, flags: HubCommandFlags) => {
    const path = `/api/subscribers/${encodeURIComponent(name)}`;
    const row = await cli.hub(flags).get(path, SubscriberAnswer);
    printAnswer(cli, flags.json, row, () => renderOne(cli, row));
  });
}

function renderOne(cli: Cli, row: SubscriberAnswer): string {
  const { paint } = cli.terminal;
  const all = (list: readonly string[]) => (list.length === 0 ? "all" : list.join(", "));
  const state = row.disabledReason === null ? row.state : `disabled: ${row.disabledReason}`;
  const trouble =
    row.lastError === null || row.lastFailedAt === null
      ? []
      : [`last error   ${localTime(row.lastFailedAt)} ${row.lastError}`];
  const table = renderTable(
    [
      { title: "Position", align: "right" },
      { title: "Type" },
      { title: "Key" },
      { title: "Tries", align: "right" },
      { title: "Next" },
      { title: "Last answer" },
    ],
    row.deliveries.map((one) => [
      one.position,
      one.type,
      one.key,
      String(one.tries),
      localTime(one.dueAt),
      one.lastError ?? "",
    ]),
  );
  return [
    `${paint.strong(row.id)}  ${row.url}`,
    `state        ${row.disabledReason === null ? state : paint.bad(plain(state))}`,
    `types        ${all(row.types)}`,
    `pairs        ${all(row.pairs)}`,
    `told         ${row.delivered}, up to position ${row.position}, ${row.behind} behind`,
    ...trouble.map(plain),
    ...(row.deliveries.length === 0 ? [] : ["", table]),
  ].join("\n");
}

function registerAdd(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "add <name> <url>",
    summary: "add a subscriber; prints its secret once",
    paragraph:
      "Adds a subscriber and prints the secret by which it checks signatures: nobody can read " +
      "it again, only roll it. The URL is https, or http on this machine alone. Without --types " +
      "and --pairs it is told everything.",
    examples: [
      "slipway subscribers add shop https://shop.example.com/slipway --pairs acme-us",
      "slipway subscribers add desk http://127.0.0.1:9000/ --types document.parked --from start",
    ],
  });
  withDryRun(withHub(command))
    .option("--types <list>", "only these types, parted by commas")
    .option("--pairs <list>", "only these pairs, parted by commas")
    .option("--from <place>", "begin at: start, now, a position, or an instant", "now")
    .action(async (id: string, url: string, flags: AddFlags) => {
      const { dryRun = false, from } = flags;
      const lists = { types: listOf(flags.types), pairs: listOf(flags.pairs) };
      const body = { id, url, from, dryRun, ...lists };
      const answer = await cli.hub(flags).post("/api/subscribers", SubscriberSecret, { body });
      printAnswer(cli, flags.json, answer, () =>
        answer.secret === null
          ? `${id} would be added`
          : `${id} is added\nSecret, shown this once: ${answer.secret}`,
      );
    });
}

const CHANGES = [
  {
    verb: "remove",
    summary: "remove a subscriber and what waits for it",
    paragraph: "Removes a subscriber for good, with its secret and with every event that waits.",
  },
  {
    verb: "enable",
    summary: "have deliveries go on after they were stopped",
    paragraph:
      "Has deliveries to a disabled subscriber go on at once from where they stopped: nothing " +
      "was lost meanwhile. Does the same for one that is only put off.",
  },
  {
    verb: "disable",
    summary: "stop deliveries to a subscriber for now",
    paragraph:
      "Stops deliveries to a subscriber until it is enabled; what happens meanwhile waits.",
  },
] as const;

function registerChanges(group: Command, cli: Cli): void {
  for (const { verb, summary, paragraph } of CHANGES) {
    const command = defineCommand(group, {
      usage: `${verb} <name>`,
      summary,
      paragraph,
      examples: [`slipway subscribers ${verb} shop`, `slipway subscribers ${verb} shop --dry-run`],
    });
    withDryRun(withHub(command)).action(async (name: string, flags: Flags) => {
      const path = `/api/subscribers/${encodeURIComponent(name)}`;
      const call = { body: { dryRun: flags.dryRun === true } };
      const hub = cli.hub(flags);
      const answer =
        verb === "remove"
          ? await hub.delete(path, SubscriberEffects, call)
          : await hub.post(`${path}/${verb}`, SubscriberEffects, call);
      printAnswer(cli, flags.json, answer, () => renderEffects(`${verb} ${name}`, answer));
    });
  }
}

function registerReplay(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "replay <name>",
    summary: "tell a subscriber again from a position or an instant",
    paragraph:
      "Tells a subscriber everything after a position, or from an instant on, again: with the " +
      "same ids, so that it knows what it had. `--from now` skips what waits for it.",
    examples: [
      "slipway subscribers replay shop --from 1042 --dry-run",
      "slipway subscribers replay shop --from 2026-11-23T00:00:00Z",
    ],
  });
  withDryRun(withHub(command))
    .requiredOption("--from <place>", "start, now, a position, or an instant")
    .action(async (name: string, flags: Flags & { from: string }) => {
      const path = `/api/subscribers/${encodeURIComponent(name)}/replay`;
      const body = { from: flags.from, dryRun: flags.dryRun === true };
      const answer = await cli.hub(flags).post(path, SubscriberEffects, { body });
      printAnswer(cli, flags.json, answer, () => renderEffects(`replay ${name}`, answer));
    });
}

function registerRoll(group: Command, cli: Cli): void {
  const command = defineCommand(group, {
    usage: "roll-secret <name>",
    summary: "give a subscriber a new secret; the old one holds for a day",
    paragraph:
      "Makes a new secret and prints it once. For a day each webhook carries the signatures of " +
      "both, so that the receiver can be changed without losing one.",
    examples: [
      "slipway subscribers roll-secret shop",
      "slipway subscribers roll-secret shop --dry-run",
    ],
  });
  withDryRun(withHub(command)).action(async (name: string, flags: Flags) => {
    const path = `/api/subscribers/${encodeURIComponent(name)}/secret`;
    const body = { dryRun: flags.dryRun === true };
    const answer = await cli.hub(flags).post(path, SubscriberSecret, { body });
    const { secret, oldSecretUntil } = answer;
    printAnswer(cli, flags.json, answer, () =>
      secret === null || oldSecretUntil === null
        ? `${name} would get a new secret`
        : `Secret of ${name}, shown this once: ${secret}\n` +
          `The old one signs beside it until ${localTime(oldSecretUntil)}`,
    );
  });
}

function renderEffects(what: string, answer: SubscriberEffects): string {
  const would = answer.isDryRun ? "would happen" : "done";
  return [`${what}: ${would}`, ...answer.effects.map((effect) => `  ${effect}`)].join("\n");
}

function listOf(text: string | undefined): string[] {
  return (text ?? "").split(",").flatMap((word) => (word.trim() === "" ? [] : [word.trim()]));
}
