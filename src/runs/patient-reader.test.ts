import { expect, test } from "vitest";
import { HubError } from "../base/errors.ts";
import type { PairRuntime } from "./pair-runtime.ts";
import { asPatientReader } from "./patient-reader.ts";

/** A pair whose ERP gives these answers one after the other, whatever it is asked. */
function answering(answers: readonly (HubError | string)[]) {
  const waited: number[] = [];
  let asked = 0;
  const answer = () => {
    const next = answers[asked];
    asked += 1;
    return next instanceof HubError ? Promise.reject(next) : Promise.resolve(next);
  };
  const erp = { findByKey: answer, release: answer };
  const pair = asPatientReader({ erp } as unknown as PairRuntime, (delayMs) => {
    waited.push(delayMs);
    return Promise.resolve();
  });
  return { erp: pair.erp, waited, asked: () => asked };
}

const away = new HubError("erp.unavailable", "No answer");
const busy = new HubError("erp.busy", "Locked");

test("a read without an answer is made again", async () => {
  const { erp, waited } = answering([away, busy, "found"]);

  await expect(erp.findByKey("KEY")).resolves.toBe("found");

  expect(waited).toEqual([250, 2_000]);
});

test("the third failure is the read's", async () => {
  const { erp, asked } = answering([away, away, away, "too late"]);

  await expect(erp.findByKey("KEY")).rejects.toBe(away);

  expect(asked()).toBe(3);
});

test("a refusal is an answer", async () => {
  const refused = new HubError("erp.refused", "No such batch");
  const { erp, asked } = answering([refused, "too late"]);

  await expect(erp.findByKey("KEY")).rejects.toBe(refused);

  expect(asked()).toBe(1);
});

test("a write is never made again", async () => {
  const { erp, asked } = answering([away, "twice"]);

  await expect(erp.release("payment", "000001")).rejects.toBe(away);

  expect(asked()).toBe(1);
});
