export {
  CATALOG,
  DOMAIN_EVENT_TYPES,
  type DomainEventData,
  DomainEventEnvelope,
  type DomainEventType,
  isDomainEventType,
  versionOf,
} from "./catalog.ts";
export { PAIR_KEY, TELL, type Told, toldRows } from "./tell.ts";
