export {
  classifyEvent,
  type EventClass,
  type EventHead,
  ID_PATTERN,
  isThinEvent,
  objectIdOf,
  WORKED_TYPES,
} from "./classify.ts";
export {
  CAN_STILL_END,
  type EventWay,
  endEvents,
  handOverEvents,
  knownEvents,
  listEvents,
  openEventsOfLane,
  readEvent,
  reopenEvents,
  type StoredEvent,
} from "./store.ts";
