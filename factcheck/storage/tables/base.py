"""What all tables have in common: how constraints are named, and which column a type of Python's becomes."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Date, Integer, LargeBinary, MetaData, Text
from sqlalchemy.orm import DeclarativeBase

from factcheck.storage.tables.columns import Instant

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# SQLite makes only an INTEGER PRIMARY KEY the row's own number; its integers have 8 bytes all the same.
LogIndex = BigInteger().with_variant(Integer, "sqlite")
# Of tables whose key is not one number: SQLite keeps their rows in the key's tree, and not in a second one beside it.
IN_ITS_KEY = {"sqlite_with_rowid": False}


def one_of(column: str, values: type[StrEnum], *, nullable: bool = False) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    rule = f"{column} IN ({listed})"
    return CheckConstraint(f"{column} IS NULL OR {rule}" if nullable else rule, name=column)


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: Text, datetime: Instant, date: Date, bytes: LargeBinary, int: BigInteger}  # noqa: RUF012
