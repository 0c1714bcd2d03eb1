"""`masklet doctor`."""

from __future__ import annotations

import typer


def command(
    folder: str = typer.Argument(".", help="Where work is to be saved; its free space is reported."),
) -> None:
    """What is installed, and which engines and formats can run here."""
    from masklet.verbs.doctor import doctor

    findings = doctor(folder)
    width = max(len(f.name) for f in findings)
    part = ""
    for finding in findings:
        if finding.part != part:
            part = finding.part
            typer.echo(f"{part}:")
        mark = "ok " if finding.ok else "NO "
        typer.echo(f"  {mark} {finding.name:<{width}}  {finding.note}")
    wrong = [f.name for f in findings if not f.ok]
    typer.echo(f"cannot be used here: {', '.join(wrong)}" if wrong else "everything can be used here")


command.__name__ = "doctor"
