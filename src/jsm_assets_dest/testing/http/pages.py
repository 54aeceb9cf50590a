"""Pages that come instead of JSON. Titles and characteristic phrases are real, the rest is ours."""

from __future__ import annotations

UNAVAILABLE_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<title>Atlassian Cloud Notifications - Page Unavailable</title></head>
<body><h1>Your Atlassian Cloud site is currently unavailable.</h1>
<p>Check the address, or see our status page.</p></body></html>
"""

LOGIN_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Log in with Atlassian account</title></head>
<body><form action="https://id.atlassian.com/login"><input name="username"></form></body></html>
"""

PROXY_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Access blocked by company policy</title></head>
<body><h1>Web filter</h1><p>The category of this address is not allowed.</p></body></html>
"""

WEB_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Assets - Jira</title></head>
<body><div id="jira-frontend"></div></body></html>
"""
