import type { Command } from "commander";
import { pause } from "../../base/clock.ts";
import { HubError } from "../../base/errors.ts";
import type { Cli } from "../cli.ts";
import { defineCommand, type HubCommandFlags, withHub } from "../define-command.ts";
import type { StreamBlock } from "../hub-stream.ts";
import { plain } from "../render/plain.ts";
import { localTime } from "../render/time.ts";

/** How long it waits before it opens a lost stream again. */
const AGAIN_MS = 2_000;

type Flags = HubCommandFlags &
  Readonly<{ follow?: boolean; from?: string; types?: string; pair?: string }>;

/** `slipway stream`: the domain events of the hub, as they happen. */
export function registerStream(program: Command, cli: Cli): void {
  const command = defineCommand(program, {
    usage: "stream",
    summary: "print what the hub tells: its domain events",
    paragraph:
      "Prints the hub's domain events, oldest first: orders booked, payments applied, documents " +
      "parked and settled, pairs paused. With --follow it goes on with what is to come, and goes " +
      "on where it stopped when the hub was away. With --json each line is the event itself.",
    examples: [
      "slipway stream --from 2026-11-23T00:00:00Z",
      "slipway stream --follow --types order.booked,document.parked --json",
    ],
  });
  withHub(command)
    .option("--follow", "wait for what is to come, until Ctrl-C")
    .option(
      "--from <place>",
      "start, now, a position, or an instant; default start, or now to follow",
    )
    .option("--types <list>", "only these types, parted by commas")
    .option("--pair <list>", "only these pairs, parted by commas")
    .action(async (flags: Flags) => {
      const { follow = false, types, pair } = flags;
      const from = flags.from ?? (follow ? "now" : "start");
      const query = { follow: String(follow), from, types, pair };
      const read = (after: string | undefined) =>
        cli.hub(flags).stream("/api/stream", { query, ...(after === undefined ? {} : { after }) });
      const print = (block: StreamBlock) => {
        if (block.data === undefined) return;
        cli.terminal.write(flags.json === true ? block.data : describe(block.data));
      };
      await printAll(cli, { read, print, follow });
    });
}

type Printing = Readonly<{
  read: (after: string | undefined) => AsyncIterable<StreamBlock>;
  print: (block: StreamBlock) => void;
  follow: boolean;
}>;

async function printAll(cli: Cli, { read, print, follow }: Printing): Promise<void> {
  let seen: string | undefined;
  for (;;) {
    try {
      for await (const block of read(seen)) {
        print(block);
        seen = block.id;
      }
      if (!follow) return;
    } catch (thrown) {
      // A hub that was there before comes back; one that never was is a mistake of the caller.
      const isLost = thrown instanceof HubError && thrown.code === "api.unreachable";
      if (!follow || seen === undefined || !isLost) throw thrown;
      cli.terminal.warn(`${thrown.message}; the stream goes on when it does`);
    }
    await pause(AGAIN_MS);
  }
}

type Told = Readonly<{
  timestamp: string;
  position: string;
  type: string;
  pair: string | null;
  key: string;
  data: Readonly<Record<string, unknown>>;
}>;

function describe(text: string): string {
  const { timestamp, position, type, pair, key, data } = JSON.parse(text) as Told;
  const where = pair === null ? key : `${pair} ${key}`;
  return plain(`${localTime(timestamp)}  ${position}  ${type}  ${where}  ${wordsOf(data)}`);
}

/** The plain values; lists and objects are for --json. */
function wordsOf(values: Told["data"]): string {
  return Object.entries(values)
    .filter(([, value]) => value !== null && value !== "" && typeof value !== "object")
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(" ");
}
