import type { FastifyInstance } from "fastify";
import { DoctorRequest } from "./contract.ts";
import type { ApiDeps } from "./deps.ts";
import { readInput } from "./request-input.ts";

/** `POST /api/doctor` looks for what is wrong, `GET /api/doctor/touches` tells what it touches. */
export function registerDoctor(app: FastifyInstance, { doctor }: ApiDeps): void {
  app.get("/doctor/touches", async () => doctor.touches());

  app.post("/doctor", async (request) => {
    const { pair, probe, ...consent } = readInput(DoctorRequest, request.body);
    return doctor.run({ pair, probe, consent });
  });
}
