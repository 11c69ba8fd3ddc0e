"""The LibreOffice fixture of the .xlsx tests, used here too."""

from tests.backends.xlsx.conftest import soffice  # noqa: F401
