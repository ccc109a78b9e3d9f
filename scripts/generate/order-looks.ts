import { ORDER_LOOKS } from "../../src/runs/orders/order-schedule.ts";
import { type Generator, markdownTable, replaceSection } from "./generated.ts";
import { describeDelay } from "./retries.ts";

/** The table of looks at open orders in `docs/operating.md`, from the schedule of the runs. */
export const generateOrderLooks: Generator = (read) => {
  const path = "docs/operating.md";
  const rows = ORDER_LOOKS.map(({ untilMs, everyMs }) => {
    const until = Number.isFinite(untilMs) ? `less than ${describeDelay(untilMs)}` : "longer";
    return [until, `every ${describeDelay(everyMs)}`];
  });
  const table = markdownTable(["After the newest change", "It looks"], rows);
  return { path, text: replaceSection(read(path), "order looks", table) };
};
