"use strict";
// Draws the figures of a sweep's page: parallel coordinates, objectives, tornado, limits; filters the table.
const sweep = JSON.parse(document.getElementById("sweep").textContent);
const INK = "#202124", SOFT = "#9aa0a6", BLUE = "#0072b2", RED = "#b3410a";
const make = (name, values, parent) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in values) made.setAttribute(key, values[key]);
  parent.append(made);
  return made;
};
const label = (parent, x, y, text, anchor) => {
  make("text", { x, y, "text-anchor": anchor, "font-size": 11, fill: INK }, parent).textContent = text;
};
const tell = (part, text) => { make("title", {}, part).textContent = text; };
const canvas = (id, w, h) => {
  const place = typeof id === "string" ? document.getElementById(id) : id;
  const title = place && place.closest("section").querySelector("h2").textContent;
  return place && make("svg", { viewBox: `0 0 ${w} ${h}`, role: "img", "aria-label": title }, place);
};
const short = (value, digits = 5) => typeof value !== "number" ? String(value)
  : Math.abs(value) >= 1e6 ? value.toExponential(1) : String(Number(value.toPrecision(digits)));
const colour = (r) => r.front ? BLUE : r.feasible ? SOFT : RED;
const open = (record) => { if (record.run) location.href = record.run; };
const told = (r) => sweep.titles.map((c, i) => `${c} = ${r.values[i] === null ? "–" : short(r.values[i])}`)
  .concat(r.reason ? [r.reason] : []).join("\n");

// Round values at even steps of 1, 2 or 5 times a power of ten.
function ticks(low, high, count) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough * 0.999), found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(k * step);
  return found;
}

function scaleOf(values) {
  const all = values.filter((value) => value !== null && value !== undefined);
  if (all.every((value) => typeof value === "number")) {
    const lo = Math.min(...all), hi = Math.max(...all);
    return { at: (v) => hi > lo ? (v - lo) / (hi - lo) : 0.5, lo, hi, ticks: ticks(lo, hi, 5) };
  }
  const names = [...new Set(all)];
  return { at: (v) => names.length > 1 ? names.indexOf(v) / (names.length - 1) : 0.5, lo: names[0], hi: names.at(-1), ticks: names };
}

function frame(svg, box, across, up, names) {
  const x = (v) => box.left + across.at(v) * box.width, y = (v) => box.top + (1 - up.at(v)) * box.height;
  for (const v of across.ticks) {
    make("line", { x1: x(v), x2: x(v), y1: box.top, y2: box.top + box.height, stroke: "#e8eaed" }, svg);
    label(svg, x(v), box.top + box.height + 22, short(v), "middle");
  }
  for (const v of up.ticks) {
    make("line", { x1: box.left - 10, x2: box.left + box.width, y1: y(v), y2: y(v), stroke: "#e8eaed" }, svg);
    label(svg, box.left - 14, y(v) + 4, short(v), "end");
  }
  make("path", { d: `M${box.left - 10} ${box.top - 6}V${box.top + box.height + 8}H${box.left + box.width + 6}`, fill: "none", stroke: INK }, svg);
  label(svg, box.left + box.width / 2, box.top + box.height + 42, names[0], "middle");
  label(svg, 8, 14, names[1], "start");
  return [x, y];
}

function parallel() {
  const axes = sweep.columns.map((name, i) => ({ name, i })).filter((a) => sweep.records.some((r) => r.values[a.i] !== null));
  const w = 960, h = 340, svg = canvas("parallel", w, h);
  if (!svg) return;
  const x = (k) => 50 + k * (w - 100) / Math.max(1, axes.length - 1);
  const scales = axes.map((a) => scaleOf(sweep.records.map((r) => r.values[a.i])));
  for (const r of [...sweep.records].sort((a, b) => a.front - b.front)) {
    const points = axes.map((a, k) => r.values[a.i] === null ? null : `${x(k)},${h - 40 - scales[k].at(r.values[a.i]) * (h - 90)}`).filter(Boolean);
    const width = r.front ? 1.6 : 0.7, opacity = r.front ? 1 : 0.55;
    const line = make("polyline", { points: points.join(" "), fill: "none", stroke: colour(r), "stroke-width": width,
      "stroke-dasharray": r.feasible ? "none" : "4 3", opacity, "pointer-events": "stroke" }, svg);
    tell(line, told(r));
    line.addEventListener("click", () => open(r));
    line.addEventListener("mouseenter", () => { line.setAttribute("stroke-width", 3); line.setAttribute("opacity", 1); });
    line.addEventListener("mouseleave", () => { line.setAttribute("stroke-width", width); line.setAttribute("opacity", opacity); });
  }
  axes.forEach((a, k) => {
    make("line", { x1: x(k), x2: x(k), y1: 50, y2: h - 40, stroke: INK }, svg);
    const name = sweep.titles[a.i], room = Math.max(8, Math.floor(300 / axes.length));
    label(svg, x(k), k % 2 ? 14 : 30, name.length > room ? `${name.slice(0, room - 1)}…` : name, "middle");
    label(svg, x(k), 46, short(scales[k].hi, axes.length > 12 ? 3 : 5), "middle");
    label(svg, x(k), h - 24, short(scales[k].lo, axes.length > 12 ? 3 : 5), "middle");
  });
}

function scatter() {
  const goals = sweep.columns.map((name, i) => ({ name, i })).filter((a) => a.name.startsWith("objective."));
  const svg = goals.length > 1 && canvas("scatter", 960, 430);
  if (!svg) return;
  const [p, q] = goals, seen = sweep.records.filter((r) => r.values[p.i] !== null && r.values[q.i] !== null);
  if (!seen.length) return;
  const box = { left: 90, top: 30, width: 830, height: 330 };
  const [x, y] = frame(svg, box, scaleOf(seen.map((r) => r.values[p.i])), scaleOf(seen.map((r) => r.values[q.i])),
    [sweep.titles[p.i], sweep.titles[q.i]]);
  const front = seen.filter((r) => r.front).sort((a, b) => a.values[p.i] - b.values[p.i]);
  make("polyline", { points: front.map((r) => `${x(r.values[p.i])},${y(r.values[q.i])}`).join(" "), fill: "none", stroke: BLUE, "stroke-dasharray": "2 3" }, svg);
  for (const r of seen) {
    const dot = make("circle", { cx: x(r.values[p.i]), cy: y(r.values[q.i]), r: r.front ? 6 : 4, fill: r.feasible ? colour(r) : "#fff", stroke: colour(r) }, svg);
    tell(dot, told(r));
    dot.addEventListener("click", () => open(r));
  }
}

function tornado(place) {
  const bars = JSON.parse(place.dataset.bars), unit = place.dataset.unit, h = (unit ? 58 : 40) + 26 * bars.length, foot = 10 + 26 * bars.length;
  const svg = canvas(place, 960, h), all = bars.flatMap((bar) => bar.ends.map((end) => end.value).concat(bar.base)).filter((v) => v !== null);
  const scale = scaleOf(all), x = (v) => 250 + scale.at(v) * 620;
  for (const v of scale.ticks) {
    make("line", { x1: x(v), x2: x(v), y1: 6, y2: foot + 2, stroke: "#e8eaed" }, svg);
    label(svg, x(v), foot + 20, short(v), "middle");
  }
  if (unit) label(svg, 560, foot + 40, `[${unit}]`, "middle");
  bars.forEach((bar, k) => {
    const known = bar.ends.filter((end) => end.value !== null), values = known.map((end) => end.value).concat(bar.base);
    const lo = Math.min(...values), hi = Math.max(...values);
    const part = make("rect", { x: x(lo), y: 10 + 26 * k, width: Math.max(1, x(hi) - x(lo)), height: 16, fill: BLUE }, svg);
    tell(part, bar.ends.map((end) => `${bar.axis} = ${end.input}: ${end.value === null ? "–" : short(end.value)}`).join("\n"));
    label(svg, 150, 22 + 26 * k, bar.axis, "end");
    if (bar.swing) for (const end of known)
      if (end.value === lo && lo < bar.base) label(svg, x(lo) - 5, 22 + 26 * k, end.input, "end");
      else if (end.value === hi && hi > bar.base) label(svg, x(hi) + 5, 22 + 26 * k, end.input, "start");
  });
  make("line", { x1: x(bars[0].base), x2: x(bars[0].base), y1: 4, y2: foot + 2, stroke: INK }, svg);
}

// The limit over the first other axis that has numbers.
function limits() {
  const { titles, points } = sweep.limits, svg = points && canvas("limits", 960, 360);
  if (!svg) return;
  const box = { left: 90, top: 30, width: 830, height: 260 };
  const [x, y] = frame(svg, box, scaleOf(points.map((p) => p.x)), scaleOf(points.map((p) => p.y)), titles);
  for (const p of points) tell(make("circle", { cx: x(p.x), cy: y(p.y), r: 5, fill: BLUE }, svg), p.text);
}

parallel();
scatter();
limits();
for (const place of document.querySelectorAll("figure.bars")) tornado(place);
const filter = document.getElementById("filter");
if (filter) {
  const rows = [...document.querySelectorAll("#designs tbody tr")], count = document.getElementById("count");
  const apply = () => {
    const wanted = filter.value.toLowerCase();
    for (const row of rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
    count.textContent = `${rows.filter((row) => !row.hidden).length} / ${rows.length}`;
  };
  filter.addEventListener("input", apply);
  apply();
}
