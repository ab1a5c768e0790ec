import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The development server hands these paths to a running Carrel, or to the mock in mock/.
const backend = process.env["CARREL_BACKEND"] ?? "http://127.0.0.1:8787";

export default defineConfig({
  plugins: [react()],
  server: {
    host: "127.0.0.1",
    proxy: { "/api": { target: backend }, "/c": { target: backend, ws: true } },
  },
  build: {
    target: "es2022",
    // Nothing is inlined as data: URIs, so that the strict content security policy holds.
    assetsInlineLimit: 0,
    // React, Mantine and the router come first, in one file; most pages follow when needed.
    chunkSizeWarningLimit: 600,
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    // Generous, for busy machines: no test waits for it unless something is wrong.
    testTimeout: 60_000,
    setupFiles: ["src/test_setup.ts"],
  },
});
