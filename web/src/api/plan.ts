import { useQuery } from "@tanstack/react-query";
import { apiPath, get } from "./client";

export interface MachineSize {
  cpu: number;
  memory_gib: number;
  storage_gib: number;
}

/** What a course would need of the machine, and what that carries. */
export interface Plan {
  at_once: number;
  needs: MachineSize;
  machine: MachineSize;
  carries: { at_once: number; homes: number; scarce: "cpu" | "memory" };
  fits: boolean;
}

/** `question`: people, cpu, memory_gib, storage_gib and at_once_percent. */
export function usePlan(question: Record<string, string>, enabled: boolean) {
  return useQuery({
    queryKey: ["plan", question],
    queryFn: () => get<Plan>(`${apiPath("plan")}?${new URLSearchParams(question).toString()}`),
    enabled,
    placeholderData: (before) => before,
    staleTime: 60_000,
  });
}
