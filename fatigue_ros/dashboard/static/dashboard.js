// The page: shows what comes on the socket, sends what is asked for. No library, no other server.

import { TIRED, colour, drawGauge, drawHistory, remember } from "./gauge.js";

const $ = (id) => document.getElementById(id);
const STATES = ["Off", "Learning the driver", "Judging", "Cannot see the driver", "Fault"];
const OFF = 0;
const NAMES = {
  perclos: "PERCLOS", long_closures: "Long closures", blink_duration: "Blink length",
  blink_tail: "Longest blinks", lid_speed: "Slow lids", droop: "Droop",
  blink_rate: "Blink rate", yawn: "Yawns", heart_rate: "Heart rate", sleep: "Sleep", time: "By the clock", steering: "Steering", driving_time: "At the wheel", eyes: "Eyes",
  blink: "Blinks",
};
const SILENCE = 3.0; // [s] what is older is not now
const LONG_BLINK = 0.5; // [s] a shorter closure is a blink
const NONE = 0, ACOUSTIC = 2;
const WITH_REASON = ["cannot_see_driver", "system_fault"];
const GOING_AWAY = 1001, POLICY = 1008; // close codes: the node ends, this page was sent away
const OWN = 2000; // [ms] for which a control shows what was set, before it follows the vehicle again

let socket = null, retry = 250, number = 0, state = {}, stateAt = 0, points = [], pictureUrl = "";
let wantsPicture = false, driving = "", ended = false, asking = false;
let workloadAsked = false, putOff = false, workloadNumber = 0;
let answerTimer = 0, speedTimer = 0, reallyUntil = 0, keyTurnedAt = -OWN, speedSetAt = -OWN;

// Socket -------------------------------------------------------------------------------------

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname); // not in anybody's list of addresses
}

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/socket`);
  socket.binaryType = "blob";
  socket.onmessage = ({ data }) => (typeof data === "string" ? take(JSON.parse(data)) : showPicture(data));
  socket.onclose = ({ code, reason }) => {
    document.body.dataset.link = "off";
    ended = code === GOING_AWAY || ended;
    if (code === POLICY && reason === "token") askToken("That was not the token");
    if (!asking) setTimeout(connect, retry);
    retry = Math.min(5000, retry * 1.6);
    show();
  };
}

function askToken(why) {
  asking = true;
  sessionStorage.removeItem("token");
  put("why-token", why);
  $("admission").hidden = false;
  $("token").focus();
  show();
}

function nameToken() {
  const token = sessionStorage.getItem("token");
  if (token) return send("token", token);
  askToken("This page needs a token");
  socket.close();
}

function send(what, value) {
  if (socket?.readyState !== WebSocket.OPEN) return answer(false, "not connected");
  number += 1;
  socket.send(JSON.stringify(value === undefined ? { do: what, number } : { do: what, value, number }));
}

function take(message) {
  switch (message.kind) {
    case "token":
      nameToken();
      break;
    case "hello":
      retry = 250;
      ended = false;
      document.body.dataset.link = "on";
      $("bench").hidden = !message.bench;
      $("scenario").replaceChildren(new Option("choose …", ""), ...message.scenarios.map((name) => new Option(name)));
      if (wantsPicture) send("picture", true);
      break;
    case "history":
      points = message.points;
      showHistory();
      break;
    case "state":
      state = message;
      stateAt = performance.now();
      show();
      break;
    case "answer":
      answer(message.done, message.text);
      if (message.number === workloadNumber && message.done) closeWorkload();
  }
}

function answer(done, text) {
  $("answer").textContent = (done ? "✓ " : "✗ ") + text;
  $("answer").classList.toggle("refused", !done);
  clearTimeout(answerTimer);
  answerTimer = setTimeout(() => { $("answer").textContent = ""; }, 6000);
}

// What is shown ------------------------------------------------------------------------------

const age = (source) => (source ? source.age + (performance.now() - stateAt) / 1000 : Infinity);
const fresh = (source) => (age(source) < SILENCE ? source : null);
const speedText = (speed) => `${Math.abs(3.6 * speed).toFixed(0)} km/h${speed < 0 ? " in reverse" : ""}`;
const put = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };

function show() {
  const level = fresh(state.fatigue);
  showWarning(level);
  showLevel(level);
  showMetrics(level ? level.metrics : []);
  showVitals(level);
  showBench(level);
  $("question").hidden = !(level && level.sleep_question_due && document.body.dataset.link === "on");
  showWorkload();
  $("kss").hidden = !(state.kss_due && $("question").hidden && document.body.dataset.link === "on");
  if (level) {
    const warned = fresh(state.warning);
    remember(points, level.stamp, level.valid ? level.level : null, warned ? warned.severity : 0);
    showHistory();
  }
}

// After a drive it comes by itself, at any other time by its button; an answer begun stays.
function showWorkload() {
  const may = state.workload_open && document.body.dataset.link === "on";
  $("ask-workload").hidden = !may;
  if (!state.workload_due) putOff = false;
  $("workload").hidden = !(may && $("question").hidden && (workloadAsked || (state.workload_due && !putOff)));
}

function showHistory() {
  const span = drawHistory($("history"), points);
  put("past-title", `0 to 100 % over the last ${span < 90 ? "minute" : `${Math.round(span / 60)} minutes`}`);
}

function showWarning(level) {
  const warning = fresh(state.warning);
  let kind = "none", sign = "✓", text = "No warning", detail = "", pattern = "", leds = "";
  if (asking) [kind, sign, text] = ["silent", "?", "For those with the token only"];
  else if (document.body.dataset.link !== "on") [kind, sign, text] = ended
    ? ["silent", "■", "The driver monitor has ended"]
    : ["silent", "…", "No connection to the driver monitor"];
  else if (!warning) [kind, sign, text] = ["silent", "?", "No word from the driver monitor"];
  else if (warning.severity !== NONE) {
    ({ text, pattern, leds } = warning);
    // For the driver what it is, below it smaller why: "Cannot see the driver: no face".
    if (WITH_REASON.includes(warning.cause)) [text, detail] = text.split(/: (.*)/s, 2);
    if (warning.severity === ACOUSTIC) [kind, sign] = ["acoustic", "⚠"];
    else if (warning.cause === "cannot_see_driver") [kind, sign] = ["blind", "◌"];
    else if (warning.cause === "system_fault") [kind, sign] = ["fault", "✗"];
    else [kind, sign] = ["visual", "⚠"];
  } else if (level && level.state === OFF) [kind, sign, text] = ["unjudged", "○", "Ignition off"];
  // What is not judged is not well: no green without a level.
  else if (!level || !level.valid) [kind, sign, detail] = ["unjudged", "○", "No level"];
  else if (level.level >= TIRED) {
    // Warnings come and go; a driver who is tired does not see green in between.
    [kind, sign, text] = ["tired", "!", "Tired: take a break"];
  }
  if (level && level.unresponsive) {
    [kind, sign, text, detail, pattern] = ["acoustic", "⚠", "The driver does not respond", "", "eyes_closed_loud"];
  }
  if (document.body.dataset.pattern !== pattern) document.body.dataset.pattern = pattern;
  const lamps = leds && `LEDs: ${leds}`;
  if ($("banner").title !== lamps) $("banner").title = lamps;
  if (document.body.dataset.warning !== kind) document.body.dataset.warning = kind;
  put("sign", sign);
  put("warning", text.charAt(0).toUpperCase() + text.slice(1).replace(" %", "\u00a0%"));
  put("detail", detail ?? "");
}

function showLevel(level) {
  const known = level && level.valid;
  drawGauge($("gauge"), known ? level.level : null, known ? `% · sleepiness ${level.kss} of 9` : "%");
  put("state", level ? STATES[level.state] ?? "?" : "");
  put("reason", level ? why(level) : "");
}

const why = ({ reason }) => reason.replace(/^\w+: /, ""); // without its source, which stands beside it

// What weighs nothing in the level need not say why it cannot be told.
const WEIGHTLESS = new Set(["driving_time", "steering"]);

function showMetrics(all) {
  const metrics = all.filter((metric) => metric.valid || !WEIGHTLESS.has(metric.name));
  // Neighbours that do not count for the same reason share it.
  const shared = (metric, other) => other && !other.valid && why(other) === why(metric);
  $("metrics").replaceChildren(...metrics.map((metric, index) => {
    const item = document.createElement("li");
    item.className = metric.valid ? "valid" : "invalid";
    const add = (kind, text) => {
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = text;
      item.append(part);
      return part;
    };
    add("mark", metric.valid ? "✓" : "–");
    add("name", NAMES[metric.name] ?? metric.name.replaceAll("_", " "));
    if (metric.valid) {
      const bar = document.createElement("i");
      bar.style.width = `${Math.min(100, metric.score)}%`;
      bar.style.background = colour(metric.score);
      add("bar", "").append(bar);
      add("value", amount(metric) + (metric.name === "driving_time" && metric.score >= 100 ? ", take a break" : ""));
    } else if (!shared(metric, metrics[index - 1])) {
      const next = metrics.findIndex((other, at) => at > index && !shared(metric, other));
      add("why", why(metric)).style.gridRow = `span ${(next < 0 ? metrics.length : next) - index}`;
    }
    return item;
  }));
}

function amount({ value, unit }) {
  if (value === null) return "";
  if (unit === "1") return `${(100 * value).toFixed(1)} %`;
  if (unit === "s") return `${value.toFixed(2)} s`;
  if (unit === "1/min") return `${value.toFixed(value < 10 ? 1 : 0)} /min`;
  return `${value.toFixed(0)} ${unit}`;
}

function showVitals(level) {
  const say = (id, text, kind = "") => { put(id, text); $(id).className = kind; };
  const eyes = fresh(state.blink), pulse = fresh(state.heart_rate);
  if (!eyes) say("eyes", "nothing heard", "unknown");
  else if (!eyes.judged) say("eyes", eyes.reason || "cannot be judged", "unknown");
  else if (eyes.eyes_closed && eyes.closure_duration < LONG_BLINK) say("eyes", "closed");
  else if (eyes.eyes_closed) say("eyes", `closed ${eyes.closure_duration.toFixed(1)} s`, "alarm");
  else say("eyes", "open");
  if (pulse && pulse.valid) say("pulse", `${pulse.bpm.toFixed(0)} /min`);
  else say("pulse", pulse ? pulse.reason : "no pulse sensor", "unknown");
  if (level && level.speed_valid) say("speed", speedText(level.speed));
  else say("speed", "not known", "unknown");
  say("driver", level ? level.driver_id : "–");
  $("calibration").value = level ? level.calibration : 0;
  $("calibration").hidden = Boolean(level && level.calibration >= 100);  // the words have its place
  const known = level && (level.first_drive ? "done, first drive" : "done");
  put("calibrated", level ? (level.calibration >= 100 ? known : `${level.calibration.toFixed(0)} %`) : "–");
  if (level && level.driver_id !== driving) know(level.driver_id);
}

function showBench(level) {
  $("play").hidden = !state.simulator;
  if (!level) return;
  const now = performance.now();
  if (now - keyTurnedAt > OWN) $("ignition").checked = level.state !== OFF;
  if (now - speedSetAt > OWN && level.speed_valid) {
    $("set-speed").value = Math.abs(3.6 * level.speed);
    put("set-speed-text", speedText(level.speed));
  }
}

function know(name) {
  driving = name;
  const names = new Set(JSON.parse(localStorage.getItem("drivers") ?? "[]"));
  names.add(name);
  localStorage.setItem("drivers", JSON.stringify([...names].slice(-20)));
  $("drivers").replaceChildren(...[...names].map((known) => new Option(known)));
}

function showPicture(blob) {
  URL.revokeObjectURL(pictureUrl);
  pictureUrl = URL.createObjectURL(blob);
  $("camera").src = pictureUrl;
  if (!$("camera").hidden || !wantsPicture) return;
  $("camera").hidden = false;
  $("no-picture").hidden = true;
  $("camera").onload = () => { // once it has a size; the banner stays above it
    $("camera").onload = null;
    $("picture").scrollIntoView({ block: "nearest" });
  };
}

// What is asked for --------------------------------------------------------------------------

const acknowledge = () => send("acknowledge");
const grade = (value) => send("sleep_quality", value);

function togglePicture() {
  wantsPicture = !wantsPicture;
  $("picture").hidden = !wantsPicture;
  $("camera").hidden = true;
  $("no-picture").hidden = false;
  $("show-picture").setAttribute("aria-pressed", wantsPicture);
  send("picture", wantsPicture);
}

const sliders = [...document.querySelectorAll("#tlx input")]; // in the order of the NASA-TLX

function openWorkload() {
  if ($("ask-workload").hidden) return;
  workloadAsked = true;
  show();
  $("workload").scrollIntoView({ block: "nearest" });
}

function closeWorkload() {
  workloadAsked = false;
  putOff = true; // until the next drive; the button stays
  for (const slider of sliders) {
    slider.value = 5;
    delete slider.dataset.set;
    slider.nextElementSibling.textContent = "–";
  }
  show();
}

function rate(slider) {
  slider.dataset.set = "yes";
  slider.nextElementSibling.textContent = slider.value;
}

function sendWorkload(event) {
  event.preventDefault();
  const open = sliders.filter((slider) => !slider.dataset.set);
  if (open.length) { // the middle is an answer, an untouched slider none
    const names = open.map((slider) => slider.id.replace("tlx-", "")).join(", ");
    return answer(false, `not answered yet: ${names}`);
  }
  send("workload", sliders.map((slider) => Number(slider.value)));
  workloadNumber = number;
}

function calibrate() {
  // What is known of the driver is lost by it: asked twice.
  if (performance.now() > reallyUntil) {
    reallyUntil = performance.now() + 5000;
    answer(true, "this forgets what is known of the driver; once more to begin");
  } else {
    reallyUntil = 0;
    send("calibrate");
  }
}

$("acknowledge").onclick = acknowledge;
$("calibrate").onclick = calibrate;
$("show-picture").onclick = togglePicture;
$("ask-workload").onclick = openWorkload;
$("tlx-later").onclick = closeWorkload;
$("tlx").onsubmit = sendWorkload;
for (const slider of sliders) slider.oninput = slider.onclick = () => rate(slider);
for (const button of document.querySelectorAll("[data-kss]")) {
  button.onclick = () => send("kss", Number(button.dataset.kss));
}
for (const button of document.querySelectorAll("[data-grade]")) {
  button.onclick = () => grade(Number(button.dataset.grade));
}
$("change-driver").onsubmit = (event) => {
  event.preventDefault();
  send("set_driver", $("driver-name").value);
  $("driver-name").value = "";
  $("driver-name").blur();
};
$("admission").onsubmit = (event) => {
  event.preventDefault();
  asking = false;
  $("admission").hidden = true;
  sessionStorage.setItem("token", $("token").value);
  $("token").value = "";
  connect();
};
$("ignition").onchange = () => {
  keyTurnedAt = performance.now();
  send("ignition", $("ignition").checked);
};
$("set-speed").oninput = () => {
  speedSetAt = performance.now();
  put("set-speed-text", `${$("set-speed").value} km/h`);
  speedTimer ||= setTimeout(() => { speedTimer = 0; send("speed", Number($("set-speed").value)); }, 300);
};
$("play").onsubmit = (event) => { event.preventDefault(); send("scenario", $("scenario").value); };

document.onkeydown = (event) => {
  const typing = event.target.closest("input:not([type=checkbox]):not([type=range]), select");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.toLowerCase();
  if (key === "a") acknowledge();
  else if (key === "p") togglePicture();
  else if (key === "c") calibrate();
  else if (key === "w") openWorkload();
  else if (key === "d") { event.preventDefault(); $("driver-name").focus(); }
  else if (/^[1-5]$/.test(key) && !$("question").hidden) grade(Number(key));
  else if (/^[1-9]$/.test(key) && !$("kss").hidden) send("kss", Number(key));
};

know("driver");
setInterval(show, 500); // what is not said any more grows old without a message
show();
connect();
