import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { CourseRequest, Options } from "../api/types";
import { serve, show, type Answers } from "../test_page";
import { RequestForm } from "./request_form";

const options: Options = {
  environments: [{ name: "jupyterlab", title: "JupyterLab", description: "", default_url: "/lab" }],
  targets: ["local"],
  limits: {
    cpu: { min: 0.5, max: 8, default: 1 }, memory_gib: { min: 0.5, max: 16, default: 2 }, storage_gib: { min: 1, max: 50, default: 5 },
    participants: { min: 1, max: 500, default: 25 }, name: { min: 3, max: 63 }, slug: { min: 3, max: 63 },
    description: { max: 2048 }, start_within_days: 1096, password: { min: 10 },
  },
  hub: { named_servers: 3, root_course: null },
  isolation: { level: "full", notices: [] },
  version: "test",
};

let answers: Answers;
let sent: CourseRequest[];

beforeEach(() => {
  sent = [];
  answers = {
    "GET /api/v1/slugs/numerics-ii": () => [200, { available: true, problem: null }],
    "GET /api/v1/images": () => [200, { environments: [] }],
    "POST /api/v1/courses": (body) => {
      sent.push(body as CourseRequest);
      return [400, { detail: "the start is in the past", field: "starts_at" }];
    },
  };
  serve(answers);
});

/** At once, not letter by letter. */
async function enter(field: HTMLElement, text: string) {
  await userEvent.click(field);
  await userEvent.paste(text);
}

const open = () => show(<RequestForm options={options} />);

describe("RequestForm", () => {
  it("suggests a short name until somebody chooses one", async () => {
    open();
    await userEvent.type(screen.getByRole("textbox", { name: "Name" }), "Numerics II");
    const slug = screen.getByRole<HTMLInputElement>("textbox", { name: "Short name" });
    expect(slug.value).toBe("numerics-ii");
    await userEvent.clear(slug);
    await userEvent.type(slug, "num");
    await userEvent.type(screen.getByRole("textbox", { name: "Name" }), " again");
    expect(slug.value).toBe("num");
  });

  it("says as one types that a short name is taken", async () => {
    open();
    answers["GET /api/v1/slugs/taken"] = () => [200, { available: false, problem: "this slug is taken" }];
    await userEvent.type(screen.getByRole("textbox", { name: "Short name" }), "taken");
    expect(await screen.findByText("This slug is taken.")).toBeTruthy();
    expect(screen.getByTestId<HTMLButtonElement>("request-submit").disabled).toBe(true);
  });

  it("adds up what all participants need", async () => {
    open();
    const people = screen.getByRole("textbox", { name: "Expected participants" });
    await userEvent.clear(people);
    await userEvent.type(people, "40");
    expect(screen.getByTestId("size-preview").textContent).toContain("80 GiB");
  });

  it("says whether the machine carries them all", async () => {
    open();
    const size = { cpu: 2, memory_gib: 8, storage_gib: 900 };
    answers["GET /api/v1/plan"] = () => [
      200,
      { at_once: 25, needs: size, machine: size, carries: { at_once: 3, homes: 400, scarce: "cpu" }, fits: false },
    ];
    const people = screen.getByRole("textbox", { name: "Expected participants" });
    await userEvent.clear(people);
    await userEvent.type(people, "26");
    const fit = await screen.findByTestId("size-fit");
    expect(fit.textContent).toContain("carries 3 such servers at once");
    expect(fit.textContent).toContain("wait in line");
  });

  it("sends what was entered and puts the server's objection beside its field", async () => {
    open();
    await userEvent.type(screen.getByRole("textbox", { name: "Name" }), "Numerics II");
    await userEvent.click(screen.getByRole("switch", { name: "No end date (standing hub)" }));
    await userEvent.click(screen.getByTestId("request-submit"));
    expect(await screen.findByText("The start is in the past.")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(sent[0]).toMatchObject({
      slug: "numerics-ii", name: "Numerics II", ends_at: null, expected_participants: 25, environment: "jupyterlab", image: null, shared_folder: false,
      resources: { cpu: 1, memory_gib: 2, storage_gib: 5 },
    });
    expect(sent[0]?.starts_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  });

  it("asks for a folder that all may change when that is wanted", async () => {
    open();
    await enter(screen.getByRole("textbox", { name: "Name" }), "Numerics II");
    await userEvent.click(screen.getByRole("switch", { name: /A folder that all may change/ }));
    await userEvent.click(screen.getByTestId("request-submit"));
    expect(sent[0]?.shared_folder).toBe(true);
  });

  it("offers an image where one may be named, and puts the objection beside it", async () => {
    answers["GET /api/v1/images"] = () => [
      200,
      { environments: [{ environment: "jupyterlab", allowed: ["quay.io/jupyter/*", "ghcr.io/team/**"] }] },
    ];
    answers["POST /api/v1/courses"] = (body) => {
      sent.push(body as CourseRequest);
      return [400, { detail: "the image quay.io/other/lab:latest may not be used", field: "image" }];
    };
    open();
    const image = await screen.findByRole("textbox", { name: "Container image (optional)" });
    expect(screen.getByText(/Allowed here: quay\.io\/jupyter\/\*, ghcr\.io\/team\/\*\*/)).toBeTruthy();
    await enter(screen.getByRole("textbox", { name: "Name" }), "Numerics II");
    await enter(image, "quay.io/other/lab; reboot");
    expect(await screen.findByText(/Only a name/)).toBeTruthy();
    await userEvent.clear(image);
    await enter(image, " quay.io/other/lab ");
    await userEvent.click(screen.getByTestId("request-submit"));
    expect(await screen.findByText("The image quay.io/other/lab:latest may not be used.")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(sent[0]?.image).toBe("quay.io/other/lab");
  });

  it("forgets an image that the environment chosen later does not take", async () => {
    answers["GET /api/v1/images"] = () => [200, { environments: [{ environment: "jupyterlab", allowed: ["quay.io/jupyter/*"] }] }];
    const plain = { name: "plain", title: "Plain", description: "", default_url: "/" };
    show(<RequestForm options={{ ...options, environments: [...options.environments, plain] }} />);
    await enter(await screen.findByRole("textbox", { name: /Container image/ }), "quay.io/jupyter/lab");
    await enter(screen.getByRole("textbox", { name: "Name" }), "Numerics II");
    await userEvent.click(screen.getByRole("radio", { name: "Plain" }));
    expect(screen.queryByRole("textbox", { name: /Container image/ })).toBeNull();
    await userEvent.click(screen.getByTestId("request-submit"));
    expect(sent[0]).toMatchObject({ environment: "plain", image: null });
  });

  it("sends nothing that it knows to be wrong", async () => {
    open();
    await userEvent.type(screen.getByRole("textbox", { name: "Name" }), "Nu");
    await userEvent.click(screen.getByTestId("request-submit"));
    expect(screen.getAllByText("At least 3 characters.").length).toBe(2);
    expect(sent).toEqual([]);
  });
});
