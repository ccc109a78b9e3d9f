import type { CloseAnswer } from "../../api/contract.ts";
import { counted } from "../../base/counted.ts";
import type { Paint } from "../terminal.ts";
import { plain } from "./plain.ts";
import { indented, renderTable } from "./table.ts";

/** Ids that a terminal shows of an item; `--json` has all of them. */
const IDS_SHOWN = 5;

type Item = CloseAnswer["items"][number];

/** The checklist of a period, what is open or listed told whole below it, and the verdict. */
export function renderChecklist(
  answer: CloseAnswer,
  { paint, width }: Readonly<{ paint: Paint; width?: number | undefined }>,
): string {
  const { items, documents, isClosable, period } = answer;
  const table = renderTable(
    [{ title: "" }, { title: "Item" }, { title: "What" }],
    items.map(({ name, state, text }) => [state === "open" ? "OPEN" : state, name, text]),
  );
  const told = items.filter(({ state, ids }) => state === "open" || ids.length > 0);
  const whole = told.flatMap((item) => tellWhole(item, width)).join("\n");
  const hashed = `${counted(documents.count, "document")}, hash ${documents.hash}`;
  const verdict = isClosable ? paint.good(closedWords(answer)) : paint.bad(openWords(period));
  return [table, ...(whole === "" ? [] : [whole]), hashed, verdict].join("\n\n");
}

function tellWhole({ name, text, ids }: Item, width: number | undefined): string[] {
  const more = ids.length > IDS_SHOWN ? `, and ${ids.length - IDS_SHOWN} more` : "";
  const named = ids.slice(0, IDS_SHOWN).join(", ") + more;
  return [
    ...indented(plain(`${name}: ${text}`), 0, width),
    ...(named === "" ? [] : indented(plain(named), 2, width)),
  ];
}

const openWords = (period: string) => `Period ${period} stays open.`;

function closedWords({ period, snapshot }: CloseAnswer): string {
  if (snapshot === null) return `Nothing keeps period ${period} open.`;
  return `Period ${period} is closed: snapshot ${snapshot.nr}, hash ${snapshot.hash}`;
}
