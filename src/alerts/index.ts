export { type EndpointTrouble, endpointTroubles } from "./endpoint-troubles.ts";
export { signalStray } from "./hub-conditions.ts";
export {
  type AlertState,
  type ChannelState,
  countAlerts,
  listAlerts,
  readChannels,
  testChannels,
} from "./report.ts";
export { RULES, type Rule } from "./rules.ts";
export { type AlertOptions, type Alerts, startAlerts } from "./start-alerts.ts";
