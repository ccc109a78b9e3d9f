export { Connections, post } from "./post.ts";
export {
  isEventAt,
  positionOf,
  type StartAt,
} from "./read-events.ts";
export type { SealingKey } from "./secrets.ts";
export {
  addSubscriber,
  disableSubscriber,
  enableSubscriber,
  listSubscribers,
  type NewSubscriber,
  readSubscriber,
  removeSubscriber,
  replaySubscriber,
  rollSecret,
  type Subscriber,
  type WaitingDelivery,
  waitingDeliveries,
} from "./store.ts";
export { type Chunk, type Reading, readStream } from "./stream.ts";
export { Teller, type TellerOptions } from "./teller.ts";
