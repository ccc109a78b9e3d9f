import { hash } from "node:crypto";
import {
  classifyEvent,
  type EventClass,
  type EventHead,
  type EventWay,
  objectIdOf,
} from "../events/index.ts";
import { blankOut } from "./blank-out.ts";
import { type ReadEvent, readBody } from "./body.ts";
import type { ArrivedEvent } from "./store-group.ts";

/** Whose event it is, and how it came. */
export type Arrival = Readonly<{
  pair: string;
  via: EventWay;
  /** What an event means; the default is the table of this version. */
  classify?: ((event: EventHead) => EventClass) | undefined;
}>;

/**
 * An event as it is going to be stored, the same by whatever way it came.
 *
 * @param rawBody the signed bytes of a webhook, or the event as Stripe's list has it
 * @throws HubError `intake.body_invalid`
 */
export function readArrival(
  rawBody: Buffer,
  { pair, via, classify = classifyEvent }: Arrival,
): Readonly<{ event: ReadEvent; arrived: ArrivedEvent }> {
  const event = readBody(rawBody);
  const meaning = classify(event);
  const arrived = {
    pair,
    id: event.id,
    type: event.type,
    apiVersion: event.apiVersion,
    livemode: event.livemode,
    objectId: objectIdOf(event) ?? null,
    laneKey: "laneKey" in meaning ? meaning.laneKey : null,
    endReason: "laneKey" in meaning ? null : meaning.notApplicable,
    createdAt: event.createdAt,
    via,
    ...storedBody(rawBody, via),
  };
  return { event, arrived };
}

/** Cards and secrets are not kept: the hash of what was signed stands for bytes that are gone. */
function storedBody(rawBody: Buffer, via: EventWay): Pick<ArrivedEvent, "body" | "signedSha256"> {
  const body = blankOut(rawBody);
  const isSigned = via === "webhook" && body !== rawBody;
  return { body, signedSha256: isSigned ? hash("sha256", rawBody) : null };
}
