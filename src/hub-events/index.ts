export {
  CATALOG,
  DOMAIN_EVENT_TYPES,
  DomainEventEnvelope,
  type DomainEventType,
  versionOf,
} from "./catalog.ts";
export { PAIR_KEY, TELL, type Told, toldRows } from "./tell.ts";
