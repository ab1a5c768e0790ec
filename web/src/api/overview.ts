import type { CourseState, Isolation } from "./types";

/** The whole platform, for administrators. */
export interface Overview {
  courses: Partial<Record<CourseState, number>>;
  servers: { running: number; starting: number; queued: number };
  users: number;
  machine: {
    cpus: number;
    memory_bytes: number;
    memory_available_bytes: number;
    disk_free_bytes: number;
    load: number | number[];
  };
  isolation: Isolation;
  one_origin: boolean;
  /** What is wrong with the course whose hub is to be at "/". */
  root_course: { slug: string; problem: "missing" | "ends" } | null;
  version: string;
  uptime_seconds: number;
}
