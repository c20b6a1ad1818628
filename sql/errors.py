"""The errors of SQL statements. A class is one condition; its docstring is the default message.

The SQLSTATE of each class is in the one table of `server/errors.py`. Messages are PostgreSQL's where it has one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(eq=False)
class SqlError(Exception):
    """internal error"""

    message: str = ""
    detail: str | None = None
    hint: str | None = None
    position: int | None = None
    """Where in the statement's text: characters, the first is 1."""
    schema: str | None = None
    table: str | None = None
    column: str | None = None
    constraint: str | None = None
    context: str | None = None
    """Where it happened, for errors in data: `COPY t, line 3, column a: "x"`."""

    def __post_init__(self) -> None:
        self.message = self.message or (type(self).__doc__ or "")
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class SqlSyntaxError(SqlError):
    """syntax error"""


class UndefinedTable(SqlError):
    """relation does not exist"""


class UndefinedColumn(SqlError):
    """column does not exist"""


class UndefinedFunction(SqlError):
    """function does not exist"""


class UndefinedObject(SqlError):
    """object does not exist"""


class UndefinedParameter(SqlError):
    """there is no parameter"""


class UndefinedNamespace(SqlError):
    """schema does not exist"""


class UndefinedDatabase(SqlError):
    """database does not exist"""


class UndefinedPreparedStatement(SqlError):
    """prepared statement does not exist"""


class UndefinedPortal(SqlError):
    """portal does not exist"""


class DuplicateTable(SqlError):
    """relation already exists"""


class DuplicateColumn(SqlError):
    """column specified more than once"""


class DuplicateNamespace(SqlError):
    """schema already exists"""


class DuplicateObject(SqlError):
    """object already exists"""


class DuplicateAlias(SqlError):
    """table name specified more than once"""


class DuplicatePreparedStatement(SqlError):
    """prepared statement already exists"""


class DuplicatePortal(SqlError):
    """portal already exists"""


class AmbiguousColumn(SqlError):
    """column reference is ambiguous"""


class DatatypeMismatch(SqlError):
    """datatype mismatch"""


class IndeterminateDatatype(SqlError):
    """could not determine data type of parameter"""


class AmbiguousParameter(SqlError):
    """inconsistent types deduced for parameter"""


class AmbiguousFunction(SqlError):
    """operator is not unique"""


class InvalidColumnReference(SqlError):
    """invalid column reference"""


class InvalidRecursion(SqlError):
    """invalid recursion"""


class CannotCoerce(SqlError):
    """cannot cast type"""


class GroupingError(SqlError):
    """column must appear in the GROUP BY clause or be used in an aggregate function"""


class WindowingError(SqlError):
    """window functions are not allowed here"""


class WrongObjectType(SqlError):
    """wrong object type"""


class InvalidForeignKey(SqlError):
    """invalid foreign key"""


class InvalidTableDefinition(SqlError):
    """invalid table definition"""


class InvalidObjectDefinition(SqlError):
    """invalid object definition"""


class InvalidName(SqlError):
    """invalid name"""


class ReservedName(SqlError):
    """reserved name"""


class DependentObjectsStillExist(SqlError):
    """cannot drop because other objects depend on it"""


class InsufficientPrivilege(SqlError):
    """permission denied"""


class InvalidAuthorization(SqlError):
    """role is not permitted to log in"""


class InvalidPassword(SqlError):
    """password authentication failed"""


class FeatureNotSupported(SqlError):
    """not supported"""


class InvalidTextRepresentation(SqlError):
    """invalid input syntax"""


class InvalidBinaryRepresentation(SqlError):
    """incorrect binary data format"""


class NullValueNotAllowed(SqlError):
    """null value not allowed"""


class NumericValueOutOfRange(SqlError):
    """value out of range"""


class StringDataRightTruncation(SqlError):
    """value too long"""


class DivisionByZero(SqlError):
    """division by zero"""


class DatetimeFieldOverflow(SqlError):
    """date/time field value out of range"""


class IntervalFieldOverflow(SqlError):
    """interval field value out of range"""


class TimeZoneDisplacementOverflow(SqlError):
    """time zone displacement out of range"""


class InvalidDatetimeFormat(SqlError):
    """invalid input syntax for date or time"""


class InvalidParameterValue(SqlError):
    """invalid parameter value"""


class UndefinedFile(SqlError):
    """file does not exist"""


class InvalidEscapeSequence(SqlError):
    """invalid escape sequence"""


class ArraySubscriptError(SqlError):
    """array subscript out of range"""


class InvalidRegularExpression(SqlError):
    """invalid regular expression"""


class InvalidLogarithmArgument(SqlError):
    """cannot take logarithm of zero"""


class InvalidPowerArgument(SqlError):
    """cannot take square root of a negative number"""


class SubstringError(SqlError):
    """negative substring length not allowed"""


class CardinalityViolation(SqlError):
    """more than one row returned by a subquery used as an expression"""


class CharacterNotInRepertoire(SqlError):
    """invalid byte sequence for encoding "UTF8\""""


class UntranslatableCharacter(SqlError):
    """unsupported Unicode escape sequence"""


class BadCopyFormat(SqlError):
    """bad copy data"""


class NotNullViolation(SqlError):
    """null value violates not-null constraint"""


class InvalidGrantOperation(SqlError):
    """invalid grant operation"""


class UniqueViolation(SqlError):
    """duplicate key value violates unique constraint"""


class GeneratedAlways(SqlError):
    """the column's values are generated"""


class ForeignKeyViolation(SqlError):
    """insert or update on table violates foreign key constraint"""


class CheckViolation(SqlError):
    """new row violates check constraint"""


class ActiveTransaction(SqlError):
    """cannot run inside a transaction block"""


class UndefinedSavepoint(SqlError):
    """savepoint does not exist"""


class UndefinedCursor(SqlError):
    """cursor does not exist"""


class DuplicateCursor(SqlError):
    """cursor already exists"""


class NoActiveTransaction(SqlError):
    """there is no transaction in progress"""


class InFailedTransaction(SqlError):
    """current transaction is aborted, commands ignored until end of transaction block"""


class ReadOnlyTransaction(SqlError):
    """cannot execute in a read-only transaction"""


class SerializationFailure(SqlError):
    """could not serialize access due to concurrent update"""


class DeadlockDetected(SqlError):
    """deadlock detected"""


class LockNotAvailable(SqlError):
    """canceling statement due to lock timeout"""


class QueryCanceled(SqlError):
    """canceling statement due to user request"""


class CachedPlanChanged(SqlError):
    """cached plan must not change result type"""


class WrongState(SqlError):
    """object not in prerequisite state"""


class ObjectInUse(SqlError):
    """object is in use"""


class ProtocolViolation(SqlError):
    """protocol violation"""


class UndefinedSetting(SqlError):
    """unrecognized configuration parameter"""


class CannotChangeSetting(SqlError):
    """parameter cannot be changed now"""


class ProgramLimitExceeded(SqlError):
    """program limit exceeded"""


class StatementTooComplex(SqlError):
    """the statement is nested too deeply"""


class TooManyColumns(SqlError):
    """too many columns"""


class OutOfMemory(SqlError):
    """out of memory"""


class DiskFull(SqlError):
    """disk full"""


class DataCorrupted(SqlError):
    """data corrupted"""


class IdleInTransactionTimeout(SqlError):
    """terminating connection due to idle-in-transaction timeout"""


class AdminShutdown(SqlError):
    """terminating connection due to administrator command"""


class InternalError(SqlError):
    """internal error"""
