// The two drawings: the level now, and the level of the last ten minutes.

const SPAN = 600; // [s]
const SHORTEST = 60; // [s]
const SVG = "http://www.w3.org/2000/svg";
const GOOD = "#2fb78c", CAUTION = "#f0a81e", ALARM = "#e5302b", EMPTY = "#28313b";

export const TIRED = 75, EXHAUSTED = 85; // [%] where fusion warns by light and by sound, unless told otherwise
const MARKS = [[TIRED, CAUTION], [EXHAUSTED, ALARM]];

export const colour = (percent) => (percent < TIRED ? GOOD : percent <= EXHAUSTED ? CAUTION : ALARM);

function element(parent, name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
}

function arc(from, to) {
  // Half a circle round (110, 112), from the left (0) over the top to the right (1).
  const at = (share) => [110 - 92 * Math.cos(Math.PI * share), 112 - 92 * Math.sin(Math.PI * share)];
  return `M ${at(from).join(" ")} A 92 92 0 0 1 ${at(to).join(" ")}`;
}

export function drawGauge(svg, level, note) {
  svg.replaceChildren();
  element(svg, "path", { d: arc(0, 1), fill: "none", stroke: EMPTY, "stroke-width": 20 });
  if (level !== null) {
    const share = Math.min(1, Math.max(0.004, level / 100));
    element(svg, "path", { d: arc(0, share), fill: "none", stroke: colour(level), "stroke-width": 20 });
  }
  for (const [mark, stroke] of MARKS) {
    element(svg, "path", { d: arc(mark / 100 - 0.004, mark / 100 + 0.004), fill: "none", stroke, "stroke-width": 28 });
  }
  element(svg, "text", { x: 110, y: 108, class: "number" }, level === null ? "–" : Math.round(level));
  element(svg, "text", { x: 110, y: 130, class: "unit" }, note);
  svg.setAttribute("aria-label", level === null ? "Fatigue level unknown" : `Fatigue level ${Math.round(level)} percent`);
}

function across(svg, level, stroke, dashes = "none") {
  const y = 100 - level;
  element(svg, "line", { x1: 0, x2: 600, y1: y, y2: y, stroke, "stroke-dasharray": dashes, "vector-effect": "non-scaling-stroke" });
}

function warned(points) {
  // Stretches of one severity: from, to [s], severity.
  const found = [];
  let running = null;
  for (const [stamp, , severity] of points) {
    if (running) running[1] = stamp;
    if (running && running[2] !== severity) running = null;
    if (severity > 0 && !running) found.push(running = [stamp, stamp, severity]);
  }
  return found;
}

export function drawHistory(svg, points) {
  // Returns the [s] that it spans: what there is, from a minute up to ten.
  svg.replaceChildren();
  for (const level of [0, 50, 100]) across(svg, level, "#2c3540");
  for (const [level, stroke] of MARKS) across(svg, level, stroke, "4 5");
  if (!points.length) return SHORTEST;
  const last = points[points.length - 1][0];
  const span = Math.min(SPAN, Math.max(SHORTEST, last - points[0][0]));
  const at = (stamp) => 600 - ((last - stamp) / span) * 600;
  for (const [from, to, severity] of warned(points)) {
    const x = Math.max(0, at(from)), fill = severity > 1 ? ALARM : CAUTION;
    element(svg, "rect", { x, y: 0, width: Math.max(2, at(to) - x), height: 100, fill, opacity: 0.5 });
  }
  let path = "", pen = false;
  for (const [stamp, level] of points) {
    const x = at(stamp);
    if (x < 0) continue;
    if (level === null) { pen = false; continue; }
    path += `${pen ? "L" : "M"}${x.toFixed(1)} ${(100 - level).toFixed(1)}`;
    pen = true;
  }
  element(svg, "path", { d: path, fill: "none", stroke: "#7cc4ff", "stroke-width": 2.5, "stroke-linejoin": "round", "vector-effect": "non-scaling-stroke" });
  return span;
}

export function remember(points, stamp, level, severity) {
  // As the server keeps it: a point a second, and a short warning does not fall between two.
  const last = points[points.length - 1];
  if (last && stamp < last[0] - 1) points.length = 0;
  if (!last || !points.length || stamp - last[0] >= 1) points.push([stamp, level, severity]);
  else if (severity > last[2]) last[2] = severity;
  while (points.length > SPAN) points.shift();
}
