import { expect, test } from "vitest";
import { someSettings } from "../mapping/testing/builders.ts";
import { otherMode } from "./event-mode.ts";

const live = { ...someSettings().stripe, livemode: true };
const ofPair = (stripe: Readonly<{ livemode: boolean | undefined }>) => ({
  ...someSettings(),
  stripe: { ...live, ...stripe },
});

test.each([
  ["a test event on a live pair", { livemode: true }, [false], "event of test mode"],
  ["a live event on a test pair", { livemode: false }, [true], "event of live mode"],
  ["an event against the mode of the key", { livemode: undefined }, [true], "event of live mode"],
])("%s is left alone", (_name, stripe, livemodes, words) => {
  expect(otherMode(ofPair(stripe), livemodes)?.reason).toContain(words);
});

test.each([
  ["of the pair's mode", [true]],
  ["of both modes", [true, false]],
  ["of none, since a person woke it", []],
])("a lane with events %s is worked on", (_name, livemodes) => {
  expect(otherMode(ofPair({ livemode: true }), livemodes)).toBeUndefined();
});
