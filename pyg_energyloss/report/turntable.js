// Structures to turn: the true one, and a prediction on top of it. Canvas only, no WebGL.
for (const root of document.querySelectorAll(".viewer")) {
  root.hidden = false;
  const data = JSON.parse(root.querySelector("script").textContent);
  const [moleculeChoice, setChoice] = root.querySelectorAll("select");
  const [left, right] = root.querySelectorAll("canvas");
  const note = root.querySelector("[role=status]");
  const most = root.querySelector("output");
  const caption = root.querySelectorAll("figcaption")[1];
  data.references.forEach((s, i) => moleculeChoice.add(new Option(s.name, i)));
  data.sets.forEach((s, i) => setChoice.add(new Option(s.label, i)));
  setChoice.selectedIndex = Math.max(0, data.sets.findIndex((s) => /\benergy$/.test(s.label)));
  let turn = [[1, 0, 0], [0, 1, 0], [0, 0, 1]];
  let zoom = 1;
  const shown = new Map(); // canvas -> atoms on the screen, for the pointer

  function rotate(dx, dy) {
    const [cx, sx, cy, sy] = [Math.cos(dy), Math.sin(dy), Math.cos(dx), Math.sin(dx)];
    const step = [[cy, 0, sy], [sx * sy, cx, -sx * cy], [-cx * sy, sx, cx * cy]];
    turn = step.map((row) => [0, 1, 2].map((j) => row.reduce((s, r, k) => s + r * turn[k][j], 0)));
  }

  function paint(canvas, layers, centre, reach) {
    const box = canvas.getBoundingClientRect();
    const dense = window.devicePixelRatio || 1;
    canvas.width = box.width * dense;
    canvas.height = box.height * dense;
    const pen = canvas.getContext("2d");
    pen.scale(dense, dense);
    const scale = (0.44 * Math.min(box.width, box.height) / reach) * zoom;
    const place = (p) => {
      const moved = p.map((x, k) => x - centre[k]);
      const [x, y, z] = turn.map((row) => row.reduce((s, r, k) => s + r * moved[k], 0));
      const near = 4 * reach / (4 * reach - z);
      return { x: box.width / 2 + scale * near * x, y: box.height / 2 - scale * near * y, z, near };
    };
    const items = [];
    const atoms = [];
    for (const { structure, stick, width, text } of layers) {
      const at = structure.pos.map(place);
      const bonds = structure.bonds.map(([i, j]) => [at[i], at[j], width * at[i].near]);
      const edges = structure.box.map(([a, b]) => [place(a), place(b), 1]);
      bonds.concat(edges).forEach(([a, b, thickness]) => items.push({ z: (a.z + b.z) / 2, draw() {
        pen.strokeStyle = stick;
        pen.lineWidth = thickness;
        pen.lineCap = "round";
        pen.beginPath(); pen.moveTo(a.x, a.y); pen.lineTo(b.x, b.y); pen.stroke();
      } }));
      if (text) at.forEach((p, i) => {
        const radius = Math.max(3, scale * p.near * (structure.elements[i] === "H" ? 0.17 : 0.3));
        atoms.push({ ...p, text: text(i) });
        items.push({ z: p.z + 0.05, draw() {
          pen.fillStyle = structure.colours[i];
          pen.strokeStyle = "#333a";
          pen.lineWidth = 1;
          pen.beginPath(); pen.arc(p.x, p.y, radius, 0, 7); pen.fill(); pen.stroke();
        } });
      });
    }
    items.sort((a, b) => a.z - b.z).forEach((item) => item.draw());
    shown.set(canvas, atoms);
  }

  function draw() {
    const index = moleculeChoice.selectedIndex;
    const reference = data.references[index];
    const set = data.sets[setChoice.selectedIndex];
    const predicted = set.structures[index];
    const soft = getComputedStyle(root).getPropertyValue("--soft");
    const line = getComputedStyle(root).getPropertyValue("--line");
    const points = (s) => s.pos.concat(s.box.flat());
    const both = points(reference).concat(predicted ? points(predicted) : []);
    const centre = [0, 1, 2].map((k) => reference.pos.reduce((s, p) => s + p[k], 0)
      / reference.pos.length);
    const reach = 0.5 + Math.max(...both.map((p) => Math.hypot(...p.map((x, k) => x - centre[k]))));
    const name = (i) => reference.elements[i] + (i + 1);
    paint(left, [{ structure: reference, stick: soft, width: 5, text: name }], centre, reach);
    const layers = [{ structure: reference, stick: line, width: 4 }];
    if (predicted) {
      const energy = predicted.energy;
      most.textContent = energy ? Math.max(0.05, ...energy).toPrecision(2) : "";
      layers.push({ structure: predicted, stick: soft, width: 5,
        text: (i) => name(i) + (energy ? `, energy ${energy[i]}` : "") });
    }
    paint(right, layers, centre, reach);
    note.textContent = predicted ? predicted.note || "" : "the prediction is not finite";
    caption.textContent = `${set.label} (pale: true)`;
  }

  for (const canvas of [left, right]) {
    let last = null;
    canvas.addEventListener("pointerdown", (e) => {
      last = e;
      canvas.setPointerCapture(e.pointerId);
    });
    canvas.addEventListener("pointerup", () => { last = null; });
    canvas.addEventListener("pointermove", (e) => {
      if (last) {
        rotate((e.clientX - last.clientX) / 120, (e.clientY - last.clientY) / 120);
        last = e;
        draw();
        return;
      }
      const box = canvas.getBoundingClientRect();
      const [x, y] = [e.clientX - box.left, e.clientY - box.top];
      const close = (shown.get(canvas) || []).filter((a) => Math.hypot(a.x - x, a.y - y) < 14);
      canvas.title = close.length ? close.reduce((a, b) => (a.z > b.z ? a : b)).text : "";
    });
    canvas.addEventListener("wheel", (e) => {
      e.preventDefault();
      zoom = Math.min(8, Math.max(0.3, zoom * Math.exp(-e.deltaY / 600)));
      draw();
    }, { passive: false });
    canvas.addEventListener("keydown", (e) => {
      const step = { ArrowLeft: [-0.15, 0], ArrowRight: [0.15, 0], ArrowUp: [0, -0.15],
        ArrowDown: [0, 0.15] }[e.key];
      if (step) { rotate(...step); draw(); e.preventDefault(); }
    });
  }
  moleculeChoice.addEventListener("change", draw);
  setChoice.addEventListener("change", draw);
  new ResizeObserver(draw).observe(left);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  rotate(0.5, 0.35);
  draw();
}
