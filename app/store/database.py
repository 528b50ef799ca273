"""The engine and the transaction. SQLite by default, PostgreSQL by URL; saved means on the disk in both."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, inspect, select
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.exc import TimeoutError as NoTurn
from sqlalchemy.pool import QueuePool
from sqlmodel import Session

from app.domain.errors import NotAllowed
from app.domain.lesson import Lesson
from app.store import audit

log = logging.getLogger(__name__)
Db = Session
MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_MS = 5000
CONNECTIONS = 15
"""To PostgreSQL, from each process. They are kept: opening one costs more than what is asked of it."""
OUR_LOCKS = 0x51A  # PostgreSQL keeps advisory locks of two numbers apart from those of one, which runs use
LOCKS = {"start": 1, "house": 2, "audit": 3}


class Database:
    """One database, opened for the life of the process.

    `seconds` is how long a PostgreSQL that says nothing is waited for; 0: for ever.
    """

    def __init__(self, url: str, *, seconds: float = 1.5) -> None:
        self.is_sqlite = url.startswith("sqlite")
        self.versions: dict[str, Lesson] = {}  # by hash; a version never changes, so it is parsed once
        self.outcomes: dict[int, Any] = {}  # by programme, with what they were read from; see store/outcomes.py
        self.owes_forgetting = False
        self.unhurried: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
        self.engine = create_engine(url) if self.is_sqlite else self._postgresql(url, seconds)
        self._reading: dict[str, Any] = (
            {"reading": True}
            if self.is_sqlite
            else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        self._writing: contextlib.AbstractContextManager[object] = (
            Turns() if self.is_sqlite else contextlib.nullcontext()
        )
        if self.is_sqlite:
            event.listen(self.engine, "connect", _prepare_sqlite)
            event.listen(self.engine, "begin", _begin_sqlite)

    def _postgresql(self, url: str, seconds: float) -> Engine:
        # A turn may take longer than a silence: who waits behind hanging connections is told when those are given up.
        engine = create_engine(
            url, pool_pre_ping=True, pool_size=CONNECTIONS, max_overflow=0, pool_timeout=BUSY_MS / 1000
        )
        if seconds:
            from app.store.patience import Patience  # SQLite starts without loading psycopg

            patience = Patience(seconds)
            event.listen(engine, "do_connect", patience.connect)
            self.unhurried = patience.unhurried
        return engine

    @contextlib.contextmanager
    def transaction(self) -> Iterator[Db]:
        """Everything in the block is committed when the block ends, or nothing is, with what was noted of it."""
        with self._writing, Session(self.engine, expire_on_commit=False, info=self._info()) as db:
            yield db
            if audit.has_noted(db):
                self._chain(db)
            db.commit()

    def _info(self) -> dict[str, Any]:
        """What a session finds kept in memory."""
        return {"versions": self.versions, "outcomes": self.outcomes}

    def _chain(self, db: Db) -> None:
        """One at a time, and as the last lock of all: whoever holds it waits for nobody."""
        db.flush()
        if not self.is_sqlite:
            db.connection().execute(select(func.pg_advisory_xact_lock(OUR_LOCKS, LOCKS["audit"])))
        audit.write(db)

    @contextlib.contextmanager
    def reading(self) -> Iterator[Db]:
        """A consistent look that takes no write lock."""
        with (
            self.engine.connect().execution_options(**self._reading) as connection,
            Session(connection, info=self._info()) as db,
        ):
            yield db

    @contextlib.contextmanager
    def alone(self, work: str) -> Iterator[None]:
        """Do this once all other workers have done theirs. Without effect on SQLite, which has one process."""
        with self._locked(func.pg_advisory_xact_lock, work, self.unhurried()):  # while we queue, the server is silent
            yield

    @contextlib.contextmanager
    def alone_or_not_at_all(self, work: str) -> Iterator[bool]:
        """Whether no other worker is at this work just now; while the block runs none can begin it."""
        with self._locked(func.pg_try_advisory_xact_lock, work) as got:
            yield got is not False

    @contextlib.contextmanager
    def _locked(
        self, take: Any, work: str, taking: contextlib.AbstractContextManager[None] | None = None
    ) -> Iterator[Any]:
        if self.is_sqlite:
            yield None
            return
        with self.engine.connect() as connection:  # the lock ends with this transaction, or with the process
            with taking or contextlib.nullcontext():
                got = connection.execute(select(take(OUR_LOCKS, LOCKS[work]))).scalar()
            yield got

    def open(self) -> None:
        """Bring the schema up to date and make sure that saved means saved.

        Raises NotAllowed, with a sentence for the operator, when the file cannot be written, belongs to a
        newer release, or the database would acknowledge what it has not written to disk.
        """
        try:
            with self.alone("start"):
                self._migrate()
            self.must_take_writes()
            with self.engine.connect() as connection:
                _must_be_durable(connection, is_sqlite=self.is_sqlite)
        except OperationalError as error:
            raise NotAllowed(
                "The database cannot be opened for writing. Check that its folder exists, is not read-only "
                f"and has free space ({error.orig})."
            ) from error
        except DatabaseError as error:
            raise NotAllowed(
                f"The database file is damaged or is no database; it was left as it is ({error.orig}). "
                "Restore a backup, or choose another folder with --data-dir."
            ) from error

    def _migrate(self) -> None:
        known = [file.name[:4] for file in sorted((MIGRATIONS / "versions").glob("[0-9]*.py"))]
        current = self._revision()
        if current is not None and current not in known:
            raise NotAllowed(
                "This database was made by a newer release of Safety in Action. Nothing was changed. "
                "Start the newer release, or restore a backup from before the upgrade."
            )
        if current != known[-1]:
            self._upgrade()

    def _revision(self) -> str | None:
        """The schema's revision; None for a new database."""
        with self.engine.begin() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()

    def _upgrade(self) -> None:
        from alembic import command
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        with self.unhurried(), self.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def must_take_writes(self, *, busy_ms: int = BUSY_MS) -> None:
        """Really write what changes nothing. Raises SQLAlchemyError when the disk or the database refuses.

        A probe waits less for a lock on the file than work does, so that work need not wait behind it.
        """
        with self._writing, self.engine.connect() as connection:
            if self.is_sqlite:
                connection.connection.cursor().execute(f"PRAGMA busy_timeout = {busy_ms}")
            try:
                connection.exec_driver_sql("UPDATE alembic_version SET version_num = version_num")
                connection.commit()
            finally:
                if self.is_sqlite:
                    connection.connection.cursor().execute(f"PRAGMA busy_timeout = {BUSY_MS}")

    def forget_deleted(self) -> None:
        """Empty the write-ahead log, where deleted rows would live on (SQLite)."""
        if not self.is_sqlite:
            return
        with self._writing, self.engine.connect() as connection:
            pages = connection.connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")  # outside a transaction
            busy, *_ = pages.fetchone()
        self.owes_forgetting = bool(busy)  # a reader stood in the way: the next housekeeping tries again

    def close(self) -> None:
        """Whoever still reads has a second to give the connection back, so that it is closed too."""
        pool, until = self.engine.pool, time.monotonic() + 1
        self.engine.dispose()
        while isinstance(pool, QueuePool) and pool.checkedout() and time.monotonic() < until:
            time.sleep(0.01)
        pool.dispose()


class Turns:
    """SQLite has one writer. Inside this process they queue up here: waiting on the file's lock means sleeping.

    A turn that does not come in time ends like a lock on the file: another program holds whoever has the turn up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=BUSY_MS / 1000):
            raise NoTurn("no turn to write came in time")

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"busy_timeout = {BUSY_MS}",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A write that begins as a read cannot wait for the lock (busy_timeout does not cover the upgrade).
    reading = connection.get_execution_options().get("reading", False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _must_be_durable(connection: Connection, *, is_sqlite: bool) -> None:
    if is_sqlite:
        journal = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        synchronous = connection.exec_driver_sql("PRAGMA synchronous").scalar()
        if (journal, synchronous) != ("wal", 2):
            raise NotAllowed(
                "SQLite must run with WAL and synchronous=FULL, so that a saved answer survives a crash."
            )
        return
    for name in ("synchronous_commit", "fsync"):
        if connection.exec_driver_sql(f"SHOW {name}").scalar() == "off":
            raise NotAllowed(f"PostgreSQL must run with {name} on, so that a saved answer survives a crash.")
