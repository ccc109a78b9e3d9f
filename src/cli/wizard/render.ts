import type { Preview, WizardStripeAnswer } from "../../api/contract.ts";
import { counted } from "../../base/counted.ts";
import { renderPreview } from "../render/preview.ts";
import { wrapUnder } from "../render/wrap.ts";
import type { Paint } from "../terminal.ts";

/** What the key may do, and the least that a restricted key needs. */
export function renderPermissions(
  { accountId, isLive, permissions }: WizardStripeAnswer,
  paint: Paint,
  width: number | undefined,
): string {
  const wanted = new Map<string, { right: string; why: string; isGranted: boolean }>();
  for (const { resource, right, why, isGranted } of permissions) {
    const known = wanted.get(resource);
    // The right to write includes the one to read.
    const all = isGranted && known?.isGranted !== false;
    if (known === undefined || right === "write")
      wanted.set(resource, { right, why, isGranted: all });
    else wanted.set(resource, { ...known, isGranted: all });
  }
  const isNarrow = width !== undefined && width < 72;
  const lines = [...wanted].map(([resource, { right, why, isGranted }]) => {
    const mark = isGranted ? paint.good("has  ") : paint.bad("lacks");
    return `  ${mark}  ${resource.padEnd(28)} ${right.padEnd(5)}${isNarrow ? "" : `  ${why}`}`;
  });
  return [
    `Stripe account ${accountId}, ${isLive ? "live" : "test"} mode`,
    wrapUnder(
      "",
      "The minimal restricted key, and what this key has of it (all else: None)",
      width,
    ),
    ...lines,
  ].join("\n");
}

/** What the newest charges would book, with a count of what stops the others. */
export function renderPreviews(
  previews: readonly Preview[],
  paint: Paint,
  width: number | undefined,
): string {
  if (previews.length === 0) return "No charge was tried.";
  const shown = previews.map((preview) => {
    const documents = preview.documents.map((document) => ({ ...document, notes: [] }));
    return renderPreview({ ...preview, documents }, paint, width);
  });
  const stops = new Map<string, number>();
  for (const { problem } of previews) {
    if (problem !== null) stops.set(problem.code, (stops.get(problem.code) ?? 0) + 1);
  }
  const stopped = [...stops.values()].reduce((sum, count) => sum + count, 0);
  const names = [...stops].map(([code, count]) => `${count} ${code}`).join(", ");
  const verdict =
    `${previews.length - stopped} of ${counted(previews.length, "charge")} would be booked` +
    (stopped === 0 ? "" : `; ${names}`);
  return [...shown, paint.strong(wrapUnder("", verdict, width))].join("\n\n");
}
