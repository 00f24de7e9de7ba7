import { createRoot } from "react-dom/client";
import "./design/tokens.css";
import "./design/base.css";
import "./design/shell.css";
import "./design/review.css";
import "./design/pages.css";
import { App } from "./app";

// Before the first paint, so that a dark room stays dark.
try {
  const kept = JSON.parse(localStorage.getItem("vision.theme") ?? '"auto"') as string;
  const dark = kept === "dark" || (kept !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
} catch {
  document.documentElement.dataset.theme = "light";
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
