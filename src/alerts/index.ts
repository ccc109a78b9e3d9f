export { type EndpointTrouble, endpointTroubles } from "./endpoint-troubles.ts";
export { signalStray } from "./hub-conditions.ts";
export { type AlertState, countAlerts, listAlerts, readChannels, testChannels } from "./report.ts";
export { startAlerts } from "./start-alerts.ts";
