import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Course } from "../api/types";
import { serve, show } from "../test_page";
import { FolderTakeout } from "./folder_takeout";

const archive = { bytes: 1_572_864, files: 3, sha256: "00ff", verified_at: "2026-11-21T09:00:00Z", created_at: "2026-11-21T09:00:00Z" };
const course = { slug: "numerics", folder_export: archive } as Course;

describe("FolderTakeout", () => {
  it("leads to the archive and says how big it is", () => {
    serve({});
    show(<FolderTakeout course={course} />);
    const link = screen.getByTestId("folder-takeout");
    expect(link.getAttribute("href")).toBe("/api/v1/courses/numerics/folder");
    expect(link.textContent).toContain("1.5 MiB");
  });

  it("is not there where there is nothing", () => {
    serve({});
    show(<FolderTakeout course={{ ...course, folder_export: null }} />);
    expect(screen.queryByTestId("folder-takeout")).toBeNull();
  });
});
