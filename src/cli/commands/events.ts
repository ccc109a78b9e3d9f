import type { Command } from "commander";
import { EventAnswer, EventPage, type EventRow } from "../../api/contract.ts";
import { type Cli, printAnswer, printList } from "../cli.ts";
import {
  defineCommand,
  type HubCommandFlags,
  type PageFlags,
  withHub,
  withPage,
} from "../define-command.ts";
import { registerGaps } from "../event-gaps.ts";
import { renderTable } from "../render/table.ts";
import { localTime } from "../render/time.ts";

type Flags = HubCommandFlags & PageFlags & Readonly<{ type?: string; end?: string; lane?: string }>;

/** `slipway events`: the Stripe events as received, each with its end. */
export function registerEvents(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "events [id]",
    summary: "list the Stripe events, or show one with its body",
    paragraph:
      "Lists the events that Stripe has delivered or the hub has pulled, newest first, each with " +
      "its one end: booked, not_applicable, parked, or open while it is worked on. With an event " +
      "id it shows that event and the body as Stripe sent it.",
    examples: ["slipway events --end parked --pair acme-us", "slipway events evt_1PqR7sLkdIwHu7ix"],
  });
  registerGaps(command, cli);
  withPage(withHub(command))
    .option("--type <type>", "only this type, such as charge.succeeded")
    .option("--end <end>", "only this end: open, booked, not_applicable, parked")
    .option("--lane <key>", "only this lane, such as pi_3Pq")
    .action(async (id: string | undefined, flags: Flags) => {
      if (id === undefined) await list(cli, flags);
      else await show(cli, id, flags);
    });
}

async function list(cli: Cli, flags: Flags): Promise<void> {
  const { pair, type, end, lane, before, limit } = flags;
  const query = { pair, type, end, lane, before, limit };
  const { rows, next } = await cli.hub(flags).get("/api/events", EventPage, { query });
  const { paint } = cli.terminal;
  printList(cli, flags.json, rows, () =>
    rows.length === 0
      ? "No such events."
      : renderTable(
          [
            { title: "Received" },
            { title: "Pair" },
            { title: "Event" },
            { title: "Type" },
            { title: "Lane" },
            { title: "End" },
            { title: "Reason" },
          ],
          rows.map(toCells),
          (line, index) => (rows[index]?.end === "parked" ? paint.bad(line) : line),
        ),
  );
  if (next !== null && flags.json !== true) cli.terminal.warn(`More: --before ${next}`);
}

function toCells(event: EventRow): string[] {
  const { receivedAt, pair, id, type, laneKey, end, endReason } = event;
  return [localTime(receivedAt), pair, id, type, laneKey ?? "", end, endReason ?? ""];
}

async function show(cli: Cli, id: string, flags: Flags): Promise<void> {
  const query = { pair: flags.pair };
  const path = `/api/events/${encodeURIComponent(id)}`;
  const event = await cli.hub(flags).get(path, EventAnswer, { query });
  printAnswer(cli, flags.json, event, () => renderEvent(event));
}

function renderEvent(event: EventAnswer): string {
  const reason = event.endReason === null ? "" : `: ${event.endReason}`;
  const mode = event.isLive ? "live" : "test";
  return [
    `${event.id}  ${event.type}  (${mode}, API version ${event.apiVersion ?? "unknown"})`,
    `pair      ${event.pair}`,
    `lane      ${event.laneKey ?? "none"}`,
    `created   ${localTime(event.createdAt)} at Stripe`,
    `received  ${localTime(event.receivedAt)}${CAME[event.via]}`,
    `end       ${event.end}${reason}`,
    "",
    readable(event.body.text),
    ...(event.body.isCut ? [`… ${event.body.sizeBytes} bytes in all`] : []),
  ].join("\n");
}

const CAME: Readonly<Record<EventRow["via"], string>> = {
  webhook: "",
  pull: " by a pull",
  gap: " by the check for gaps: it had not been delivered",
};

/** Indented where it is whole JSON; a cut body is shown as it came. */
function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}
