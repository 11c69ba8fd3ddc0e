"""An .xlsx file on disk: read by bytes, written by patching, saved by exchange."""
