// Sends a picture, or asks for the camera's, and shows what each model says of it.

const $ = (id) => document.getElementById(id);
const models = new Map(); // what each is, by its file
let asked = 0; // answers to what was asked before are not shown

function say(text, wrong = false) {
  $("status").textContent = text;
  $("status").classList.toggle("wrong", wrong);
}

function show(file, text, part = {}) {
  const { name, trained_on: trainedOn, classes, region } = models.get(file);
  const item = document.createElement("article");
  item.className = part.is_drowsy ? "drowsy" : part.is_drowsy === false ? "awake" : "unjudged";
  const add = (tag, content) => {
    const element = document.createElement(tag);
    element.textContent = content;
    item.append(element);
    return element;
  };
  add("h2", name);
  if (part.picture) Object.assign(add("img", ""), { src: part.picture, alt: `${name}: ${text}` });
  add("p", text).className = "words";
  if (part.drowsy != null) Object.assign(add("meter", ""), { value: part.drowsy, title: "drowsy" });
  add("small", `${file}: ${classes.join(", ")}; sees ${region}. ${trainedOn}`);
  return item;
}

async function ask(path, body, what) {
  const number = ++asked;
  say(`${what} …`);
  let found, wrong = "";
  try {
    const answer = await fetch(path, { method: "POST", body });
    if (answer.ok) found = await answer.json();
    else wrong = await answer.text();
  } catch {
    wrong = "no answer: has the command ended?";
  }
  if (number !== asked) return;
  if (!found) return say(`${what}: ${wrong}`, true);
  say(what);
  $("verdicts").replaceChildren(...found.map((part) => show(part.file, part.words, part)));
}

function send(file) {
  if (file) ask("picture", file, file.name);
}

$("file").onchange = () => { send($("file").files[0]); $("file").value = ""; };
$("camera").onclick = () => ask("camera", null, "camera");
document.ondragover = (event) => event.preventDefault();
document.ondrop = (event) => { event.preventDefault(); send(event.dataTransfer.files[0]); };

const about = await (await fetch("models")).json();
for (const model of about.models) models.set(model.file, model);
$("verdicts").replaceChildren(...about.models.map(({ file }) => show(file, "no picture yet")));
$("camera").hidden = !about.camera;
const refused = Object.values(about.refused).map((why) => {
  const item = document.createElement("li");
  item.textContent = why;
  return item;
});
$("refused").hidden = !refused.length;
$("refused").querySelector("ul").replaceChildren(...refused);
document.body.dataset.ready = "yes";
