import type { Faults } from "../faults.ts";
import type { WebhookSender } from "../webhooks/sender.ts";
import type { World } from "../world.ts";
import type { Snapshots } from "./snapshots.ts";

/** What the admin routes act on. */
export type AdminParts = {
  world: World;
  sender: WebhookSender;
  faults: Faults;
  snapshots: Snapshots;
  /** Starts the wait for asynchronous captures over, after the rows or the clock have moved. */
  rearm: () => void;
};

/** 400 with a sentence, for an admin request that makes no sense. */
export class BadAdminRequest extends Error {
  readonly statusCode = 400;

  constructor(message: string) {
    super(message);
    this.name = "BadAdminRequest";
  }
}
