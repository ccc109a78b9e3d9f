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
  type EndState,
  type EventFilter,
  type EventPage,
  type EventWay,
  endEvents,
  handOverEvents,
  knownEvents,
  listEvents,
  openEventsOfLane,
  readEvent,
  type StoredEvent,
  strayEvents,
} from "./store.ts";
