export {
  CATALOG,
  DOMAIN_EVENT_TYPES,
  type DomainEventData,
  DomainEventEnvelope,
  type DomainEventType,
  versionOf,
} from "./catalog.ts";
export { PAIR_KEY, TELL, type Told, toldRows } from "./tell.ts";
