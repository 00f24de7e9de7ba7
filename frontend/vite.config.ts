import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { licences } from "./licences.ts";

// The built files are committed: no source maps, no dates, names by content, so that a rebuild gives the same bytes.
export default defineConfig({
  plugins: [react(), licences()],
  base: "/",
  build: {
    outDir: process.env.CONSOLE_OUT || "../vision/console/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 600,
  },
  server: { proxy: { "/api": process.env.CONSOLE_API ?? "http://127.0.0.1:8090" } },
  test: { environment: "node", include: ["tests/**/*.test.ts"] },
});
