import type { DocumentDraft, ErpScreen } from "./port.ts";

const SCREENS: Readonly<Record<DocumentDraft["kind"], ErpScreen>> = {
  invoice: "invoice",
  memo: "invoice",
  payment: "payment",
};

/** The screen that a document is written in. */
export function screenOf(draft: Pick<DocumentDraft, "kind">): ErpScreen {
  return SCREENS[draft.kind];
}
