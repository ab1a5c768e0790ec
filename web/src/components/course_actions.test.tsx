import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import type { Course } from "../api/types";
import { serve, show } from "../test_page";
import { CourseActions } from "./course_actions";

function course(may: string[]): Course {
  return {
    slug: "numerics", name: "Numerics", description: "", starts_at: "2026-12-01T09:00:00Z", ends_at: null,
    expected_participants: 5, resources: { cpu: 1, memory_gib: 1, storage_gib: 1 }, environment: "jupyterlab", target: "local",
    state: "pending", state_since: "2026-11-21T09:00:00Z", reason: null, wanted: null, leaders: ["emmy"], requested_by: "emmy",
    created_at: "2026-11-21T09:00:00Z", updated_at: "2026-11-21T09:00:00Z", hub_url: null, deployment: null,
    participants: { accepted: 0, pending: 0 }, me: { leader: true, participant: null, may },
  };
}

describe("CourseActions", () => {
  it("shows what may be done and nothing else", () => {
    serve({});
    show(<CourseActions course={course(["cancel", "something-new"])} />);
    expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual(["Cancel the course"]);
  });

  it("shows nothing to whoever may do nothing", () => {
    serve({});
    show(<CourseActions course={course([])} />);
    expect(screen.queryByRole("button")).toBeNull();
  });

  it("does not reject without a reason, and shows a refusal where it asked", async () => {
    const reasons: unknown[] = [];
    serve({
      "POST /api/v1/courses/numerics/reject": (body) => {
        reasons.push(body);
        return [409, { detail: "the course was already accepted" }];
      },
    });
    show(<CourseActions course={course(["accept", "reject"])} />);
    await userEvent.click(screen.getByTestId("reject-numerics"));
    const confirm = await screen.findByTestId<HTMLButtonElement>("confirm");
    expect(confirm.disabled).toBe(true);
    await userEvent.type(screen.getByTestId("confirm-reason"), "too large");
    await userEvent.click(confirm);
    expect((await screen.findByRole("alert")).textContent).toContain("The course was already accepted.");
    expect(reasons).toEqual([{ reason: "too large" }]);
  });
});
