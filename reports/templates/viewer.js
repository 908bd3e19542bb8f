"use strict";
// A small WebGL2 viewer: unpacks a scene, turns it, cuts it, pulls it apart and reads values under the pointer.
const SURFACE_VERTEX = `#version 300 es
in vec3 place; in float value;
uniform mat4 view; uniform vec3 low, size, stretch, centre; uniform float scale, lift;
out vec3 original, drawn; out float amount;
void main() {
  original = low + place * size;
  drawn = (original * stretch + vec3(0.0, 0.0, lift) - centre) / scale;
  amount = value;
  gl_Position = view * vec4(drawn, 1.0);
}`;
const SURFACE_FRAGMENT = `#version 300 es
precision highp float;
in vec3 original, drawn; in float amount;
uniform sampler2D colours; uniform vec2 reach; uniform vec4 plane, flat_colour; uniform bool has_values, picking; uniform float identity;
out vec4 colour;
void main() {
  if (dot(plane.xyz, original) > plane.w) discard;
  if (picking) {
    float step = floor(clamp(amount, 0.0, 1.0) * 65535.0 + 0.5), coarse = floor(step / 256.0);
    colour = vec4(coarse, step - 256.0 * coarse, identity, has_values ? 255.0 : 0.0) / 255.0;
    return;
  }
  vec3 normal = normalize(cross(dFdx(drawn), dFdy(drawn)));
  vec3 base = has_values ? texture(colours, vec2((amount - reach.x) / (reach.y - reach.x), 0.5)).rgb : flat_colour.rgb;
  float light = 0.8 + 0.2 * abs(dot(normal, normalize(vec3(0.35, -0.5, 0.8))));
  colour = vec4(base * light, flat_colour.a);
}`;
const CUT_VERTEX = `#version 300 es
in vec3 corner;
uniform mat4 view; uniform vec3 stretch, centre, box_low, box_size, samples; uniform float scale, lift;
out vec3 inside;
void main() {
  vec3 drawn = (corner * stretch + vec3(0.0, 0.0, lift) - centre) / scale;
  inside = ((corner - box_low) / box_size * (samples - 1.0) + 0.5) / samples;
  gl_Position = view * vec4(drawn, 1.0);
}`;
const CUT_FRAGMENT = `#version 300 es
precision highp float; precision highp sampler3D;
in vec3 inside; uniform sampler3D volume; uniform sampler2D colours; uniform vec2 reach; uniform bool picking; uniform float identity;
out vec4 colour;
void main() {
  float amount = texture(volume, inside).r, coarse = floor(amount * 255.0 + 0.5);
  colour = picking ? vec4(coarse, coarse, identity, 255.0) / 255.0
    : vec4(texture(colours, vec2((amount - reach.x) / (reach.y - reach.x), 0.5)).rgb, 1.0);
}`;

async function unpackScene(text) {
  const zipped = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  const data = new Uint8Array(await new Response(stream).arrayBuffer());
  const length = new DataView(data.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(data.subarray(4, 4 + length)));
  const start = 4 + length;
  // byte planes of wrapped differences, lowest bytes first
  const take = ({ at, count, bytes }) => {
    const made = new ({ 1: Uint8Array, 2: Uint16Array, 4: Uint32Array })[bytes](count);
    let sum = 0;
    for (let i = 0; i < count; i++) {
      let step = 0;
      for (let b = 0; b < bytes; b++) step |= data[start + at + b * count + i] << (8 * b);
      sum = (sum + step) | 0;
      made[i] = sum;
    }
    return made;
  };
  return { header, take };
}

const FAR = 3.4;   // first distance of the eye, in sizes of the scene
const vec = {
  sub: (a, b) => a.map((x, i) => x - b[i]),
  dot: (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2],
  cross: (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]],
  unit: (a) => { const n = Math.hypot(...a) || 1; return a.map((x) => x / n); },
};
function multiply(a, b) {
  const out = new Float32Array(16);
  for (let c = 0; c < 4; c++) for (let r = 0; r < 4; r++)
    for (let k = 0; k < 4; k++) out[4 * c + r] += a[4 * k + r] * b[4 * c + k];
  return out;
}

class Viewer {
  constructor(canvas, header, take) {
    this.canvas = canvas;
    this.header = header;
    this.take = take;
    this.gl = canvas.getContext("webgl2", { antialias: true, preserveDrawingBuffer: true, alpha: false });
    if (!this.gl) throw new Error("WebGL2");
    this.state = header.firstState;
    this.field = 0;
    this.apart = header.apart;
    this.stretch = header.stretch;
    this.narrow = header.narrow;
    this.cut = { axis: 1, share: 1, on: false };
    this.listeners = [];
    this.home();
    this.surface = this.program(SURFACE_VERTEX, SURFACE_FRAGMENT);
    this.cutter = this.program(CUT_VERTEX, CUT_FRAGMENT);
    this.parts = header.parts.map((part, index) => this.upload(part, index));
    this.quad = this.gl.createBuffer();
    this.maps = header.fields.map((field) => this.colourTexture(field.colours));
    this.fill();
    this.handle();
    new ResizeObserver(() => this.redraw()).observe(canvas);
    this.redraw();
  }

  home() {
    [this.yaw, this.pitch] = this.header.view;
    this.distance = FAR;
    this.shift = [0, 0];
    this.looked = null;
    this.redraw();
  }

  // Bring the box of a named place into view.
  look(place) {
    this.home();
    this.looked = { middle: place.low.map((x, i) => (x + place.high[i]) / 2), reach: Math.hypot(...vec.sub(place.high, place.low)) };
    this.distance = Math.max(0.05, FAR * this.looked.reach / Math.hypot(...vec.sub(this.header.high, this.header.low)));
    this.redraw();
  }

  program(vertex, fragment) {
    const gl = this.gl, made = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(made, shader);
    }
    gl.linkProgram(made);
    const at = {};
    for (let i = 0; i < gl.getProgramParameter(made, gl.ACTIVE_UNIFORMS); i++) {
      const { name } = gl.getActiveUniform(made, i);
      at[name] = gl.getUniformLocation(made, name);
    }
    return { made, at, input: (name) => gl.getAttribLocation(made, name) };
  }

  upload(part, index) {
    const gl = this.gl, columns = part.points.map(this.take), count = columns[0].length;
    const points = new Uint16Array(4 * count);
    for (let i = 0; i < count; i++) for (let axis = 0; axis < 3; axis++) points[4 * i + axis] = columns[axis][i];
    const triangles = this.take(part.triangles), shape = gl.createVertexArray();
    gl.bindVertexArray(shape);
    gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ARRAY_BUFFER, points, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(this.surface.input("place"));
    gl.vertexAttribPointer(this.surface.input("place"), 3, gl.UNSIGNED_SHORT, true, 8, 0);
    const values = gl.createBuffer(), slot = this.surface.input("value");
    gl.bindBuffer(gl.ARRAY_BUFFER, values);
    gl.bufferData(gl.ARRAY_BUFFER, new Uint16Array(count), gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, 1, gl.UNSIGNED_SHORT, true, 2, 0);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, gl.createBuffer());
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, triangles, gl.STATIC_DRAW);
    gl.bindVertexArray(null);
    const colour = [1, 3, 5].map((i) => parseInt(part.colour.slice(i, i + 2), 16) / 255);
    return { part, index, shape, values, colour, count: triangles.length, shown: true, volume: part.volume && gl.createTexture() };
  }

  colourTexture(stops) {
    const gl = this.gl, texture = gl.createTexture();
    const bytes = new Uint8Array(stops.flatMap((hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)).concat(255)));
    gl.bindTexture(gl.TEXTURE_2D, texture);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, stops.length, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, bytes);
    for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T]) gl.texParameteri(gl.TEXTURE_2D, wrap, gl.CLAMP_TO_EDGE);
    for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.LINEAR);
    return texture;
  }

  // Send the values of the chosen state and field to the graphics card.
  fill() {
    const gl = this.gl, key = this.header.fields[this.field]?.key;
    let [least, most] = [65535, 0];
    for (const entry of this.parts) {
      const states = entry.part.values[key];
      entry.coloured = Boolean(states);
      if (states) {
        gl.bindBuffer(gl.ARRAY_BUFFER, entry.values);
        const values = this.take(states[Math.min(this.state, states.length - 1)]);
        gl.bufferSubData(gl.ARRAY_BUFFER, 0, values);
        for (const value of values) { if (value < least) least = value; if (value > most) most = value; }
      }
      if (entry.volume) {
        const { shape, states: inner } = entry.part.volume;
        gl.bindTexture(gl.TEXTURE_3D, entry.volume);
        gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
        const bytes = this.take(inner[Math.min(this.state, inner.length - 1)]);
        gl.texImage3D(gl.TEXTURE_3D, 0, gl.R8, shape[2], shape[1], shape[0], 0, gl.RED, gl.UNSIGNED_BYTE, bytes);
        for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_3D, filter, gl.LINEAR);
        for (const wrap of [gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T, gl.TEXTURE_WRAP_R]) gl.texParameteri(gl.TEXTURE_3D, wrap, gl.CLAMP_TO_EDGE);
      }
    }
    this.reach = this.narrow && most > least ? [least / 65535, most / 65535] : [0, 1];
  }

  // Least and greatest value that the colours span.
  span() {
    const { low, high } = this.header.fields[this.field];
    return this.reach.map((share) => low + share * (high - low));
  }

  set(changes) {
    Object.assign(this, changes);
    if (["state", "field", "narrow"].some((key) => key in changes)) this.fill();
    this.redraw();
  }

  show(index, shown) {
    this.parts[index].shown = shown;
    this.redraw();
  }

  redraw() {
    this.waiting ??= requestAnimationFrame(() => { this.waiting = null; this.draw(); });
  }

  // Everything the shaders need to know of where things are drawn.
  frame() {
    const { low, high } = this.header, stretch = [1, 1, this.stretch];
    const size = vec.sub(high, low), drawn = size.map((x, i) => x * stretch[i]);
    const gap = 0.3 * Math.max(...drawn) * this.apart, levels = Math.max(...this.header.parts.map((part) => part.level));
    const middle = this.looked?.middle ?? low.map((x, i) => x + size[i] / 2);
    const centre = middle.map((x, i) => x * stretch[i]);
    centre[2] += gap * levels / 2;
    return { low, size, stretch, centre, gap, scale: Math.hypot(drawn[0], drawn[1], drawn[2] + gap * levels) / 2.05 || 1 };
  }

  matrix() {
    const turn = Math.PI / 180, aspect = this.canvas.width / this.canvas.height || 1;
    const [c, s] = [Math.cos(this.pitch * turn), Math.sin(this.pitch * turn)];
    const back = [c * Math.cos(this.yaw * turn), c * Math.sin(this.yaw * turn), s];
    const right = vec.unit(vec.cross([0, 0, 1], back)), up = vec.cross(back, right);
    const eye = back.map((x, i) => x * this.distance - right[i] * this.shift[0] - up[i] * this.shift[1]);
    const look = new Float32Array([right[0], up[0], back[0], 0, right[1], up[1], back[1], 0, right[2], up[2], back[2], 0,
      -vec.dot(right, eye), -vec.dot(up, eye), -vec.dot(back, eye), 1]);
    const focus = 0.9 * FAR * Math.min(1, aspect), near = 0.02 * this.distance, far = this.distance + 4;
    const lens = new Float32Array([focus / aspect, 0, 0, 0, 0, focus, 0, 0, 0, 0, (far + near) / (near - far), -1,
      0, 0, 2 * far * near / (near - far), 0]);
    return multiply(lens, look);
  }

  plane() {
    if (!this.cut.on) return [0, 0, 0, 1];
    const { low, high } = this.header, { axis, share } = this.cut, normal = [0, 0, 0, 0];
    // the part nearer to the viewer is taken away
    const turn = Math.PI / 180, side = axis === 2 ? 1 : Math.sign([Math.cos(this.yaw * turn), Math.sin(this.yaw * turn)][axis]) || 1;
    const at = low[axis] + share * (high[axis] - low[axis]);
    normal[axis] = side;
    normal[3] = side * at + 1e-7 * (high[axis] - low[axis]);
    return normal;
  }

  draw(picking = false) {
    const gl = this.gl, canvas = this.canvas, ratio = Math.min(devicePixelRatio || 1, 2);
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (width && (canvas.width !== width || canvas.height !== height)) Object.assign(canvas, { width, height });
    const where = this.frame(), view = this.matrix(), plane = this.plane();
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(...(picking ? [0, 0, 0, 0] : [1, 1, 1, 1]));
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.enable(gl.DEPTH_TEST);
    const shown = this.parts.filter((entry) => entry.shown);
    const solid = shown.filter((entry) => entry.part.opacity >= 1), clear = shown.filter((entry) => entry.part.opacity < 1);
    for (const entry of solid) this.drawPart(entry, where, view, plane, picking);
    if (this.cut.on) for (const entry of solid) if (entry.volume && this.field === 0) this.drawCut(entry, where, view, picking);
    if (!picking) {
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.SRC_ALPHA, gl.ONE_MINUS_SRC_ALPHA);
      gl.depthMask(false);
      for (const entry of clear) this.drawPart(entry, where, view, plane, false);
      gl.depthMask(true);
      gl.disable(gl.BLEND);
      for (const listener of this.listeners) listener(where, view);
    }
  }

  common(program, where, view, entry, picking) {
    const gl = this.gl, at = program.at;
    gl.useProgram(program.made);
    gl.uniformMatrix4fv(at.view, false, view);
    for (const name of ["stretch", "centre"]) gl.uniform3fv(at[name], where[name]);
    gl.uniform1f(at.scale, where.scale);
    gl.uniform1f(at.lift, entry.part.level * where.gap);
    gl.uniform1i(at.picking, picking ? 1 : 0);
    gl.uniform1f(at.identity, entry.index + 1);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, this.maps[this.field] ?? null);
    gl.uniform1i(at.colours, 0);
    gl.uniform2fv(at.reach, this.reach);
  }

  drawPart(entry, where, view, plane, picking) {
    const gl = this.gl, at = this.surface.at;
    this.common(this.surface, where, view, entry, picking);
    gl.uniform3fv(at.low, where.low);
    gl.uniform3fv(at.size, where.size);
    gl.uniform4fv(at.plane, plane);
    gl.uniform1i(at.has_values, entry.coloured ? 1 : 0);
    gl.uniform4f(at.flat_colour, ...entry.colour, entry.part.opacity);
    gl.bindVertexArray(entry.shape);
    gl.drawElements(gl.TRIANGLES, entry.count, gl.UNSIGNED_INT, 0);
    gl.bindVertexArray(null);
  }

  drawCut(entry, where, view, picking) {
    const gl = this.gl, { low, high, shape } = entry.part.volume, at = this.cutter.at;
    const { axis, share } = this.cut, total = this.header;
    const place = total.low[axis] + share * (total.high[axis] - total.low[axis]);
    if (place < low[axis] || place > high[axis]) return;
    const [u, v] = [0, 1, 2].filter((i) => i !== axis);
    const corners = [[0, 0], [1, 0], [0, 1], [1, 1]].flatMap(([a, b]) => {
      const corner = [0, 0, 0];
      corner[axis] = place; corner[u] = a ? high[u] : low[u]; corner[v] = b ? high[v] : low[v];
      return corner;
    });
    this.common(this.cutter, where, view, entry, picking);
    gl.uniform3fv(at.box_low, low);
    gl.uniform3fv(at.box_size, vec.sub(high, low));
    gl.uniform3f(at.samples, shape[2], shape[1], shape[0]);
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_3D, entry.volume);
    gl.uniform1i(at.volume, 1);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.quad);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(corners), gl.DYNAMIC_DRAW);
    const slot = this.cutter.input("corner");
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, 3, gl.FLOAT, false, 0, 0);
    gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
    gl.disableVertexAttribArray(slot);
  }

  // Part and value under a point of the canvas [CSS pixels].
  read(x, y) {
    const gl = this.gl, pixel = new Uint8Array(4), ratio = this.canvas.width / this.canvas.clientWidth;
    const target = this.offscreen();
    gl.bindFramebuffer(gl.FRAMEBUFFER, target);
    this.draw(true);
    gl.readPixels(Math.round(x * ratio), Math.round(this.canvas.height - y * ratio), 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    const entry = this.parts[pixel[2] - 1], field = this.header.fields[this.field];
    if (!entry) return null;
    const share = (256 * pixel[0] + pixel[1]) / 65535;
    return { name: entry.part.name, value: pixel[3] && field ? field.low + share * (field.high - field.low) : null };
  }

  offscreen() {
    const gl = this.gl, { width, height } = this.canvas;
    if (this.target?.width === width && this.target?.height === height) return this.target.frame;
    const frame = gl.createFramebuffer(), colour = gl.createRenderbuffer(), depth = gl.createRenderbuffer();
    gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
    for (const [buffer, format, point] of [[colour, gl.RGBA8, gl.COLOR_ATTACHMENT0], [depth, gl.DEPTH_COMPONENT24, gl.DEPTH_ATTACHMENT]]) {
      gl.bindRenderbuffer(gl.RENDERBUFFER, buffer);
      gl.renderbufferStorage(gl.RENDERBUFFER, format, width, height);
      gl.framebufferRenderbuffer(gl.FRAMEBUFFER, point, gl.RENDERBUFFER, buffer);
    }
    this.target = { frame, width, height };
    return frame;
  }

  handle() {
    const canvas = this.canvas, held = new Map();
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); held.set(event.pointerId, event); });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, (event) => held.delete(event.pointerId));
    canvas.addEventListener("pointermove", (event) => {
      const before = held.get(event.pointerId);
      if (!before) return;
      const [dx, dy] = [event.clientX - before.clientX, event.clientY - before.clientY];
      if (held.size === 2) {
        const other = [...held.values()].find((entry) => entry.pointerId !== event.pointerId);
        const reach = (entry) => Math.hypot(entry.clientX - other.clientX, entry.clientY - other.clientY) || 1;
        this.zoom(reach(before) / reach(event));
      } else if (event.shiftKey || event.buttons === 4) this.move(dx, dy);
      else this.turn(dx, dy);
      held.set(event.pointerId, event);
    });
    canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== canvas && !event.ctrlKey) return;   // the page scrolls until the scene is clicked
      event.preventDefault();
      this.zoom(Math.exp(event.deltaY * 0.001));
    }, { passive: false });
    canvas.addEventListener("pointerdown", () => canvas.focus({ preventScroll: true }));
    canvas.addEventListener("dblclick", () => this.home());
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-12, 0], ArrowRight: [12, 0], ArrowUp: [0, -12], ArrowDown: [0, 12] }[event.key];
      if (step) { this.turn(...step); event.preventDefault(); }
      if (event.key === "+" || event.key === "-") this.zoom(event.key === "+" ? 0.9 : 1.1);
    });
  }

  turn(dx, dy) { this.yaw -= dx * 0.4; this.pitch = Math.max(-89, Math.min(89, this.pitch + dy * 0.4)); this.redraw(); }
  move(dx, dy) { const s = this.distance / this.canvas.clientHeight; this.shift[0] += dx * s; this.shift[1] -= dy * s; this.redraw(); }
  zoom(factor) { this.distance = Math.max(0.03, Math.min(8, this.distance * factor)); this.redraw(); }
}
