import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";
import type { HubServer } from "../api/hub_types";
import { fakeEventSource, serve, show, type Answers } from "../test_page";
import { OtherServers } from "./other_servers";

const user = "/c/numerics/hub/api/users/ada";
let servers: Record<string, Partial<HubServer>>;
let answers: Answers;
let sent: unknown[];

function running(name: string): Partial<HubServer> {
  return { name, ready: true, pending: null, url: `/c/numerics/user/ada/${encodeURIComponent(name)}/`, started: null, last_activity: null };
}

beforeEach(() => {
  servers = { "": { ...running(""), url: "/c/numerics/user/ada/" } };
  sent = [];
  fakeEventSource();
  answers = {
    "GET /api/v1/options": () => [200, { environments: [], hub: { named_servers: 2 } }],
    [`GET ${user}`]: () => [200, { name: "ada", pending: null, server: null, servers }],
    [`POST ${user}/servers/my%20gpu`]: () => {
      servers["my gpu"] = running("my gpu");
      return [201, null];
    },
    [`DELETE ${user}/servers/my%20gpu`]: (body) => {
      sent.push(body);
      delete servers["my gpu"];
      return [204, null];
    },
  };
  serve(answers);
});

function start() {
  show(<OtherServers slug="numerics" username="ada" goTo={null} />);
}

describe("OtherServers", () => {
  it("opens one by a name, and removes it after asking", async () => {
    start();
    await userEvent.click(await screen.findByTestId("new-server"));
    await userEvent.type(screen.getByTestId("new-server-name"), " my gpu ");
    await userEvent.click(screen.getByTestId("open-new-server"));
    const one = await screen.findByTestId("server-my gpu");
    expect((await within(one).findByTestId("open-server")).getAttribute("href")).toBe("/c/numerics/user/ada/my%20gpu/");
    expect(screen.queryByTestId("server-")).toBeNull();

    await userEvent.click(within(one).getByTestId("remove-server"));
    expect(servers["my gpu"]).toBeDefined();
    await userEvent.click(await screen.findByTestId("confirm"));
    await waitFor(() => {
      expect(screen.queryByTestId("server-my gpu")).toBeNull();
    });
    expect(sent).toEqual([{ remove: true }]);
  });

  it("calls one what people call it", async () => {
    servers["gpu"] = { ...running("gpu"), display_name: "Big card" };
    start();
    const one = await screen.findByTestId("server-gpu");
    expect(within(one).getByRole("heading").textContent).toBe("Big card");
    expect((await within(one).findByTestId("open-server")).getAttribute("href")).toBe("/c/numerics/user/ada/gpu/");
  });

  it("says why a name was refused", async () => {
    answers[`POST ${user}/servers/lab`] = () => [400, { status: 400, message: "'lab' is an address of the default server; take another name" }];
    start();
    await userEvent.click(await screen.findByTestId("new-server"));
    await userEvent.type(screen.getByTestId("new-server-name"), "lab");
    await userEvent.click(screen.getByTestId("open-new-server"));
    expect(await screen.findByText(/take another name/)).toBeTruthy();
  });

  it("offers no more than are allowed", async () => {
    servers["one"] = running("one");
    servers["two"] = { ...running("two"), ready: false, stopped: true };
    start();
    await screen.findByTestId("server-two");
    await screen.findByText(/as many servers as this platform allows/);
    expect(screen.queryByTestId("new-server")).toBeNull();
  });

  it("is not there where there are none and there may be none", async () => {
    answers["GET /api/v1/options"] = () => [200, { environments: [], hub: { named_servers: 0 } }];
    start();
    await waitFor(() => {
      expect(document.querySelector("section")).toBeNull();
    });
  });
});
