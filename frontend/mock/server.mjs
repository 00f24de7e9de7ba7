// A stand-in for the server, for work on the pages only. MOCK_EVIDENCE is a folder that `vision replay --evidence` wrote.
import { createReadStream, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";

const PORT = Number(process.env.MOCK_PORT ?? 8099);
const FOLDER = process.env.MOCK_EVIDENCE ?? "mock-evidence";
const MANY = Number(process.env.MOCK_CASES ?? 400);

const files = {};
const seeds = [];
for (const name of readdirSync(FOLDER).filter((one) => one.endsWith(".jsonl"))) {
  for (const line of readFileSync(join(FOLDER, name), "utf8").split("\n").filter(Boolean)) {
    const event = JSON.parse(line);
    for (const item of event.evidence) files[basename(item.uri)] = item.uri.replace("file://", "");
    seeds.push(event);
  }
}
const CAMERAS = [
  ["bj-001", "八角东街 12 号"], ["bj-002", "八角南路农贸市场东门"], ["bj-003", "古城大街地铁 A 口停车场"], ["bj-004", "杨庄路加油站"],
  ["bj-005", "八角北里 3 号院东侧垃圾投放点"], ["bj-006", "鲁谷路 56 号"],
];
const ago = (s) => new Date(Date.now() - s * 1000).toISOString();
const cases = new Map();
let serial = 0;
function make(age) {
  const seed = seeds[serial % seeds.length];
  const n = serial++;
  const id = `019b77b6-${String(n).padStart(4, "0")}-7f9c-8daf-f82628d833a0`;
  const began = Date.now() - age * 1000;
  const shift = began - Date.parse(seed.occurred_at);
  const move = (iso) => new Date(Date.parse(iso) + shift).toISOString();
  const [camera, name] = CAMERAS[n % CAMERAS.length];
  const evidence = seed.evidence.map((one) => ({ role: one.role, url: `/api/evidence/${id}/${basename(one.uri)}`, taken_at: move(one.taken_at), masked: false }));
  const confidence = Math.round((0.45 + ((n * 37) % 53) / 100) * 1000) / 1000;
  cases.set(id, {
    case_id: id, category: seed.category, subcategory: seed.subcategory, state: n % 4 ? "open" : "cleared", camera_id: camera, camera_name: name,
    zone_id: seed.zone_id, occurred_at: move(seed.occurred_at), detected_at: move(seed.detected_at), cleared_at: n % 4 ? null : move(seed.detected_at),
    confidence, uncertainty: 1 - 2 * Math.abs(confidence - 0.5), severity: n % 7 === 2 ? "high" : "normal", review: "required", held: n % 5 === 0,
    model: "street-n@2026.11.2", thumb: evidence.find((one) => one.role === "after")?.url ?? null, verdict: null, last_verdict_id: null, standing_s: n % 4 ? null : 1260 + n,
    bbox: seed.bbox, dwell_s: seed.dwell_s, why: seed.why, actors: seed.actors.map((one) => ({ ...one, first_seen: move(one.first_seen), last_seen: move(one.last_seen) })),
    codes: seed.codes, location: { lat: 39.9015 + n / 9000, lon: 116.2016, crs: "WGS84", address: name, grid: "110107001001001" },
    dispatch_hints: seed.dispatch_hints, evidence, events: [{ event_id: `${id}-e`, kind: "opened", detected_at: move(seed.detected_at), why: seed.why, evidence }],
    verdicts: [], answers: [], producer: seed.producer,
  });
  return id;
}
for (let n = 0; n < MANY; n += 1) make(120 + n * 800);
const whole = (one) => ({ ...one, similar: [...cases.values()].filter((other) => other !== one && other.camera_id === one.camera_id && other.zone_id === one.zone_id).slice(0, 5) });
const listeners = new Set();
const tell = (kind, data) => listeners.forEach((one) => one.write(`event: ${kind}\ndata: ${JSON.stringify(data)}\n\n`));
let row = 0;
function decide(one, body, by = "operator") {
  one.verdicts.push({ id: ++row, verdict: body.verdict, reason: body.reason ?? null, category: body.category ?? null, duplicate_of: body.duplicate_of ?? null, box: body.box ?? null, note: null, by, at: ago(0) });
  one.last_verdict_id = row;
  one.verdict = body.verdict === "undo" ? null : one.verdicts.at(-1);
  tell("verdict", { case_id: one.case_id });
}
let loggedIn = !process.env.MOCK_LOGIN;
const me = { name: "demo", role: process.env.MOCK_ROLE ?? "admin", csrf: "x", language: "zh", site: { id: "demo", name: "八角街道", timezone: "Asia/Shanghai" }, settings: { map_tiles: null, media_server: null, hold_for_review: false, oidc: true }, must_change_password: false };

createServer(async (request, response) => {
  const url = new URL(request.url, "http://x");
  const path = url.pathname.replace(/^\/api/, "");
  const query = url.searchParams;
  let text = "";
  for await (const part of request) text += part;
  const body = text ? JSON.parse(text) : null;
  const json = (data, status = 200) => { response.writeHead(status, { "Content-Type": "application/json" }); response.end(JSON.stringify(data)); };
  if (path === "/me" || path === "/login") { if (path === "/login") loggedIn = true; return loggedIn ? json(me) : json({ error: "not_logged_in", language: "zh", oidc: true }, 401); }
  if (path === "/live") {
    response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
    response.write(": open\n\n");
    listeners.add(response);
    request.on("close", () => listeners.delete(response));
    return;
  }
  if (path === "/mock/arrive") { const id = make(5); tell("case", { case_id: id, kind: "opened" }); return json({ id }); }
  if (path === "/mock/other") { decide(cases.get(body.id), { verdict: "true" }, "李四"); return json({}); }
  if (path === "/cases") {
    const sort = query.get("sort");
    const fits = (one) => ["category", "camera", "zone"].every((key) => !query.get(key) || one[key === "category" ? key : `${key}_id`] === query.get(key));
    const state = query.get("state") ?? "unreviewed";
    const all = [...cases.values()].filter(fits);
    const items = all.filter((one) => state === "all" || (state === "unreviewed") === !one.verdict)
      .sort((a, b) => (sort === "uncertain" ? b.uncertainty - a.uncertainty : sort === "severity" ? (b.severity === "high") - (a.severity === "high") : 0) || Date.parse(b.detected_at) - Date.parse(a.detected_at));
    const from = Number(query.get("cursor") ?? 0);
    const limit = Number(query.get("limit") ?? 50);
    return json({ items: items.slice(from, from + limit), next: from + limit < items.length ? String(from + limit) : null, total: items.length, unreviewed: all.filter((one) => !one.verdict).length });
  }
  const found = path.match(/^\/cases\/([^/]+)(?:\/(\w+))?$/);
  if (found) {
    const one = cases.get(found[1]);
    if (!one) return json({ error: "no_such_case" }, 404);
    if (!found[2]) return json(whole(one));
    if (body?.based_on !== undefined && body.based_on !== one.last_verdict_id) return json({ error: "conflict", case: whole(one) }, 409);
    if (found[2] === "verdicts") decide(one, body);
    if (found[2] === "undo") decide(one, { verdict: "undo" });
    return json(found[2] === "fixture" ? { version: 4 } : whole(one));
  }
  if (path === "/verdicts/bulk") { for (const one of body.ids) decide(cases.get(one.case_id), body); return json({ done: body.ids.map((one) => one.case_id), conflicts: [] }); }
  if (path === "/reasons") return json({ illegal_dumping: [["owner_present", "物主在旁"], ["taken_again", "已被取走"], ["parked_vehicle", "停放车辆"], ["delivery", "装卸货物"], ["shop_goods", "店铺物品"]].map(([id, zh]) => ({ id, zh, en: id })), "*": [["fixture", "固定物"], ["shadow_light", "光影或反光"], ["person_animal", "行人或动物"], ["weather", "雨雪雾影响"], ["nothing", "什么也没有"]].map(([id, zh]) => ({ id, zh, en: id })) });
  if (path.startsWith("/evidence/")) {
    const file = files[basename(path)];
    if (!file) return json({}, 404);
    const { size } = statSync(file);
    const type = file.endsWith(".mp4") ? "video/mp4" : "image/jpeg";
    const range = request.headers.range?.match(/bytes=(\d+)-(\d*)/);
    const start = range ? Number(range[1]) : 0;
    const end = range?.[2] ? Number(range[2]) : size - 1;
    response.writeHead(range ? 206 : 200, { "Content-Type": type, "Content-Length": end - start + 1, "Accept-Ranges": "bytes", "Cache-Control": "max-age=3600", ...(range ? { "Content-Range": `bytes ${start}-${end}/${size}` } : {}) });
    return createReadStream(file, { start, end }).pipe(response);
  }
  json({ error: "not_found" }, 404);
}).listen(PORT, "127.0.0.1", () => console.log(`mock on ${PORT}`));
