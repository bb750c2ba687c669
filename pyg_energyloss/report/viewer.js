// Two scenes side by side: the true structure, and a prediction coloured by energy per atom.
(function () {
  const data = JSON.parse(document.getElementById("pel-data").textContent);
  const moleculeChoice = document.getElementById("pel-molecule");
  const predictionChoice = document.getElementById("pel-prediction");
  const note = document.getElementById("pel-note");
  const scene = document.getElementById("pel-scene");
  const palette = { H: "#c9ced6", C: "#3d4450", N: "#3b5bdb", O: "#d6336c", F: "#2f9e44",
    S: "#e0a800", Cl: "#37b24d", Br: "#a0522d", P: "#f08c00", I: "#7048e8" };
  const radius = (symbol) => (symbol === "H" ? 9 : 17);

  function fill(select, names) {
    names.forEach((name, index) => select.add(new Option(name, String(index))));
  }
  fill(moleculeChoice, data.molecules.map((molecule) => molecule.name));
  const methods = Object.keys(data.predictions);
  fill(predictionChoice, methods);
  const wanted = methods.findIndex((name) => name.endsWith("+ energy"));
  predictionChoice.selectedIndex = Math.max(0, wanted);

  function sticks(pos, bonds, sceneName, colour, width, name) {
    const xyz = [[], [], []];
    bonds.forEach(([a, b]) => {
      for (let axis = 0; axis < 3; axis++) {
        xyz[axis].push(pos[a][axis], pos[b][axis], null);
      }
    });
    return { type: "scatter3d", mode: "lines", x: xyz[0], y: xyz[1], z: xyz[2], scene: sceneName,
      line: { color: colour, width: width }, hoverinfo: "skip", showlegend: false, name: name };
  }

  function balls(pos, elements, sceneName, marker, text) {
    return { type: "scatter3d", mode: "markers", scene: sceneName, showlegend: false,
      x: pos.map((p) => p[0]), y: pos.map((p) => p[1]), z: pos.map((p) => p[2]),
      marker: Object.assign({ size: elements.map(radius), line: { width: 0 } }, marker),
      text: text, hovertemplate: "%{text}<extra></extra>" };
  }

  function draw() {
    const molecule = data.molecules[moleculeChoice.selectedIndex];
    const method = methods[predictionChoice.selectedIndex];
    const prediction = data.predictions[method][moleculeChoice.selectedIndex];
    const label = (symbol, index) => symbol + (index + 1);
    const traces = [
      sticks(molecule.pos, molecule.bonds, "scene", "#8a93a1", 6, "true"),
      balls(molecule.pos, molecule.elements, "scene",
        { color: molecule.elements.map((s) => palette[s] || "#868e96") },
        molecule.elements.map(label)),
    ];
    if (prediction.pos) {
      traces.push(
        sticks(molecule.pos, molecule.bonds, "scene2", "#dfe3e8", 4, "true"),
        sticks(prediction.pos, molecule.bonds, "scene2", "#5b6675", 6, "predicted"),
        balls(prediction.pos, molecule.elements, "scene2",
          { color: prediction.energy, colorscale: [[0, "#a9c9e8"], [0.35, "#fdd49e"], [0.7, "#f16913"], [1, "#a50f15"]], cmin: 0,
            cmax: Math.max(0.05, ...prediction.energy),
            colorbar: { title: { text: "energy<br>per atom" }, len: 0.7, thickness: 14 } },
          molecule.elements.map((s, i) => label(s, i) + ", energy " + prediction.energy[i])));
      note.textContent = "RMSD " + prediction.rmsd + " Å";
    } else {
      note.textContent = "the prediction is not finite";
    }
    const axis = { visible: false };
    const view = { xaxis: axis, yaxis: axis, zaxis: axis, aspectmode: "data" };
    Plotly.react(scene, traces, {
      height: 460, margin: { l: 0, r: 0, t: 34, b: 0 }, uirevision: molecule.name,
      scene: Object.assign({ domain: { x: [0, 0.47] } }, view),
      scene2: Object.assign({ domain: { x: [0.5, 0.97] } }, view),
      annotations: [
        { text: "true", x: 0.235, y: 1.06, xref: "paper", yref: "paper", showarrow: false },
        { text: method + " (pale: true)", x: 0.735, y: 1.06, xref: "paper", yref: "paper",
          showarrow: false },
      ],
    }, { displaylogo: false, responsive: true });
  }

  moleculeChoice.addEventListener("change", draw);
  predictionChoice.addEventListener("change", draw);
  draw();
  let turning = false;
  scene.on("plotly_relayout", (change) => {
    if (turning) return;
    const target = change["scene.camera"] ? "scene2.camera" : "scene.camera";
    const camera = change["scene.camera"] || change["scene2.camera"];
    if (!camera) return;
    turning = true; // turning one turns the other, once
    Plotly.relayout(scene, { [target]: camera }).then(() => { turning = false; });
  });
})();
