"""The command line: safety-in-action serve | demo | demo-links | check-content | check-audit | simulate-class ..."""

import asyncio
import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from app import demo as demo_programme
from app import serving
from app.content import check
from app.documents.report_files import Kind, extent_of, report_file
from app.domain.audit import OPERATOR
from app.domain.audit import account as the_account
from app.domain.errors import DomainError, NotFound
from app.settings import Settings
from app.store import accounts, audit, directory, impact, invitations, second_factors
from app.store.database import Database
from app.web.deps import Parts, now_utc
from app.web.security import new_key

main = typer.Typer(
    name="safety-in-action",
    help="Live safety lessons for Year 6 classes.",
    no_args_is_help=True,
    add_completion=False,
)

# What is not given on the command line is read from the environment (SIA_PORT ...), then has its default.
DataDir = Annotated[
    Path | None, typer.Option("--data-dir", help="The one folder that holds database, secret and media. [data]")
]
Port = Annotated[int | None, typer.Option(help="The port to listen on. [8000]")]
Host = Annotated[
    str | None, typer.Option(help="The address to listen on; 0.0.0.0 lets other machines in. [127.0.0.1]")
]
Workers = Annotated[
    int | None, typer.Option(help="Server processes; more than one needs PostgreSQL and Redis. [1]", min=1)
]
Address = Annotated[str | None, typer.Option(help="How browsers reach the server, for example https://sia.example")]


def _settings(*, demo: bool, **given: Any) -> Settings:
    return Settings(demo=demo, **{name: value for name, value in given.items() if value is not None})


@main.command()
def serve(
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    address: Address = None,
    tls_cert: Annotated[Path | None, typer.Option(help="TLS certificate file.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="TLS key file.")] = None,
    behind_proxy: Annotated[bool | None, typer.Option(help="A proxy in front of us speaks HTTPS.")] = None,
    workers: Workers = None,
) -> None:
    """Serve a real programme. The first start prints a one-time set-up link."""
    settings = _settings(
        demo=False,
        data_dir=data_dir,
        host=host,
        port=port,
        address=address,
        tls_cert=tls_cert,
        tls_key=tls_key,
        behind_proxy=behind_proxy,
        workers=workers,
    )
    with _told_plainly():
        app = serving.build(_checked(settings))
        _say_set_up_link(app.state.parts)
        serving.run(app, settings)


@main.command()
def demo(
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    address: Address = None,
    workers: Workers = None,
    seed_only: Annotated[bool, typer.Option("--seed-only", help="Fill the data folder and stop.")] = False,
    no_results: Annotated[bool, typer.Option("--no-results", help="A new demo begins without past lessons.")] = False,
) -> None:
    """Serve the fictional demo programme on this machine."""
    settings = _settings(demo=True, data_dir=data_dir, host=host, port=port, address=address, workers=workers)
    with _told_plainly():
        app = serving.build(_checked(settings))
        demo_programme.seed(app.state.parts.database, settings, with_results=not no_results)
        if seed_only:
            app.state.parts.database.close()
            typer.echo(f"The demo is ready in {settings.data_dir}.")
            return
        demo_programme.note_address(settings)
        _say_demo_links(settings)
        serving.run(app, settings)


@main.command("demo-links")
def demo_links(
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    address: Address = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Print the demo's class link, join address and sign-ins."""
    settings = _settings(demo=True, data_dir=data_dir, host=host, port=port, address=address)
    with _told_plainly():
        if as_json:
            typer.echo(json.dumps(demo_programme.for_scripts(settings), indent=2))
        else:
            _say_demo_links(settings)


@main.command("check-content")
def check_content(
    lessons: Annotated[Path | None, typer.Option(help="Folder of lessons/*.md")] = None,
    quizzes: Annotated[Path | None, typer.Option(help="Folder of quizzes/*.yaml")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For scripts.")] = False,
) -> None:
    """Check all lesson and quiz files; every mistake is told with file, line and remedy."""
    settings = Settings()
    report = check.report(lessons or settings.lessons_dir, quizzes or settings.quizzes_dir)
    typer.echo(report.model_dump_json(indent=2) if as_json else check.as_text(report))
    if not report.is_good:
        raise typer.Exit(1)


@main.command("simulate-class")
def simulate_class(
    code: Annotated[str, typer.Option(help="The join code on the classroom screen.")],
    pupils: Annotated[int, typer.Option(min=1, max=60)] = 27,
    address: Annotated[
        str | None, typer.Option(help="The server to join. [where the demo of the data folder is served]")
    ] = None,
    data_dir: DataDir = None,
    seed: Annotated[int, typer.Option(help="The same seed answers alike.")] = 0,
    speed: Annotated[float, typer.Option(help="2 answers twice as fast.", min=0.1, max=100)] = 1.0,
) -> None:
    """Join a run with simulated pupils over real sockets; they answer like children and leave at its end."""
    from app.simulated_class import run_class

    folder = _settings(demo=True, data_dir=data_dir).data_dir
    with _told_plainly():
        place = address or demo_programme.address_of(folder)
        result = asyncio.run(run_class(place, code, pupils, seed, speed=speed, say=typer.echo))
    typer.echo(f"{result.joined} pupils joined; {len(result.journal)} answers were acknowledged.")


@main.command("new-password")
def new_password(
    email: Annotated[str, typer.Argument(help="The e-mail address of the account.")],
    data_dir: DataDir = None,
    address: Address = None,
    without_second_step: Annotated[
        bool, typer.Option("--without-second-step", help="For somebody who has also lost the phone.")
    ] = False,
) -> None:
    """Print a one-time link with which somebody who has an account chooses another password."""
    settings, token = _settings(demo=False, data_dir=data_dir, address=address), new_key()
    with _told_plainly():
        database = _database_of(settings)
        with database.transaction() as db:
            account = accounts.account_by_email(db, email)
            if account is None:
                raise NotFound("There is no account with this e-mail address.")
            if without_second_step:
                second_factors.remove(db, account.id or 0)
                audit.note(db, now_utc(), OPERATOR, "removed a second step", the_account(account.id or 0))
            invitations.allow_new_password(db, token, account.email, now_utc())
            audit.note(db, now_utc(), OPERATOR, "made a link to another password", the_account(account.id or 0))
        database.close()
    typer.echo(f"Send this link to {account.name}. It works once, within a day:")
    typer.echo(f"  {settings.base_address}/people/invited/{token}")


@main.command("check-audit")
def check_audit(data_dir: DataDir = None) -> None:
    """Say whether the chain of the audit log holds: whether an entry was changed or taken out."""
    with _told_plainly():
        database = _database_of(_settings(demo=False, data_dir=data_dir))
        with database.reading() as db:
            broken_at, count, last = audit.check(db)
        database.close()
    if broken_at is not None:
        typer.echo(f"The chain is broken at entry {broken_at}: it, or one before it, was changed or taken out.")
        raise typer.Exit(1)
    entries = "1 entry" if count == 1 else f"{count} entries"
    typer.echo(f"The chain holds: {entries}{f', the last is {last}' if last else ''}.")


@main.command()
def report(
    programme: Annotated[str, typer.Argument(help="The programme as its address names it, for example demo.")],
    kind: Annotated[Kind, typer.Option("--format", help="json, csv, xlsx or pdf.")] = "json",
    out: Annotated[Path | None, typer.Option(help="Where to write it. [the output]")] = None,
    data_dir: DataDir = None,
) -> None:
    """Write the participation and impact report of a programme; small groups are hidden as on its page."""
    settings = _settings(demo=False, data_dir=data_dir)
    with _told_plainly():
        database = _database_of(settings)
        with database.reading() as db:
            programme_id = directory.programme_by_slug(db, programme).id or 0
            found = impact.report(db, frozenset({programme_id}), now_utc(), extent=extent_of(kind))
        database.close()
        made = report_file(kind, found, product=settings.product_name, now=now_utc())
        if out is None:
            typer.echo(made, nl=False)
        else:
            out.write_bytes(made)


def _database_of(settings: Settings) -> Database:
    if not settings.database_url and not settings.data_dir.exists():
        raise NotFound(f"There is no folder {settings.data_dir}. Choose it with --data-dir")
    database = Database(settings.database)
    database.open()
    return database


def _checked(settings: Settings) -> Settings:
    settings.must_be_safe_to_serve()
    return settings


def _say_set_up_link(parts: Parts) -> None:
    with parts.database.transaction() as db:
        if accounts.has_accounts(db):
            return
        token = new_key()
        invitations.invite_first_coordinator(db, token, now_utc())
    typer.echo("Nobody has an account yet. Open this link within 30 minutes to make yours; it works once:")
    typer.echo(f"  {parts.settings.base_address}/set-up/{token}")


def _say_demo_links(settings: Settings) -> None:
    links: dict[str, Any] = demo_programme.for_scripts(settings)
    typer.echo(f"{settings.product_name}: the demo. Open {settings.base_address}/ and choose who to be.")
    typer.echo(f"  Teacher:      {links['class_link']}")
    typer.echo(f"  Pupils:       {links['join_address']}  (the code is on the classroom screen)")
    for who in ("presenter", "coordinator"):
        name = f"{who.capitalize()}:"
        typer.echo(f"  {name:<13} {links['sign_in_address']}  {links[who]['email']}  {links[who]['password']}")


class _told_plainly:  # noqa: N801 - reads as a phrase in a with statement
    """A refusal becomes one sentence on the error stream and exit code 1."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, DomainError):
            typer.echo(error.sentence, err=True)
            raise typer.Exit(1) from None
        if isinstance(error, FileExistsError | NotADirectoryError):
            typer.echo(f"{error.filename} is a file, and a folder is needed. Give another with --data-dir.", err=True)
            raise typer.Exit(1) from None
        if isinstance(error, OSError) and error.filename and not os.access(error.filename, os.W_OK):
            typer.echo(f"{error.filename} cannot be written. Choose another folder with --data-dir.", err=True)
            raise typer.Exit(1) from None


if __name__ == "__main__":
    main()
