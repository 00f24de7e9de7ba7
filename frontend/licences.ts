/** What the built pages contain of others, with their licences: into `licences.txt` beside the pages. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vite";

interface Lock {
  packages: Record<string, { version?: string; license?: string; dev?: boolean }>;
}

export function licences(): Plugin {
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
      const parts = Object.entries(lock.packages)
        // Types are not in the pages.
        .filter(([path, one]) => path && !one.dev && !path.includes("@types/"))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([path, one]) => {
          const name = path.replace(/^.*node_modules\//, "");
          const file = existsSync(path) ? readdirSync(path).sort().find((each) => /^licen[cs]e/i.test(each)) : undefined;
          const text = file ? readFileSync(join(path, file), "utf8").replaceAll("\r\n", "\n").trim() : "";
          return `${name} ${one.version ?? ""} (${one.license ?? "?"})\n\n${text}\n`;
        });
      this.emitFile({ type: "asset", fileName: "licences.txt", source: parts.join(`\n${"-".repeat(78)}\n\n`) });
    },
  };
}
