import { expect, test } from "vitest";
import type { Reader } from "../tables/store.ts";
import type { World } from "../world.ts";
import { Call } from "./handler.ts";

test("all reads of a call see one moment, however far they lag behind", () => {
  let looks = 0;
  const asOf = () => {
    looks += 1;
    return {} as Reader;
  };
  const switches = { batchLagMs: 50, viewLagMs: 50 };
  const call = new Call({ store: { asOf }, switches } as unknown as World, {});

  const seen = [call.byBatch, call.searched, call.byBatch];

  expect([new Set(seen).size, looks]).toEqual([1, 1]);
});
