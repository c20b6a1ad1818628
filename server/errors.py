"""Exceptions → what a client is told: the one table of SQLSTATEs.

The codes are PostgreSQL's (manual, "PostgreSQL Error Codes"). A class that is not in the table has the code of the
nearest class that it derives from. Whatever is not in the table at all is a bug: it is logged with its trace, and the
client is told no more than that.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final

import structlog

from jobs import errors as jobs
from jobs.schedules import errors as schedules
from server.protocol.backend import ErrorFields
from server.protocol.errors import ProtocolError
from sql import errors as sql
from sql.jsonpath import errors as jsonpath
from sql.native import errors as native
from storage import errors as storage

if TYPE_CHECKING:
    from collections.abc import Mapping

_log: Final = structlog.stdlib.get_logger(__name__)

INTERNAL_ERROR: Final = "XX000"
_INTERNAL_MESSAGE: Final = "internal error; the server's log has its trace"


class ServerError(Exception):
    """the server cannot serve this connection"""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or type(self).__doc__)


class TooManyConnections(ServerError):
    """sorry, too many clients already"""


class ConnectionLost(ServerError):
    """connection to client lost"""


SQLSTATES: Final[Mapping[type[BaseException], str]] = {
    sql.SqlError: INTERNAL_ERROR,
    sql.InternalError: INTERNAL_ERROR,
    jobs.JobError: INTERNAL_ERROR,
    jobs.JobFailed: INTERNAL_ERROR,
    # Class 08: connection exception
    ServerError: "08000",
    ConnectionLost: "08006",
    sql.ProtocolViolation: "08P01",
    # Classes 0A, 0L: feature not supported, invalid grantor
    sql.FeatureNotSupported: "0A000",
    storage.LoadedRowChanged: "0A000",
    sql.CachedPlanChanged: "0A000",
    sql.InvalidGrantOperation: "0LP01",
    # Class 21: cardinality violation
    sql.CardinalityViolation: "21000",
    # Class 22: data exception
    sql.StringDataRightTruncation: "22001",
    sql.NullValueNotAllowed: "22004",
    sql.NumericValueOutOfRange: "22003",
    sql.InvalidDatetimeFormat: "22007",
    sql.DatetimeFieldOverflow: "22008",
    sql.TimeZoneDisplacementOverflow: "22009",
    sql.DivisionByZero: "22012",
    storage.SequenceExhausted: "2200H",
    sql.IntervalFieldOverflow: "22015",
    sql.CharacterNotInRepertoire: "22021",
    sql.InvalidParameterValue: "22023",
    sql.UndefinedFile: "58P01",
    sql.InvalidEscapeSequence: "22025",
    sql.ArraySubscriptError: "2202E",
    sql.InvalidLogarithmArgument: "2201E",
    sql.InvalidPowerArgument: "2201F",
    sql.SubstringError: "22011",
    jobs.InvalidJobParameters: "22023",
    jobs.IdempotencyKeyReused: "22023",
    schedules.InvalidSchedule: "22023",
    sql.InvalidTextRepresentation: "22P02",
    sql.InvalidBinaryRepresentation: "22P03",
    sql.BadCopyFormat: "22P04",
    sql.UntranslatableCharacter: "22P05",
    sql.InvalidRegularExpression: "2201B",
    native.InvalidUseOfEscapeCharacter: "2200C",
    jsonpath.JsonPathError: "22030",
    jsonpath.InvalidJsonDatetime: "22031",
    jsonpath.InvalidJsonSubscript: "22033",
    jsonpath.NonNumericJsonItem: "22036",
    jsonpath.SingletonJsonItemRequired: "22038",
    jsonpath.JsonArrayNotFound: "22039",
    jsonpath.JsonMemberNotFound: "2203A",
    jsonpath.JsonNumberNotFound: "2203B",
    jsonpath.JsonObjectNotFound: "2203C",
    native.InvalidWidthBucketArgument: "2201G",
    native.InvalidPrecedingOrFollowing: "22013",
    native.InvalidNtileArgument: "22014",
    native.InvalidNthValueArgument: "22016",
    native.InvalidRowCountInLimit: "2201W",
    native.InvalidRowCountInOffset: "2201X",
    # Class 23: integrity constraint violation
    sql.NotNullViolation: "23502",
    sql.UniqueViolation: "23505",
    storage.UniqueViolation: "23505",
    storage.DuplicateKeys: "23505",
    sql.CheckViolation: "23514",
    sql.ForeignKeyViolation: "23503",
    # Class 25: invalid transaction state
    sql.ActiveTransaction: "25001",
    sql.ReadOnlyTransaction: "25006",
    sql.NoActiveTransaction: "25P01",
    sql.IdleInTransactionTimeout: "25P03",
    sql.InFailedTransaction: "25P02",
    # Classes 26, 28, 2B, 34, 3D, 3F: names of statements, roles, objects, portals, databases, schemas
    sql.UndefinedPreparedStatement: "26000",
    sql.InvalidAuthorization: "28000",
    sql.InvalidPassword: "28P01",
    sql.DependentObjectsStillExist: "2BP01",
    sql.UndefinedPortal: "34000",
    sql.UndefinedCursor: "34000",
    sql.UndefinedSavepoint: "3B001",
    sql.UndefinedDatabase: "3D000",
    sql.UndefinedNamespace: "3F000",
    storage.NamespaceGone: "3F000",
    # Class 40: transaction rollback
    sql.SerializationFailure: "40001",
    storage.SerializationFailure: "40001",
    jobs.StaleWrite: "40001",
    sql.DeadlockDetected: "40P01",
    storage.DeadlockDetected: "40P01",
    storage.RestoreConflict: "40001",
    # Class 42: syntax error or access rule violation
    sql.InsufficientPrivilege: "42501",
    jobs.NotAllowed: "42501",
    schedules.ScheduleNotAllowed: "42501",
    sql.SqlSyntaxError: "42601",
    sql.InvalidName: "42602",
    storage.InvalidBackupName: "42602",
    sql.DuplicateColumn: "42701",
    sql.AmbiguousColumn: "42702",
    sql.UndefinedColumn: "42703",
    sql.UndefinedObject: "42704",
    sql.UndefinedSetting: "42704",
    jobs.NoSuchJob: "42704",
    schedules.NoSuchSchedule: "42704",
    storage.NoSuchBackup: "42704",
    sql.DuplicateObject: "42710",
    sql.DuplicateAlias: "42712",
    jobs.IdempotentConflict: "42710",
    schedules.ScheduleExists: "42710",
    storage.BackupExists: "42710",
    sql.GroupingError: "42803",
    sql.DatatypeMismatch: "42804",
    sql.WrongObjectType: "42809",
    sql.GeneratedAlways: "428C9",
    sql.CannotCoerce: "42846",
    sql.UndefinedFunction: "42883",
    sql.ReservedName: "42939",
    sql.UndefinedTable: "42P01",
    storage.TableGone: "42P01",
    storage.NotDropped: "42P01",
    sql.UndefinedParameter: "42P02",
    sql.DuplicatePortal: "42P03",
    sql.DuplicateCursor: "42P03",
    sql.DuplicatePreparedStatement: "42P05",
    sql.DuplicateNamespace: "42P06",
    sql.DuplicateTable: "42P07",
    storage.NameTaken: "42P07",
    sql.InvalidForeignKey: "42830",
    sql.InvalidTableDefinition: "42P16",
    sql.InvalidObjectDefinition: "42P17",
    sql.IndeterminateDatatype: "42P18",
    sql.AmbiguousParameter: "42P08",
    sql.AmbiguousFunction: "42725",
    sql.InvalidColumnReference: "42P10",
    sql.InvalidRecursion: "42P19",
    sql.WindowingError: "42P20",
    # Classes 53, 54: insufficient resources, program limits
    sql.DiskFull: "53100",
    storage.NoSpaceLeft: "53100",
    sql.OutOfMemory: "53200",
    storage.DiskAlmostFull: "53100",
    storage.HotTierFull: "53200",
    storage.TooManyLocks: "53200",
    TooManyConnections: "53300",
    MemoryError: "53200",
    jobs.QueueFull: "53400",
    sql.ProgramLimitExceeded: "54000",
    sql.StatementTooComplex: "54001",
    RecursionError: "54001",
    sql.TooManyColumns: "54011",
    # Class 55: object not in prerequisite state
    sql.WrongState: "55000",
    storage.BeingReclaimed: "55000",
    jobs.WrongJobState: "55000",
    jobs.IllegalTransition: "55000",
    sql.ObjectInUse: "55006",
    storage.CompactionConflict: "55006",
    sql.CannotChangeSetting: "55P02",
    sql.LockNotAvailable: "55P03",
    # Class 57: operator intervention
    sql.QueryCanceled: "57014",
    jobs.JobWasCancelled: "57014",
    jobs.JobCancelled: "57014",
    jobs.WaitTimedOut: "57014",
    sql.AdminShutdown: "57P01",
    jobs.ManagerStopped: "57P01",
    # Class 58: system error
    storage.StorageError: "58000",
    storage.DataFolderInUse: "58000",
    storage.DataFolderVersion: "58000",
    storage.NoDataFolder: "58000",
    storage.WriteFailed: "58030",
    storage.NotVisible: "58030",
    jobs.TransientJobError: "58030",
    # Class XX: internal error
    sql.DataCorrupted: "XX001",
    storage.CorruptSegment: "XX001",
    storage.CorruptRecords: "XX001",
    storage.RecordsMissing: "XX001",
    storage.BackupDamaged: "XX001",
}

_DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DISK_FULL_CODE: Final = "53100"
_IO_ERROR_CODE: Final = "58030"

_PLAIN_MESSAGES: Final[Mapping[type[BaseException], str]] = {
    MemoryError: "out of memory",
    RecursionError: "the statement is nested too deeply",
}
"""What is said of exceptions whose own text says nothing to a client."""


_ROUTINES: Final[Mapping[type[BaseException], str]] = {sql.CachedPlanChanged: "RevalidateCachedQuery"}
"""The functions of PostgreSQL by which clients know errors: asyncpg prepares a statement again when it sees this."""


def sqlstate_of(error: BaseException) -> str:
    """Give the code of an exception: XX000 for one that is not in the table, 58030 for an error of the disk."""
    return _known_sqlstate(error) or (_IO_ERROR_CODE if isinstance(error, OSError) else INTERNAL_ERROR)


def log_unexpected(error: BaseException) -> None:
    """Log an exception with its trace, unless it is one that clients may see."""
    if _known_sqlstate(error) is None and not isinstance(error, ProtocolError):
        _log.error("unexpected error", exc_info=error)


def error_fields(error: BaseException, *, severity: str = "ERROR") -> ErrorFields:
    """Give what an ErrorResponse says of an exception. Logs it when it is unexpected."""
    if isinstance(error, ProtocolError):
        return ErrorFields(error.sqlstate, error.message, "FATAL" if error.fatal else severity)
    sqlstate = _known_sqlstate(error)
    if sqlstate is None:
        log_unexpected(error)
        if isinstance(error, OSError):
            return ErrorFields(_IO_ERROR_CODE, error.strerror or str(error), severity)
        return ErrorFields(INTERNAL_ERROR, _INTERNAL_MESSAGE, severity)
    match error:
        case sql.SqlError():
            return ErrorFields(
                sqlstate,
                error.message,
                severity,
                detail=error.detail,
                hint=error.hint,
                position=error.position,
                where=error.context,
                schema=error.schema,
                table=error.table,
                column=error.column,
                constraint=error.constraint,
                routine=_ROUTINES.get(type(error)),
            )
        case jobs.JobFailed():
            return ErrorFields(error.sqlstate or sqlstate, str(error), severity, hint=error.hint)
        case jobs.JobError():
            return ErrorFields(sqlstate, str(error), severity, hint=error.hint)
        case storage.UniqueViolation():
            return ErrorFields(sqlstate, str(error), severity, constraint=error.constraint)
        case storage.StorageError():
            return ErrorFields(sqlstate, str(error), severity, hint=error.hint)
        case OSError():
            hint = "Check free disk space."
            return ErrorFields(sqlstate, error.strerror or str(error), severity, hint=hint)
        case _:
            return ErrorFields(sqlstate, _PLAIN_MESSAGES.get(type(error)) or str(error), severity)


def _known_sqlstate(error: BaseException) -> str | None:
    for kind in type(error).__mro__:
        code = SQLSTATES.get(kind)
        if code is not None:
            return code
    if isinstance(error, OSError) and error.errno in _DISK_FULL:
        return _DISK_FULL_CODE
    return None
