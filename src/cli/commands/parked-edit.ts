import type { Command } from "commander";
import { EditAnswer } from "../../api/contract.ts";
import { HubError } from "../../base/errors.ts";
import { type Cli, printAnswer } from "../cli.ts";
import { confirm } from "../confirm.ts";
import { defineCommand, type HubCommandFlags, withDryRun, withHub } from "../define-command.ts";
import { personName, readSeen } from "../parked-ids.ts";
import { renderPreview } from "../render/preview.ts";

/** The preview reads Stripe, and SL for every item and customer. */
const PREVIEW_WITHIN_MS = 120_000;

type EditFlags = HubCommandFlags &
  Readonly<{
    item: string[];
    customer?: string;
    text?: string;
    metadata: string[];
    clear: string[];
    reason: string;
    by?: string;
    dryRun?: boolean;
    yes?: boolean;
  }>;

const collect = (value: string, earlier: string[]) => [...earlier, value];

/** `slipway parked edit`: decides for one fact what mapping takes instead of its rules. */
export function registerEdit(parked: Command, cli: Cli): void {
  const command = defineCommand(parked, {
    usage: "edit <id>",
    summary: "change the input of one parked run",
    paragraph:
      "Decides, for the fact of this case alone, what mapping takes instead of its own rules: " +
      "the item of a line, price or product, the SL customer, the invoice's text, a key of the " +
      "metadata. Shows the entries that the run would book then, and asks before it saves. The " +
      "change is kept with your name and reason, and stands in the document's note; the case " +
      "stays parked at a new version until you resume it. Refused once a document stands in SL.",
    examples: [
      "slipway parked edit 12@1 --item prod_Widget=WIDGET --reason 'old product' --dry-run",
      "slipway parked edit 12@1 --customer C300 --reason 'named by the customer'",
      "slipway parked edit 12@1 --metadata order_id=WEB-1001 --reason 'typing mistake'",
      "slipway parked edit 12@2 --clear item:prod_Widget --reason 'was right before'",
    ],
  });
  withDryRun(withHub(command))
    .option(
      "--item <of=item>",
      "SL item of a line, price or product; =ITEM without lines",
      collect,
      [],
    )
    .option("--customer <id>", "the SL customer that it is booked on")
    .option("--text <words>", "the description of the invoice in SL")
    .option(
      "--metadata <key=value>",
      "a key of Stripe's metadata, as if it stood there",
      collect,
      [],
    )
    .option(
      "--clear <field[:of]>",
      "take a change back: customer, text, item:prod_1 …",
      collect,
      [],
    )
    .requiredOption("--reason <words>", "why; kept with the case and the document")
    .option("--by <name>", "who does it; default: the name of this login")
    .option("--yes", "save without asking")
    .action((id: string, flags: EditFlags) => edit(cli, id, flags));
}

async function edit(cli: Cli, id: string, flags: EditFlags): Promise<void> {
  const seen = readSeen(id);
  const changes = changesOf(flags);
  const hub = cli.hub(flags);
  const path = `/api/parked/${seen.id}/edit`;
  const { reason, by = personName() } = flags;
  const body = { version: seen.version, changes, reason, by };
  const { terminal } = cli;
  const call = { body: { ...body, dryRun: true }, withinMs: PREVIEW_WITHIN_MS };
  const would = await hub.post(path, EditAnswer, call);
  const shown = () =>
    [
      ...would.effects,
      would.preview === null ? "" : renderPreview(would.preview, terminal.paint, terminal.width),
    ].join("\n");
  if (flags.dryRun === true) return printAnswer(cli, flags.json, would, shown);
  terminal.warn(shown());
  if (!(await confirm("Save this change?", flags.yes === true))) {
    return terminal.warn("Nothing was changed.");
  }
  const saved = await hub.post(path, EditAnswer, { ...call, body });
  const { version } = saved.parked;
  printAnswer(cli, flags.json, saved, () =>
    [`${seen.id}@${version} edited`, `Then: slipway parked resume ${seen.id}@${version}`].join(
      "\n",
    ),
  );
}

type Change = Readonly<{ field: string; target: string; value: string | null }>;

/** @throws HubError `api.invalid` for what is no change, and where there is none */
function changesOf(flags: EditFlags): Change[] {
  const plain = (["customer", "text"] as const).flatMap((field) => {
    const value = flags[field];
    return value === undefined ? [] : [{ field, target: "", value }];
  });
  const pairs = (["item", "metadata"] as const).flatMap((field) =>
    flags[field].map((text) => ({ field, ...parted(field, text) })),
  );
  const cleared = flags.clear.map((text) => {
    const [field = "", ...target] = text.split(":");
    return { field, target: target.join(":"), value: null };
  });
  const changes = [...plain, ...pairs, ...cleared];
  if (changes.length > 0) return changes;
  throw new HubError("api.invalid", "Nothing is to be changed", {
    cure: "Give --item, --customer, --text, --metadata or --clear.",
  });
}

function parted(field: string, text: string): Pick<Change, "target" | "value"> {
  const at = text.indexOf("=");
  if (at < 0) {
    const example = field === "item" ? "prod_1=WIDGET" : "order_id=WEB-1";
    throw new HubError("api.invalid", `--${field} "${text}" has no =`, {
      cure: `Write it as --${field} ${example}.`,
    });
  }
  return { target: text.slice(0, at), value: text.slice(at + 1) };
}
