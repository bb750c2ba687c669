"""Learn regular polygons whose targets are turned at random (figure 3): MSE learns a point."""

import matplotlib.pyplot as plt

import pyg_energyloss as pel
from pyg_energyloss.paper import polygon_quality, train_polygons

figure, axes = plt.subplots(1, 2, figsize=(7, 3.6), layout="constrained")
losses = {"MSE": pel.CoordinateMSELoss(), "pair energy": pel.PairEnergyLoss("constant")}
for ax, (name, loss) in zip(axes, losses.items(), strict=True):
    shapes = train_polygons(loss, vertices=8, steps=400)
    for shape in shapes[10::15]:
        ax.fill(*shape.T, fill=False, edgecolor="tab:blue")
    quality = polygon_quality(shapes)
    print(f"{name}: quality {quality:.1f}; 5 to 6 looks perfect")
    ax.set(title=f"{name}, quality {quality:.1f}", aspect="equal", xlim=(-6, 6), ylim=(-6, 6))
figure.savefig("regular_shapes.png", dpi=90)
