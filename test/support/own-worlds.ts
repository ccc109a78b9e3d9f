import { afterAll } from "vitest";
import { openWorld, type World } from "./world.ts";

/**
 * Gives each test of a file a world of its own, so that tests which mostly wait do so side by side;
 * all are closed when the file is done. To be called at the top of the file.
 */
export function ownWorlds(): () => Promise<World> {
  const worlds: World[] = [];
  afterAll(() => Promise.all(worlds.map((world) => world.close())));
  return async () => {
    const world = await openWorld();
    worlds.push(world);
    return world;
  };
}
