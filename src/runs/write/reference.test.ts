import { beforeEach, expect, test } from "vitest";
import type { Clock } from "../../base/clock.ts";
import type { ErpConnector } from "../../erp/port.ts";
import { aCustomer } from "../../mapping/testing/builders.ts";
import { Reference } from "./reference.ts";

let nowMs = 0;
let asked: string[] = [];
const MINUTE_MS = 60_000;

/** What SL answers for customers; by default it has each of them. */
let answer = async (customerId: string) => aCustomer({ customerId }) as unknown;

function aReference(): Reference {
  const readCustomer = (customerId: string) => {
    asked.push(customerId);
    return answer(customerId);
  };
  const clock = { monotonicMs: () => nowMs } as Clock;
  return new Reference({ readCustomer } as unknown as ErpConnector, clock);
}

const readAll = async (reference: Reference, from: number, count: number) => {
  for (let nr = from; nr < from + count; nr += 1) await reference.customer(`C${nr}`);
};

beforeEach(() => {
  [nowMs, asked] = [0, []];
  answer = async (customerId) => aCustomer({ customerId });
});

test("a customer is believed for a minute, however it is written", async () => {
  const reference = aReference();

  await reference.customer("c1");
  await reference.customer("C1");
  expect(asked).toEqual(["c1"]);

  nowMs = MINUTE_MS;
  await reference.customer("C1");
  expect(asked).toEqual(["c1", "C1"]);
});

test("what SL does not have, and a read that failed, is asked again at once", async () => {
  const reference = aReference();
  answer = async () => undefined;
  await reference.customer("C1");
  answer = () => Promise.reject(new Error("away"));
  await expect(reference.customer("C1")).rejects.toThrow("away");
  answer = async (customerId) => aCustomer({ customerId });

  expect(await reference.customer("C1")).toMatchObject({ customerId: "C1" });
  expect(asked).toEqual(["C1", "C1", "C1"]);
});

test("of many buyers those that are believed still are not asked for again", async () => {
  const reference = aReference();
  await readAll(reference, 0, 450);
  nowMs = MINUTE_MS + 1;
  await readAll(reference, 1_000, 100);
  asked = [];

  await readAll(reference, 1_000, 100);

  expect(asked).toEqual([]);
});

test("beyond five thousand that are believed at once all are asked for anew", async () => {
  const reference = aReference();
  await readAll(reference, 0, 5_000);
  asked = [];
  await reference.customer("C4999");
  expect(asked).toEqual([]);

  await reference.customer("C5000");
  await reference.customer("C4999");

  expect(asked).toEqual(["C5000", "C4999"]);
});
