"""Second factors: which code of the app was the last, and the recovery codes that are left."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import CursorResult, delete, or_, update
from sqlmodel import col, func, select

from app.store import accounts
from app.store.database import Db
from app.store.directory import hashed
from app.store.tables import AccountRow, RecoveryCodeRow


def begin(db: Db, account_id: int, seed: str, step: int, codes: Sequence[str]) -> None:
    """From now on the code is asked for; the one with which it was set up is used."""
    account = accounts.one(db, account_id)
    account.factor_seed, account.factor_step = seed, step
    renew_codes(db, account_id, codes)


def remove(db: Db, account_id: int) -> None:
    account = accounts.one(db, account_id)
    account.factor_seed = account.factor_step = None
    renew_codes(db, account_id, ())


def accept(db: Db, account_id: int, step: int) -> bool:
    """Whether the code of this step was not used before; then it is used now."""
    newer = or_(col(AccountRow.factor_step).is_(None), col(AccountRow.factor_step) < step)
    used: CursorResult[object] = db.connection().execute(
        update(AccountRow).where(col(AccountRow.id) == account_id, newer).values(factor_step=step)
    )
    return used.rowcount == 1


def renew_codes(db: Db, account_id: int, codes: Sequence[str]) -> None:
    """These recovery codes and none of the earlier; only their hashes are kept."""
    db.connection().execute(delete(RecoveryCodeRow).where(col(RecoveryCodeRow.account_id) == account_id))
    for code in codes:
        db.add(RecoveryCodeRow(account_id=account_id, code_hash=hashed(code)))


def use_code(db: Db, account_id: int, code: str, now: datetime) -> bool:
    """Whether this is a recovery code that was not used before; then it is used now."""
    used: CursorResult[object] = db.connection().execute(
        update(RecoveryCodeRow)
        .where(
            col(RecoveryCodeRow.account_id) == account_id,
            col(RecoveryCodeRow.code_hash) == hashed(code),
            col(RecoveryCodeRow.used_at).is_(None),
        )
        .values(used_at=now)
    )
    return used.rowcount == 1


def codes_left(db: Db, account_id: int) -> int:
    return db.exec(
        select(func.count())
        .select_from(RecoveryCodeRow)
        .where(RecoveryCodeRow.account_id == account_id, col(RecoveryCodeRow.used_at).is_(None))
    ).one()
