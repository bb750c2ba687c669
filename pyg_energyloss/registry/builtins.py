"""What the library itself registers, through the same hooks as any plugin.

Targets are strings, so that looking a name up imports only what that name needs.
"""

from __future__ import annotations

from pyg_energyloss.registry.hookspecs import Register, hookimpl


@hookimpl
def energyloss_register_losses(register: Register) -> None:
    """Register the structure losses and the spin losses."""
    losses = "pyg_energyloss.losses"
    register(
        "mse",
        f"{losses}:CoordinateMSELoss",
        summary="mean squared coordinate error",
        role="structure",
    )
    register(
        "mae",
        f"{losses}:CoordinateMAELoss",
        summary="mean absolute coordinate error",
        role="structure",
    )
    register(
        "kabsch", f"{losses}:KabschMSELoss", summary="MSE after optimal alignment", role="structure"
    )
    register(
        "symmetric",
        f"{losses}:SymmetricLoss",
        summary="least over equivalent atoms (DMCG)",
        role="structure",
    )
    register(
        "bonds",
        f"{losses}:BondLoss",
        summary="error of bond lengths",
        role="structure",
    )
    register(
        "angles",
        f"{losses}:AngleLoss",
        summary="error of bond angles",
        role="structure",
    )
    register(
        "torsions",
        f"{losses}:TorsionLoss",
        summary="error of torsions",
        role="structure",
    )
    register(
        "fape",
        f"{losses}:FAPELoss",
        summary="frame-aligned point error of AlphaFold 2",
        role="structure",
    )
    named = "pyg_energyloss.losses.named"
    register(
        "lddt",
        f"{losses}:SmoothLDDTLoss",
        summary="smooth lDDT of AlphaFold 3",
        role="structure",
    )
    register(
        "distance",
        f"{losses}:DistanceLoss",
        summary="error of all pair distances",
        role="structure",
    )
    register(
        "distance_l1",
        f"{named}:distance_l1",
        summary="mean absolute error of all distances",
        role="structure",
    )
    register(
        "distance_l1_kabsch",
        f"{named}:distance_l1_kabsch",
        summary="distance_l1 + 0.3 Kabsch MSE",
        role="structure",
    )
    register(
        "lddt_kabsch",
        f"{named}:lddt_kabsch",
        summary="smooth lDDT + 0.3 Kabsch MSE",
        role="structure",
    )
    register(
        "energy_absolute",
        f"{named}:energy_absolute",
        summary="absolute springs, 1/d^2",
        role="structure",
    )
    register(
        "energy_absolute_kabsch",
        f"{named}:energy_absolute_kabsch",
        summary="energy_absolute + Kabsch MSE, blind to mirror images",
        role="structure",
    )
    register(
        "energy_absolute_l1",
        f"{named}:energy_absolute_l1",
        summary="energy_absolute + distance_l1",
        role="structure",
    )
    register(
        "multiscale",
        f"{named}:multiscale",
        summary="energy_absolute + distance_l1 + 0.5 RMSD",
        role="structure",
    )
    register(
        "multiscale_sparse",
        f"{named}:multiscale_sparse",
        summary="multiscale on about 4 pairs an atom",
        role="structure",
    )
    register(
        "rmsd",
        f"{losses}:RMSDLoss",
        summary="RMSD after superposition",
        role="structure",
    )
    register(
        "energy_absolute_sparse",
        f"{named}:energy_absolute_sparse",
        summary="energy_absolute on about 4 pairs an atom",
        role="structure",
    )
    register(
        "symmetric_kabsch",
        f"{named}:symmetric_kabsch",
        summary="Kabsch MSE, least over equivalent atoms",
        role="structure",
    )
    register(
        "energy",
        f"{named}:energy",
        summary="springs on all pairs, exponential stiffness",
        role="structure",
    )
    register(
        "energy_sparse",
        f"{named}:energy_sparse",
        summary="the same on about 4 pairs an atom",
        role="structure",
    )
    register(
        "energy_kabsch",
        f"{named}:energy_kabsch",
        summary="energy + 0.3 Kabsch MSE",
        role="structure",
    )
    register(
        "energy_restraints",
        f"{named}:energy_restraints",
        summary="energy + 0.5 restraints",
        role="structure",
    )
    register(
        "energy_gated",
        f"{named}:energy_gated",
        summary="energy at low noise, MSE at high",
        role="structure",
    )
    register(
        "multiscale_gated",
        f"{named}:multiscale_gated",
        summary="multiscale at low noise, MSE at high",
        role="structure",
    )
    register(
        "energy_constant",
        f"{named}:energy_constant",
        summary="springs of equal stiffness",
        role="structure",
    )
    register(
        "energy_inverse",
        f"{named}:energy_inverse",
        summary="springs of stiffness 1/d",
        role="structure",
    )
    register(
        "energy_inverse_square",
        f"{named}:energy_inverse_square",
        summary="... 1/d^2",
        role="structure",
    )
    register(
        "energy_lattice",
        f"{named}:energy_lattice",
        summary="energy, a predicted lattice scored apart from its atoms",
        role="structure",
    )
    register(
        "energy_absolute_lattice",
        f"{named}:energy_absolute_lattice",
        summary="the same of energy_absolute",
        role="structure",
    )
    register(
        "crystal_mse",
        f"{losses}:CrystalMSELoss",
        summary="MSE to the nearest images",
        role="structure",
    )
    register(
        "crystal_aligned_mse",
        f"{losses}.crystal_mse:crystal_aligned_mse",
        summary="the same after the best translation",
        role="structure",
    )
    register(
        "handedness",
        f"{losses}:HandednessLoss",
        summary="zero, or positive if mirrored",
        role="structure",
    )
    register(
        "restraints",
        f"{losses}:RestraintLoss",
        summary="chirality, planes, bonds, clashes",
        role="structure",
    )
    register(
        "pair_energy",
        f"{losses}:PairEnergyLoss",
        summary="springs on pair distances, eq 7",
        role="structure",
    )
    register(
        "local_field",
        f"{losses}:LocalFieldLoss",
        summary="spins in the target's field, eq 16",
        role="spins",
    )
    register(
        "true_energy",
        f"{losses}:TrueEnergyLoss",
        summary="spins under their Hamiltonian",
        role="spins",
    )
    register("spin_margin", f"{losses}:MarginLoss", summary="hinge, spin by spin", role="spins")
    register(
        "spin_cross_entropy", f"{losses}:SpinCrossEntropyLoss", summary="spin by spin", role="spins"
    )
    register(
        "target_bond", f"{losses}:TargetBondLoss", summary="springs between spins", role="spins"
    )


@hookimpl
def energyloss_register_potentials(register: Register) -> None:
    """Register the potentials."""
    wells = "pyg_energyloss.potentials"
    register("harmonic", f"{wells}:Harmonic", summary="e^2 / 2, the paper's springs")
    register("absolute", f"{wells}:Absolute", summary="|e|")
    register("huber", f"{wells}:Huber", summary="e^2 / 2, then |e|")
    register("lddt", f"{wells}:LDDT", summary="AlphaFold 3's four sigmoids of |e|")
    register("morse", f"{wells}:Morse", summary="(1 - exp(-a e))^2 / 2 a^2")
    register("flat_bottom", f"{wells}:FlatBottom", summary="nothing within a width, then e^2 / 2")
    register("periodic", f"{wells}:Periodic", summary="(1 - cos(m e)) / m^2, for torsions")


@hookimpl
def energyloss_register_stiffness(register: Register) -> None:
    """Register the stiffness laws."""
    laws = "pyg_energyloss.stiffness"
    register("constant", f"{laws}:Constant", summary="k0")
    register("inverse", f"{laws}:Inverse", summary="k0 / d")
    register("inverse_square", f"{laws}:InverseSquare", summary="k0 / d^2")
    register("exponential", f"{laws}:Exponential", summary="k0 exp(-d)")
    register("morse", f"{laws}:Morse", summary="2 D a^2")
    register("auto", f"{laws}:physical", summary="fitted to MMFF94 Hessians; needs bonds")
    register("bond_aware", f"{laws}:BondAware", summary="bonds have a stiffness of their own")
    register("element_pair", f"{laws}:ElementPair", summary="a factor per pair of elements")
    register("lennard_jones", f"{laws}:LennardJones", summary="72 eps / d^2")


@hookimpl
def energyloss_register_samplers(register: Register) -> None:
    """Register the edge samplers."""
    edges = "pyg_energyloss.samplers"
    register("backbone", f"{edges}:Backbone", summary="rigid backbone, weighted far pairs redrawn")
    register("complete", f"{edges}:Complete", summary="all pairs")
    register("k_regular", f"{edges}:KRegular", summary="random k-regular graphs, as in the paper")
    register("lateration", f"{edges}:LaterationEdges", summary="the rigid backbone alone")
    register("bonds", f"{edges}:BondEdges", summary="1-2, 1-3, 1-4 pairs completed to rigidity")
    register("erdos_renyi", f"{edges}:ErdosRenyi", summary="each pair by the toss of a coin")
    register("knn", f"{edges}:NearestNeighbours", summary="nearest neighbours only")


@hookimpl
def energyloss_register_models(register: Register) -> None:
    """Register the plain baselines; the e3nn ones come from their plugin."""
    models = "pyg_energyloss.models"
    register(
        "gnn",
        f"{models}:PlainGNN",
        summary="plain message passing, no built-in symmetry",
        role="structure",
    )
    register(
        "egnn",
        f"{models}:EGNN",
        summary="E(n)-equivariant, coordinates move along edges",
        role="structure",
    )
    register(
        "vector_gnn",
        f"{models}:VectorGNN",
        summary="plain message passing that sees vectors between atoms",
        role="structure",
    )
    denoisers = "pyg_energyloss.models.denoisers"
    register(
        "gdm",
        f"{denoisers}:GDM",
        summary="denoiser of a generator, no built-in symmetry",
        role="denoiser",
    )
    register(
        "edm",
        f"{denoisers}:EDM",
        summary="denoiser of a generator, E(n)-equivariant",
        role="denoiser",
    )
    register(
        "vector_denoiser",
        f"{denoisers}:VectorDenoiser",
        summary="the same, with vectors on the atoms: it sees angles",
        role="denoiser",
    )
    register(
        "crystal_gnn",
        f"{models}.crystals:CrystalGNN",
        summary="plain message passing over periodic images",
        role="crystal",
    )
    register(
        "crystal_egnn",
        f"{models}.crystals:CrystalEGNN",
        summary="E(3)-equivariant over periodic images, strains the lattice",
        role="crystal",
    )
    register(
        "spin_cnn",
        f"{models}:SpinCNN",
        summary="couplings to spins, residual convolutions",
        role="spins",
    )
    register(
        "spin_gnn", f"{models}:SpinGNN", summary="couplings to spins on any graph", role="spins"
    )


@hookimpl
def energyloss_register_datasets(register: Register) -> None:
    """Register the embedded data sets and the loaders of the public ones."""
    named = "pyg_energyloss.data.named"
    register("qm9_small", f"{named}:qm9_small", summary="4112 QM9 molecules, embedded")
    register("qm7", f"{named}:qm7", summary="7101 molecules of 4 to 23 atoms, embedded")
    register("druglike", f"{named}:druglike", summary="354 drug-like molecules, embedded")
    register("qm9", f"{named}:qm9", summary="the public QM9 through PyG (downloads it)")
    frames = "pyg_energyloss.data.frames"
    register("geom_drugs", f"{frames}:geom_drugs", summary="GEOM-Drugs, EDM's GEOM_drugs_30.npy")
    register("md17", f"{frames}:md17", summary="a trajectory of MD17 or rMD17, its npz file")
    register("table", f"{named}:table", summary="molecules packed in an npz file")
    register("files", f"{named}:from_files", summary="your own structure files")
    crystals = "pyg_energyloss.data.crystals.named"
    for name, summary in (
        ("perov_5", "perovskites, CDVAE's csv at a path"),
        ("carbon_24", "carbon, CDVAE's csv at a path, each crystal once"),
        ("mp_20", "Materials Project, CDVAE's csv at a path"),
        ("perov_5_small", "96 perovskites, embedded"),
        ("carbon_24_small", "48 carbon crystals, embedded"),
    ):
        register(name, f"{crystals}:{name}", summary=summary, role="crystal")
    proteins = "pyg_energyloss.data.proteins.named"
    register(
        "proteins", f"{proteins}:proteins", summary="fragments of the PDB and mmCIF files at a path"
    )
    register(
        "proteins_small", f"{proteins}:proteins_small", summary="fragments of 5 proteins, embedded"
    )


@hookimpl
def energyloss_register_evaluators(register: Register) -> None:
    """Register the evaluators of molecules; quantum chemistry comes from the ASE plugin."""
    metrics = "pyg_energyloss.metrics"
    register(
        "geometry",
        f"{metrics}:GeometryEvaluator",
        summary="bond, 1-3 and 1-4 distance MAE",
        role="structure",
    )
    register(
        "clashes",
        f"{metrics}:ClashEvaluator",
        summary="clashes per 1000 atoms",
        role="structure",
    )
    register(
        "stereo",
        f"{metrics}:StereoEvaluator",
        summary="centres of the right hand, E/Z",
        role="structure",
    )
    register(
        "distances",
        f"{metrics}:DistanceEvaluator",
        summary="MAE of all distances, lDDT",
        role="structure",
    )
    register(
        "acceptable",
        f"{metrics}:AcceptableEvaluator",
        summary="bonds, clashes and stereo all right",
        role="structure",
    )
    register(
        "known_posebusters",
        f"{metrics}:KnownPoseBusters",
        summary="PoseBusters, with the bonds of the data",
        role="structure",
    )
    sets = "pyg_energyloss.metrics.generated"
    register(
        "stability", f"{sets}:Stability", summary="generated: atoms with their valences", role="set"
    )
    register(
        "validity",
        f"{sets}:Validity",
        summary="generated: valid, unique, novel (RDKit)",
        role="set",
    )
    register(
        "validity_rdkit",
        f"{sets}:validity_rdkit",
        summary="the same, RDKit finds the bonds",
        role="set",
    )
    register(
        "distributions",
        f"{sets}:Distributions",
        summary="generated: bonds, angles, MMD",
        role="set",
    )
    register(
        "distributions_jodo",
        f"{sets}:distributions_jodo",
        summary="the same, JODO's kinds",
        role="set",
    )
    register(
        "posebusters",
        f"{sets}.posebusters:PoseBusted",
        summary="generated: PoseBusters",
        role="set",
    )
    register(
        "spins",
        "pyg_energyloss.spins:SpinEvaluator",
        summary="excess energy, overlap",
        role="spins",
    )
    register(
        "rmsd",
        f"{metrics}:RMSDEvaluator",
        summary="RMSD over equivalent atoms, mirror images",
        role="structure",
    )


@hookimpl
def energyloss_register_hosts(register: Register) -> None:
    """Register the frameworks that need no plugin, or one that has no place for them."""
    hosts = "pyg_energyloss.hosts.known"
    register("boltz", f"{hosts}:boltz", summary="energyloss run --host boltz")
    register("edm", f"{hosts}:edm", summary="energyloss run --host edm")
    register("egnn", f"{hosts}:egnn", summary="a loss that its script makes")
    register("etflow", f"{hosts}:etflow", summary="a function of its model's module")
    register("fairchem", f"{hosts}:fairchem", summary="version 1, a dotted path")
    register("flowmol", f"{hosts}:flowmol", summary="an attribute of its module")
    register("geoldm", f"{hosts}:geoldm", summary="energyloss run --host edm")
    register("jodo", f"{hosts}:jodo", summary="energyloss run --host jodo")
    register("midi", f"{hosts}:midi", summary="an attribute of its module")
    register("semlaflow", f"{hosts}:semlaflow", summary="a function as its model calls it")


@hookimpl
def energyloss_register_experiments(register: Register) -> None:
    """Register the experiments."""
    kinds = "pyg_energyloss.experiments"
    register(
        "compare",
        f"{kinds}.structures.experiment:StructureExperiment",
        summary="structures from graphs or noise, models x losses",
    )
    register(
        "generate",
        f"{kinds}.generation.experiment:GeneratorExperiment",
        summary="molecules from noise, sampled and judged",
    )
    register(
        "spins",
        f"{kinds}.spins.experiment:SpinExperiment",
        summary="ground states of spin glasses from their couplings",
    )
    register(
        "crystals",
        f"{kinds}.crystals.experiment:CrystalExperiment",
        summary="crystals from noised copies or compositions",
    )
    register(
        "proteins",
        f"{kinds}.proteins.experiment:ProteinExperiment",
        summary="fragments of proteins from noised copies",
    )


@hookimpl
def energyloss_register_commands(register: Register) -> None:
    """Register the subcommands of `energyloss`."""
    register("compare", "pyg_energyloss.cli.compare:configure", summary="models x losses, a report")
    register("generate", "pyg_energyloss.cli.generate:configure", summary="molecules from noise")
    register("spins", "pyg_energyloss.cli.spins:configure", summary="the spin table, exact targets")
    register("crystals", "pyg_energyloss.cli.crystals:configure", summary="the same on crystals")
    register("proteins", "pyg_energyloss.cli.proteins:configure", summary="the same on proteins")
    register("study", "pyg_energyloss.cli.study:configure", summary="any registered experiment")
    register("report", "pyg_energyloss.cli.report:configure", summary="a study's page, once more")
    register(
        "edges", "pyg_energyloss.cli.edges.command:configure", summary="what sparse edges guarantee"
    )
    register("paper", "pyg_energyloss.cli.paper:configure", summary="published beside measured")
    register("plugins", "pyg_energyloss.cli.plugins:configure", summary="what is installed")
    register(
        "hosts", "pyg_energyloss.cli.hosts.listing:configure", summary="frameworks it plugs into"
    )
    register(
        "export", "pyg_energyloss.cli.hosts.export:configure", summary="molecules as a host's files"
    )
    register(
        "run",
        "pyg_energyloss.cli.hosts.run:configure",
        summary="a script of Boltz, EDM, JODO, patched",
    )
