/** What is said to the hub of a year over its channel; each word is answered once it is done. */
export type HubWord = Readonly<{ shiftMs: number }> | Readonly<{ comeRound: true }>;
/** The answer: what the hub's process has used so far. */
export type HubUse = Readonly<{ residentMb: number; cpuMs: number }>;
