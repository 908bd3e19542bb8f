"use strict";
// Controls around each viewer: layers, cut, pull apart, states with play, colour bar, pinned labels, value under the pointer.
const WORDS = JSON.parse(document.getElementById("words").textContent);

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes))
    if (key in made && key !== "list") made[key] = value; else made.setAttribute(key, value);
  made.append(...children);
  return made;
}
const range = (name, attributes, changed) =>
  element("input", { type: "range", oninput: (event) => changed(Number(event.target.value)), className: name, ...attributes });
const written = (value) => (Math.abs(value) >= 1e4 || (value && Math.abs(value) < 1e-2) ? value.toExponential(2) : String(+value.toPrecision(4)));

function layerSwitches(viewer, header) {
  const box = element("fieldset", { className: "layers" }, element("legend", { textContent: WORDS.parts }));
  const groups = new Map();
  header.parts.forEach((part, index) => groups.set(part.group || part.name, [...(groups.get(part.group || part.name) ?? []), index]));
  for (const [name, members] of groups) {
    const change = (event) => members.forEach((index) => viewer.show(index, event.target.checked));
    box.append(element("label", {}, element("input", { type: "checkbox", checked: true, onchange: change }), ` ${name}`));
  }
  return box;
}

function cutControls(viewer) {
  const choice = element("select", { className: "cut-axis", ariaLabel: WORDS.cut });
  for (const [value, name] of [["", WORDS.whole], ["0", "x"], ["1", "y"], ["2", "z"]]) choice.append(element("option", { value, textContent: name }));
  const place = range("cut-place", { min: 0, max: 1, step: 0.005, value: 0.5, disabled: true, ariaLabel: WORDS.cut }, () => apply());
  const apply = () => {
    place.disabled = choice.value === "";
    viewer.set({ cut: { on: choice.value !== "", axis: Number(choice.value), share: Number(place.value) } });
  };
  choice.onchange = apply;
  return element("label", {}, WORDS.cut, choice, place);
}

function stateControls(viewer, header, changed) {
  const shown = element("output", { className: "state", textContent: header.states[header.firstState] });
  const slider = range("state-slider", { min: 0, max: header.states.length - 1, step: 1, value: header.firstState, ariaLabel: header.stateName },
    (state) => { viewer.set({ state }); shown.textContent = header.states[state]; changed(); });
  const line = element("label", { className: "states" }, header.stateName, slider, shown);
  if (header.plays) {
    let timer = null;
    const play = element("button", { type: "button", className: "play", textContent: "▶", ariaLabel: WORDS.play, onclick: () => {
      if (timer) { clearInterval(timer); timer = null; play.textContent = "▶"; return; }
      play.textContent = "❚❚";
      timer = setInterval(() => {
        slider.value = (Number(slider.value) + 1) % header.states.length;
        slider.dispatchEvent(new Event("input"));
      }, 120);
    } });
    line.prepend(play);
  }
  return line;
}

function colourBar(viewer) {
  const field = viewer.header.fields[viewer.field], [low, high] = viewer.span(), bar = element("div", { className: "colour-bar" });
  const strip = element("div", { className: "strip" });
  strip.style.background = `linear-gradient(to right, ${field.colours.join(",")})`;
  const ticks = element("div", { className: "ticks" });
  for (let i = 0; i <= 4; i++) ticks.append(element("span", { textContent: written(low + (high - low) * i / 4) }));
  bar.append(element("span", { className: "name", textContent: field.label }), strip, ticks);
  return bar;
}

function pinLabels(viewer, header, stage) {
  const pins = header.labels.map((label) => {
    const pin = element("div", { className: label.hot ? "pin hot" : "pin" }, element("span", { textContent: label.text }));
    stage.append(pin);
    return { label, pin };
  });
  viewer.listeners.push((where, view) => {
    for (const { label, pin } of pins) {
      const drawn = label.point.map((x, i) => (x * where.stretch[i] + (i === 2 ? label.level * where.gap : 0) - where.centre[i]) / where.scale);
      const at = [0, 1, 3].map((row) => view[row] * drawn[0] + view[4 + row] * drawn[1] + view[8 + row] * drawn[2] + view[12 + row]);
      pin.hidden = at[2] <= 0 || (label.state !== null && label.state !== viewer.state);
      pin.style.left = `${50 + 50 * at[0] / at[2]}%`;
      pin.style.top = `${50 - 50 * at[1] / at[2]}%`;
      keepWithin(stage, pin.firstChild);
    }
  });
}

// Shift a label that would be cut at the stage's edge back into it.
function keepWithin(stage, words) {
  words.style.transform = "";
  const room = stage.getBoundingClientRect(), box = words.getBoundingClientRect();
  const across = Math.max(room.left - box.left, Math.min(0, room.right - box.right));
  const down = Math.max(room.top - box.top, Math.min(0, room.bottom - box.bottom));
  words.style.transform = `translate(${across}px, ${down}px)`;
}

function readValues(viewer, header, stage) {
  const told = element("output", { className: "reading" });
  stage.append(told);
  let waiting = false;
  viewer.canvas.addEventListener("pointermove", (event) => {
    if (event.buttons || waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      const found = viewer.read(event.offsetX, event.offsetY), field = header.fields[viewer.field];
      told.textContent = !found ? "" : found.value === null ? found.name : `${found.name}: ${field.label} ${written(found.value)}`;
    });
  });
  viewer.canvas.addEventListener("pointerleave", () => { told.textContent = ""; });
}

async function startScene(figure) {
  const stage = figure.querySelector(".stage"), canvas = figure.querySelector("canvas");
  const { header, take } = await unpackScene(figure.querySelector("script").textContent);
  const viewer = new Viewer(canvas, header, take);
  figure.viewer = viewer;
  const controls = figure.querySelector(".controls"), legend = figure.querySelector(".legend");
  const drawLegend = () => header.fields.length && legend.replaceChildren(colourBar(viewer));
  if (header.states.length > 1) controls.append(stateControls(viewer, header, drawLegend));
  if (header.fields.length > 1) {
    const choice = element("select", { className: "field", ariaLabel: WORDS.colour, onchange: () => { viewer.set({ field: choice.selectedIndex }); drawLegend(); } });
    for (const field of header.fields) choice.append(element("option", { textContent: field.label }));
    controls.append(element("label", {}, WORDS.colour, choice));
  }
  if (header.states.length > 1) {
    const tick = element("input", { type: "checkbox", className: "narrow", checked: header.narrow, onchange: () => { viewer.set({ narrow: tick.checked }); drawLegend(); } });
    controls.append(element("label", {}, tick, WORDS.narrow));
  }
  if (header.canPullApart)
    controls.append(element("label", {}, WORDS.apart, range("apart", { min: 0, max: 1, step: 0.01, value: header.apart, ariaLabel: WORDS.apart }, (apart) => viewer.set({ apart }))));
  controls.append(cutControls(viewer));
  if (header.stretch > 1) {
    const told = element("output", { textContent: `× ${header.stretch}` });
    controls.append(element("label", {}, WORDS.height, range("stretch", { min: 1, max: 2 * header.stretch, step: "any", value: header.stretch, ariaLabel: WORDS.height },
      (stretch) => { viewer.set({ stretch }); told.textContent = `× ${written(+stretch.toPrecision(2))}`; }), told));
  }
  controls.append(element("button", { type: "button", className: "home", textContent: WORDS.home, onclick: () => viewer.home() }));
  for (const place of header.places)
    controls.append(element("button", { type: "button", className: "place", textContent: place.name, onclick: () => viewer.look(place) }));
  if (header.parts.length > 1) controls.append(layerSwitches(viewer, header));
  pinLabels(viewer, header, stage);
  readValues(viewer, header, stage);
  drawLegend();
  figure.classList.add("live");
  canvas.dataset.ready = "true";
}

for (const figure of document.querySelectorAll("figure.scene")) {
  startScene(figure).catch((error) => { figure.querySelector(".fault").textContent = `${WORDS.failed} (${error.message})`; });
}
