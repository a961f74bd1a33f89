"""The numbers of the errors that statements of this package expect.

Source: MySQL Server Error Reference; MariaDB's are the same where both have one.
"""

from enum import IntEnum


class ErrorNumber(IntEnum):
    """By the servers' own names, without ER_."""

    DBACCESS_DENIED_ERROR = 1044
    ACCESS_DENIED_ERROR = 1045
    BAD_FIELD_ERROR = 1054
    NO_SUCH_THREAD = 1094
    NONEXISTING_GRANT = 1141
    TABLEACCESS_DENIED_ERROR = 1142
    COLUMNACCESS_DENIED_ERROR = 1143
    NO_SUCH_TABLE = 1146
    NONEXISTING_TABLE_GRANT = 1147
    SPECIFIC_ACCESS_DENIED_ERROR = 1227  # a privilege on everything is missing
    OPTION_PREVENTS_STATEMENT = 1290  # which of the server's options, only the text tells
    SP_DOES_NOT_EXIST = 1305
    PROCACCESS_DENIED_ERROR = 1370
    CANNOT_USER = 1396  # a statement about a user failed; SHOW WARNINGS has the reason
    NONEXISTING_PROC_GRANT = 1403
    WRONG_STRING_LENGTH = 1470
    ACCESS_DENIED_NO_PASSWORD_ERROR = 1698
    NOT_VALID_PASSWORD = 1819
    CREDENTIALS_CONTRADICT_TO_HISTORY = 3638
    INCORRECT_CURRENT_PASSWORD = 3891  # REPLACE names another than the first of the two
    MISSING_CURRENT_PASSWORD = 3892


# What who lacks a right is answered: on reading the catalog, and on changing an account, where
# the privilege, the role or the proxy itself may be what is missing.
READING_DENIED = (
    ErrorNumber.DBACCESS_DENIED_ERROR,
    ErrorNumber.ACCESS_DENIED_ERROR,
    ErrorNumber.TABLEACCESS_DENIED_ERROR,
    ErrorNumber.SPECIFIC_ACCESS_DENIED_ERROR,
)
CHANGE_DENIED = (
    *READING_DENIED,
    ErrorNumber.COLUMNACCESS_DENIED_ERROR,
    ErrorNumber.PROCACCESS_DENIED_ERROR,
    ErrorNumber.ACCESS_DENIED_NO_PASSWORD_ERROR,
)
