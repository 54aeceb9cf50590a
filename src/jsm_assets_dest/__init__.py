"""Jira Service Management Assets as the destination of an import."""
