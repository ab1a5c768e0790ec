import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { fakeEventSource, serve, show, type Answers } from "../test_page";
import { ServerPanel } from "./server_panel";

const running = { name: "", ready: true, pending: null, url: "/c/numerics/user/ada/", started: null, last_activity: null };

function openWith(answers: Answers): void {
  fakeEventSource();
  serve({
    "GET /c/numerics/hub/api/users/ada": () => [200, { name: "ada", pending: null, server: null, servers: { "": running } }],
    ...answers,
  });
  show(<ServerPanel slug="numerics" username="ada" own goTo={null} />);
}

describe("The button that opens a server", () => {
  it("names what the course runs", async () => {
    openWith({
      "GET /api/v1/courses/numerics": () => [200, { slug: "numerics", environment: "nb" }],
      "GET /api/v1/options": () => [200, { environments: [{ name: "nb", title: "Jupyter Notebook" }] }],
    });
    const link = await screen.findByRole("link", { name: "Open Jupyter Notebook" });
    expect(link.getAttribute("href")).toBe(running.url);
  });

  it("is there before that is known", async () => {
    openWith({});
    const link = await screen.findByRole("link", { name: "Open the server" });
    expect(link.getAttribute("href")).toBe(running.url);
  });
});
