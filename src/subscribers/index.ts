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
  readSubscriber,
  removeSubscriber,
  replaySubscriber,
  rollSecret,
  type Subscriber,
  waitingDeliveries,
} from "./store.ts";
export { type Chunk, readStream } from "./stream.ts";
export { Teller } from "./teller.ts";
