"""`masklet demo`."""

from __future__ import annotations

import typer


def command(
    out: str = typer.Option("demo-output", help="Folder for what is written."),
    scene: str = typer.Option(
        "cage-bars-1", help="arena-1, arena-2, cage-bars-1, cage-bars-2, crossing-3, ..."
    ),
    engine: str = typer.Option("adapt", help="adapt, background, flow, or auto."),
    ask: int = typer.Option(1, help="How many frames are corrected after the first run."),
) -> None:
    """The main job on a generated scene with known truth, offline."""
    from masklet.cli.progress import stages
    from masklet.verbs.demo import demo

    with stages() as report:
        made = demo(out, scene=scene, engine=engine, ask=ask, report=report, say=typer.echo)
    typer.echo("against the known truth, on the frames never annotated (J: region, F: contour, 0..1):")
    if made.asked:
        typer.echo(f"  mean J {made.before_j:.3f} before the correction")
    after = " after it" if made.asked else ""
    typer.echo(f"  mean J {made.mean_j:.3f}, mean F {made.mean_f:.3f}{after}")
    for name, path in made.files.items():
        typer.echo(f"  {name:<14} {path}")


command.__name__ = "demo"
