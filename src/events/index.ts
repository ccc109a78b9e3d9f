export {
  classifyEvent,
  type EventClass,
  type EventHead,
  ID_PATTERN,
  isThinEvent,
  objectIdOf,
} from "./classify.ts";
export {
  CAN_STILL_END,
  type EndState,
  type EventFilter,
  type EventPage,
  endEvents,
  handOverEvents,
  listEvents,
  openEventsOfLane,
  readEvent,
  reopenEvents,
  type StoredEvent,
  strayEvents,
} from "./store.ts";
