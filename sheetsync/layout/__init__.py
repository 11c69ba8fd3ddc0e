"""Results to wanted tabs, and wanted against seen to a plan."""
